//! Courses as they are read: who sees what, what a plan says, and how many statements a question takes.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{course, course_from, draft_input, school, weekly_input};
use tests::{World, given, on_both_databases};

use super::Staff;

on_both_databases! {
    async fn everyone_sees_courses_that_take_people_and_not_where_they_meet(world: World) {
        let school = school(&world).await;
        let mut start = given::day("2026-05-11");
        for state in [State::Draft, State::Proposed, State::Approved, State::Open, State::Confirmed, State::Cancelled] {
            course_from(&world, &school, state, start).await;
            start += chrono::Duration::days(21);
        }
        let document = "{ openCourses(where: { postcodeArea: { eq: \"NN\" }, mode: { eq: IN_PERSON }, programmeType: { eq: VOLUNTEER } }, first: 5) \
            { totalCount nodes { state terms { coDeliveryTerms } partners { places } trainers { preferredName } \
              sessions(first: 5) { nodes { date place { venue } guests { name } teaching { part trainer { preferredName } } } } } } \
            courses { totalCount } }";
        let data = world.data(None, document, json!({})).await;
        assert_eq!((&data["openCourses"]["totalCount"], &data["courses"]["totalCount"]), (&json!(2), &json!(2)));
        let open = &data["openCourses"]["nodes"][0];
        assert_eq!((&open["terms"], &open["partners"]), (&Value::Null, &json!([])));
        assert_eq!(open["trainers"], json!([{ "preferredName": "Pat" }]), "who is not listed is not shown");
        let session = &open["sessions"]["nodes"][0];
        assert_eq!((&session["place"], &session["guests"]), (&Value::Null, &json!([])));
        assert_eq!(session["teaching"], json!([{ "part": "LEAD", "trainer": null }, { "part": "CO", "trainer": { "preferredName": "Pat" } }]));
        let own = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let document = "{ courses { totalCount nodes { placesTaken terms { coDeliveryTerms } } } openCourses { totalCount } }";
        let data = world.data(Some(&own), document, json!({})).await;
        assert_eq!((&data["courses"]["totalCount"], &data["openCourses"]["totalCount"]), (&json!(6), &json!(2)));
        assert_eq!(data["courses"]["nodes"][0], json!({ "placesTaken": 5, "terms": { "coDeliveryTerms": "Fictional terms" } }));
    }

    async fn a_host_sees_what_it_hosts(world: World) {
        let (school, host) = (school(&world).await, given::organisation(&world).active().register().await);
        let staff = Staff::of(&world, &school).await;
        let mut input = draft_input(&school, "2026-06-01");
        input["hostId"] = json!(host.global_id());
        input["coDeliveryTerms"] = json!("The host brings the room.");
        world.mutate(Some(&staff.lead), "courseDraft", "course { id }", input).await.done("course");
        let hosts = world.grant(Role::PartnerCoordinator, Some(host.id)).await;
        let document = "{ courses { nodes { state host { id } terms { coDeliveryTerms } sessions { totalCount } } } }";
        let data = world.data(Some(&hosts), document, json!({})).await;
        let expected = json!([{ "state": "DRAFT", "host": { "id": host.global_id() }, "terms": { "coDeliveryTerms": "The host brings the room." }, "sessions": { "totalCount": 2 } }]);
        assert_eq!(data["courses"]["nodes"], expected);
    }

    async fn a_plan_is_told_and_nothing_is_written(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        let before = world.database.eye.contents().await;
        let document = "query($input: CoursePlanQuery!) { coursePlan(input: $input) { latestSafeStart \
            sessions { number date startsAt moduleNumbers } warnings { kind dates trainerId } } }";
        let input = json!({
            "organisationId": school.organisation.global_id(), "programmeVersionId": school.curriculum.id(),
            "plan": weekly_input("2026-05-04"), "trainerIds": [school.lead.global_id()],
        });
        let data = world.data(Some(&staff.lead), document, json!({ "input": input })).await;
        assert_eq!(data["coursePlan"]["sessions"], json!([
            { "number": 1, "date": "2026-05-11", "startsAt": "2026-05-11T09:00:00.000000Z", "moduleNumbers": [1] },
            { "number": 2, "date": "2026-05-18", "startsAt": "2026-05-18T09:00:00.000000Z", "moduleNumbers": [2] },
        ]));
        assert_eq!(data["coursePlan"]["warnings"], json!([{ "kind": "BANK_HOLIDAY_SKIPPED", "dates": ["2026-05-04"], "trainerId": null }]));
        assert_eq!(data["coursePlan"]["latestSafeStart"], "2027-03-15", "two Mondays before the financial year ends, Easter Monday left out");
        let stranger = world.coordinator(&world.b);
        let hidden = world.data(Some(&stranger), document, json!({ "input": input })).await;
        assert_eq!(hidden, json!({ "coursePlan": null }));
        let mut wrong = input.clone();
        wrong["plan"]["sessions"] = json!(0);
        let body = world.query(Some(&staff.lead), document, json!({ "input": wrong })).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{body}");
        let changes = world.database.eye.contents().await.changes_since(&before);
        assert_eq!(changes, [] as [String; 0]);
    }

    async fn who_runs_what_with_whom_in_a_region_takes_as_many_statements_for_many_as_for_one(world: World) {
        let document = "query($region: ID!, $programme: ID!) { courses(first: 50, where: { regionId: { eq: $region }, programmeId: { eq: $programme } }) \
            { nodes { code state organisation { name licences { nodes { number status } } } licence { number } \
              leadTrainer { preferredName } trainers { preferredName } } } }";
        let officer = world.token(Role::QualityLead, None);
        let school = school(&world).await;
        let region = world.data(None, "query($id: ID!) { organisation(by: { id: $id }) { region { id } } }", json!({ "id": school.organisation.global_id() })).await;
        let variables = json!({ "region": region["organisation"]["region"]["id"], "programme": school.curriculum.programme_id() });
        let ask = async || world.statements_of(world.data(Some(&officer), document, variables.clone())).await;
        course(&world, &school, State::Open).await;
        ask().await;
        let one = ask().await;
        for week in 1..12 {
            course_from(&world, &school, State::Approved, given::day("2026-05-11") + chrono::Duration::days(21 * week)).await;
        }
        let data = world.data(Some(&officer), document, variables.clone()).await;
        assert_eq!(data["courses"]["nodes"].as_array().map(Vec::len), Some(12));
        assert_eq!(data["courses"]["nodes"][0]["trainers"].as_array().map(Vec::len), Some(2));
        assert_eq!(ask().await, one, "whatever the number of courses");
    }

    async fn courses_hang_on_organisation_licence_trainer_and_version(world: World) {
        let school = school(&world).await;
        let staff = Staff::of(&world, &school).await;
        course(&world, &school, State::Open).await;
        let document = "query($org: ID!, $lic: ID!, $trn: ID!, $prv: ID!) { \
            organisation(by: { id: $org }) { courses { totalCount } } licence(by: { id: $lic }) { courses { totalCount } } \
            trainer(by: { id: $trn }) { teaching(orderBy: { field: STARTS_AT, direction: DESC }) { totalCount nodes { course { code } } } } \
            programmeVersion(by: { id: $prv }) { courses { totalCount } } \
            sessions(where: { state: { eq: PLANNED } }, orderBy: { field: DATE, direction: DESC }) { nodes { date } } }";
        let variables = json!({ "org": school.organisation.global_id(), "lic": school.licence.global_id(), "trn": school.peer.global_id(), "prv": school.curriculum.id() });
        let data = world.data(Some(&staff.lead), document, variables).await;
        for place in ["/organisation/courses", "/licence/courses", "/programmeVersion/courses"] {
            assert_eq!(data.pointer(place).expect("a page")["totalCount"], 1, "{place}");
        }
        assert_eq!(data["trainer"]["teaching"]["totalCount"], 2);
        assert_eq!(data["sessions"]["nodes"], json!([{ "date": "2026-05-18" }, { "date": "2026-05-11" }]));
    }
}
