//! What `verify` finds: each invariant, broken past every constraint, is named.

use alongside::employer::invariants::QUERIES;
use alongside::employer::model::{AgreementKind, Purpose, Standing};
use tests::invariants::broken;
use tests::{Engine, World, on_both_databases};
use uuid::Uuid;

use super::given::{agreement, body, contact, offer, published};

/// Constraints that stand in the way of what is planted, with their tables.
const CONSTRAINTS: [(&str, &str); 4] = [
    ("employer_agreement", "employer_agreement_one_at_a_time"),
    ("organisation_contact", "organisation_contact_one_at_a_time"),
    ("supervision_offer", "supervision_offer_one_at_a_time"),
    ("dspt_assessment", "dspt_assessment_days"),
];

/// Takes them away.
async fn unguarded(world: &World) {
    for (table, name) in CONSTRAINTS {
        let statements = match world.engine() {
            Engine::Postgres => vec![format!("alter table {table} drop constraint {name}")],
            Engine::Sqlite => ["insert", "update"]
                .map(|event| format!("drop trigger if exists {name}_{event}"))
                .to_vec(),
        };
        for statement in statements {
            world.database.eye.execute(&statement).await.expect("the guard goes");
        }
    }
}

/// Runs a statement past the checks of SQLite, which cannot be dropped.
async fn force(world: &World, statement: &str) {
    let forced = match world.engine() {
        Engine::Postgres => statement.to_owned(),
        Engine::Sqlite => format!(
            "pragma ignore_check_constraints = on; {statement}; pragma ignore_check_constraints = off"
        ),
    };
    let done = world.database.eye.execute(&forced).await;
    done.unwrap_or_else(|error| unreachable!("{statement}: {error}"));
}

on_both_databases! {
    async fn each_invariant_is_named_when_it_is_broken(world: World) {
        let (own, host) = (body(&world).await, body(&world).await);
        let held = agreement(&world, (&own, &host), AgreementKind::Places, Standing::InForce).await;
        let (named, offered) = (contact(&world, &own, Purpose::Funding).await, offer(&world, &own).await);
        let recorded = published(&world, &own, "2024-25", "2025-06-30").await;
        unguarded(&world).await;
        let copy = |table: &str, columns: &str, of: Uuid| {
            let new = world.uuid(Uuid::from_u128(7));
            let plant = format!("insert into {table} select {new}, {columns} from {table} where id = {}", world.uuid(of));
            (plant, format!("delete from {table} where id = {new}"))
        };
        let of_agreements = |state: &str| format!("organisation_id, host_id, kind, places, proposed_by, '{state}', valid_from, valid_to, accepted_on, null, created_at, updated_at, 1");
        let days = "valid_from, valid_to, created_at, updated_at, 1";
        let set = |table: &str, plant: &str, undo: &str, of: Uuid| {
            let row = format!("where id = {}", world.uuid(of));
            (format!("update {table} set {plant} {row}"), format!("update {table} set {undo} {row}"))
        };
        let plants = [
            copy("employer_agreement", &of_agreements("ACCEPTED"), held.id),
            copy("employer_agreement", &of_agreements("ACCEPTED").replace("'ACCEPTED', valid_from, valid_to", "'ACCEPTED', valid_to, null"), held.id),
            set("organisation", "status = 'CLOSED', closed_on = '2026-05-01', closure_reason = 'x'", "status = 'ACTIVE', closed_on = null, closure_reason = null", host.id),
            copy("organisation_contact", &format!("organisation_id, purpose, name, email, phone, {days}, null"), named.id),
            copy("supervision_offer", &format!("organisation_id, supervisees, taken, hours_per_month, {days}"), offered.id),
            set("dspt_assessment", "expires_on = published_on", "expires_on = '2026-06-30'", recorded.id),
            set("organisation_contact", "version = 2", "version = 1", named.id),
        ];
        assert_eq!(broken(&world).await, [] as [&str; 0]);
        for ((name, _), (plant, undo)) in QUERIES.iter().zip(plants) {
            force(&world, &plant).await;
            assert!(broken(&world).await.contains(name), "{name}");
            force(&world, &undo).await;
            assert_eq!(broken(&world).await, [] as [&str; 0], "{name} undone");
        }
    }
}
