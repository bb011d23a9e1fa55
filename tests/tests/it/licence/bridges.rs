//! Bridges: what they let their holder do, and who gives them.

use alongside::actor::{GrantScope, Role};
use alongside::programme::kind::ProgrammeType;
use serde_json::{Value, json};
use tests::given::day;
use tests::licences::{Licence, Stage, licence};
use tests::people::{linked, person};
use tests::{Tenant, World, on_both_databases};

use super::{FIELDS, holder, step};

/// Varies a licence from a day to before another.
async fn vary(world: &World, licence: &mut Licence, days: [&str; 2], terms: Value) {
    let (officer, quality) = (world.officer(), world.token(Role::QualityLead, None));
    let mut vary = json!({ "validFrom": days[0], "validTo": days[1], "reason": "A test." });
    vary.as_object_mut().expect("an object").extend(terms.as_object().expect("an object").clone());
    step(world, &officer, "licenceProposeVariation", licence, vary).await.done("licence");
    step(world, &quality, "licenceConfirmVariation", licence, json!({})).await.done("licence");
}

fn merger(gone: [&Tenant; 2], heir: &Tenant) -> Value {
    let gone = gone.map(Tenant::global_id);
    json!({ "kind": "MERGER", "predecessorIds": gone, "successorIds": [heir.global_id()], "effectiveOn": "2026-04-20" })
}

fn bridge(heir: &Tenant, licences: [&Licence; 2]) -> Value {
    let ids = licences.map(Licence::global_id);
    json!({ "organisationId": heir.global_id(), "licenceIds": ids, "reason": "They merged." })
}

on_both_databases! {
    async fn lic_6_a_bridge_has_the_strictest_terms_of_the_day_before_and_of_its_days(world: World) {
        let (one, two, heir) = (holder(&world).await, holder(&world).await, holder(&world).await);
        let on = day("2026-02-02");
        let mut first = licence(&world, &one).on(on).up_to(Stage::Granted).await;
        let mut second = licence(&world, &two).of(&[ProgrammeType::Volunteer]).on(on).up_to(Stage::Granted).await;
        world.set_clock("2026-04-01T09:00:00Z");
        vary(&world, &mut first, ["2026-04-01", "2026-04-20"], json!({ "tier": "HOST_ONLY", "maxConcurrentCourses": 2 })).await;
        vary(&world, &mut second, ["2026-04-02", "2026-04-19"], json!({ "maxConcurrentCourses": 1, "maxTraineesPerCourse": 1 })).await;
        vary(&world, &mut second, ["2026-06-01", "2026-09-01"], json!({ "maxConcurrentCourses": 5, "maxTraineesPerCourse": 6 })).await;
        world.set_clock(tests::world::NOW);
        let officer = world.officer();
        let merge = merger([&one, &two], &heir);
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await.done("organisation");
        let fields = "licence { tier maxConcurrentCourses maxTraineesPerCourse }";
        let reply = world.mutate(Some(&officer), "licenceBridge", fields, bridge(&heir, [&first, &second])).await;
        let strictest = json!({ "tier": "HOST_ONLY", "maxConcurrentCourses": 2, "maxTraineesPerCourse": 6 });
        assert_eq!(reply.done("licence"), &strictest, "nothing of what was over on the day before");
    }

    async fn per_2_nobody_records_or_bridges_a_succession_of_an_organisation_for_which_they_act(world: World) {
        let (one, two, heir) = (holder(&world).await, holder(&world).await, holder(&world).await);
        let on = day("2026-02-02");
        let first = licence(&world, &one).on(on).up_to(Stage::Granted).await;
        let second = licence(&world, &two).on(on).up_to(Stage::Granted).await;
        let mut involved = Vec::new();
        for (work, home, body) in [("ash", "ash at home", &one), ("elm", "elm at home", &heir)] {
            let mut someone = person(&world, work, None).await;
            linked(&world, &mut someone, work).await;
            linked(&world, &mut someone, home).await;
            world.grant_to(home, Role::Trainer, GrantScope::Organisation(body.id)).await;
            involved.push(world.grant_to(work, Role::LicensingOfficer, GrantScope::Nation).await);
        }
        let refused = async |field: &str, fields: &str, input: Value| {
            let before = world.database.eye.contents().await;
            for token in &involved {
                let reply = world.mutate(Some(token), field, fields, input.clone()).await;
                assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{field}: {}", reply.body());
            }
            assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
            world.mutate(Some(&world.officer()), field, fields, input).await
        };
        let recorded = refused("organisationSucceed", "organisation { id }", merger([&one, &two], &heir)).await;
        recorded.done("organisation");
        refused("licenceBridge", FIELDS, bridge(&heir, [&first, &second])).await.done("licence");
    }
}
