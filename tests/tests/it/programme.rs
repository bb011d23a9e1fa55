//! Programmes: who drafts, publishes and retires what, who sees it, and what stays as it was.

mod cells;
mod coverage;
mod files;
mod keeps;
mod seen;

use alongside::actor::Role;
use alongside::graphql::ids;
use serde_json::{Value, json};
use tests::curricula::{self, Curriculum, Standing, curriculum};
use tests::{Reply, World, on_both_databases};

/// The token of the national quality lead.
fn lead(world: &World) -> String {
    world.token(Role::QualityLead, None)
}

/// The id of a competence as the API gives it.
fn competence(id: uuid::Uuid) -> String {
    ids::encode("cmp", id)
}

/// Runs a mutation whose payload has a version.
async fn change(world: &World, token: &str, field: &str, input: Value) -> Reply {
    world.mutate(Some(token), field, "programmeVersion { id number state version }", input).await
}

/// An amendment under which a curriculum of a test can still be published.
fn amendment(of: &Curriculum, version: i32) -> Value {
    json!({
        "id": of.id(), "expectedVersion": version, "effectiveFrom": "2026-02-02", "weeks": 2,
        "taughtDays": 2, "taughtMinutes": 120, "graduationRule": {
            "attendanceBasis": "MINUTES", "attendanceThreshold": 8000, "makeUpAllowed": false,
            "assignmentRequired": true, "placementRequired": false,
            "completionWithoutAccreditation": false,
        },
    })
}

/// The messages of the refusals with this code.
fn messages<'r>(reply: &'r Reply, code: &str) -> Vec<&'r str> {
    let errors = reply.payload()["userErrors"].as_array().expect("errors").iter();
    errors.filter(|e| e["code"] == code).filter_map(|e| e["message"].as_str()).collect()
}

on_both_databases! {
    async fn a_programme_goes_from_its_creation_to_its_retirement(world: World) {
        let trainer = world.grant(Role::LeadTrainer, Some(world.a.id)).await;
        let new = json!({ "code": "ZZ-WAY", "type": "SPECIALIST", "title": "A fictional way", "ownerId": world.a.global_id() });
        let reply = world.mutate(Some(&trainer), "programmeCreate", "programme { id version owner { name } }", new).await;
        let programme = reply.done("programme");
        assert_eq!((&programme["version"], &programme["owner"]["name"]), (&json!(1), &json!(world.a.name)));
        let draft = json!({ "programmeId": programme["id"], "number": "1.0.0" });
        let id = change(&world, &trainer, "programmeVersionDraft", draft).await.done("programmeVersion")["id"].clone();
        let refused = change(&world, &lead(&world), "programmeVersionPublish", json!({ "id": id, "expectedVersion": 1 })).await;
        assert_eq!(refused.codes(), vec!["INCOMPLETE"; 11], "everything at once: {}", refused.body());
        let modules = json!([
            { "number": 1, "title": "One", "taughtMinutes": 90, "prepMinutes": 0, "isMandatory": true },
            { "number": 2, "title": "Two", "taughtMinutes": 30, "prepMinutes": 15, "requires": [1], "readingList": "A book\nAnother" },
        ]);
        let set = json!({ "id": id, "expectedVersion": 1, "modules": modules });
        change(&world, &trainer, "programmeVersionSetModules", set).await.done("programmeVersion");
        let rule = json!({ "attendanceBasis": "DAYS", "attendanceThreshold": 8000, "dayCountsAt": 7500, "makeUpAllowed": false,
            "assignmentRequired": true, "placementRequired": false, "completionWithoutAccreditation": true });
        let amend = json!({ "id": id, "expectedVersion": 2, "effectiveFrom": "2026-06-01", "weeks": 1, "taughtDays": 1,
            "taughtMinutes": 120, "graduationRule": rule });
        let amended = change(&world, &trainer, "programmeVersionAmend", amend).await;
        assert_eq!(amended.payload()["impact"], json!(["it can be published"]));
        let publish = json!({ "id": id, "expectedVersion": 3 });
        assert_eq!(change(&world, &trainer, "programmeVersionPublish", publish.clone()).await.codes(), ["FORBIDDEN"]);
        let published = change(&world, &lead(&world), "programmeVersionPublish", publish).await;
        assert_eq!(published.done("programmeVersion")["state"], "PUBLISHED");
        let retire = json!({ "id": id, "expectedVersion": 4, "reason": "A test." });
        let retired = change(&world, &lead(&world), "programmeVersionRetire", retire).await;
        assert_eq!(retired.done("programmeVersion"), &json!({ "id": id, "number": "1.0.0", "state": "RETIRED", "version": 5 }));
        let document = "query($id: ID!) { programmeVersion(by: { id: $id }) { state lastStartDate retirementReason moduleCount prepMinutes
            contentHash publishedAt retiredAt programme { code type } graduationRule { attendanceThreshold dayCountsAt maxMissedDays }
            modules { number position title isMandatory readingList prerequisites { number } } } }";
        let data = world.data(None, document, json!({ "id": id })).await;
        let version = &data["programmeVersion"];
        assert_eq!(version["lastStartDate"], "2026-06-01", "not before it began to be in force");
        assert_eq!((&version["moduleCount"], &version["prepMinutes"]), (&json!(2), &json!(15)));
        assert_eq!(version["modules"][1]["prerequisites"], json!([{ "number": 1 }]));
        assert_eq!(version["modules"][0]["isMandatory"], true);
        assert_eq!(version["graduationRule"], json!({ "attendanceThreshold": 8000, "dayCountsAt": 7500, "maxMissedDays": null }));
        assert!(version["contentHash"].as_str().is_some_and(|hash| hash.len() == 64));
        // The trail is the owner's.
        let actions = "select action from audit_event where entity_type = 'programme_version' and chain = ";
        let actions = format!("{actions}{} order by seq", world.uuid(world.a.id));
        let expected = ["drafted", "modules_set", "amended", "published", "retired"].map(|step| format!("programme_version.{step}"));
        assert_eq!(world.database.eye.texts(&actions).await, expected);
    }

    async fn a_new_version_says_what_the_one_before_says(world: World) {
        let old = curriculum(&world, Some(world.a.id), Standing::Published).await;
        let coordinator = world.coordinator(&world.a);
        let input = json!({ "programmeId": old.programme_id(), "number": "1.1.0", "fromVersionId": old.id() });
        let reply = change(&world, &coordinator, "programmeVersionDraft", input.clone()).await;
        let id = reply.done("programmeVersion")["id"].clone();
        let document = "query($id: ID!) { programmeVersion(by: { id: $id }) { weeks taughtDays taughtMinutes source effectiveFrom
            modules { number title block readingList prerequisites { number } competences { nodes { depth competence { code } } } }
            declaredGaps { nodes { reason competence { code } } } graduationRule { attendanceBasis attendanceThreshold } } }";
        let of = async |id: Value| world.data(Some(&coordinator), document, json!({ "id": id })).await["programmeVersion"].take();
        let (mut before, after) = (of(json!(old.id())).await, of(id).await);
        assert_eq!(before["effectiveFrom"], "2026-01-05");
        before["effectiveFrom"] = Value::Null;
        assert_eq!(after, before, "all but the dates");
        assert_eq!(change(&world, &coordinator, "programmeVersionDraft", input).await.codes(), ["VERSION_NUMBER_TAKEN"]);
        // What another keeps to itself is no template, nor is what another published for itself.
        for standing in [Standing::Draft, Standing::Published] {
            let others = curriculum(&world, Some(world.b.id), standing).await;
            let input = json!({ "programmeId": old.programme_id(), "number": "3.0.0", "fromVersionId": others.id() });
            assert_eq!(change(&world, &coordinator, "programmeVersionDraft", input).await.codes(), ["NOT_FOUND"]);
        }
        let national = curriculum(&world, None, Standing::Published).await;
        let input = json!({ "programmeId": old.programme_id(), "number": "3.0.0", "fromVersionId": national.id() });
        change(&world, &coordinator, "programmeVersionDraft", input).await.done("programmeVersion");
    }

    async fn modules_keep_their_ids_by_their_numbers(world: World) {
        let draft = curriculum(&world, Some(world.a.id), Standing::Draft).await;
        let token = world.coordinator(&world.a);
        let modules = json!([{ "number": 3, "title": "New" }, { "number": 1, "title": "Renamed", "requires": [3] }]);
        let input = json!({ "id": draft.id(), "expectedVersion": 4, "modules": modules });
        let mut tried = input.clone();
        tried["dryRun"] = true.into();
        let before = world.database.eye.contents().await;
        let tried = change(&world, &token, "programmeVersionSetModules", tried).await;
        assert_eq!(tried.payload()["programmeVersion"], Value::Null);
        assert!(tried.payload()["impact"][0].as_str().is_some_and(|text| text.starts_with("module 2 goes")), "{}", tried.body());
        assert_eq!(world.database.eye.contents().await, before);
        change(&world, &token, "programmeVersionSetModules", input.clone()).await.done("programmeVersion");
        let document = "query($id: ID!) { programmeVersion(by: { id: $id }) { modules { id number title competences { totalCount } prerequisites { number } } } }";
        let data = world.data(Some(&token), document, json!({ "id": draft.id() })).await;
        let modules = &data["programmeVersion"]["modules"];
        assert_eq!(modules[1]["id"], draft.module_id(0));
        assert_eq!(modules[1]["competences"]["totalCount"], 1, "it keeps its competences");
        assert_eq!(modules[1]["prerequisites"], json!([{ "number": 3 }]));
        assert_eq!((&modules[0]["number"], &modules[2]), (&json!(3), &Value::Null));
        let again = json!({ "id": draft.id(), "expectedVersion": 5, "modules": input["modules"] });
        assert_eq!(change(&world, &token, "programmeVersionSetModules", again).await.codes(), ["UNCHANGED"]);
    }

    async fn a_refusal_of_a_programme_writes_nothing(world: World) {
        let draft = curriculum(&world, Some(world.a.id), Standing::Draft).await;
        let published = curriculum(&world, Some(world.a.id), Standing::Published).await;
        let closed = world.b.clone();
        let close = json!({ "id": closed.global_id(), "expectedVersion": 1, "closedOn": "2026-04-30", "reason": "x" });
        world.database.eye.execute(&format!("update organisation set status = 'ACTIVE' where id = {}", world.uuid(closed.id))).await.expect("active");
        world.mutate(Some(&world.officer()), "organisationClose", "", close).await.done("organisation");
        let nowhere = ids::encode("prv", uuid::Uuid::from_u128(7));
        let no_competence = ids::encode("cmp", uuid::Uuid::from_u128(7));
        let create = |code: &str, owner: &str| json!({ "code": code, "type": "VOLUNTEER", "title": "New", "ownerId": owner });
        let of = |more: Value| {
            let mut input = json!({ "id": draft.id(), "expectedVersion": 4 });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let module = |more: Value| {
            let mut input = json!({ "moduleId": draft.module_id(0), "expectedVersion": 4 });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let wrong_sum = json!({ "modules": [{ "number": 1, "title": "x", "taughtMinutes": 1, "prepMinutes": 0 }] });
        let before = world.database.eye.contents().await;
        let a = world.a.global_id();
        for (field, input, code) in [
            ("programmeCreate", create(&draft.code, &a), "PROGRAMME_CODE_TAKEN"),
            ("programmeCreate", create("bad code", &a), "INVALID"),
            ("programmeCreate", create("ZZ-NEW", &closed.global_id()), "OWNER_CLOSED"),
            ("programmeCreate", create("ZZ-NEW", &ids::encode("org", uuid::Uuid::from_u128(7))), "NOT_FOUND"),
            ("programmeVersionDraft", json!({ "programmeId": draft.programme_id(), "number": "1.0.0" }), "VERSION_NUMBER_TAKEN"),
            ("programmeVersionDraft", json!({ "programmeId": draft.programme_id(), "number": "1.0" }), "INVALID"),
            ("programmeVersionDraft", json!({ "programmeId": ids::encode("prg", uuid::Uuid::from_u128(7)), "number": "1.0.0" }), "NOT_FOUND"),
            ("programmeVersionDraft", json!({ "programmeId": draft.programme_id(), "number": "2.0.0", "fromVersionId": nowhere }), "NOT_FOUND"),
            ("programmeVersionAmend", json!({ "id": nowhere, "expectedVersion": 1 }), "NOT_FOUND"),
            ("programmeVersionAmend", json!({ "id": draft.id(), "expectedVersion": 3 }), "CONFLICT"),
            ("programmeVersionAmend", of(json!({ "weeks": 0 })), "INVALID"),
            ("programmeVersionAmend", of(json!({ "alignedToId": ids::encode("cps", uuid::Uuid::from_u128(7)) })), "NOT_FOUND"),
            ("programmeVersionAmend", of(json!({ "declaredGaps": [{ "competenceId": no_competence, "reason": "x" }] })), "NOT_FOUND"),
            ("programmeVersionAmend", of(json!({ "graduationRule": { "attendanceThreshold": 10001 } })), "INVALID"),
            ("programmeVersionSetModules", of(json!({ "modules": [{ "number": 1, "requires": [2] }] })), "INVALID"),
            ("competenceMap", module(json!({ "competences": [{ "competenceId": no_competence, "depth": "ASSESSED" }] })), "NOT_FOUND"),
            ("competenceMap", module(json!({ "competences": [{ "competenceId": competence(draft.mapped), "depth": "INTRODUCED" }] })), "UNCHANGED"),
            ("competenceUnmap", module(json!({ "competenceIds": [competence(draft.unmapped)] })), "UNCHANGED"),
            ("competenceMap", json!({ "moduleId": published.module_id(0), "expectedVersion": 5, "competences": [{ "competenceId": competence(draft.unmapped), "depth": "ASSESSED" }] }), "CONFLICT"),
            ("programmeVersionPublish", json!({ "id": published.id(), "expectedVersion": 5 }), "CONFLICT"),
            ("programmeVersionRetire", json!({ "id": draft.id(), "expectedVersion": 4, "reason": "x" }), "CONFLICT"),
            ("programmeVersionRetire", json!({ "id": published.id(), "expectedVersion": 5, "reason": " " }), "INVALID"),
            ("programmeVersionRetire", json!({ "id": published.id(), "expectedVersion": 5, "reason": "x", "lastStartDate": "2026-01-04" }), "INVALID"),
        ] {
            let mut input = input;
            input["idempotencyKey"] = "refused".into();
            let reply = world.mutate(Some(&lead(&world)), field, "", input).await;
            assert!(reply.codes().contains(&code), "{field}: {code}, not {}", reply.body());
            let changes = world.database.eye.contents().await.changes_since(&before);
            assert_eq!(changes, [] as [String; 0], "{field}: {code}");
        }
        let set = change(&world, &lead(&world), "programmeVersionSetModules", of(wrong_sum)).await;
        set.done("programmeVersion");
        let publish = json!({ "id": draft.id(), "expectedVersion": 5 });
        let reply = change(&world, &lead(&world), "programmeVersionPublish", publish).await;
        assert_eq!(reply.codes(), ["MINUTES_DO_NOT_ADD_UP"]);
        assert_eq!(messages(&reply, "MINUTES_DO_NOT_ADD_UP"), ["the modules sum to 1 taught minutes, the version says 120"]);
    }

    async fn a_code_tells_nothing_of_the_programmes_of_others(world: World) {
        let hidden = curriculum(&world, Some(world.b.id), Standing::Draft).await;
        let national = curriculum(&world, None, Standing::Draft).await;
        let coordinator = world.coordinator(&world.a);
        let create = |code: &str| json!({ "code": code, "type": "VOLUNTEER", "title": "New", "ownerId": world.a.global_id() });
        for code in [&hidden.code, &national.code, &"ZZ-FREE".to_owned()] {
            let reply = world.mutate(Some(&coordinator), "programmeCreate", "programme { code }", create(code)).await;
            assert_eq!(reply.done("programme")["code"], json!(code));
            let again = world.mutate(Some(&coordinator), "programmeCreate", "", create(code)).await;
            assert_eq!(again.codes(), ["PROGRAMME_CODE_TAKEN"], "the own ones differ");
        }
    }

    async fn publishing_and_writing_at_once_leave_one_of_the_two(world: World) {
        for _ in 0..8 {
            let draft = curriculum(&world, Some(world.a.id), Standing::Draft).await;
            let publish = json!({ "id": draft.id(), "expectedVersion": 4 });
            let requests = [("programmeVersionPublish", publish), ("programmeVersionAmend", amendment(&draft, 4))];
            let replies = tests::race::at_once(2, |index| {
                let (world, (field, input)) = (world.clone(), requests[index].clone());
                async move { change(&world, &lead(&world), field, input).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "CONFLICT"]);
        }
    }

    async fn a_repeated_request_makes_one_programme(world: World) {
        let input = json!({ "code": curricula::code(), "type": "LEADERSHIP", "title": "Once", "idempotencyKey": "once" });
        let create = async || world.mutate(Some(&lead(&world)), "programmeCreate", "programme { id code }", input.clone()).await;
        let first = create().await;
        first.done("programme");
        assert_eq!(create().await, first);
        let code = input["code"].as_str().expect("a code");
        assert_eq!(world.database.eye.rows_where("programme", &format!("code = '{code}'")).await, 1);
    }
}
