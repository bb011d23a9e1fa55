//! Credentials: issued with what they tell of, signed, verified by anyone, followed, reissued, taken away and erased.

mod erased;
mod followed;
mod limits;
mod printed;
mod signed;

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::credential::model::Credential;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tests::courses::{Course, School, course, school};
use tests::credentials::{find, global_id, graduation};
use tests::people::{Someone, linked, person};
use tests::race::at_once;
use tests::{Reply, World, given, on_both_databases};

/// Somebody who graduated from a course of a school, with an account.
struct Graduate {
    credential: Credential,
    person: Someone,
    subject: String,
    school: School,
    course: Course,
}

/// A graduate of a school of its own.
async fn graduate(world: &World, name: &str) -> Graduate {
    let mut person = person(world, name, None).await;
    let subject = format!("the account of {name}");
    linked(world, &mut person, &subject).await;
    let school = school(world).await;
    let course = course(world, &school, State::Draft).await;
    let credential = graduation(world, &person, &school, &course).await;
    Graduate { credential, person, subject, school, course }
}

impl Graduate {
    /// The token of the graduate, who is a trainee still.
    async fn token(&self, world: &World) -> String {
        world.grant_to(&self.subject, Role::Trainee, GrantScope::Own).await
    }

    /// The credential as it stands.
    async fn now(&self, world: &World) -> Credential {
        find(world, self.credential.id).await
    }
}

/// The quality lead.
fn quality(world: &World) -> String {
    world.token(Role::QualityLead, None)
}

/// Runs a mutation on a credential as it stands.
async fn step(
    world: &World,
    token: &str,
    name: &str,
    credential: &Credential,
    more: Value,
) -> Reply {
    let now = find(world, credential.id).await;
    let mut input = json!({ "id": global_id(&now), "expectedVersion": now.version });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    let entity = "credential { id status holderName publicToken version supersedes { id } }";
    world.mutate(Some(token), &format!("credential{name}"), entity, input).await
}

/// Sends a request to a path of the service.
async fn send(world: &World, method: Method, path: &str, accept: &str, body: &str) -> Response {
    let url = format!("{}{path}", world.base_url);
    let request = world.client.request(method, url).header("accept", accept);
    request.body(body.to_owned()).send().await.expect("the service answers")
}

/// What everyone is told by the page of a token, as data.
async fn told(world: &World, token: &str) -> Value {
    let answer =
        send(world, Method::GET, &format!("/verify/{token}"), "application/json", "").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

/// The page of a token.
async fn page(world: &World, token: &str) -> String {
    let answer = send(world, Method::GET, &format!("/verify/{token}"), "text/html", "").await;
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("text")
}

on_both_databases! {
    async fn j12_a_verifier_learns_what_the_credential_is_worth_and_not_who_holds_it(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let token = graduate.credential.public_token.clone();
        let found = told(&world, &token).await;
        assert_eq!(found, json!({
            "status": "VALID", "statusSince": null, "reason": null, "kind": "GRADUATION",
            "title": graduate.credential.title, "edition": graduate.credential.edition, "frameworks": ["HEE_PSW_FRAMEWORK@2020-10"],
            "organisationName": graduate.school.organisation.name, "organisationNow": [],
            "awardedOn": "2026-05-01", "issuedOn": "2026-05-01", "validFrom": "2026-05-01", "validUntil": null, "holderName": null,
        }));
        let fields = "status statusSince reason kind title edition frameworks organisationName organisationNow awardedOn issuedOn validFrom validUntil holderName";
        let document = format!("query($token: String!) {{ credentialVerification(token: $token) {{ {fields} }} }}");
        let same = world.data(None, &document, json!({ "token": token })).await;
        assert_eq!(same["credentialVerification"], found, "portals get the same answer");

        let answer = send(&world, Method::GET, &format!("/verify/{token}"), "text/html,application/json;q=0.9", "").await;
        let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!((header("cache-control"), header("referrer-policy"), header("vary")), ("no-store".to_owned(), "no-referrer".to_owned(), "accept".to_owned()));
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'"), "{policy}");
        let page = answer.text().await.expect("a page");
        assert!(page.contains("<h1>This credential is valid</h1>") && page.contains("<html lang=\"en-GB\">") && !page.contains("<script"), "{page}");
        assert!(!page.contains("Zuzana") && !page.contains("Fictional</"), "{page}");
        assert!(page.contains(&graduate.school.organisation.name));
    }

    async fn j12_a_surname_fits_or_does_not_and_more_is_not_told(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let token = graduate.credential.public_token.clone();
        let path = format!("/verify/{token}");
        for (surname, fits) in [("Fictional", true), ("fictional", true), ("F%C3%ADctional", true), ("Fict", false), ("", false), ("%25", false)] {
            let answer = send(&world, Method::POST, &path, "application/json", &format!("surname={surname}")).await;
            let answer: Value = answer.json().await.expect("JSON");
            assert_eq!(answer, json!({ "holder": if fits { "MATCH" } else { "NO_MATCH" } }), "{surname}");
            let page = send(&world, Method::POST, &path, "text/html", &format!("surname={surname}")).await.text().await.expect("a page");
            assert_eq!((page.contains("Match: "), page.contains("No match: ")), (fits, !fits));
            assert!(!page.contains("ictional</") && !page.contains("Zuzana"));
        }
        let document = "query($token: String!, $surname: String!) { credentialConfirmHolder(token: $token, surname: $surname) }";
        for (of, surname, expected) in [(token.as_str(), "FICTIONAL", "MATCH"), (&token, "Other", "NO_MATCH"), ("no-token", "Fictional", "NO_MATCH")] {
            let data = world.data(None, document, json!({ "token": of, "surname": surname })).await;
            assert_eq!(data["credentialConfirmHolder"], expected);
        }
        // Whoever chose so is told by name.
        let own = graduate.token(&world).await;
        step(&world, &own, "SetListing", &graduate.credential, json!({ "listed": true })).await.done("credential");
        assert_eq!(told(&world, &token).await["holderName"], "Zuzana Fictional");
        assert_eq!(step(&world, &own, "SetListing", &graduate.credential, json!({ "listed": true })).await.codes(), ["UNCHANGED"]);
        assert_eq!(step(&world, &quality(&world), "SetListing", &graduate.credential, json!({ "listed": false })).await.codes(), ["FORBIDDEN"]);
        step(&world, &own, "SetListing", &graduate.credential, json!({ "listed": false })).await.done("credential");
        assert_eq!(told(&world, &token).await["holderName"], Value::Null);
    }

    async fn j12_an_unknown_token_looks_like_one_that_is_none(world: World) {
        let token = graduate(&world, "Zuzana").await.credential.public_token;
        let unknown: String = token.chars().rev().collect();
        let mut answers = Vec::new();
        for token in [unknown.as_str(), "x", &token[1..], &format!("{token}x"), "%00", "..%2F..%2Fx", &"x".repeat(5000)] {
            for accept in ["application/json", "text/html"] {
                for (method, body) in [(Method::GET, ""), (Method::POST, "surname=Fictional")] {
                    let answer = send(&world, method.clone(), &format!("/verify/{token}"), accept, body).await;
                    assert_eq!(answer.status(), 404);
                    let mut text = answer.text().await.expect("text");
                    if let Some(at) = text.find("\"requestId\"") {
                        text.truncate(at);
                    }
                    answers.push((accept, text));
                }
            }
        }
        answers.sort_unstable();
        answers.dedup();
        assert_eq!(answers.len(), 2, "{answers:?}");
    }

    async fn crd_3_a_revoked_credential_answers_with_its_reason_and_one_under_appeal_without(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let token = graduate.credential.public_token.clone();
        let own = graduate.token(&world).await;
        let revoke = json!({ "reason": "DECISION_REVERSED", "why": "The panel decided anew." });
        for (name, input) in [("Revoke", revoke.clone()), ("Suspend", json!({ "why": "x" })), ("Reinstate", json!({ "why": "x" }))] {
            assert_eq!(step(&world, &own, name, &graduate.credential, input).await.codes(), ["FORBIDDEN"], "{name}");
        }
        world.set_clock("2026-05-02T09:00:00Z");
        let (lead, own) = (quality(&world), world.token_of(&graduate.subject));
        let follows = json!({ "reason": "WITHDRAWN", "why": "x" });
        assert_eq!(step(&world, &lead, "Revoke", &graduate.credential, follows).await.codes(), ["INVALID"]);
        step(&world, &lead, "Revoke", &graduate.credential, revoke.clone()).await.done("credential");
        let found = told(&world, &token).await;
        assert_eq!((&found["status"], &found["reason"], &found["statusSince"]), (&json!("REVOKED"), &json!("DECISION_REVERSED"), &json!("2026-05-02")));
        let shown = page(&world, &token).await;
        assert!(shown.contains("revoked on 2 May 2026: the decision behind it was changed"), "{shown}");
        assert!(!shown.contains("panel"), "what is for the trail is not told");
        assert_eq!(step(&world, &lead, "Revoke", &graduate.credential, revoke).await.codes(), ["CONFLICT"]);
        assert_eq!(step(&world, &own, "Reissue", &graduate.credential, json!({})).await.codes(), ["CONFLICT"]);
        // Edge 26: under appeal the public learns no reason.
        step(&world, &lead, "Suspend", &graduate.credential, json!({ "why": "An appeal." })).await.done("credential");
        let found = told(&world, &token).await;
        assert_eq!((&found["status"], &found["reason"]), (&json!("SUSPENDED"), &Value::Null));
        assert!(!page(&world, &token).await.contains("changed"));
        step(&world, &lead, "Reinstate", &graduate.credential, json!({ "why": "Upheld." })).await.done("credential");
        assert_eq!(told(&world, &token).await["status"], "VALID");
        assert_eq!(graduate.now(&world).await.reason, None);
    }

    async fn crd_2_a_reissue_has_the_present_name_a_date_of_its_own_and_supersedes(world: World) {
        let graduate = graduate(&world, "Deadname").await;
        let old = graduate.credential.clone();
        world.set_clock("2026-05-03T09:00:00Z");
        let own = graduate.token(&world).await;
        let rename = json!({ "id": graduate.person.global_id(), "expectedVersion": graduate.person.version, "preferredName": "Nova", "certificateName": "Nova Real" });
        world.mutate(Some(&world.officer()), "personRename", "", rename).await.done("impact");
        assert_eq!(step(&world, &world.officer(), "Reissue", &old, json!({})).await.codes(), ["FORBIDDEN"]);
        let reply = step(&world, &own, "Reissue", &old, json!({})).await;
        let new = reply.done("credential").clone();
        assert_eq!((&new["holderName"], &new["status"], &new["version"]), (&json!("Nova Real"), &json!("VALID"), &json!(1)));
        assert_eq!(new["supersedes"]["id"], global_id(&old));
        let new_token = new["publicToken"].as_str().expect("a token").to_owned();
        let found = told(&world, &new_token).await;
        assert_eq!((&found["awardedOn"], &found["issuedOn"]), (&json!("2026-05-01"), &json!("2026-05-03")));
        // Edge 25: the old token answers, without the old name and without the new token.
        let found = told(&world, &old.public_token).await;
        assert_eq!((&found["status"], &found["statusSince"]), (&json!("SUPERSEDED"), &json!("2026-05-03")));
        for text in [found.to_string(), page(&world, &old.public_token).await] {
            assert!(!text.contains("Deadname") && !text.contains("Nova") && !text.contains(&new_token), "{text}");
        }
        let kept = graduate.now(&world).await;
        assert_eq!((kept.holder_name, kept.jwt, kept.jwt_sha256), (None, None, old.jwt_sha256.clone()));
        let jwt = old.jwt.clone().expect("the holder's copy");
        let copy: Value = send(&world, Method::POST, "/verify", "application/json", &jwt).await.json().await.expect("JSON");
        assert_eq!(copy["status"], "SUPERSEDED");
        assert_eq!(step(&world, &own, "Reissue", &old, json!({})).await.codes(), ["CONFLICT"]);
        let trail = world.database.eye.texts("select coalesce(reason, '') || fields from audit_event where entity_type = 'credential'").await;
        assert!(trail.iter().all(|text| !text.contains("Deadname") && !text.contains("Nova")), "{trail:?}");
    }

    async fn crd_2_of_two_reissues_at_once_one_is_made(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let (lead, input) = (quality(&world), json!({ "id": global_id(&graduate.credential), "expectedVersion": 1 }));
        let replies = at_once(2, |_| {
            let (world, lead, input) = (world.clone(), lead.clone(), input.clone());
            async move { world.mutate(Some(&lead), "credentialReissue", "credential { id }", input).await.codes().len() }
        }).await;
        assert_eq!(replies.iter().sum::<usize>(), 1, "one CONFLICT");
        assert_eq!(world.database.eye.rows_where("credential", "supersedes_id is not null").await, 1);
    }

    async fn crd_1_a_decision_has_one_credential(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let again = format!("update credential set decision_id = (select decision_id from credential where id = {0}) where id <> {0} and kind = 'GRADUATION'", world.uuid(graduate.credential.id));
        graduation(&world, &graduate.person, &graduate.school, &graduate.course).await;
        let refused = world.database.eye.execute(&again).await.expect_err("twice").to_string();
        assert!(refused.contains("credential_one_of_decision") || refused.contains("credential.decision_id"), "{refused}");
    }

    async fn crd_5_what_was_issued_does_not_change_with_names(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let before = graduate.credential.clone();
        let tenant = &graduate.school.organisation;
        let rename = json!({ "id": tenant.global_id(), "expectedVersion": 2, "name": "Renamed Trust" });
        world.mutate(Some(&world.officer()), "organisationRename", "", rename).await.done("impact");
        let title = "update programme set title = 'Another title'";
        world.database.eye.execute(title).await.expect("a change past every rule");
        assert_eq!(graduate.now(&world).await, before);
        let found = told(&world, &before.public_token).await;
        assert_eq!((&found["title"], &found["organisationName"], &found["organisationNow"]), (&json!(before.title), &json!(tenant.name), &json!(["Renamed Trust"])));
        let shown = page(&world, &before.public_token).await;
        assert!(shown.contains(&format!("{} (now Renamed Trust)", tenant.name)), "{shown}");
        // J12, step 4: and on, where it was merged into another.
        let heir = given::organisation(&world).active().register().await;
        world.set_clock("2026-05-02T09:00:00Z");
        tests::successions::end(&world, tenant, &[&heir]).await;
        assert_eq!(told(&world, &before.public_token).await["organisationNow"], json!([heir.name]));
    }

    async fn credentials_are_listed_for_holder_organisation_and_quality_lead_alone(world: World) {
        let (one, other) = (graduate(&world, "Ash").await, graduate(&world, "Elm").await);
        let document = "{ credentials(where: { kind: { eq: GRADUATION } }) { totalCount nodes { id holderName jwt } } }";
        let seen = async |token: Option<&str>| {
            let data = world.data(token, document, json!({})).await;
            let nodes = data["credentials"]["nodes"].as_array().expect("a list").clone();
            nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        let ids = [global_id(&one.credential), global_id(&other.credential)];
        assert_eq!(seen(Some(&quality(&world))).await, ids);
        assert_eq!(seen(Some(&one.token(&world).await)).await, ids[..1]);
        let lead = world.grant(Role::LeadTrainer, Some(other.school.organisation.id)).await;
        assert_eq!(seen(Some(&lead)).await, ids[1..]);
        for token in [None, Some(world.officer()), Some(world.coordinator(&world.a)), Some(world.token(Role::Analyst, None))] {
            assert_eq!(seen(token.as_deref()).await, [""; 0]);
        }
    }

    async fn per_2_nobody_decides_about_the_own_credential(world: World) {
        let graduate = graduate(&world, "Zuzana").await;
        let lead = world.grant_to(&graduate.subject, Role::QualityLead, GrantScope::Nation).await;
        for (name, input) in [("Suspend", json!({ "why": "x" })), ("Revoke", json!({ "why": "x", "reason": "ISSUED_IN_ERROR" }))] {
            assert_eq!(step(&world, &lead, name, &graduate.credential, input).await.codes(), ["SEPARATION_OF_DUTIES"]);
        }
    }

    async fn a_place_that_another_has_is_drawn_again(world: World) {
        let first = graduate(&world, "Zuzana").await;
        let issue = async || graduation(&world, &first.person, &first.school, &first.course).await.place.index;
        let (one, two) = (issue().await, issue().await);
        let taken = format!("update credential set status_index = {} where status_index = {one}", two + two - one);
        assert_eq!(world.database.eye.execute(&taken).await.expect("a place"), 1);
        let three = issue().await;
        assert!(three != two + two - one && three > two, "{one} {two} {three}");
    }
}
