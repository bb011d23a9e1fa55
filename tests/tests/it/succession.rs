//! Trusts merge, split and close: where their courses and trainers go, and what waits for a person.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, TYPE, course, course_from, school};
use tests::enrolments::{enrolled, trainee};
use tests::licences::{Stage, licence};
use tests::people::trainer;
use tests::{Tenant, World, given, on_both_databases, successions};

/// The day after the world's present.
const NEXT_DAY: &str = "2026-05-02T09:00:00Z";

async fn body(world: &World) -> Tenant {
    given::organisation(world).active().register().await
}

/// A course as the national team sees it.
async fn seen(world: &World, course: &Course) -> Value {
    let document = "query($id: ID!) { course(by: { id: $id }) { code version organisation { id }
        licence { id organisation { id } } deliverers { organisation { id } validFrom validTo } } }";
    world.data(Some(&world.officer()), document, json!({ "id": course.global_id() })).await["course"].clone()
}

/// The codes of the courses that an organisation delivers on a day, by three ways to ask.
async fn delivered(world: &World, by: &Tenant, on: &str) -> Vec<String> {
    let document = "query($id: ID!, $on: Date!) {
        courses(where: { organisationId: { eq: $id } }, asOf: $on) { nodes { code } }
        organisation(by: { id: $id }, asOf: $on) { courses { nodes { code } } } }";
    let variables = json!({ "id": by.global_id(), "on": on });
    let data = world.data(Some(&world.officer()), document, variables).await;
    assert_eq!(data["courses"], data["organisation"]["courses"], "both ways");
    let nodes = data["courses"]["nodes"].as_array().expect("a list").iter();
    nodes.map(|node| node["code"].as_str().expect("a code").to_owned()).collect()
}

/// With whom a trainer works, from when to when.
async fn affiliations(world: &World, school: &School) -> Value {
    let document = "query($id: ID!) { trainer(by: { id: $id }) { affiliations { organisation { id } validFrom validTo } } }";
    let id = json!({ "id": format!("trn_{}", school.lead.id.simple()) });
    world.data(Some(&world.token(Role::QualityLead, None)), document, id).await["trainer"]["affiliations"].clone()
}

on_both_databases! {
    async fn what_one_successor_takes_over_passes_on_by_itself(world: World) {
        let (one, two) = (school(&world).await, school(&world).await);
        let taker = body(&world).await;
        let held = licence(&world, &taker).of(&[TYPE]).up_to(Stage::Granted).await;
        let (first, second) = (course(&world, &one, State::Open).await, course(&world, &two, State::Proposed).await);
        let done = course_from(&world, &two, State::Cancelled, given::day("2026-06-01")).await;
        let before = [seen(&world, &first).await, seen(&world, &second).await];
        assert_eq!(before[0]["code"], before[1]["code"], "each organisation counts for itself");
        world.set_clock(NEXT_DAY);
        let merge = json!({
            "kind": "MERGER", "effectiveOn": "2026-05-02", "successorIds": [taker.global_id()],
            "predecessorIds": [one.organisation.global_id(), two.organisation.global_id()],
        });
        let officer = world.officer();
        let trial = { let mut trial = merge.clone(); trial["dryRun"] = json!(true); trial };
        let foretold = world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", trial).await;
        assert_eq!(delivered(&world, &taker, "2026-05-02").await, [] as [&str; 0]);
        let reply = world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await;
        reply.done("organisation");
        assert_eq!(reply.payload()["impact"], foretold.payload()["impact"], "a trial foretells it");
        let code = before[0]["code"].as_str().expect("a code");
        let told = format!("{code} passes on and goes on under the licence of its new deliverer");
        let impact = reply.payload()["impact"].as_array().expect("a list");
        assert_eq!(impact.iter().filter(|line| **line == told).count(), 2, "{impact:?}");
        let namesakes = format!("{code}: its new deliverer has another course with this code; both keep it");
        assert_eq!(impact.iter().filter(|line| **line == namesakes).count(), 1, "{impact:?}");
        for (course, school) in [(&first, &one), (&second, &two)] {
            let after = seen(&world, course).await;
            assert_eq!(after["organisation"]["id"], json!(taker.global_id()));
            assert_eq!(after["licence"]["id"], json!(held.global_id()));
            assert_eq!(after["code"], code, "codes stay, though they meet");
            assert_eq!(after["deliverers"], json!([
                { "organisation": { "id": school.organisation.global_id() }, "validFrom": "2026-05-01", "validTo": "2026-05-02" },
                { "organisation": { "id": taker.global_id() }, "validFrom": "2026-05-02", "validTo": null },
            ]));
        }
        assert_eq!(seen(&world, &done).await["organisation"]["id"], json!(two.organisation.global_id()), "what is over stays");
        assert_eq!(delivered(&world, &one.organisation, "2026-05-01").await, [code]);
        assert_eq!(delivered(&world, &one.organisation, "2026-05-02").await, [] as [&str; 0]);
        assert_eq!(delivered(&world, &taker, "2026-05-01").await, [] as [&str; 0]);
        assert_eq!(delivered(&world, &taker, "2026-05-02").await, [code, code]);
        assert_eq!(affiliations(&world, &one).await, json!([
            { "organisation": { "id": one.organisation.global_id() }, "validFrom": "2024-01-01", "validTo": "2026-05-02" },
            { "organisation": { "id": taker.global_id() }, "validFrom": "2026-05-02", "validTo": null },
        ]));
    }

    async fn its_new_deliverer_runs_a_course_and_the_old_one_no_longer(world: World) {
        let school = school(&world).await;
        let taker = body(&world).await;
        licence(&world, &taker).of(&[TYPE]).up_to(Stage::Granted).await;
        let course = course(&world, &school, State::Approved).await;
        let old = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let new = world.grant(Role::PartnerCoordinator, Some(taker.id)).await;
        let amend = |version: &Value| json!({ "id": course.global_id(), "expectedVersion": version, "capacityMax": 9 });
        let before = seen(&world, &course).await["version"].clone();
        let reply = world.mutate(Some(&new), "courseAmend", "", amend(&before)).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"]);
        successions::end(&world, &school.organisation, &[&taker]).await;
        let version = seen(&world, &course).await["version"].clone();
        let reply = world.mutate(Some(&old), "courseAmend", "", amend(&version)).await;
        assert_eq!(reply.codes(), ["NOT_FOUND"], "to the old one it is not there");
        let reply = world.mutate(Some(&new), "courseAmend", "course { capacityMax version }", amend(&version)).await;
        assert_eq!(reply.done("course")["capacityMax"], 9);
        let open = json!({ "id": course.global_id(), "expectedVersion": reply.payload()["course"]["version"] });
        let reply = world.mutate(Some(&new), "courseOpen", "course { state }", open).await;
        assert_eq!(reply.done("course")["state"], "OPEN");
    }

    async fn who_places_a_trainer_sees_who_it_is(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let (north, south) = (body(&world).await, body(&world).await);
        let officer = world.officer();
        let asked = "query($id: ID!) { trainer(by: { id: $id }) { preferredName isListed } }";
        let name = async |token: &str, id: String| world.data(Some(token), asked, json!({ "id": id })).await["trainer"]["preferredName"].clone();
        assert_eq!(name(&officer, school.lead.global_id()).await, Value::Null, "nobody has to be placed");
        successions::end(&world, &school.organisation, &[&north, &south]).await;
        assert_eq!(name(&officer, school.lead.global_id()).await, "Lena");
        let places = "{ successionAssignments(where: { subject: { eq: TRAINER } }) { nodes { trainer { preferredName } } } }";
        let data = world.data(Some(&officer), places, json!({})).await;
        assert!(data["successionAssignments"]["nodes"].as_array().expect("a list").contains(&json!({ "trainer": { "preferredName": "Lena" } })));
        assert_eq!(name(&officer, other.lead.global_id()).await, Value::Null, "whom nobody has to place");
        let analyst = world.token(Role::Analyst, None);
        assert_eq!(name(&analyst, school.lead.global_id()).await, Value::Null);
        for tenant in [&north, &south] {
            let partner = world.grant(Role::PartnerCoordinator, Some(tenant.id)).await;
            assert_eq!(name(&partner, school.lead.global_id()).await, Value::Null, "a candidate is told who it is once it has the trainer");
        }
    }

    async fn succ_2_nobody_is_followed_on_a_day_before_what_is_recorded(world: World) {
        let (school, taker) = (school(&world).await, body(&world).await);
        course(&world, &school, State::Open).await;
        let officer = world.officer();
        let before = world.database.eye.contents().await;
        let succeed = |on: &str| json!({
            "kind": "ACQUISITION", "effectiveOn": on, "successorIds": [taker.global_id()],
            "predecessorIds": [school.organisation.global_id()],
        });
        let reply = world.mutate(Some(&officer), "organisationSucceed", "", succeed("2026-04-30")).await;
        assert_eq!(reply.codes(), ["DATE_BEFORE_RECORDED_FACT", "DATE_BEFORE_RECORDED_FACT"], "the licence's and the course's");
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", succeed("2026-05-01")).await.done("organisation");
    }

    async fn courses_pass_on_to_who_takes_part_and_beyond_its_licence_only_with_a_word(world: World) {
        let (one, two) = (school(&world).await, school(&world).await);
        let (prospect, taker) = (given::organisation(&world).register().await, body(&world).await);
        licence(&world, &taker).of(&[TYPE]).up_to(Stage::Granted).await;
        for school in [&one, &two] {
            course(&world, school, State::Open).await;
        }
        let one_at_once = format!("update licence set max_concurrent_courses = 1 where organisation_id = {}", world.uuid(taker.id));
        world.database.eye.execute(&one_at_once).await.expect("its bound");
        let officer = world.officer();
        let merge = |into: &Tenant| json!({
            "kind": "MERGER", "effectiveOn": "2026-05-01", "successorIds": [into.global_id()],
            "predecessorIds": [one.organisation.global_id(), two.organisation.global_id()],
        });
        let before = world.database.eye.contents().await;
        let reply = world.mutate(Some(&officer), "organisationSucceed", "", merge(&prospect)).await;
        assert_eq!(reply.codes(), ["ORGANISATION_NOT_ACTIVE"]);
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        let reply = world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge(&taker)).await;
        reply.done("organisation");
        let impact = reply.payload()["impact"].to_string();
        assert_eq!(impact.matches("its new deliverer then runs 2 courses, its licence allows 1 at once").count(), 1, "{impact}");
    }

    async fn of_several_successors_a_person_names_one(world: World) {
        let school = school(&world).await;
        let (north, south, stranger) = (body(&world).await, body(&world).await, body(&world).await);
        let course = course(&world, &school, State::Open).await;
        let officer = world.officer();
        let former = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let (ann, _) = trainee(&world, &school.organisation, "Ann").await;
        let one = enrolled(&world, &former, &course, &ann).await;
        successions::end(&world, &school.organisation, &[&north, &south]).await;
        let after = seen(&world, &course).await;
        assert_eq!(after["organisation"]["id"], json!(school.organisation.global_id()), "nothing is guessed");
        let places = successions::places(&world, &school.organisation).await;
        let subjects: Vec<&Value> = places.iter().map(|place| &place["subject"]).collect();
        assert_eq!(subjects, ["COURSE", "TRAINER", "TRAINER"]);
        assert_eq!(places[0]["candidates"].as_array().expect("a list").len(), 2);
        let to = |tenant: &Tenant| successions::assign(&places[0], tenant);
        let entity = "successionAssignment { version assignedOn successor { id } course { organisation { id } } }";
        let contents = world.database.eye.contents().await;
        for (token, input, codes) in [
            (&officer, to(&stranger), ["NOT_A_CANDIDATE"]),
            (&officer, to(&school.organisation), ["NOT_A_CANDIDATE"]),
            (&world.token(Role::QualityLead, None), to(&north), ["FORBIDDEN"]),
            (&world.grant(Role::PartnerCoordinator, Some(north.id)).await, to(&north), ["FORBIDDEN"]),
        ] {
            let found = world.mutate(Some(token), "successionAssign", entity, input).await;
            assert_eq!(found.codes()[..1], codes, "{}", found.body());
        }
        let mut trial = to(&north);
        trial["dryRun"] = json!(true);
        let foretold = world.mutate(Some(&officer), "successionAssign", entity, trial).await;
        let changed: Vec<String> = world.database.eye.contents().await.changes_since(&contents);
        let changed: Vec<&String> = changed.iter().filter(|line| line.contains("course") || line.contains("succession")).collect();
        assert_eq!(changed, [] as [&String; 0]);
        let reply = world.mutate(Some(&officer), "successionAssign", entity, to(&north)).await;
        assert_eq!(reply.payload()["impact"], foretold.payload()["impact"]);
        let assigned = reply.done("successionAssignment");
        assert_eq!((&assigned["version"], &assigned["assignedOn"]), (&json!(2), &json!("2026-05-01")));
        assert_eq!(assigned["course"]["organisation"]["id"], json!(north.global_id()));
        let (document, of) = ("query($id: ID!) { enrolment(by: { id: $id }) { id } }", json!({ "id": one.id }));
        let now = world.token(Role::PartnerCoordinator, Some(north.id));
        assert_eq!(world.data(Some(&now), document, of.clone()).await["enrolment"], json!({ "id": one.id }));
        assert_eq!(world.data(Some(&former), document, of).await["enrolment"], json!(null), "went along");
        let again = world.mutate(Some(&officer), "successionAssign", entity, to(&south)).await;
        assert_eq!(again.codes(), ["CONFLICT"]);
        for place in &places[1..] {
            let input = successions::assign(place, &south);
            world.mutate(Some(&officer), "successionAssign", entity, input).await.done("successionAssignment");
        }
        let found = affiliations(&world, &school).await;
        assert_eq!(found[1]["organisation"]["id"], json!(south.global_id()));
        let seen_by = async |tenant: &Tenant| {
            let token = world.grant(Role::PartnerCoordinator, Some(tenant.id)).await;
            let data = world.data(Some(&token), "{ successionAssignments { totalCount } }", json!({})).await;
            data["successionAssignments"]["totalCount"].clone()
        };
        assert_eq!(seen_by(&north).await, 1);
        assert_eq!(seen_by(&south).await, 2);
        assert_eq!(seen_by(&school.organisation).await, 3);
        assert_eq!(seen_by(&stranger).await, 0);
    }

    async fn org_3_nobody_ends_with_unfinished_courses_unless_somebody_follows(world: World) {
        let school = school(&world).await;
        trainer(&world, "Tom", &world.b).await;
        let course = course(&world, &school, State::Proposed).await;
        let officer = world.officer();
        let id = school.organisation.global_id();
        let close = json!({ "id": id, "expectedVersion": 2, "closedOn": "2026-05-01", "reason": "It ends." });
        let reply = world.mutate(Some(&officer), "organisationClose", "", close).await;
        assert_eq!(reply.codes(), ["LICENCE_IN_FORCE", "COURSES_UNFINISHED"]);
        let ends = json!({ "kind": "CLOSURE", "predecessorIds": [id], "effectiveOn": "2026-05-01", "notes": "It ends." });
        let reply = world.mutate(Some(&officer), "organisationSucceed", "", ends.clone()).await;
        assert_eq!(reply.codes(), ["COURSES_UNFINISHED"]);
        assert!(reply.body().to_string().contains("VOL-2026-001"), "it is named");
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let cancel = course.input(&json!({ "reason": "The organisation ends." }));
        world.mutate(Some(&coordinator), "courseCancel", "course { id }", cancel).await.done("course");
        world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", ends).await.done("organisation");
    }

    async fn a_course_that_was_taken_over_goes_on_under_the_licence_that_bridges(world: World) {
        let (one, two) = (school(&world).await, school(&world).await);
        let after = body(&world).await;
        let course = course(&world, &one, State::Open).await;
        world.set_clock(NEXT_DAY);
        let officer = world.officer();
        let merge = json!({
            "kind": "MERGER", "effectiveOn": "2026-05-02", "successorIds": [after.global_id()],
            "predecessorIds": [one.organisation.global_id(), two.organisation.global_id()],
        });
        let reply = world.mutate(Some(&officer), "organisationSucceed", "organisation { id }", merge).await;
        let told = "VOL-2026-001 passes on; it needs a licence of its new deliverer or a teach-out decision";
        assert!(reply.payload()["impact"].as_array().expect("a list").contains(&json!(told)), "{}", reply.body());
        assert_eq!(seen(&world, &course).await["licence"]["id"], json!(one.licence.global_id()), "superseded");
        let bridge = json!({
            "organisationId": after.global_id(), "reason": "They merged.",
            "licenceIds": [one.licence.global_id(), two.licence.global_id()],
        });
        let reply = world.mutate(Some(&officer), "licenceBridge", "licence { id }", bridge).await;
        let licence = reply.done("licence")["id"].clone();
        assert!(reply.payload()["impact"].as_array().expect("a list").iter().any(|line| line.as_str().is_some_and(|line| line.starts_with("VOL-2026-001 goes on under PSL-2026-"))));
        assert_eq!(seen(&world, &course).await["licence"]["id"], licence);
    }

    async fn an_acquirer_that_is_suspended_neither_inherits_nor_cures(world: World) {
        let school = school(&world).await;
        let taker = body(&world).await;
        let held = licence(&world, &taker).of(&[TYPE]).up_to(Stage::Granted).await;
        let quality = world.token(Role::QualityLead, None);
        let suspend = json!({
            "id": held.global_id(), "expectedVersion": held.version, "reason": "A test.", "publicReason": "Under review.",
        });
        let reply = world.mutate(Some(&quality), "licenceSuspend", "licence { version }", suspend).await;
        reply.done("licence");
        let course = course(&world, &school, State::Open).await;
        successions::end(&world, &school.organisation, &[&taker]).await;
        let after = seen(&world, &course).await;
        assert_eq!(after["organisation"]["id"], json!(taker.global_id()));
        assert_eq!(after["licence"]["id"], json!(school.licence.global_id()), "both need a decision");
    }
}
