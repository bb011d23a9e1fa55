//! What trainees say of their course: once, as sums that lead to nobody, and told when it is over and enough answered.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::careers::{Ended, Loose, answers, ended, id_of, over, roomy};
use tests::courses::{Course, School, course, course_from, school};
use tests::given::{as_system, day};
use tests::invariants::broken;
use tests::protection::erased;
use tests::{Engine, World, on_both_databases, on_postgres};

/// Everything that is scored, as the first questionnaire has it.
const CODES: [&str; 7] =
    ["PREPARATION", "TRAINERS", "CONTENT", "BELONGING", "SUPPORT", "READINESS", "RECOMMENDATION"];

/// The same score for every statement.
fn all(score: i32) -> Vec<(&'static str, i32)> {
    CODES.map(|code| (code, score)).to_vec()
}

/// A course that ended on a day with so many trainees who have something to say.
async fn finished(
    world: &World,
    school: &School,
    (start, names): (&str, &[&str]),
) -> (Course, Vec<Ended>) {
    let course = course_from(world, school, State::Confirmed, day(start)).await;
    roomy(world, &course).await;
    let mut people = Vec::new();
    for name in names {
        people.push(ended(world, (school, &course), name, "COMPLETED_TEACHING").await);
    }
    over(world, &course, "2026-05-01").await;
    (course, people)
}

/// What is told of a course.
async fn figures(world: &World, token: Option<&str>, of: &Course) -> Value {
    let document = "query($id: ID!) { courseEvaluation(courseId: $id) { lastDay figures { course { id } questionnaire courses \
         answers responseRate statements { code mean scores } } } }";
    let data = world.query(token, document, json!({ "id": of.global_id() })).await;
    data["data"]["courseEvaluation"].clone()
}

/// The sums of a course as the database has them, without what names the course.
async fn sums(world: &World, of: &Course) -> Vec<String> {
    let sql = format!(
        "select s.code || ' ' || t.ones || ' ' || t.twos || ' ' || t.threes || ' ' || t.fours || ' ' || t.fives \
         || ' of ' || c.answers from evaluation_tally t join course_evaluation c on c.id = t.evaluation_id \
         join evaluation_statement s on s.id = t.statement_id where c.course_id = {} order by s.place",
        world.uuid(of.id)
    );
    world.database.eye.texts(&sql).await
}

const NAMES: [&str; 5] = ["Ann", "Ben", "Cat", "Dan", "Eve"];

on_both_databases! {
    async fn who_was_there_answers_once_until_it_is_over(world: Loose) {
        let school = school(&world).await;
        let (course, people) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben", "Pia"])).await;
        let [ann, ben, placed] = [&people[0], &people[1], &people[2]];
        let never_there = format!("update enrolment set state = 'PLACED' where id = {}", id_of(&world, &placed.enrolment.id));
        world.database.eye.execute(&never_there).await.expect("another state");
        answers(&world, ann, &all(4), Some("More breaks.")).await.done("enrolment");
        assert_eq!(answers(&world, ann, &all(4), None).await.codes(), ["ALREADY_ANSWERED"]);
        assert_eq!(answers(&world, placed, &all(4), None).await.codes(), ["EVALUATION_CLOSED"]);
        assert_eq!(answers(&world, ben, &[], None).await.codes(), ["INVALID"]);
        assert_eq!(answers(&world, ben, &[("TRAINERS", 6), ("NOBODY", 1)], None).await.codes(), ["INVALID", "INVALID"]);
        let theirs = json!({ "enrolmentId": ben.enrolment.id, "scores": [{ "statement": "TRAINERS", "score": 1 }] });
        for token in [ann.token(&world), world.coordinator(&world.b), world.token(Role::QualityLead, None)] {
            let reply = world.mutate(Some(&token), "evaluationAnswer", "", theirs.clone()).await;
            assert_eq!(reply.codes(), ["NOT_FOUND"], "nobody answers for another");
        }
        assert_eq!(world.mutate(None, "evaluationAnswer", "", theirs).await.codes(), ["FORBIDDEN"]);
        let own = "{ evaluationParticipations { nodes { answeredOn enrolment { id } } } }";
        let own = async |token: &str| world.data(Some(token), own, json!({})).await["evaluationParticipations"]["nodes"].clone();
        assert_eq!(own(&ann.token(&world)).await, json!([{ "answeredOn": "2026-05-01", "enrolment": { "id": ann.enrolment.id } }]));
        for token in [ben.token(&world), world.token(Role::QualityLead, None), world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await] {
            assert_eq!(own(&token).await, json!([]), "who answered is the own business");
        }
        // Article 18: nothing of somebody restricted is added to anything.
        let restrict = format!("insert into restricted_person values ({})", world.uuid(ben.person.id));
        world.database.eye.execute(&restrict).await.expect("a restriction");
        assert_eq!(answers(&world, ben, &all(5), None).await.codes(), ["CONFLICT"]);
        world.database.eye.execute("delete from restricted_person").await.expect("lifted");
        world.set_clock("2026-06-12T09:00:00Z");
        answers(&world, ben, &[("TRAINERS", 5)], None).await.done("enrolment");
        assert_eq!(sums(&world, &course).await[1], "TRAINERS 0 0 0 1 1 of 2");
        world.set_clock("2026-06-13T09:00:00Z");
        assert_eq!(answers(&world, ben, &all(5), None).await.codes(), ["EVALUATION_CLOSED"]);
    }

    async fn what_was_answered_leads_to_nobody(world: Loose) {
        let school = school(&world).await;
        // The same answers to two courses, by other people and in another order.
        let (one, first) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        let (two, second) = finished(&world, &school, ("2026-07-06", &["Cat", "Dan"])).await;
        let events = async || world.database.eye.rows_where("audit_event", "true").await + world.database.eye.rows_where("outbox_event", "true").await;
        let before = events().await;
        answers(&world, &first[0], &all(1), Some("First words.")).await.done("enrolment");
        answers(&world, &first[1], &all(5), Some("Second words.")).await.done("enrolment");
        answers(&world, &second[1], &all(5), Some("Second words.")).await.done("enrolment");
        answers(&world, &second[0], &all(1), Some("First words.")).await.done("enrolment");
        assert_eq!(sums(&world, &one).await, sums(&world, &two).await, "who said what makes no difference");
        assert_eq!(sums(&world, &one).await, CODES.map(|code| format!("{code} 1 0 0 0 1 of 2")));
        assert_eq!(events().await, before, "no trail, no event");
        let eye = &world.database.eye;
        // There is no row of an answer: as many as before each of them.
        let statements = i64::try_from(CODES.len()).expect("small");
        assert_eq!(eye.rows_where("course_evaluation", "true").await, 2);
        assert_eq!(eye.rows_where("evaluation_tally", "true").await, 2 * statements);
        assert_eq!(eye.rows_where("evaluation_participation", "answered_on <> '2026-05-01'").await, 0);
        // Nothing of the sums names a person, an enrolment, an account, a request or a participation.
        for table in ["person", "enrolment", "account", "person_account", "evaluation_participation", "audit_event", "outbox_event", "idempotency_record", "sensitive_record", "vault_key"] {
            for sums in ["course_evaluation", "evaluation_tally"] {
                let joined = format!("id in (select t.id from {table} t)");
                assert_eq!(eye.rows_where(sums, &joined).await, 0, "{table} and {sums}");
            }
        }
        let named = "entity_type like '%evaluation%' or entity_type like '%participation%'";
        assert_eq!(eye.rows_where("audit_event", named).await + eye.rows_where("outbox_event", named).await, 0);
        assert_eq!(eye.rows_where("idempotency_record", "true").await, 0);
        // Identifiers of the service tell the time: these are nothing but chance.
        let id = world.engine().hex("id");
        for table in ["course_evaluation", "evaluation_tally", "evaluation_participation"] {
            for id in eye.texts(&format!("select {id} from {table}")).await {
                assert_eq!(&id[12..13], "4", "{table}: {id}");
            }
        }
        // Texts are sealed, and lie together.
        let plain = match world.engine() {
            Engine::Postgres => "position('words'::bytea in texts) > 0",
            Engine::Sqlite => "instr(texts, cast('words' as blob)) > 0",
        };
        assert_eq!(eye.rows_where("course_evaluation", plain).await, 0);
        let theirs = eye.texts("select count(distinct length(texts)) || '' from course_evaluation").await;
        assert_eq!(theirs, ["1"], "as long, in whatever order they came");
    }

    async fn nothing_is_told_before_it_is_over_or_where_too_few_answered(world: Loose) {
        let school = school(&world).await;
        let (course, people) = finished(&world, &school, ("2026-05-11", &NAMES)).await;
        let (small, few) = finished(&world, &school, ("2026-07-06", &["Flo", "Gus"])).await;
        for (place, one) in people.iter().enumerate() {
            answers(&world, one, &all(if place == 0 { 1 } else { 5 }), None).await.done("enrolment");
        }
        for one in &few {
            answers(&world, one, &all(1), None).await.done("enrolment");
        }
        let lead = world.grant(Role::LeadTrainer, Some(school.organisation.id)).await;
        let open = figures(&world, Some(&lead), &course).await;
        assert_eq!(open, json!({ "lastDay": "2026-06-12", "figures": null }), "people may still answer");
        world.set_clock("2026-06-13T09:00:00Z");
        let quality = world.token(Role::QualityLead, None);
        let lead = world.token(Role::LeadTrainer, Some(school.organisation.id));
        for token in [&quality, &lead, &world.token(Role::Analyst, None)] {
            let told = figures(&world, Some(token), &course).await;
            let told = &told["figures"];
            assert_eq!((&told["answers"], &told["courses"], &told["responseRate"]), (&json!(5), &json!(1), &json!(10_000)), "{told}");
            assert_eq!(told["statements"][0], json!({ "code": "PREPARATION", "mean": 420, "scores": [null, 0, 0, 0, null] }), "the one would tell the other");
            assert_eq!(figures(&world, Some(token), &small).await["figures"], Value::Null, "two are too few");
        }
        for token in [Some(world.coordinator(&world.b)), Some(world.officer()), Some(people[0].token(&world)), None] {
            assert_eq!(figures(&world, token.as_deref(), &course).await, Value::Null);
        }
        let report = async |token: &str, by: &str, of: Option<&str>| {
            let document = format!("query($of: ID) {{ evaluationReport(by: {by}, organisationId: $of) {{ courses answers organisation {{ id }} programmeVersion {{ id }} course {{ id }} statements {{ mean }} }} }}");
            world.data(Some(token), &document, json!({ "of": of })).await["evaluationReport"].clone()
        };
        let here = school.organisation.global_id();
        for (token, by, of) in [(&quality, "NATION", None), (&quality, "PROGRAMME_VERSION", None), (&lead, "ORGANISATION", Some(here.as_str())), (&lead, "COURSE", Some(here.as_str()))] {
            let told = report(token, by, of).await;
            assert_eq!(told.as_array().map(Vec::len), Some(1), "{by}: {told}");
            assert_eq!((&told[0]["courses"], &told[0]["answers"], &told[0]["statements"][6]["mean"]), (&json!(1), &json!(5), &json!(420)), "the small course counts nowhere");
        }
        assert_eq!(report(&lead, "NATION", None).await, Value::Null);
        assert_eq!(report(&world.coordinator(&world.b), "COURSE", Some(&here)).await, Value::Null);
        let ours = |name: &&str| alongside::evaluation::invariants::QUERIES.iter().any(|(our, _)| our == name);
        assert_eq!(broken(&world).await.into_iter().filter(ours).count(), 0);
    }

    async fn texts_are_read_by_a_quality_lead_who_has_nothing_to_do_with_the_deliverer(world: Loose) {
        let school = school(&world).await;
        let (course, people) = finished(&world, &school, ("2026-05-11", &NAMES)).await;
        let open = async |token: &str, reason: &str| {
            let input = json!({ "courseId": course.global_id(), "reason": reason });
            world.mutate(Some(token), "evaluationTextsOpen", "course { id } texts", input).await
        };
        for (one, text) in people.iter().zip(["Zeal.", "Ample time.", "Kind trainers."]) {
            answers(&world, one, &all(5), Some(text)).await.done("enrolment");
        }
        let quality = world.token(Role::QualityLead, None);
        assert_eq!(open(&quality, "A review.").await.codes(), ["EVALUATION_CLOSED", "TOO_FEW_ANSWERS"]);
        for one in &people[3..] {
            answers(&world, one, &all(5), None).await.done("enrolment");
        }
        world.set_clock("2026-06-13T09:00:00Z");
        let quality = world.token(Role::QualityLead, None);
        assert_eq!(open(&quality, " ").await.codes(), ["INVALID"]);
        let told = open(&quality, "A review.").await;
        assert_eq!(told.done("texts"), "[\"Ample time.\",\"Kind trainers.\",\"Zeal.\"]", "in the order of their letters");
        let trail = "entity_type = 'evaluation_reading' and reason = 'A review.' and action = 'evaluation.read'";
        assert_eq!(world.database.eye.rows_where("audit_event", trail).await, 1, "each reading is on record");
        let lead = world.grant(Role::LeadTrainer, Some(school.organisation.id)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        for token in [&lead, &coordinator, &world.token(Role::Analyst, None), &world.officer(), &people[0].token(&world)] {
            assert_eq!(open(token, "A review.").await.codes(), ["FORBIDDEN"]);
        }
        let torn = world.grant_to("torn", Role::QualityLead, GrantScope::Nation).await;
        open(&torn, "A review.").await.done("texts");
        world.grant_to("torn", Role::PartnerSignatory, GrantScope::Organisation(school.organisation.id)).await;
        assert_eq!(open(&torn, "A review.").await.codes(), ["SEPARATION_OF_DUTIES"]);
    }

    async fn a_new_version_is_for_courses_that_nobody_answered_about_yet(world: Loose) {
        let school = school(&world).await;
        let (one, first) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        let (two, second) = finished(&world, &school, ("2026-07-06", &["Cat"])).await;
        answers(&world, &first[0], &all(3), None).await.done("enrolment");
        let quality = world.token(Role::QualityLead, None);
        let publish = async |token: &str, statements: Value| {
            let input = json!({ "statements": statements, "invitation": "What else?" });
            world.mutate(Some(token), "evaluationQuestionnairePublish", "evaluationQuestionnaire { number isProposal statements { code } }", input).await
        };
        let statements = json!([{ "code": "TRAINERS", "statement": "They listened." }, { "code": "PACE", "statement": "The pace was right." }]);
        assert_eq!(publish(&world.officer(), statements.clone()).await.codes(), ["FORBIDDEN"]);
        assert_eq!(publish(&quality, json!([])).await.codes(), ["INVALID"]);
        let next = publish(&quality, statements).await;
        assert_eq!(next.done("evaluationQuestionnaire"), &json!({ "number": 2, "isProposal": false, "statements": [{ "code": "TRAINERS" }, { "code": "PACE" }] }));
        answers(&world, &first[1], &all(3), None).await.done("enrolment");
        assert_eq!(answers(&world, &second[0], &all(3), None).await.codes().len(), 6, "six statements are not asked any more");
        answers(&world, &second[0], &[("PACE", 3)], None).await.done("enrolment");
        assert_eq!((sums(&world, &one).await.len(), sums(&world, &two).await.len()), (7, 2));
        let every = "{ evaluationQuestionnaires { nodes { number isProposal } } }";
        let every = world.data(None, every, json!({})).await;
        assert_eq!(every["evaluationQuestionnaires"]["nodes"], json!([{ "number": 1, "isProposal": true }, { "number": 2, "isProposal": false }]));
    }

    async fn that_somebody_answered_goes_with_the_person_and_the_sums_stay(world: Loose) {
        let school = school(&world).await;
        let (course, people) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        for one in &people {
            answers(&world, one, &all(5), None).await.done("enrolment");
        }
        let gone = people[0].person.id;
        as_system(world.app.core(), move |unit| {
            Box::pin(async move {
                alongside::vault::store::state(unit.tx(), "ERASURE").await?;
                alongside::enrolment::erasing::erase(unit, gone, "TEST").await?;
                Ok(())
            })
        })
        .await;
        let eye = &world.database.eye;
        let of = |of: &Ended| format!("enrolment_id = {}", id_of(&world, &of.enrolment.id));
        assert_eq!(eye.rows_where("evaluation_participation", &of(&people[0])).await, 0);
        assert_eq!(eye.rows_where("evaluation_participation", &of(&people[1])).await, 1);
        assert_eq!(sums(&world, &course).await[0], "PREPARATION 0 0 0 0 2 of 2");
    }

    async fn the_share_of_who_answered_does_not_fall_where_somebody_is_erased(world: Loose) {
        let (first, second) = (school(&world).await, school(&world).await);
        let mut courses = Vec::new();
        for (school, silent) in [(&first, "Flo"), (&second, "Gus")] {
            let names = [&NAMES[..], &[silent]].concat();
            let (course, people) = finished(&world, school, ("2026-05-11", &names)).await;
            for one in &people[..5] {
                answers(&world, one, &all(5), None).await.done("enrolment");
            }
            courses.push((course, people));
        }
        world.set_clock("2026-06-13T09:00:00Z");
        let share = async |of: &Course| {
            let told = figures(&world, Some(&world.token(Role::QualityLead, None)), of).await["figures"].clone();
            (told["answers"].clone(), told["responseRate"].as_u64().expect("a share"))
        };
        let before = share(&courses[0].0).await;
        assert_eq!(before, (json!(5), 8_500), "five of six");
        let mut last = before.1;
        for one in [&courses[0].1[0], &courses[0].1[1], &courses[0].1[5]] {
            erased(&world, &one.person).await;
            let (answers, now) = share(&courses[0].0).await;
            assert_eq!(answers, json!(5), "what was said stays");
            assert!((last..=10_000).contains(&now), "{last} {now}");
            last = now;
        }
        assert_eq!(share(&courses[1].0).await, before, "of another course nothing changes");
    }

    async fn each_invariant_finds_what_breaks_it(world: Loose) {
        let school = school(&world).await;
        let (_, people) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        answers(&world, &people[0], &all(5), None).await.done("enrolment");
        answers(&world, &people[1], &all(5), None).await.done("enrolment");
        for plant in [
            "update evaluation_tally set ones = 9 where fives > 0",
            "update course_evaluation set answers = 1",
            "delete from evaluation_tally where id in (select t.id from evaluation_tally t order by t.id limit 1)",
        ] {
            world.database.eye.execute(plant).await.unwrap_or_else(|error| unreachable!("{plant}: {error}"));
        }
        let found = broken(&world).await;
        for (name, _) in alongside::evaluation::invariants::QUERIES {
            assert!(found.contains(name), "{name}");
        }
    }

    async fn the_trainer_of_a_course_sees_its_figures_and_no_text(world: Loose) {
        let school = school(&world).await;
        let mut teacher = school.lead.person.clone();
        tests::people::linked(&world, &mut teacher, "Lena herself").await;
        let other = course_other(&world).await;
        let (course, people) = finished(&world, &school, ("2026-05-11", &NAMES)).await;
        for one in &people {
            answers(&world, one, &all(4), Some("Words.")).await.done("enrolment");
        }
        world.set_clock("2026-06-13T09:00:00Z");
        let lena = world.token_of("Lena herself");
        assert_eq!(figures(&world, Some(&lena), &course).await["figures"]["statements"][1]["mean"], 400);
        let input = json!({ "courseId": course.global_id(), "reason": "Curious." });
        let reply = world.mutate(Some(&lena), "evaluationTextsOpen", "texts", input).await;
        assert_eq!((reply.codes(), &reply.payload()["texts"]), (vec!["FORBIDDEN"], &Value::Null));
        assert_eq!(figures(&world, Some(&lena), &other).await, Value::Null);
    }
}

/// A course of another school.
async fn course_other(world: &World) -> Course {
    let other = school(world).await;
    course(world, &other, State::Confirmed).await
}

on_postgres! {
    async fn the_engine_marks_every_sum_of_a_course_alike(world: Loose) {
        let school = school(&world).await;
        let (_, people) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        let marks = async || world.database.eye.texts("select count(distinct xmin::text) || '' from evaluation_tally").await;
        answers(&world, &people[0], &[("TRAINERS", 1)], None).await.done("enrolment");
        assert_eq!(marks().await, ["1"]);
        answers(&world, &people[1], &[("CONTENT", 5)], None).await.done("enrolment");
        assert_eq!(marks().await, ["1"], "nobody sees which one changed last");
    }

    async fn nobody_but_the_service_reads_a_sum(world: Loose) {
        let school = school(&world).await;
        let (_, people) = finished(&world, &school, ("2026-05-11", &["Ann", "Ben"])).await;
        answers(&world, &people[0], &all(1), Some("Words.")).await.done("enrolment");
        let policies = "select tablename || ' ' || cmd || ' ' || coalesce(qual, with_check) from pg_policies \
             where schemaname = current_schema() and tablename = 'evaluation_tally'";
        for policy in world.database.eye.texts(policies).await {
            assert!(policy.contains("app.kind") && policy.contains("'system'") && !policy.contains("national"), "{policy}");
        }
    }
}
