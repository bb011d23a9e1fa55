//! Erasure: asked for, decided class by class, carried out, and nothing left.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use alongside::mail::{self, NewMail, Recipient};
use alongside::person::model::Names;
use alongside::person::service::NewPerson;
use alongside::vault::model::{Category, ReaderRole};
use alongside::{jobs, verify};
use serde_json::{Value, json};
use tests::applications::{Applicant, answers, open_course, selectors};
use tests::careers::afterwards;
use tests::courses::{School, course, school};
use tests::credentials::{find, global_id, graduation};
use tests::enrolments::worded;
use tests::given::{as_system, day};
use tests::people::{Someone, linked, list, registered, trainer_of};
use tests::vault::{kept, opened, reader, shared, signed_in};
use tests::{World, on_both_databases, uploads};
use uuid::Uuid;

use super::{all, decided, held, left, officer, requested};

/// A word that occurs nowhere else.
const SENTINEL: &str = "Quetzalxochitl";

/// A person with the sentinel in every text that there is about a person.
async fn everywhere(world: &World) -> (Someone, String) {
    let names = Names {
        preferred_name: SENTINEL.to_owned(),
        given_name: Some(format!("{SENTINEL}given")),
        family_name: Some(format!("{SENTINEL}family")),
        certificate_name: format!("{SENTINEL} on paper"),
    };
    let new = NewPerson {
        names,
        date_of_birth: Some(day("1971-11-13")),
        email: Some((format!("{SENTINEL}@example.org"), true)),
        organisation: Some(world.a.id),
    };
    let mut someone = registered(world, new).await;
    let subject = format!("the account of {SENTINEL}");
    linked(world, &mut someone, &subject).await;
    let rename = json!({
        "id": someone.global_id(), "expectedVersion": 2, "preferredName": format!("{SENTINEL} new"),
        "certificateName": format!("{SENTINEL} renewed"), "effectiveOn": "2026-05-02", "idempotencyKey": "rename",
    });
    world.set_clock("2026-05-02T09:00:00Z");
    world.mutate(Some(&world.officer()), "personRename", "", rename).await.done("userErrors");
    let add = json!({ "id": someone.global_id(), "expectedVersion": 3, "address": format!("second.{SENTINEL}@example.org"), "verified": false });
    world.mutate(Some(&world.officer()), "personEmailAdd", "", add).await.done("userErrors");
    someone.version = 4;
    let own = world
        .grant_to(&subject, Role::PartnerSignatory, GrantScope::Organisation(world.a.id))
        .await;
    for category in Category::ALL {
        kept(world, &someone, Some(world.a.id), *category, &format!("{SENTINEL} wrote this."))
            .await;
    }
    let teacher = trainer_of(world, someone.clone(), &world.a).await;
    list(world, &teacher, 1).await;
    let describe = json!({ "id": teacher.global_id(), "expectedVersion": 2, "bio": format!("{SENTINEL} teaches."), "idempotencyKey": "bio" });
    world.grant_to(&subject, Role::Trainer, GrantScope::Own).await;
    world.mutate(Some(&own), "trainerDescribe", "", describe).await.done("userErrors");
    let place = school(world).await;
    let taken = course(world, &place, State::Open).await;
    graduation(world, &someone, &place, &taken).await;
    said_on_the_course(world, &someone).await;
    let read = json!({
        "kind": "READING", "doneOn": "2026-04-01", "minutes": 60, "title": format!("{SENTINEL} read."),
        "provider": format!("{SENTINEL} lent it."),
    });
    let added = world.mutate(Some(&own), "developmentRecordAdd", "developmentRecord { id }", read);
    added.await.done("developmentRecord");
    let other = school(world).await;
    applied(world, &other, (&someone, &own)).await;
    let file = uploads::input(
        &world.a,
        &format!("{SENTINEL}.pdf"),
        "application/pdf",
        &uploads::pdf(1, 500),
    );
    uploads::announce(world, &own, file).await.done("stagedUpload");
    for (key, to, subject, body) in [
        (
            "to",
            format!("{SENTINEL}@example.org").to_lowercase(),
            "A matter".to_owned(),
            "A text.".to_owned(),
        ),
        (
            "about",
            "somebody@example.org".to_owned(),
            format!("About {SENTINEL} new"),
            format!("Ask {SENTINEL}@example.org."),
        ),
    ] {
        queued(world, key, &to, &subject, &body).await;
    }
    (someone, own)
}

/// The sentinel in all that is said of the enrolment of a graduate: what was handed in and what the marker said, too.
async fn said_on_the_course(world: &World, someone: &Someone) {
    let engine = world.engine();
    let own = format!("where person_id = {}", world.uuid(someone.id));
    let one = |what: &str| format!("select {} from {what}", engine.hex("id"));
    let found = world.database.eye.texts(&one(&format!("enrolment {own}"))).await;
    let enrolment = Uuid::parse_str(&found[0]).expect("an id");
    let words = format!("{SENTINEL} was said.");
    let later = afterwards(world, enrolment, &words);
    for row in worded(world, enrolment, &words).into_iter().chain(later) {
        world
            .database
            .eye
            .execute(&row)
            .await
            .unwrap_or_else(|error| unreachable!("{row}: {error}"));
    }
    let texts = [
        kept(
            world,
            someone,
            Some(world.a.id),
            Category::Assignment,
            &format!("{SENTINEL} learnt."),
        )
        .await,
        kept(
            world,
            someone,
            Some(world.a.id),
            Category::Assignment,
            &format!("{SENTINEL} said more."),
        )
        .await,
    ];
    let attempt = format!(
        "insert into assignment_attempt select {}, e.organisation_id, e.id, e.course_id, 1, {}, e.created_at, false, \
         'MARKED', 'REFER', e.person_id, e.created_at, {}, null, null, 1, false from enrolment e where e.id = {}",
        world.uuid(Uuid::new_v5(&enrolment, b"attempt")),
        world.uuid(texts[0]),
        world.uuid(texts[1]),
        world.uuid(enrolment),
    );
    world.database.eye.execute(&attempt).await.expect("an attempt");
}

/// The sentinel in an application to a school, a note of those who select, and interest from an address of the person.
async fn applied(world: &World, place: &School, (someone, own): (&Someone, &str)) {
    let [coordinator, _] = selectors(world, place).await;
    let open = open_course(world, place, day("2026-06-15"), 3).await;
    let start = json!({ "courseId": open.global_id() });
    let made = world.mutate(Some(own), "applicationStart", "application { id }", start).await;
    let id = made.done("application")["id"].as_str().expect("an id").to_owned();
    let (token, subject) = (own.to_owned(), String::new());
    let mut applicant = Applicant { subject, person: someone.clone(), token, id, version: 1 };
    let mut said = answers();
    said["motivation"] = json!(format!("{SENTINEL} applies."));
    said["supportNeeds"] = json!(format!("{SENTINEL} needs a quiet room."));
    said["priorTraining"] = json!(format!("{SENTINEL} trained before."));
    applicant.own_step(world, "applicationSave", said).await;
    applicant.own_step(world, "applicationSubmit", json!({})).await;
    let note = json!({ "note": format!("{SENTINEL} was on the telephone.") });
    applicant.step(world, &coordinator, "applicationScreen", note).await;
    applicant.step(world, &coordinator, "applicationOffer", json!({})).await;
    let interest = json!({
        "courseId": open.global_id(), "name": format!("{SENTINEL} asks"), "email": format!("second.{SENTINEL}@example.org"),
    });
    world.mutate(None, "interestRegister", "course { id }", interest).await.done("course");
}

/// Queues a message in an organisation's matter.
async fn queued(world: &World, key: &str, to: &str, subject: &str, body: &str) {
    let new = NewMail {
        organisation_id: world.a.id,
        kind: "a.test",
        deduplication_key: key.to_owned(),
        recipient: Recipient::parse(to).expect("an address"),
        subject: subject.to_owned(),
        body: body.to_owned(),
    };
    as_system(world.app.core(), move |unit| {
        let new = new.clone();
        Box::pin(async move {
            // A mutation records something.
            tests::given::granted(unit, &new.deduplication_key, Role::Analyst, GrantScope::Nation)
                .await?;
            mail::enqueue(unit, new).await
        })
    })
    .await;
}

/// The forms in which the sentinel could be left: as it is, in lower case, and within base64.
fn forms() -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut forms = vec![SENTINEL.to_owned(), SENTINEL.to_lowercase()];
    for pad in ["", "x", "xx"] {
        let text = URL_SAFE_NO_PAD.encode(format!("{pad}{SENTINEL}"));
        forms.push(text[4..text.len() - 3].to_owned());
    }
    forms
}

/// Every key and value of this world in the Redis of the tests; nothing without one.
async fn in_redis(world: &World) -> String {
    let Ok(url) = std::env::var("ALONGSIDE_TEST_REDIS") else { return String::new() };
    if url.is_empty() {
        return String::new();
    }
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let pattern = format!("{}*", world.app.config().redis.prefix);
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.expect("the keys");
    let mut held = String::new();
    for key in keys {
        let value: Vec<u8> =
            redis::cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap_or_default();
        held.push_str(&key);
        held.push_str(&String::from_utf8_lossy(&value));
    }
    held
}

on_both_databases! {
    async fn after_an_erasure_nothing_of_the_person_is_left_anywhere(world: World) {
        let (someone, own) = everywhere(&world).await;
        let before = left(&world).await;
        assert!(forms().iter().filter(|form| before.contains(*form)).count() >= 3, "it is there before");
        let (other, _) = signed_in(&world, "another").await;
        queued(&world, "other", "another@example.org", "Another matter", "A text.").await;
        let request = world.mutate(Some(&own), "erasureAsk", "request { id dueOn askedBy state }", json!({ "personId": someone.global_id(), "idempotencyKey": "ask" })).await;
        let request = request.done("request").clone();
        assert_eq!((&request["dueOn"], &request["askedBy"]), (&json!("2026-06-02"), &json!("PERSON")));
        let id = request["id"].as_str().expect("an id");
        let tried = json!({ "id": id, "expectedVersion": 1, "dryRun": true, "decisions": all() });
        let tried = world.mutate(Some(&officer(&world)), "erasureDecide", "request { id }", tried).await;
        assert!(tried.done("impact")[0].as_str().expect("words").contains("Erased: support needs and adjustments"), "{tried:?}");
        assert!(left(&world).await.contains(SENTINEL), "only tried");
        let done = decided(&world, &officer(&world), id, all()).await;
        assert_eq!(done.done("request")["state"], "ANSWERED");
        let answer = done.payload()["request"]["answer"].as_str().expect("words").to_owned();
        assert!(answer.contains("names, e-mail addresses, date of birth and accounts") && answer.contains("Information Commissioner"), "{answer}");
        let after = left(&world).await;
        for form in forms() {
            assert!(!after.contains(&form), "{form}");
        }
        for kept in ["application.erased", "enrolment.erased", "credential.set_apart"] {
            assert!(after.contains(kept), "{kept}");
        }
        let eye = &world.database.eye;
        for table in ["application", "enrolment"] {
            assert_eq!(eye.rows_where(table, "person_id is null and erased_on is not null").await, 1, "{table}: it is counted");
            assert_eq!(eye.rows_where(table, "person_id is not null").await, 0, "{table}");
        }
        assert_eq!(eye.rows_where("course_interest", "true").await + eye.rows_where("application_note", "true").await, 0);
        let url = format!("{}/exports/people/{}", world.base_url, someone.global_id());
        let export = world.client.post(url).bearer_auth(officer(&world)).send().await.expect("an answer");
        let export = export.text().await.expect("a document");
        assert!(export.contains("\"person\"") && forms().iter().all(|form| !export.contains(form)), "{export}");
        assert!(after.contains("vault_key.destroyed") && after.contains("person.erased"), "what is searched is there");
        assert!(!world.files().iter().any(|name| name.contains(SENTINEL)));
        let held = in_redis(&world).await;
        assert!(forms().iter().all(|form| !held.contains(form)), "{held}");
        // Nobody finds the person by a name, and ids resolve to a pseudonym.
        let find = "query($id: ID!, $n: String!) { person(by: { id: $id }) { preferredName erasedOn emails { address } accounts { validTo } trainer { bio isListed preferredName } } people(where: { preferredName: { eq: $n } }) { totalCount } }";
        let seen = world.data(Some(&world.officer()), find, json!({ "id": someone.global_id(), "n": format!("{SENTINEL} new") })).await;
        let shown = &seen["person"];
        assert!(shown["preferredName"].as_str().expect("a name").starts_with("Erased person "), "{seen}");
        assert_eq!((&shown["erasedOn"], &shown["emails"][0]["address"]), (&json!("2026-05-02"), &json!("erased")));
        assert_eq!((&shown["accounts"][0]["validTo"], &seen["people"]["totalCount"]), (&json!("2026-05-02"), &json!(0)));
        // Whoever had the account holds nothing any more, and the record does not change.
        let viewer = world.data(Some(&own), "{ viewer { roles { role } } people { totalCount } }", json!({})).await;
        assert_eq!(viewer, json!({ "viewer": { "roles": [] }, "people": { "totalCount": 0 } }));
        let version = world.database.eye.count(&format!("select cast(version as bigint) from person where id = {}", world.uuid(someone.id))).await;
        let rename = json!({ "id": someone.global_id(), "expectedVersion": version, "preferredName": "Elm", "certificateName": "Elm", "effectiveOn": "2026-05-02" });
        assert_eq!(world.mutate(Some(&world.officer()), "personRename", "", rename).await.codes(), ["CONFLICT"]);
        assert_eq!(world.database.eye.rows_where("mail_message", "state = 'WAITING'").await, 1, "another's waits");
        let untouched = world.data(Some(&world.officer()), "query($id: ID!) { person(by: { id: $id }) { preferredName } }", json!({ "id": other.global_id() })).await;
        assert_eq!(untouched["person"]["preferredName"], "another");
        for job in ["file-removal", "upload-sweep", "vault-rewrap", "mail-sender", "retention-propose"] {
            let _ = jobs::round(world.app.core(), job).await;
        }
        let broken: Vec<String> = verify::run(world.app.core()).await.expect("the check runs").into_iter().flat_map(|check| check.broken).collect();
        assert_eq!(broken, [] as [&str; 0]);
    }

    async fn what_is_kept_is_kept_for_a_reason_until_a_day(world: World) {
        let (someone, own) = signed_in(&world, "graduate").await;
        let place = school(&world).await;
        let taken = course(&world, &place, State::Draft).await;
        let credential = graduation(&world, &someone, &place, &taken).await;
        let needs = kept(&world, &someone, Some(world.a.id), Category::SupportNeeds, "A ramp.").await;
        let concern = kept(&world, &someone, Some(world.a.id), Category::Concern, "A concern.").await;
        let request = requested(&world, &someone).await;
        let dpo = officer(&world);
        let missing = decided(&world, &dpo, &request, json!([])).await;
        assert_eq!(missing.codes(), ["DECISION_MISSING"; 5], "{missing:?}");
        let keep = |class: &str, ground: Value, until: Value| json!({ "class": class, "verdict": "KEEP", "ground": ground, "until": until });
        let erase = |class: &str| json!({ "class": class, "verdict": "ERASE" });
        // Edge case 23: what was attended and decided stays, under a pseudonym.
        let stands = keep("ATTENDANCE_AND_OUTCOMES", json!("PUBLIC_TASK"), json!("2036-05-01"));
        let with = |kept: Value| json!([erase("SUPPORT_TEXTS"), kept, erase("CONCERNS"), erase("PEOPLE"), stands.clone()]);
        let without = decided(&world, &dpo, &request, with(keep("CREDENTIALS", json!(null), json!("2030-01-01")))).await;
        assert_eq!(without.codes(), ["INVALID"]);
        held(&world, &someone, "CONCERNS").await;
        let good = keep("CREDENTIALS", json!("PUBLIC_TASK"), json!("2030-01-01"));
        let against = decided(&world, &dpo, &request, with(good.clone())).await;
        assert_eq!(against.codes(), ["HELD"], "a hold wins");
        assert_eq!(against.payload()["userErrors"][0]["path"], json!(["input", "decisions", "2", "verdict"]));
        let decisions = json!([erase("SUPPORT_TEXTS"), good, keep("CONCERNS", json!("LEGAL_CLAIMS"), json!("2027-01-01")), erase("PEOPLE"), stands.clone()]);
        for token in [world.officer(), world.coordinator(&world.a)] {
            assert_eq!(decided(&world, &token, &request, decisions.clone()).await.codes(), ["FORBIDDEN"]);
        }
        let done = decided(&world, &dpo, &request, decisions.clone()).await;
        let answer = done.done("request")["answer"].as_str().expect("words").to_owned();
        for part in ["Erased: support needs and adjustments; names", "Kept until 2030-01-01: your name on credentials, because they are needed for a task in the public interest", "Kept until 2027-01-01", "Kept until 2036-05-01: attendance, outcomes and decisions about graduation"] {
            assert!(answer.contains(part), "{answer}");
        }
        assert_eq!(decided(&world, &dpo, &request, decisions).await.codes(), ["CONFLICT"]);
        assert!(find(&world, credential.id).await.holder_name.is_some());
        assert_eq!(opened(&world, Some(&dpo), needs, "RIGHTS_REQUEST").await.codes(), ["NOT_FOUND"]);
        assert!(opened(&world, Some(&dpo), concern, "RIGHTS_REQUEST").await.codes().is_empty(), "its key is kept");
        assert_eq!(world.data(Some(&own), "{ erasureRequests { totalCount } }", json!({})).await["erasureRequests"]["totalCount"], 0, "the account is nobody's");
        let told = world.data(Some(&dpo), "query($id: ID!) { erasureRequest(by: { id: $id }) { decisions { class verdict ground keepUntil count } } credential(by: { id: $crd }) { id } }".replace("query($id: ID!)", "query($id: ID!, $crd: ID!)").as_str(), json!({ "id": request, "crd": global_id(&credential) })).await;
        assert_eq!(told["erasureRequest"]["decisions"].as_array().map(Vec::len), Some(5));
        let skeleton = "person_id is not null and erased_on is null and state = 'GRADUATED'";
        assert_eq!(world.database.eye.rows_where("enrolment", skeleton).await, 1);
    }

    async fn a_request_has_a_clock_and_is_asked_once(world: World) {
        let (someone, own) = signed_in(&world, "somebody").await;
        let (_, stranger) = signed_in(&world, "stranger").await;
        let dpo = officer(&world);
        let record = |on: &str| json!({ "personId": someone.global_id(), "receivedOn": on });
        assert_eq!(world.mutate(Some(&dpo), "erasureRecord", "", record("2026-05-02")).await.codes(), ["INVALID"]);
        assert_eq!(world.mutate(Some(&dpo), "erasureRecord", "", record("2025-04-30")).await.codes(), ["INVALID"]);
        let made = world.mutate(Some(&dpo), "erasureRecord", "request { id dueOn }", record("2026-01-31")).await;
        assert_eq!(made.done("request")["dueOn"], "2026-02-28", "the last day of a shorter month");
        assert_eq!(world.mutate(Some(&own), "erasureAsk", "", json!({ "personId": someone.global_id() })).await.codes(), ["UNCHANGED"]);
        assert_eq!(world.mutate(None, "erasureAsk", "", json!({ "personId": someone.global_id() })).await.codes(), ["FORBIDDEN"]);
        let back = json!({ "id": made.payload()["request"]["id"], "expectedVersion": 1 });
        for token in [&stranger, &world.officer()] {
            assert_eq!(world.mutate(Some(token), "erasureWithdraw", "", back.clone()).await.codes(), ["NOT_FOUND"]);
            assert_eq!(world.data(Some(token), "{ erasureRequests { totalCount } }", json!({})).await["erasureRequests"]["totalCount"], 0);
        }
        world.mutate(Some(&own), "erasureWithdraw", "request { state }", back.clone()).await.done("request");
        let again = json!({ "id": back["id"], "expectedVersion": 2 });
        assert_eq!(world.mutate(Some(&own), "erasureWithdraw", "", again).await.codes(), ["CONFLICT"]);
        world.mutate(Some(&own), "erasureAsk", "request { id }", json!({ "personId": someone.global_id() })).await.done("request");
    }

    async fn a_supervisor_reads_no_more_once_the_text_is_erased_and_another_is_not_touched(world: World) {
        let (someone, _) = signed_in(&world, "one").await;
        let (other, others) = signed_in(&world, "other").await;
        let (tutor, token) = signed_in(&world, "tutor").await;
        let own = kept(&world, &someone, Some(world.a.id), Category::SupportNeeds, "One.").await;
        let theirs = kept(&world, &other, Some(world.b.id), Category::SupportNeeds, "Other.").await;
        for record in [own, theirs] {
            shared(&world, record, reader(&tutor, ReaderRole::Tutor)).await;
        }
        let request = requested(&world, &someone).await;
        decided(&world, &officer(&world), &request, all()).await.done("request");
        assert_eq!(opened(&world, Some(&token), own, "SUPPORT").await.codes(), ["NOT_FOUND"]);
        assert!(opened(&world, Some(&token), theirs, "SUPPORT").await.codes().is_empty());
        assert!(opened(&world, Some(&others), theirs, "OWN_RECORD").await.codes().is_empty());
    }

    async fn what_was_merged_into_a_person_is_erased_with_the_person(world: World) {
        let named = |name: &str| tests::people::somebody(&format!("{name} {SENTINEL}"), Some(world.a.id));
        let [one, two, three] = [registered(&world, named("One")).await, registered(&world, named("Two")).await, registered(&world, named("Three")).await];
        for (from, into, version) in [(&one, &two, 1), (&two, &three, 1)] {
            let expected = if from.id == two.id { 2 } else { 1 };
            let merge = json!({ "id": from.global_id(), "expectedVersion": expected, "intoId": into.global_id(), "intoExpectedVersion": version });
            world.mutate(Some(&world.officer()), "personMerge", "", merge).await.done("userErrors");
        }
        let request = requested(&world, &three).await;
        decided(&world, &officer(&world), &request, all()).await.done("request");
        assert!(!left(&world).await.contains(SENTINEL));
    }
}
