//! CRD-1: the credentials of accreditations and licences follow what becomes of these.

use alongside::actor::{GrantScope, Role};
use alongside::credential::model::{Credential, Reason, State};
use alongside::graphql::ids;
use alongside::person::desk::At;
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::accreditation::{reinstate, renew, suspend, withdraw};
use alongside::trainer::model::{Level, State as Accreditation};
use alongside::trainer::service::attend;
use serde_json::{Value, json};
use tests::credentials::of_organisation;
use tests::given::{as_system, day};
use tests::licences::{Licence, Stage, licence};
use tests::people::{accreditation, trainer};
use tests::{Tenant, World, given, on_both_databases};

use super::{graduate, quality, step, told};

/// The states and reasons of the credentials of an organisation.
async fn standing(world: &World, of: &Tenant) -> Vec<(State, Option<Reason>)> {
    let found = of_organisation(world, of.id).await;
    found.iter().map(|credential| (credential.state, credential.reason)).collect()
}

/// The only credential of an organisation.
async fn only(world: &World, of: &Tenant) -> Credential {
    let [only] = <[Credential; 1]>::try_from(of_organisation(world, of.id).await).expect("one");
    only
}

/// Runs a mutation on a licence as it was last left.
async fn decide(
    world: &World,
    token: &str,
    name: &str,
    licence: &mut Licence,
    more: Value,
) -> Value {
    let mut input = json!({ "id": licence.global_id(), "expectedVersion": licence.version });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let entity = "licence { decisions { nodes { id kind } } appeals { nodes { id } } }";
    let reply = world.mutate(Some(token), name, entity, input).await;
    licence.version += 1;
    reply.done("licence").clone()
}

on_both_databases! {
    async fn crd_1_a_trainers_credential_follows_the_accreditation(world: World) {
        let teacher = trainer(&world, "Ash", &world.a).await;
        let lead = (ProgrammeType::Volunteer, Level::Lead);
        let (id, mut version) = accreditation(&world, &teacher, lead, Accreditation::Observed).await;
        assert_eq!(standing(&world, &world.a).await, [], "an application has none");
        let grant = json!({ "id": ids::encode("tac", id), "expectedVersion": version });
        world.mutate(Some(&quality(&world)), "trainerAccreditationGrant", "", grant).await.done("impact");
        version += 1;
        let credential = only(&world, &world.a).await;
        assert_eq!((credential.holder_name.as_deref(), credential.valid_until), (Some("Ash Fictional"), Some(day("2028-05-01"))));
        let found = told(&world, &credential.public_token).await;
        assert_eq!((&found["kind"], &found["status"], &found["edition"], &found["title"]),
            (&json!("TRAINER_ACCREDITATION"), &json!("VALID"), &json!("lead"), &json!("Trainer accreditation: volunteer")));
        for (wanted, reason) in [(State::Suspended, None), (State::Issued, None), (State::Suspended, None), (State::Revoked, Some(Reason::Withdrawn))] {
            let at = At { id, version };
            as_system(world.app.core(), move |unit| Box::pin(async move {
                match wanted {
                    State::Suspended => suspend(unit, at, "A test.").await,
                    State::Issued => reinstate(unit, at).await,
                    _ => withdraw(unit, at).await,
                }.map(|changed| changed.id)
            })).await;
            version += 1;
            assert_eq!(standing(&world, &world.a).await, [(wanted, reason)]);
        }
        assert_eq!(told(&world, &credential.public_token).await["reason"], "WITHDRAWN");
        let refused = step(&world, &quality(&world), "Suspend", &credential, json!({ "why": "x" })).await;
        assert_eq!(refused.codes(), ["CONFLICT"], "it follows the accreditation and nothing else");
        assert_eq!(standing(&world, &world.b).await, []);
    }

    async fn crd_1_who_resigns_gives_the_credential_up_and_a_renewal_has_its_own(world: World) {
        let teacher = trainer(&world, "Ash", &world.a).await;
        let (id, version) = accreditation(&world, &teacher, (ProgrammeType::Volunteer, Level::Lead), Accreditation::Accredited).await;
        let profile = At { id: teacher.id, version: 1 };
        as_system(world.app.core(), move |unit| Box::pin(async move { Ok(attend(unit, profile, unit.today(), None).await?.id) })).await;
        world.set_clock("2028-03-01T09:00:00Z");
        let at = At { id, version };
        as_system(world.app.core(), move |unit| Box::pin(async move { Ok(renew(unit, at).await?.id) })).await;
        let found = of_organisation(&world, world.a.id).await;
        let statuses: Vec<_> = found.iter().map(|credential| credential.status(day("2028-03-01")).code()).collect();
        assert_eq!(statuses, ["VALID", "NOT_YET_VALID"]);
        assert_eq!(found[1].valid_from, day("2028-05-01"));
        let mut person = teacher.person.clone();
        tests::people::linked(&world, &mut person, "ash").await;
        let own = world.grant_to("ash", Role::Trainer, GrantScope::Organisation(world.a.id)).await;
        let input = json!({ "id": ids::encode("tac", id), "expectedVersion": version });
        world.mutate(Some(&own), "trainerAccreditationResign", "", input).await.done("impact");
        assert_eq!(standing(&world, &world.a).await, [(State::Revoked, Some(Reason::GivenUp)), (State::Issued, None)]);
        let document = "{ credentials { nodes { status revocationReason } } }";
        let seen = world.data(Some(&own), document, json!({})).await;
        assert_eq!(seen["credentials"]["nodes"], json!([
            { "status": "REVOKED", "revocationReason": "GIVEN_UP" }, { "status": "NOT_YET_VALID", "revocationReason": null },
        ]));
    }

    async fn crd_1_a_licences_credential_follows_the_licence(world: World) {
        let holder = given::organisation(&world).active().register().await;
        let mut licence = licence(&world, &holder).up_to(Stage::Granted).await;
        let credential = only(&world, &holder).await;
        let found = told(&world, &credential.public_token).await;
        assert_eq!((&found["kind"], &found["organisationName"]), (&json!("ORGANISATION_LICENCE"), &json!(holder.name)));
        let lead = quality(&world);
        let why = json!({ "reason": "Findings.", "publicReason": "Under review." });
        decide(&world, &lead, "licenceSuspend", &mut licence, why.clone()).await;
        assert_eq!(standing(&world, &holder).await, [(State::Suspended, None)]);
        decide(&world, &world.officer(), "licenceProposeRevocation", &mut licence, why).await;
        let revoked = decide(&world, &lead, "licenceConfirmRevocation", &mut licence, json!({})).await;
        assert_eq!(standing(&world, &holder).await, [(State::Revoked, Some(Reason::Withdrawn))]);
        let decision = revoked["decisions"]["nodes"].as_array().expect("decisions").iter().find(|found| found["kind"] == "REVOCATION").expect("one")["id"].clone();
        let signatory = world.grant(Role::PartnerSignatory, Some(holder.id)).await;
        let lodged = decide(&world, &signatory, "licenceAppealLodge", &mut licence, json!({ "decisionId": decision, "grounds": "We mended it." })).await;
        assert_eq!(standing(&world, &holder).await, [(State::Suspended, Some(Reason::Withdrawn))]);
        let found = told(&world, &credential.public_token).await;
        assert_eq!((&found["status"], &found["reason"]), (&json!("SUSPENDED"), &Value::Null), "edge 26");
        let deputy = world.grant_to("deputy", Role::LicensingOfficer, GrantScope::Nation).await;
        let dismiss = json!({ "appealId": lodged["appeals"]["nodes"][0]["id"], "uphold": false, "outcome": "It stays." });
        decide(&world, &deputy, "licenceAppealDecide", &mut licence, dismiss).await;
        assert_eq!(standing(&world, &holder).await, [(State::Revoked, Some(Reason::Withdrawn))]);
    }

    async fn crd_1_a_licence_that_was_followed_has_its_credential_superseded(world: World) {
        let holder = given::organisation(&world).active().register().await;
        let first = licence(&world, &holder).up_to(Stage::Granted).await;
        world.set_clock("2027-04-01T09:00:00Z");
        licence(&world, &holder).renewing(&first).up_to(Stage::Granted).await;
        let found = of_organisation(&world, holder.id).await;
        let states: Vec<_> = found.iter().map(|credential| credential.state).collect();
        assert_eq!(states, [State::Superseded, State::Issued]);
        assert_eq!((found[0].holder_name.as_deref(), found[1].holder_name.as_deref()), (None, Some(holder.name.as_str())));
    }

    async fn a_merged_record_takes_its_credentials_along(world: World) {
        let (old, new) = (graduate(&world, "Ash").await, tests::people::person(&world, "Ash", None).await);
        let merge = json!({ "id": old.person.global_id(), "expectedVersion": old.person.version, "intoId": new.global_id(), "intoExpectedVersion": 1 });
        world.mutate(Some(&world.officer()), "personMerge", "", merge).await.done("impact");
        assert_eq!(old.now(&world).await.person_id, Some(new.id));
        assert_eq!(told(&world, &old.credential.public_token).await["status"], "VALID");
    }
}
