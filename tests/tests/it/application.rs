//! Interest and applications: from the first word to an enrolment, what each step refuses, and who sees what.

mod called_off;
mod equality;
mod places;

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::jobs;
use serde_json::{Value, json};
use tests::applications::{answers, drafting, selectors, submitted};
use tests::courses::{course, school};
use tests::given;
use tests::{World, on_both_databases};

use crate::answers::codes;

/// The code in the letter that was sent last.
async fn code(world: &World) -> String {
    let sql =
        "select body from mail_message where kind = 'course_interest.registered' order by id desc";
    let letters = world.database.eye.texts(sql).await;
    let lines = letters.first().expect("a letter").lines();
    lines.map(str::to_owned).find(|line| line.len() == 32).expect("a code")
}

/// How many interests whoever has the token is shown, with their names.
async fn interests(world: &World, token: &str) -> Value {
    let shown = "{ courseInterests { totalCount nodes { name email } } }";
    world.data(Some(token), shown, json!({})).await["courseInterests"].clone()
}

on_both_databases! {
    async fn interest_is_told_without_an_account_and_seen_once_its_address_is_proved(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let open = course(&world, &school, State::Open).await;
        let draft = course(&world, &school, State::Draft).await;
        let told = json!({ "courseId": open.global_id(), "name": "Ari Fictional", "email": "ari@example.org" });
        let first = world.mutate(None, "interestRegister", "course { id }", told.clone()).await;
        assert_eq!(first.done("course")["id"], open.global_id());
        let again = world.mutate(None, "interestRegister", "course { id }", told.clone()).await;
        assert_eq!(first, again, "the answer is the same for an address that is known");
        for (field, value, code, path) in [
            ("email", json!("nobody"), "INVALID", "email"),
            ("name", json!(" "), "INVALID", "name"),
            ("courseId", json!(draft.global_id()), "NOT_FOUND", "courseId"),
        ] {
            let mut wrong = told.clone();
            wrong[field] = value;
            let reply = world.mutate(None, "interestRegister", "", wrong).await;
            assert_eq!(reply.codes(), [code], "{field}");
            assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", path]));
        }
        let both = json!({ "courseId": open.global_id(), "programmeType": "VOLUNTEER", "name": "A", "email": "a@example.org" });
        assert_eq!(world.mutate(None, "interestRegister", "", both).await.codes(), ["INVALID"]);
        let area = json!({ "programmeType": "VOLUNTEER", "postcodeArea": "NN", "name": "B", "email": "b@example.org" });
        let anywhere = world.mutate(None, "interestRegister", "course { id }", area).await;
        assert_eq!(anywhere.done("course"), &Value::Null);
        let general = code(&world).await;
        assert_eq!(interests(&world, &coordinator).await["totalCount"], 0, "nothing is proved");
        let wrong = json!({ "token": "x" });
        assert_eq!(world.mutate(None, "interestConfirm", "", wrong).await.codes(), ["NOT_FOUND"]);
        world.mutate(None, "interestConfirm", "", json!({ "token": general })).await.done("impact");
        world.mutate(None, "interestRegister", "", told).await.done("impact");
        let token = json!({ "token": code(&world).await });
        world.mutate(None, "interestConfirm", "course { id }", token.clone()).await.done("impact");
        assert_eq!(world.mutate(None, "interestConfirm", "", token).await.codes(), ["NOT_FOUND"], "once");
        let one = json!({ "totalCount": 1, "nodes": [{ "name": "Ari Fictional", "email": "ari@example.org" }] });
        for token in [&coordinator, &lead] {
            assert_eq!(interests(&world, token).await, one);
        }
        for token in [world.coordinator(&world.b), world.token(Role::Analyst, None), world.officer()] {
            assert_eq!(interests(&world, &token).await["totalCount"], 0, "nobody else");
        }
        let eye = &world.database.eye;
        assert_eq!(eye.rows_where("course_interest", "true").await, 4);
        world.set_clock("2026-05-05T09:00:00Z");
        let core = world.app.core();
        assert_eq!(jobs::round(core, "course-interest-expiry").await.expect("a round"), 2);
        assert_eq!(eye.rows_where("course_interest", "confirmed_at is null").await, 0);
        assert_eq!(jobs::round(core, "course-interest-expiry").await.expect("a round"), 0);
    }

    async fn somebody_unknown_comes_from_interest_to_an_enrolment(world: World) {
        let school = school(&world).await;
        let [coordinator, _] = selectors(&world, &school).await;
        let course = course(&world, &school, State::Open).await;
        let told = json!({ "courseId": course.global_id(), "name": "Ari Fictional", "email": "ari@example.org" });
        world.mutate(None, "interestRegister", "", told).await.done("impact");
        let code = code(&world).await;
        let newcomer = world.token_of("newcomer");
        let start = |more: Value| {
            let mut input = json!({ "courseId": course.global_id() });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let unproved = start(json!({ "interestToken": code }));
        let entity = "application { id }";
        let reply = world.mutate(Some(&newcomer), "applicationStart", entity, unproved).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"], "not before the address is proved");
        let reply = world.mutate(Some(&newcomer), "applicationStart", entity, start(json!({}))).await;
        assert_eq!(reply.codes(), ["EVIDENCE_REQUIRED"], "nobody knows who that is");
        world.mutate(None, "interestConfirm", "", json!({ "token": code })).await.done("impact");
        let with_code = start(json!({ "interestToken": code, "idempotencyKey": "one" }));
        let nobody = world.mutate(None, "applicationStart", "", start(json!({ "interestToken": code }))).await;
        assert_eq!(nobody.codes(), ["FORBIDDEN"], "who applies is signed in");
        let reply = world.mutate(Some(&newcomer), "applicationStart", "application { id state version person { preferredName } }", with_code.clone()).await;
        let made = reply.done("application").clone();
        assert_eq!((&made["state"], &made["person"]["preferredName"]), (&json!("DRAFT"), &json!("Ari Fictional")));
        let repeat = world.mutate(Some(&newcomer), "applicationStart", "application { id }", with_code).await;
        assert_eq!(repeat.done("application")["id"], made["id"], "a repeat has one effect");
        let twice = world.mutate(Some(&newcomer), "applicationStart", "", start(json!({}))).await;
        assert_eq!(twice.codes(), ["APPLICATION_OPEN"]);
        let other = world.token_of("another newcomer");
        let stolen = world.mutate(Some(&other), "applicationStart", "", start(json!({ "interestToken": code }))).await;
        assert_eq!(stolen.codes(), ["TOKEN_USED"], "a code is good for one application");
        let who = world.data(Some(&newcomer), "{ people { totalCount } }", json!({})).await;
        assert_eq!(who["people"]["totalCount"], 1, "the own record: {who}");

        let id = made["id"].clone();
        let of = |version: i64, more: Value| {
            let mut input = json!({ "id": id, "expectedVersion": version });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let count = "{ applications { totalCount } }";
        let seen = world.data(Some(&coordinator), count, json!({})).await;
        assert_eq!(seen["applications"]["totalCount"], 0, "a draft is the applicant's own");
        let early = world.mutate(Some(&newcomer), "applicationSubmit", "", of(1, json!({}))).await;
        assert_eq!(early.codes(), ["EVIDENCE_REQUIRED"; 7], "every missing piece is named");
        let stale = world.mutate(Some(&newcomer), "applicationSave", "", of(9, answers())).await;
        assert_eq!(stale.codes(), ["CONFLICT"]);
        let needs = json!({ "supportNeeds": "A quiet room." });
        let mut all = answers();
        all.as_object_mut().expect("an object").extend(needs.as_object().expect("an object").clone());
        let shown = "application { version hasMotivation hasSupportNeeds experience }";
        let reply = world.mutate(Some(&newcomer), "applicationSave", shown, of(1, all)).await;
        assert_eq!(reply.done("application"), &json!({
            "version": 2, "hasMotivation": true, "hasSupportNeeds": true, "experience": "BOTH",
        }));
        let foreign = world.mutate(Some(&coordinator), "applicationSave", "", of(2, json!({}))).await;
        assert_eq!(foreign.codes(), ["NOT_FOUND"], "nobody else writes a draft, or learns of it");
        let reply = world.mutate(Some(&newcomer), "applicationSubmit", "equalityToken application { state }", of(2, json!({}))).await;
        assert_eq!(reply.done("application")["state"], "SUBMITTED");
        assert!(reply.payload()["equalityToken"].is_string(), "{}", reply.body());

        for (name, version, state) in [
            ("applicationScreen", 3, "SCREENING"),
            ("applicationInterview", 4, "INTERVIEW"),
            ("applicationOffer", 5, "OFFERED"),
        ] {
            let input = of(version, json!({ "note": "Words about the selection." }));
            let elsewhere = world.mutate(Some(&world.coordinator(&world.b)), name, "", input.clone()).await;
            assert_eq!(elsewhere.codes(), ["NOT_FOUND"], "{name}");
            let own = world.mutate(Some(&newcomer), name, "", input.clone()).await;
            assert_eq!(own.codes(), ["FORBIDDEN"], "{name}");
            let reply = world.mutate(Some(&coordinator), name, "application { state offerUntil }", input).await;
            assert_eq!(reply.done("application")["state"], state);
        }
        let offered = world.data(Some(&newcomer), "{ applications { nodes { offerUntil notes { id } awaits: waitingPosition } } }", json!({})).await;
        assert_eq!(offered["applications"]["nodes"], json!([{ "offerUntil": "2026-05-11", "notes": [], "awaits": null }]));
        let taken = "query($id: ID!) { course(by: { id: $id }) { placesTaken } }";
        let places = world.data(Some(&coordinator), taken, json!({ "id": course.global_id() })).await;
        assert_eq!(places["course"]["placesTaken"], 6, "an offer holds a place");
        let terms = |text: &str| of(6, json!({ "termsVersion": text }));
        let empty = world.mutate(Some(&newcomer), "applicationAccept", "", terms(" ")).await;
        assert_eq!(empty.codes(), ["INVALID"]);
        let reply = world.mutate(Some(&newcomer), "applicationAccept", "application { state termsVersion }", terms("terms-1")).await;
        assert_eq!(reply.done("application"), &json!({ "state": "ACCEPTED", "termsVersion": "terms-1" }));
        let enrolled = world.data(Some(&newcomer), "{ enrolments { nodes { state fundingBasis } } }", json!({})).await;
        assert_eq!(enrolled["enrolments"]["nodes"], json!([{ "state": "PLACED", "fundingBasis": "UNFUNDED" }]));
        let places = world.data(Some(&coordinator), taken, json!({ "id": course.global_id() })).await;
        assert_eq!(places["course"]["placesTaken"], 6, "the enrolment takes the place of the offer");
        let late = world.mutate(Some(&newcomer), "applicationWithdraw", "", of(7, json!({}))).await;
        assert_eq!(late.codes(), ["CONFLICT"], "then the enrolment is withdrawn");
    }

    async fn each_sees_of_an_application_what_the_part_in_it_needs(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let course = course(&world, &school, State::Open).await;
        let mut ari = submitted(&world, &course, "Ari").await;
        drafting(&world, &course, "Bea").await;
        ari.step(&world, &coordinator, "applicationScreen", json!({ "note": "Words about the selection." })).await;
        let every = "{ applications { totalCount nodes { state priorTraining hasMotivation hasSupportNeeds \
             person { preferredName } motivation { id } notes { record { id category } } } } }";
        for token in [&coordinator, &lead] {
            let data = world.data(Some(token), every, json!({})).await;
            let seen = &data["applications"];
            assert_eq!(seen["totalCount"], 1, "what was handed in: {data}");
            assert_eq!(seen["nodes"][0]["person"]["preferredName"], "Ari");
            assert_eq!(seen["nodes"][0]["notes"][0]["record"]["category"], "SELECTION_NOTE");
            assert!(seen["nodes"][0]["motivation"]["id"].is_string());
            assert!(!data.to_string().contains("Words"), "no list tells a text: {data}");
        }
        let names = "{ applications { nodes { applicantName } } }";
        for (who, token) in [("PCO", &coordinator), ("NQL", &world.token(Role::QualityLead, None))] {
            let data = world.data(Some(token), names, json!({})).await;
            assert_eq!(data["applications"]["nodes"], json!([{ "applicantName": "Ari" }]), "{who}");
        }
        let analyst = world.token(Role::Analyst, None);
        let data = world.data(Some(&analyst), every, json!({})).await;
        let node = &data["applications"]["nodes"][0];
        assert_eq!((&node["person"], &node["motivation"], &node["notes"]), (&Value::Null, &Value::Null, &json!([])));
        assert_eq!(codes(&world.query(Some(&analyst), names, json!({})).await), ["FORBIDDEN"]);
        let own = world.data(Some(&ari.token), every, json!({})).await;
        assert_eq!(own["applications"]["totalCount"], 1);
        assert_eq!(own["applications"]["nodes"][0]["notes"], json!([]), "ENR-5");
        for token in [Some(world.coordinator(&world.b)), Some(world.officer()), None] {
            let data = world.data(token.as_deref(), every, json!({})).await;
            assert_eq!(data["applications"]["totalCount"], 0);
            let one = "query($id: ID!) { application(by: { id: $id }) { id } }";
            let data = world.data(token.as_deref(), one, json!({ "id": ari.id })).await;
            assert_eq!(data["application"], Value::Null);
        }
        let filtered = "query($c: ID!) { applications(where: { courseId: { eq: $c }, state: { eq: SCREENING } }) { totalCount } }";
        let data = world.data(Some(&coordinator), filtered, json!({ "c": course.global_id() })).await;
        assert_eq!(data["applications"]["totalCount"], 1);
    }

    async fn nobody_is_found_unsuitable_by_one_assessor(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let course = course(&world, &school, State::Open).await;
        let mut ari = submitted(&world, &course, "Ari").await;
        let unsuitable = |more: Value| {
            let mut input = json!({ "reason": "SUITABILITY" });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            input
        };
        let confirm = ari.input(&json!({}));
        let reply = world.mutate(Some(&lead), "applicationConfirmDecline", "", confirm).await;
        assert_eq!(reply.codes(), ["NOTHING_PROPOSED"]);
        let reply = world.mutate(Some(&coordinator), "applicationDecline", "", ari.input(&unsuitable(json!({})))).await;
        assert_eq!(reply.codes(), ["EVIDENCE_REQUIRED"], "a note says why");
        let noted = unsuitable(json!({ "note": "Words about the selection." }));
        assert_eq!(ari.step(&world, &coordinator, "applicationDecline", noted.clone()).await, "SUBMITTED");
        let again = world.mutate(Some(&lead), "applicationDecline", "", ari.input(&noted)).await;
        assert_eq!(again.codes(), ["UNCHANGED"]);
        let same = world.mutate(Some(&coordinator), "applicationConfirmDecline", "", ari.input(&json!({}))).await;
        assert_eq!(same.codes(), ["SEPARATION_OF_DUTIES"]);
        assert_eq!(ari.read(&world).await["declineReason"], Value::Null, "nothing is decided");
        assert_eq!(ari.step(&world, &lead, "applicationConfirmDecline", json!({})).await, "DECLINED");
        assert_eq!(ari.read(&world).await["declineReason"], "SUITABILITY");
        let mut bea = submitted(&world, &course, "Bea").await;
        bea.step(&world, &coordinator, "applicationDecline", noted).await;
        assert_eq!(bea.step(&world, &lead, "applicationScreen", json!({})).await, "SCREENING");
        let gone = world.mutate(Some(&lead), "applicationConfirmDecline", "", bea.input(&json!({}))).await;
        assert_eq!(gone.codes(), ["NOTHING_PROPOSED"], "who looks on finds otherwise");
        let closed = json!({ "reason": "ENTRY_CRITERIA" });
        assert_eq!(bea.step(&world, &coordinator, "applicationDecline", closed).await, "DECLINED");
        let eye = &world.database.eye;
        let forged = "update application set second_assessor_id = assessor_id where decline_reason = 'SUITABILITY'";
        assert!(eye.execute(forged).await.is_err(), "the database knows the rule");
    }

    async fn who_selects_is_not_the_applicant_and_applicants_are_old_enough(world: World) {
        let school = school(&world).await;
        let course = course(&world, &school, State::Open).await;
        let mut ari = submitted(&world, &course, "Ari").await;
        let scope = alongside::actor::GrantScope::Organisation(school.organisation.id);
        let both = world.grant_to("Ari", Role::PartnerCoordinator, scope).await;
        let own = world.mutate(Some(&both), "applicationScreen", "", ari.input(&json!({}))).await;
        assert_eq!(own.codes(), ["SEPARATION_OF_DUTIES"]);
        let mut young = tests::people::somebody("Young", Some(school.organisation.id));
        young.date_of_birth = Some(given::day("2008-05-02"));
        let mut young = tests::people::registered(&world, young).await;
        tests::people::linked(&world, &mut young, "young").await;
        let input = json!({ "courseId": course.global_id() });
        let token = world.token_of("young");
        let refused = world.mutate(Some(&token), "applicationStart", "", input.clone()).await;
        assert_eq!(refused.codes(), ["UNDER_AGE"]);
        world.set_clock("2026-05-02T09:00:00Z");
        ari.renew(&world);
        let token = world.token_of("young");
        world.mutate(Some(&token), "applicationStart", "", input).await.done("impact");
        assert_eq!(ari.own_step(&world, "applicationWithdraw", json!({})).await, "WITHDRAWN");
    }
}
