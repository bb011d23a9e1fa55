//! What its licence, its organisation and who decides let a course do.

use alongside::actor::{GrantScope, Role};
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, TYPE, course, course_from, school};
use tests::people::{linked, list};
use tests::{World, given, on_both_databases};

use super::{Staff, messages, step};

/// Suspends or reinstates the licence of a school.
async fn licence_step(world: &World, school: &mut School, field: &str) {
    let why = json!({
        "id": school.licence.global_id(), "expectedVersion": school.licence.version, "reason": "A test.",
    });
    let mut input = why;
    if field == "licenceSuspend" {
        input["publicReason"] = json!("A test.");
    }
    let quality = world.token(Role::QualityLead, None);
    world.mutate(Some(&quality), field, "", input).await.done("impact");
    school.licence.version += 1;
}

/// The ids of the courses that new people find.
async fn found(world: &World, asked: &str) -> Vec<Value> {
    let document = format!("{{ {asked} {{ nodes {{ id }} }} }}");
    let data = world.data(None, &document, json!({})).await;
    let name = asked.split('(').next().expect("a name");
    data[name]["nodes"].as_array().expect("a list").iter().map(|node| node["id"].clone()).collect()
}

/// Everything by which more people would have a place.
async fn takes_people(
    world: &World,
    token: &str,
    course: &mut Course,
    partner: &str,
) -> Vec<String> {
    let mut codes = Vec::new();
    for (field, more) in [
        ("courseConfirm", json!({ "dryRun": true })),
        ("courseAmend", json!({ "placesReserved": 6, "dryRun": true })),
        ("courseOfferPlaces", json!({ "partnerId": partner, "places": 1, "dryRun": true })),
    ] {
        codes.push(step(world, token, field, course, more).await.codes().join(" "));
    }
    codes
}

on_both_databases! {
    async fn new_people_find_no_course_whose_licence_is_suspended_or_over(world: World) {
        let (mut school, other) = (school(&world).await, school(&world).await);
        let mut first = course_from(&world, &school, State::Open, given::day("2026-06-01")).await;
        let second = course_from(&world, &other, State::Open, given::day("2026-06-01")).await;
        let staff = Staff::of(&world, &school).await;
        let both = vec![json!(first.global_id()), json!(second.global_id())];
        let sorted = |mut ids: Vec<Value>| { ids.sort_by_key(ToString::to_string); ids };
        assert_eq!(sorted(found(&world, "openCourses").await), sorted(both.clone()));
        let statements = world.statements_of(found(&world, "openCourses")).await;
        licence_step(&world, &mut school, "licenceSuspend").await;
        assert_eq!(found(&world, "openCourses").await, [json!(second.global_id())]);
        let with_open = format!("organisations(where: {{ openProgrammeCode: {{ in: [\"{}\", \"{}\"] }} }})", school.curriculum.code, other.curriculum.code);
        assert_eq!(found(&world, &with_open).await, [json!(other.organisation.global_id())]);
        assert_eq!(sorted(found(&world, "courses").await), sorted(both.clone()), "who looks it up still sees it");
        let decision = json!({ "until": "2026-12-31", "reason": "Nobody loses a place." });
        step(&world, &staff.quality, "courseTeachOut", &mut first, decision).await.done("course");
        assert_eq!(found(&world, "openCourses").await, [json!(second.global_id())], "it is for those who have a place");
        licence_step(&world, &mut school, "licenceReinstate").await;
        assert_eq!(sorted(found(&world, "openCourses").await), sorted(both));
        assert_eq!(world.statements_of(found(&world, "openCourses")).await, statements);
        world.set_clock("2027-08-01T09:00:00Z");
        assert_eq!(found(&world, "openCourses").await, [] as [Value; 0], "both licences are over");
    }

    async fn a_course_under_a_revoked_licence_is_told_since_when(world: World) {
        let (mut school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut approved = course(&world, &school, State::Approved).await;
        let mut elsewhere = course(&world, &other, State::Approved).await;
        licence_step(&world, &mut school, "licenceSuspend").await;
        let open = step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await;
        assert_eq!(messages(&open, "LICENCE_NOT_ACTIVE"), ["the licence is SUSPENDED since 2026-05-01: no course opens under it"]);
        let mut input = json!({ "id": school.licence.global_id(), "expectedVersion": school.licence.version, "reason": "A test.", "publicReason": "A test." });
        world.mutate(Some(&world.officer()), "licenceProposeRevocation", "", input.clone()).await.done("impact");
        input = json!({ "id": input["id"], "expectedVersion": school.licence.version + 1 });
        world.mutate(Some(&staff.quality), "licenceConfirmRevocation", "", input).await.done("impact");
        let open = step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await;
        assert_eq!(messages(&open, "LICENCE_NOT_ACTIVE"), ["the licence is REVOKED since 2026-05-01: no course opens under it"]);
        let of_other = Staff::of(&world, &other).await;
        step(&world, &of_other.coordinator, "courseOpen", &mut elsewhere, json!({})).await.done("course");
    }

    async fn nobody_more_has_a_place_without_a_licence_or_a_teach_out(world: World) {
        let (mut school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut open = course(&world, &school, State::Open).await;
        let partner = other.organisation.global_id();
        let refused = ["LICENCE_NOT_ACTIVE"; 3];
        assert_eq!(takes_people(&world, &staff.coordinator, &mut open, &partner).await, [""; 3]);
        licence_step(&world, &mut school, "licenceSuspend").await;
        assert_eq!(takes_people(&world, &staff.coordinator, &mut open, &partner).await, refused);
        licence_step(&world, &mut school, "licenceReinstate").await;
        world.set_clock("2027-08-01T09:00:00Z");
        let staff = Staff::anew(&world, &school);
        assert_eq!(takes_people(&world, &staff.coordinator, &mut open, &partner).await, refused);
        let decision = json!({ "until": "2027-12-31", "reason": "Nobody loses a place." });
        step(&world, &staff.quality, "courseTeachOut", &mut open, decision).await.done("course");
        assert_eq!(takes_people(&world, &staff.coordinator, &mut open, &partner).await, [""; 3]);
    }

    async fn a_licence_that_covers_the_type_only_later_opens_and_confirms_nothing(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut approved = course(&world, &school, State::Approved).await;
        let mut open = course_from(&world, &school, State::Open, given::day("2026-06-15")).await;
        let mut foreign = course(&world, &other, State::Approved).await;
        let of_it = format!("where organisation_id = {}", world.uuid(school.organisation.id));
        let later = format!("update licence_programme set valid_from = '2026-05-18' {of_it}");
        world.database.eye.execute(&later).await.expect("a later start");
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await;
        assert_eq!(reply.codes(), ["LICENCE_DOES_NOT_COVER"], "{}", reply.body());
        let told = messages(&reply, "LICENCE_DOES_NOT_COVER")[0];
        assert!(told.contains("on the first day, 2026-05-11: it does from 2026-05-18"), "{told}");
        let reply = step(&world, &staff.coordinator, "courseConfirm", &mut open, json!({})).await;
        assert_eq!(reply.codes(), ["LICENCE_NOT_ACTIVE"], "{}", reply.body());
        let of_other = Staff::of(&world, &other).await;
        step(&world, &of_other.coordinator, "courseOpen", &mut foreign, json!({})).await.done("course");
        let back = format!("update licence_programme set valid_from = '2026-05-01' {of_it}");
        world.database.eye.execute(&back).await.expect("as before");
    }

    async fn a_session_counts_only_while_the_licence_covers_its_type(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        Staff::of(&world, &other).await;
        let mut course_here = course(&world, &school, State::Confirmed).await;
        let mut there = course(&world, &other, State::Confirmed).await;
        // A variation took the type away; the licence itself goes on.
        let of_it = format!("where organisation_id = {}", world.uuid(school.organisation.id));
        let cut = format!("update licence_programme set valid_to = '2026-05-10' {of_it}");
        world.database.eye.execute(&cut).await.expect("a shorter cover");
        world.set_clock("2026-05-11T18:00:00Z");
        let staff = Staff::anew(&world, &school);
        let reply = step(&world, &staff.lead, "sessionHold", &mut course_here, json!({})).await;
        assert_eq!(reply.codes(), ["NOT_COVERED"], "{}", reply.body());
        let of_other = Staff::anew(&world, &other);
        step(&world, &of_other.lead, "sessionHold", &mut there, json!({})).await.done("course");
    }

    async fn who_taught_a_session_does_not_give_it_credit(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        let mut held = course(&world, &school, State::Confirmed).await;
        course(&world, &other, State::Draft).await;
        let ends = format!("update licence_programme set valid_to = '2026-05-10' where organisation_id = {}", world.uuid(school.organisation.id));
        world.database.eye.execute(&ends).await.expect("a shorter cover");
        world.set_clock("2026-05-11T18:00:00Z");
        let staff = Staff::anew(&world, &school);
        let anyway = json!({ "withoutCredit": true, "reason": "People had come." });
        step(&world, &staff.lead, "sessionHold", &mut held, anyway).await.done("course");
        let mut lead = school.lead.person.clone();
        linked(&world, &mut lead, "teaches-and-leads-quality").await;
        let own = world.grant_to("teaches-and-leads-quality", Role::QualityLead, GrantScope::Nation).await;
        let why = json!({ "reason": "It was taught well." });
        let reply = step(&world, &own, "sessionCredit", &mut held, why.clone()).await;
        assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{}", reply.body());
        step(&world, &staff.quality, "sessionCredit", &mut held, why).await.done("course");
    }

    async fn who_belongs_to_the_organisation_does_not_decide_on_its_courses(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let both = given::subject(Role::LicensingOfficer, None);
        drop(world.officer());
        let mut own = course(&world, &school, State::Proposed).await;
        let mut foreign = course(&world, &other, State::Proposed).await;
        let token = world.grant_to(&both, Role::PartnerCoordinator, GrantScope::Organisation(school.organisation.id)).await;
        for (field, more) in [("courseApprove", json!({})), ("courseReturn", json!({ "reason": "A test." }))] {
            let reply = step(&world, &token, field, &mut own, more).await;
            assert_eq!(reply.codes(), ["SEPARATION_OF_DUTIES"], "{field}: {}", reply.body());
        }
        step(&world, &token, "courseApprove", &mut foreign, json!({})).await.done("course");
    }

    async fn a_filter_by_the_lead_names_nobody_who_is_not_listed(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        course(&world, &school, State::Open).await;
        course(&world, &other, State::Open).await;
        let led = |by: &str| format!("courses(where: {{ leadTrainerId: {{ eq: \"{by}\" }} }})");
        let lead = school.lead.global_id();
        assert_eq!(found(&world, &led(&lead)).await, [] as [Value; 0]);
        list(&world, &school.lead, 1).await;
        assert_eq!(found(&world, &led(&lead)).await.len(), 1);
    }

    async fn a_licence_whose_suspension_was_appealed_opens_courses_and_the_check_knows(world: World) {
        let (mut school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut approved = course(&world, &school, State::Approved).await;
        course(&world, &other, State::Open).await;
        licence_step(&world, &mut school, "licenceSuspend").await;
        let document = "query($id: ID!) { licence(by: { id: $id }) { version decisions { nodes { id kind } } appeals { nodes { id } } } }";
        let read = async || world.data(Some(&staff.quality), document, json!({ "id": school.licence.global_id() })).await["licence"].clone();
        let licence = read().await;
        let suspended = licence["decisions"]["nodes"].as_array().expect("a list").iter().find(|decision| decision["kind"] == "SUSPENSION").expect("a suspension").clone();
        let signatory = world.grant(Role::PartnerSignatory, Some(school.organisation.id)).await;
        let lodge = json!({ "id": school.licence.global_id(), "expectedVersion": licence["version"], "decisionId": suspended["id"], "grounds": "We mended it." });
        world.mutate(Some(&signatory), "licenceAppealLodge", "", lodge).await.done("impact");
        let licence = read().await;
        let decide = json!({ "id": school.licence.global_id(), "expectedVersion": licence["version"], "appealId": licence["appeals"]["nodes"][0]["id"], "uphold": true, "outcome": "They did." });
        world.mutate(Some(&world.officer()), "licenceAppealDecide", "", decide).await.done("impact");
        step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await.done("course");
        let checks = alongside::verify::run(world.app.core()).await.expect("the check runs");
        let broken: Vec<_> = checks.into_iter().filter(|check| !check.broken.is_empty()).collect();
        assert_eq!(broken, [], "an appeal lifts a suspension as a reinstatement does");
    }

    async fn who_is_dormant_ends_what_was_confirmed_and_begins_nothing(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        Staff::of(&world, &school).await;
        let mut draft = course(&world, &school, State::Draft).await;
        let mut approved = course_from(&world, &school, State::Approved, given::day("2026-06-01")).await;
        let mut open = course_from(&world, &school, State::Open, given::day("2026-06-22")).await;
        let mut confirmed = course_from(&world, &school, State::Confirmed, given::day("2026-05-18")).await;
        let mut foreign = course(&world, &other, State::Approved).await;
        let id = school.organisation.global_id();
        let pause = json!({ "id": id, "expectedVersion": 2 });
        world.mutate(Some(&world.officer()), "organisationMakeDormant", "", pause).await.done("impact");
        world.set_clock("2026-05-18T12:00:00Z");
        let staff = Staff::anew(&world, &school);
        for (field, course) in [("coursePropose", &mut draft), ("courseOpen", &mut approved), ("courseConfirm", &mut open)] {
            let reply = step(&world, &staff.coordinator, field, course, json!({})).await;
            assert!(reply.codes().contains(&"ORGANISATION_NOT_ACTIVE"), "{field}: {}", reply.body());
        }
        step(&world, &staff.lead, "sessionHold", &mut confirmed, json!({})).await.done("course");
        Staff::of(&world, &other).await;
        let of_other = Staff::anew(&world, &other);
        let reply = step(&world, &of_other.coordinator, "courseOpen", &mut foreign, json!({})).await;
        assert_eq!(reply.codes(), ["CONFLICT"], "its first day is over, its organisation is active");
    }

    async fn who_is_closed_proposes_nothing(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut draft = course(&world, &school, State::Draft).await;
        let mut foreign = course(&world, &other, State::Draft).await;
        let closed = format!("update organisation set status = 'CLOSED', closed_on = '2026-05-01' where id = {}", world.uuid(school.organisation.id));
        world.database.eye.execute(&closed).await.expect("closed");
        let reply = step(&world, &staff.coordinator, "coursePropose", &mut draft, json!({})).await;
        assert_eq!(reply.codes(), ["ORGANISATION_NOT_ACTIVE"], "{}", reply.body());
        let of_other = Staff::of(&world, &other).await;
        step(&world, &of_other.coordinator, "coursePropose", &mut foreign, json!({})).await.done("course");
        let active = format!("update organisation set status = 'ACTIVE', closed_on = null where id = {}", world.uuid(school.organisation.id));
        world.database.eye.execute(&active).await.expect("as before");
    }

    async fn there_are_places_for_those_who_were_promised_one(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut open = course(&world, &school, State::Open).await;
        let offer = json!({ "partnerId": other.organisation.global_id(), "places": 7 });
        let mut dry = offer.clone();
        dry["dryRun"] = json!(true);
        let foretold = step(&world, &staff.coordinator, "courseOfferPlaces", &mut open, dry).await.done("impact").clone();
        assert_eq!(foretold, json!(["7 of 10 places are offered"]));
        let reply = step(&world, &staff.coordinator, "courseOfferPlaces", &mut open, offer).await;
        assert_eq!(reply.done("impact"), &foretold);
        let small = json!({ "capacityMax": 6 });
        let reply = step(&world, &staff.coordinator, "courseAmend", &mut open, small).await;
        assert_eq!(messages(&reply, "CAPACITY_EXCEEDED"), ["7 places are offered to partners: offer them fewer first"]);
        let reply = step(&world, &staff.coordinator, "courseAmend", &mut open, json!({ "capacityMax": 4 })).await;
        assert_eq!(reply.codes(), ["CAPACITY_EXCEEDED"; 2], "five have a place already");
        let reply = step(&world, &staff.coordinator, "courseAmend", &mut open, json!({ "capacityMax": 7, "dryRun": true })).await;
        assert_eq!(reply.done("impact"), &json!(["5 of 7 places are taken, 7 are offered to partners"]));
    }

    async fn a_course_keeps_what_a_variation_has_on_its_days(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut approved = course(&world, &school, State::Approved).await;
        let mut foreign = course(&world, &other, State::Approved).await;
        let varied = format!(
            "insert into licence_variation select d.id, d.organisation_id, d.licence_id, d.id, 'HOST_ONLY', null, null, '2026-05-18', '2026-06-01' \
             from licence_decision d where d.organisation_id = {}",
            world.uuid(school.organisation.id)
        );
        world.database.eye.execute(&varied).await.expect("a variation");
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await;
        assert_eq!(reply.codes(), ["LICENCE_DOES_NOT_COVER"], "hosting only on its last day: {}", reply.body());
        for (change, codes) in [
            ("tier = null, max_trainees_per_course = 5", vec!["CAPACITY_EXCEEDED"]),
            ("max_trainees_per_course = null, max_concurrent_courses = 1", vec![]),
        ] {
            world.database.eye.execute(&format!("update licence_variation set {change}")).await.expect("another variation");
            let trial = step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({ "dryRun": true })).await;
            assert_eq!(trial.codes(), codes, "{change}: {}", trial.body());
        }
        step(&world, &staff.coordinator, "courseOpen", &mut approved, json!({})).await.done("course");
        let mut second = course_from(&world, &school, State::Approved, given::day("2026-06-15")).await;
        let of_other = Staff::of(&world, &other).await;
        step(&world, &of_other.coordinator, "courseOpen", &mut foreign, json!({})).await.done("course");
        step(&world, &staff.coordinator, "courseOpen", &mut second, json!({})).await.done("course");
        // It is in force now: who may only host takes nobody more.
        let now = "update licence_variation set tier = 'HOST_ONLY', valid_from = '2026-05-01'";
        world.database.eye.execute(now).await.expect("a variation of today");
        let codes = takes_people(&world, &staff.coordinator, &mut second, &other.organisation.global_id()).await;
        assert_eq!(codes, ["LICENCE_NOT_ACTIVE"; 3]);
        world.database.eye.execute("delete from licence_variation").await.expect("as before");
    }

    async fn a_licence_that_pauses_for_a_type_lets_a_course_open_that_it_covers(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut later = course_from(&world, &school, State::Approved, given::day("2026-06-15")).await;
        let mut between = course(&world, &school, State::Approved).await;
        let mut foreign = course(&world, &other, State::Approved).await;
        let of_it = format!("where organisation_id = {} and programme_type = '{}' and stage = 'GRANTED'", world.uuid(school.organisation.id), TYPE.code());
        let new = world.uuid(uuid::Uuid::from_u128(0x5));
        world.database.eye.execute(&format!("update licence_programme set valid_to = '2026-05-05' {of_it}")).await.expect("a pause");
        let again = format!("insert into licence_programme (id, organisation_id, licence_id, programme_type, stage, valid_from, valid_to) \
            select {new}, organisation_id, licence_id, programme_type, stage, '2026-06-01', '2027-05-01' from licence_programme {of_it}");
        world.database.eye.execute(&again).await.expect("it goes on");
        let reply = step(&world, &staff.coordinator, "courseOpen", &mut between, json!({ "dryRun": true })).await;
        assert_eq!(reply.codes(), ["LICENCE_DOES_NOT_COVER"], "{}", reply.body());
        step(&world, &staff.coordinator, "courseOpen", &mut later, json!({})).await.done("course");
        let of_other = Staff::of(&world, &other).await;
        step(&world, &of_other.coordinator, "courseOpen", &mut foreign, json!({})).await.done("course");
    }

    async fn a_course_above_a_lowered_bound_changes_and_only_grows_no_more(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut open = course(&world, &school, State::Open).await;
        course(&world, &other, State::Open).await;
        let lower = format!("update licence set max_trainees_per_course = 6 where organisation_id = {}", world.uuid(school.organisation.id));
        world.database.eye.execute(&lower).await.expect("a lower bound");
        for more in [json!({ "placesReserved": 4 }), json!({ "postcodeArea": "LS" }), json!({ "capacityMax": 9 })] {
            step(&world, &staff.coordinator, "courseAmend", &mut open, more).await.done("course");
        }
        let reply = step(&world, &staff.coordinator, "courseAmend", &mut open, json!({ "capacityMax": 10 })).await;
        assert_eq!(reply.codes(), ["CAPACITY_EXCEEDED"], "{}", reply.body());
    }

    async fn nobody_takes_its_own_course_over(world: World) {
        let (school, other) = (school(&world).await, school(&world).await);
        let staff = Staff::of(&world, &school).await;
        let mut approved = course(&world, &school, State::Approved).await;
        let to = |school: &School| json!({ "until": "2026-12-31", "reason": "A test.", "receivingOrganisationId": school.organisation.global_id() });
        let reply = step(&world, &staff.quality, "courseTeachOut", &mut approved, to(&school)).await;
        let error = &reply.payload()["userErrors"][0];
        assert_eq!((&error["code"], &error["path"]), (&json!("INVALID"), &json!(["input", "receivingOrganisationId"])));
        step(&world, &staff.quality, "courseTeachOut", &mut approved, to(&other)).await.done("course");
    }
}
