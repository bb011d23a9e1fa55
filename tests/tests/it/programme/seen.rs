//! Who sees which programme, and what came with the service.

use alongside::actor::Role;
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::curricula::{Standing, curriculum};
use tests::{World, on_both_databases};

use super::{change, lead, messages};
use crate::answers::list;

const LISTS: &str = "query($id: ID!, $programme: ID!, $code: String!, $module: ID!) {
    one: programmeVersion(by: { id: $id }) { id }
    programme(by: { code: $code }) { id }
    node(id: $id) { id }
    module: node(id: $module) { id }
    programmeVersions(first: 100, where: { programmeId: { eq: $programme } }) { totalCount nodes { id } }
    programmes(first: 100, where: { code: { eq: $code } }) { totalCount nodes { id } }
    organisations(first: 50) { nodes { id programmes(first: 5, where: { code: { eq: $code } }) { totalCount nodes { id } } } }
}";

on_both_databases! {
    async fn a_draft_of_another_looks_like_not_there_until_it_is_published(world: World) {
        let draft = curriculum(&world, Some(world.a.id), Standing::Draft).await;
        let absent = uuid::Uuid::from_u128(0x7000_8000_0000_0000_0000_0000_0000_0009);
        let variables = json!({ "id": draft.id(), "programme": draft.programme_id(), "code": draft.code, "module": draft.module_id(0) });
        let nothing = json!({ "id": ids::encode("prv", absent), "programme": ids::encode("prg", absent), "code": "ZZ-NOTHING", "module": ids::encode("mdl", absent) });
        let own = world.data(Some(&world.coordinator(&world.a)), LISTS, variables.clone()).await;
        assert_eq!(own["one"]["id"], draft.id());
        assert_eq!(own["module"]["id"], draft.module_id(0));
        assert_eq!((&own["programmes"]["totalCount"], &own["programmeVersions"]["totalCount"]), (&json!(1), &json!(1)));
        for (token, sees) in [
            (None, false),
            (Some(world.coordinator(&world.b)), false),
            (Some(world.grant(Role::LeadTrainer, Some(world.b.id)).await), false),
            (Some(world.grant(Role::Trainee, Some(world.a.id)).await), false),
            (Some(world.token(Role::DataProtectionOfficer, None)), false),
            (Some(world.grant(Role::Trainer, Some(world.a.id)).await), true),
            (Some(world.grant(Role::PartnerSignatory, Some(world.a.id)).await), true),
            (Some(world.token(Role::Analyst, None)), true),
            (Some(world.officer()), true),
            (Some(lead(&world)), true),
        ] {
            let seen = world.data(token.as_deref(), LISTS, variables.clone()).await;
            if sees {
                assert_eq!(seen, own);
            } else {
                assert_eq!(seen, world.data(token.as_deref(), LISTS, nothing.clone()).await, "as if it were not there");
            }
        }
        let publish = json!({ "id": draft.id(), "expectedVersion": 4 });
        change(&world, &lead(&world), "programmeVersionPublish", publish).await.done("programmeVersion");
        assert_eq!(world.data(None, LISTS, variables.clone()).await, own, "everyone sees it");
        let retire = json!({ "id": draft.id(), "expectedVersion": 5, "reason": "A test." });
        change(&world, &lead(&world), "programmeVersionRetire", retire).await.done("programmeVersion");
        assert_eq!(world.data(None, LISTS, variables).await, own, "and goes on to see it");
    }

    async fn a_draft_beside_a_published_version_stays_hidden(world: World) {
        let of = curriculum(&world, Some(world.a.id), Standing::Published).await;
        let input = json!({ "programmeId": of.programme_id(), "number": "2.0.0", "fromVersionId": of.id() });
        change(&world, &world.coordinator(&world.a), "programmeVersionDraft", input).await.done("programmeVersion");
        let document = "query($id: ID!) { programme(by: { id: $id }) { versions { totalCount nodes { number modules { number } } } } }";
        let count = async |token: Option<&str>| {
            let data = world.data(token, document, json!({ "id": of.programme_id() })).await;
            data["programme"]["versions"]["totalCount"].clone()
        };
        assert_eq!(count(None).await, 1);
        assert_eq!(count(Some(&world.coordinator(&world.b))).await, 1);
        assert_eq!(count(Some(&world.coordinator(&world.a))).await, 2);
        assert_eq!(count(Some(&lead(&world))).await, 2);
    }

    async fn programmes_that_came_with_the_service_say_only_what_is_verified(world: World) {
        let document = "{ programmes(first: 50) { nodes { code type version owner { id } versions { nodes { id number state version weeks taughtDays
            taughtMinutes moduleCount source alignedTo { code version } modules { number title block taughtMinutes prepMinutes }
            graduationRule { attendanceBasis attendanceThreshold dayCountsAt assignmentRequired placementRequired } } } } } }";
        assert_eq!(world.data(None, "{ programmes { totalCount } }", json!({})).await["programmes"]["totalCount"], 0, "drafts are not public");
        let data = world.data(Some(&lead(&world)), &document.replace("first: 50", "first: 10").replace("versions {", "versions(first: 2) {"), json!({})).await;
        let programmes = list(&data["programmes"]["nodes"]);
        let codes: Vec<&str> = programmes.iter().filter_map(|p| p["code"].as_str()).collect();
        assert_eq!(codes, ["FAMILY-AMBASSADOR", "LEADERSHIP", "PSW-10-DAYS", "PSW-10-WEEKS", "SPECIALIST", "SUPERVISOR", "VOLUNTEER-4-WEEKS"]);
        for programme in programmes {
            let version = &programme["versions"]["nodes"][0];
            assert_eq!((&programme["version"], &version["version"], &version["state"]), (&json!(0), &json!(0), &json!("DRAFT")));
            assert!(version["source"].is_string() && programme["owner"].is_null());
            assert!(list(&version["modules"]).iter().all(|module| module["title"].is_null()), "no title was invented");
        }
        let weeks = &programmes[3]["versions"]["nodes"][0];
        assert_eq!((&weeks["weeks"], &weeks["taughtDays"], &weeks["taughtMinutes"], &weeks["moduleCount"]), (&json!(10), &Value::Null, &json!(2400), &json!(16)));
        let blocks: Vec<&str> = list(&weeks["modules"]).iter().filter_map(|module| module["block"].as_str()).collect();
        assert_eq!((blocks[7], blocks[8], blocks.len()), ("Principles and skills", "Practice", 16));
        assert_eq!(weeks["graduationRule"], json!({ "attendanceBasis": "DAYS", "attendanceThreshold": 8000, "dayCountsAt": null, "assignmentRequired": true, "placementRequired": false }));
        let days = &programmes[2]["versions"]["nodes"][0];
        assert_eq!((&days["taughtDays"], &days["moduleCount"], &days["weeks"]), (&json!(10), &json!(9), &Value::Null));
        let volunteer = &programmes[6]["versions"]["nodes"][0];
        assert_eq!((&volunteer["weeks"], &volunteer["moduleCount"]), (&json!(4), &json!(15)));
        assert_eq!(volunteer["alignedTo"], json!({ "code": "HEE_PSW_FRAMEWORK", "version": "2020-10" }));
        // Each says what it lacks.
        for (place, unknown, gaps) in [(3, 5 + 16, 0), (6, 9 + 3 * 15, 20), (5, 11, 0)] {
            let version = &programmes[place]["versions"]["nodes"][0]["id"];
            let reply = change(&world, &lead(&world), "programmeVersionPublish", json!({ "id": version, "expectedVersion": 0 })).await;
            let counted = (messages(&reply, "INCOMPLETE").len(), messages(&reply, "COMPETENCE_GAP").len());
            assert_eq!(counted, (unknown, gaps), "{}: {}", codes[place], reply.body());
        }
        // The first change of a row that came with the service counts like any other.
        let id = &programmes[5]["versions"]["nodes"][0]["id"];
        let amended = change(&world, &lead(&world), "programmeVersionAmend", json!({ "id": id, "expectedVersion": 0, "weeks": 3 })).await;
        assert_eq!(amended.done("programmeVersion")["version"], 1);
    }

    async fn lists_with_modules_take_the_same_statements_whatever_their_size(world: World) {
        let document = "query($first: Int!) { programmeVersions(first: $first, orderBy: [{ field: CREATED_AT, direction: DESC }]) { nodes { number programme { code }
            graduationRule { attendanceThreshold } modules { number prerequisites { number } competences(first: 2) { nodes { depth competence { code } } } }
            declaredGaps(first: 2) { nodes { reason competence { code } } } uncoveredCompetences(first: 2) { nodes { code } } } } }";
        for tenant in [&world.a, &world.b] {
            for _ in 0..3 {
                curriculum(&world, Some(tenant.id), Standing::Published).await;
            }
        }
        for token in [None, Some(world.coordinator(&world.a)), Some(world.coordinator(&world.b)), Some(lead(&world))] {
            let ask = async |first: i32| world.data(token.as_deref(), document, json!({ "first": first })).await;
            ask(1).await;
            let mut counted = Vec::new();
            for first in [1, 2, 3] {
                counted.push(world.statements_of(ask(first)).await);
            }
            assert_eq!(counted, vec![counted[0]; 3]);
            assert_eq!(list(&ask(3).await["programmeVersions"]["nodes"]).len(), 3);
            assert!(counted[0] <= 11, "{counted:?}");
        }
    }
}
