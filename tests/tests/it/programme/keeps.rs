//! What is published stays as it was: whoever writes, and however.

use tests::curricula::{Standing, aligned, curriculum};
use tests::invariants::{broken, guarded, unguarded};
use tests::{Engine, World, on_both_databases};

/// What of a version stays by triggers.
const TABLES: [&str; 3] = ["programme_version", "programme_module", "competence_mapping"];

on_both_databases! {
    async fn prg_1_no_statement_changes_what_is_published(world: World) {
        let eye = &world.database.eye;
        let draft = curriculum(&world, Some(world.a.id), Standing::Draft).await;
        for (tenant, standing) in [(&world.a, Standing::Published), (&world.b, Standing::Retired)] {
            let of = curriculum(&world, Some(tenant.id), standing).await;
            let (id, module, other) = (world.uuid(of.version), world.uuid(of.modules[0]), world.uuid(draft.version));
            let new = world.uuid(uuid::Uuid::from_u128(0xAB));
            let owner = world.uuid(tenant.id);
            let before = eye.contents().await;
            for statement in [
                format!("update programme_version set weeks = 9 where id = {id}"),
                format!("update programme_version set attendance_threshold = 1 where id = {id}"),
                format!("update programme_version set number = '9.9.9' where id = {id}"),
                format!("update programme_version set content_hash = 'x' where id = {id}"),
                format!("update programme_version set state = 'DRAFT', content_hash = null, published_at = null, retired_at = null where id = {id}"),
                format!("update programme_version set state = 'RETIRED', retired_at = published_at, weeks = 9 where id = {id}"),
                format!("delete from programme_version where id = {id}"),
                format!("insert into programme_module values ({new}, {id}, {owner}, 9, 9, null, null, null, null, {}, null)", if world.engine() == Engine::Sqlite { "0" } else { "false" }),
                format!("update programme_module set title = 'x' where id = {module}"),
                format!("update programme_module set version_id = {other} where id = {module}"),
                format!("delete from programme_module where version_id = {id}"),
                format!("update competence_mapping set depth = 'ASSESSED' where version_id = {id}"),
                format!("delete from competence_mapping where version_id = {id}"),
                format!("delete from module_prerequisite where version_id = {id}"),
                format!("update declared_gap set reason = 'x' where version_id = {id}"),
                format!("delete from declared_gap where version_id = {id}"),
                format!("update declared_gap set version_id = {id} where version_id = {other}"),
            ] {
                let refused = eye.execute(&statement).await.expect_err(&statement).to_string();
                assert!(refused.contains("publish") || refused.contains("append_only") || refused.contains("never changed"), "{statement}: {refused}");
            }
            assert_eq!(eye.contents().await.changes_since(&before), [] as [String; 0]);
        }
        let control = format!("update programme_module set title = 'x' where id = {}", world.uuid(draft.modules[0]));
        assert_eq!(eye.execute(&control).await.expect("a draft may change"), 1);
    }

    async fn verify_finds_what_was_altered(world: World) {
        let of = aligned(&world, Some(world.a.id), Standing::Published).await;
        let other = aligned(&world, None, Standing::Retired).await;
        assert_eq!(broken(&world).await, [] as [&str; 0]);
        let kept = unguarded(&world, &TABLES).await;
        let eye = &world.database.eye;
        let (module, version) = (world.uuid(of.modules[0]), world.uuid(of.version));
        let (own, others) = (world.uuid(of.mapped), world.uuid(other.version));
        let prg_1 = "PRG-1 a published version says what it said when it was published";
        let prg_2 = "PRG-2 the modules of a published version sum to its taught minutes";
        let prg_3 = "PRG-3 a published version covers or lists every core competence of the set that it claims";
        for (alter, restore, expected) in [
            (format!("update programme_module set title = 'x' where id = {module}"), format!("update programme_module set title = 'Fictional module 1' where id = {module}"), vec![prg_1]),
            (format!("update programme_module set taught_minutes = 61 where id = {module}"), format!("update programme_module set taught_minutes = 60 where id = {module}"), vec![prg_2, prg_1]),
            (format!("update programme_version set attendance_threshold = 7000 where id = {version}"), format!("update programme_version set attendance_threshold = 8000 where id = {version}"), vec![prg_1]),
            (
                format!("update competence_mapping set competence_id = (select competence_id from declared_gap where version_id = {others} limit 1) where version_id = {others}"),
                format!("update competence_mapping set competence_id = {own} where version_id = {others}"),
                vec![prg_3, prg_1],
            ),
        ] {
            assert_eq!(eye.execute(&alter).await.expect("altered"), 1);
            assert_eq!(broken(&world).await, expected, "{alter}");
            eye.execute(&restore).await.expect("restored");
            assert_eq!(broken(&world).await, [] as [&str; 0], "{restore}");
        }
        guarded(&world, kept).await;
    }
}
