//! Answers for the monitoring of equality: one for each submission, of nobody, and told as figures alone.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::applications::{answers, drafting, selectors};
use tests::courses::{Course, School, course, school};
use tests::{World, on_both_databases};

use crate::answers::codes;

/// The code that somebody is told who hands an application in.
async fn told(world: &World, course: &Course, name: &str) -> String {
    let mut applicant = drafting(world, course, name).await;
    applicant.own_step(world, "applicationSave", answers()).await;
    let input = applicant.input(&json!({ "idempotencyKey": "one" }));
    let token = Some(applicant.token.as_str());
    let reply = world.mutate(token, "applicationSubmit", "equalityToken", input.clone()).await;
    let code = reply.done("equalityToken").as_str().expect("a code").to_owned();
    let again = world.mutate(token, "applicationSubmit", "equalityToken", input).await;
    assert_eq!(again.done("equalityToken"), &Value::Null, "it is told once, and kept nowhere");
    code
}

/// What is told of the answers to whoever has the token.
async fn figures(world: &World, token: &str, of: &School) -> Value {
    let document = "query($of: ID!) { equalityMonitoring(organisationId: $of, programmeType: VOLUNTEER, \
         financialYear: \"2026/27\") { answers questions { question answers { answer count } } } }";
    let of = json!({ "of": of.organisation.global_id() });
    world.data(Some(token), document, of).await["equalityMonitoring"].clone()
}

on_both_databases! {
    async fn answers_lead_to_nobody_and_leave_as_figures(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let course = course(&world, &school, State::Open).await;
        let mut used = Vec::new();
        for number in 0..9 {
            let code = told(&world, &course, &format!("Ari {number}")).await;
            let age = if number < 8 { "FROM_25_TO_34" } else { "OVER_64" };
            let input = json!({ "token": code, "ageBand": age, "disability": "YES" });
            let reply = world.mutate(None, "equalityAnswer", "organisation { id }", input.clone()).await;
            assert_eq!(reply.done("organisation")["id"], school.organisation.global_id());
            assert_eq!(world.mutate(None, "equalityAnswer", "", input).await.codes(), ["TOKEN_USED"]);
            used.push(code);
        }
        let forged = used[0].replace("VOLUNTEER", "SUPERVISOR");
        for (code, more, expected) in [
            (forged, json!({ "ageBand": "OVER_64" }), "NOT_FOUND"),
            ("x".to_owned(), json!({ "ageBand": "OVER_64" }), "NOT_FOUND"),
            (used[0].clone(), json!({}), "INVALID"),
        ] {
            let mut input = more;
            input["token"] = code.into();
            assert_eq!(world.mutate(None, "equalityAnswer", "", input).await.codes(), [expected]);
        }
        let analyst = world.token(Role::Analyst, None);
        for token in [&coordinator, &analyst] {
            let seen = figures(&world, token, &school).await;
            assert_eq!(seen["answers"], 10, "nine, rounded");
            let of = |question: &str, answer: &str| {
                let all = seen["questions"].as_array().expect("a list").iter();
                let of = all.filter(|one| one["question"] == question).flat_map(|one| one["answers"].as_array().expect("a list"));
                of.filter(|one| one["answer"] == answer).map(|one| one["count"].clone()).next().expect("it is asked")
            };
            assert_eq!(of("ageBand", "FROM_25_TO_34"), 10);
            assert_eq!(of("ageBand", "OVER_64"), Value::Null, "one is too few");
            assert_eq!(of("ageBand", "UNDER_25"), 0);
            assert_eq!(of("disability", "YES"), 10);
        }
        for token in [lead, world.coordinator(&world.b), world.officer()] {
            assert_eq!(figures(&world, &token, &school).await, Value::Null, "nobody else");
        }
        let bad = "{ equalityMonitoring(organisationId: \"org_1\", programmeType: VOLUNTEER, financialYear: \"x\") { answers } }";
        assert_eq!(codes(&world.query(Some(&coordinator), bad, json!({})).await), ["BAD_USER_INPUT"]);
        let eye = &world.database.eye;
        let all = eye.rows_where("equality_answer", "true").await;
        assert_eq!(all, 9);
        for table in ["application", "person", "course", "course_interest", "sensitive_record"] {
            let joined = format!("id in (select t.id from {table} t)");
            assert_eq!(eye.rows_where("equality_answer", &joined).await, 0, "{table}");
        }
        assert_eq!(eye.rows_where("audit_event", "entity_type like 'equality%'").await, 0, "no trail leads to it");
    }
}
