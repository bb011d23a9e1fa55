//! Lists of people who are given places at once, by ids and by references of an organisation's own system.

use alongside::actor::Role;
use alongside::course::model::State;
use alongside::person::service::{self as people, NewPerson};
use serde_json::{Value, json};
use tests::careers::roomy;
use tests::courses::{course, course_from, school};
use tests::enrolments::{FIELDS, enrolled, places_taken, trainee};
use tests::given::{as_system, day};
use tests::people::{Someone, registered, somebody};
use tests::vault::officer;
use tests::world::Tenant;
use tests::{World, on_both_databases};

const IMPORT: &str = "enrolmentImport { id isPartial placed held refused \
     rows { number outcome code field enrolment { state personId } } }";

/// So many people whose records the organisation keeps.
async fn crowd(world: &World, of: &Tenant, count: usize) -> Vec<Someone> {
    let organisation = of.id;
    let ids = as_system(world.app.core(), move |unit| {
        Box::pin(async move {
            let mut ids = Vec::with_capacity(count);
            for number in 0..count {
                let new = somebody(&format!("Number {number}"), Some(organisation));
                ids.push(people::register(unit, new).await?.id);
            }
            Ok(ids)
        })
    })
    .await;
    ids.into_iter().map(|id| Someone { id, version: 1 }).collect()
}

/// A list in which each of `people` is a row.
fn list(people: &[&Someone]) -> String {
    let rows = people.iter().map(|one| format!("{},UNFUNDED\r\n", one.global_id()));
    format!("person_id,funding_basis\r\n{}", rows.collect::<String>())
}

on_both_databases! {
    async fn a_list_is_taken_whole_or_row_by_row_and_no_row_is_left_out_in_silence(world: World) {
        let school = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let course = course(&world, &school, State::Open).await;
        let mut people = Vec::new();
        for name in ["Ann", "Ben", "Cat", "Dot"] {
            people.push(trainee(&world, &school.organisation, name).await.0);
        }
        let (stranger, _) = trainee(&world, &world.b.clone(), "Sam").await;
        enrolled(&world, &coordinator, &course, &people[3]).await;
        let before = places_taken(&world, &course).await;
        let import = |token: &str, csv: String, more: Value| {
            let mut input = json!({ "courseId": course.global_id(), "csv": csv });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            let (world, token) = (world.clone(), token.to_owned());
            async move { world.mutate(Some(&token), "enrolmentImportCreate", IMPORT, input).await }
        };
        // Row 2 is another organisation's, 4 names 1 again, 5 is on the course, 6 is no row at all.
        let mixed = list(&[&people[0], &stranger, &people[1], &people[0], &people[3]]) + ",GIFT\r\n";
        let whole = import(&coordinator, mixed.clone(), json!({})).await;
        let errors = whole.payload()["userErrors"].as_array().expect("a list").clone();
        let told: Vec<(String, String)> = errors.iter().map(|error| {
            let path = error["path"].as_array().expect("a path");
            let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
            (path.join("."), error["code"].as_str().expect("a code").to_owned())
        }).collect();
        let expected = [
            ("input.rows.2.personId", "NOT_FOUND"),
            ("input.rows.4.personId", "ALREADY_ENROLLED"),
            ("input.rows.5.personId", "ALREADY_ENROLLED"),
            ("input.rows.6.personId", "INVALID"),
            ("input.rows.6.fundingBasis", "INVALID"),
        ];
        assert_eq!(told, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
        assert!(!whole.body().to_string().contains("Ann"), "nobody is named");
        assert_eq!(places_taken(&world, &course).await, before, "all or nobody");
        let tried = import(&coordinator, mixed.clone(), json!({ "partial": true, "dryRun": true })).await;
        assert_eq!(tried.done("impact")[0], "placed: 2, held: 0, refused: 4");
        assert_eq!(places_taken(&world, &course).await, before, "only tried");
        let key = json!({ "partial": true, "idempotencyKey": "list-1" });
        let partial = import(&coordinator, mixed.clone(), key.clone()).await;
        let done = partial.done("enrolmentImport");
        assert_eq!((&done["placed"], &done["held"], &done["refused"]), (&json!(2), &json!(0), &json!(4)));
        let row = |number: i64, outcome: &str, code: Option<&str>, field: Option<&str>, person: Option<&Someone>| json!({
            "number": number, "outcome": outcome, "code": code, "field": field,
            "enrolment": person.map(|person| json!({ "state": "PLACED", "personId": person.global_id() })),
        });
        assert_eq!(done["rows"], json!([
            row(1, "PLACED", None, None, Some(&people[0])),
            row(2, "REFUSED", Some("NOT_FOUND"), Some("personId"), None),
            row(3, "PLACED", None, None, Some(&people[1])),
            row(4, "REFUSED", Some("ALREADY_ENROLLED"), Some("personId"), None),
            row(5, "REFUSED", Some("ALREADY_ENROLLED"), Some("personId"), None),
            row(6, "REFUSED", Some("INVALID"), Some("personId"), None),
        ]));
        let again = import(&coordinator, mixed, key).await;
        assert_eq!(again.done("enrolmentImport")["id"], done["id"], "one list for one request");
        assert_eq!(places_taken(&world, &course).await, before + 2);
        let foreign = import(&world.coordinator(&world.b), list(&[&people[2]]), json!({})).await;
        assert_eq!(foreign.codes(), ["FORBIDDEN"], "the course is open to see");
        let seen = "{ enrolmentImports { totalCount } }";
        assert_eq!(world.data(Some(&world.coordinator(&world.b)), seen, json!({})).await["enrolmentImports"]["totalCount"], 0);
        assert_eq!(world.data(Some(&coordinator), seen, json!({})).await["enrolmentImports"]["totalCount"], 1);
        let many = list(&[&stranger, &people[3], &people[0], &stranger, &people[3], &people[0]]);
        let mut statements = Vec::new();
        for csv in [list(&[&people[0]]), many] {
            let input = import(&coordinator, csv, json!({ "partial": true }));
            statements.push(world.statements_of(input).await);
        }
        assert_eq!(statements[0], statements[1], "many are looked up as one is");
        for (csv, path) in [("person_id\n", "csv"), ("person_id,funding_basis\n", "csv"), ("", "csv")] {
            let reply = import(&coordinator, csv.to_owned(), json!({ "partial": true })).await;
            assert_eq!(reply.codes(), ["INVALID"]);
            assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", path]));
        }
    }

    async fn of_five_hundred_rows_three_are_bad_and_each_is_told(world: World) {
        let school = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let course = course(&world, &school, State::Open).await;
        let room = format!("update course set capacity_max = 500 where id = {}", world.uuid(course.id));
        world.database.eye.execute(&room).await.expect("room for all");
        roomy(&world, &course).await;
        let crowd = crowd(&world, &school.organisation, 498).await;
        let (stranger, _) = trainee(&world, &world.b.clone(), "Sam").await;
        // Row 7 is another organisation's, row 250 names the first again, row 500 says nothing of who pays.
        let mut rows: Vec<String> = crowd.iter().map(|one| format!("{},UNFUNDED", one.global_id())).collect();
        rows.insert(6, format!("{},UNFUNDED", stranger.global_id()));
        rows.insert(249, rows[0].clone());
        rows[499] = format!("{},", crowd[497].global_id());
        assert_eq!(rows.len(), 500);
        let bad = [(7, "NOT_FOUND", "personId"), (250, "ALREADY_ENROLLED", "personId"), (500, "INVALID", "fundingBasis")];
        let import = |rows: &[String], partial: bool| {
            let csv = format!("person_id,funding_basis\n{}\n", rows.join("\n"));
            let input = json!({ "courseId": course.global_id(), "csv": csv, "partial": partial });
            let (world, token) = (world.clone(), coordinator.clone());
            async move { world.mutate(Some(&token), "enrolmentImportCreate", IMPORT, input).await }
        };
        let before = places_taken(&world, &course).await;
        let long = [&rows[..], &rows[..1]].concat();
        for partial in [true, false] {
            let reply = import(&long, partial).await;
            assert_eq!(reply.codes(), ["INVALID"], "501 rows");
            let error = &reply.payload()["userErrors"][0];
            assert_eq!((&error["path"], &error["message"]), (&json!(["input", "csv"]), &json!("must have 1 to 500 rows below the line of names")));
        }
        let whole = import(&rows, false).await;
        let told: Vec<Value> = whole.payload()["userErrors"].as_array().expect("a list").iter()
            .map(|error| json!([error["code"], error["path"]])).collect();
        let expected = bad.map(|(number, code, field)| json!([code, ["input", "rows", number.to_string(), field]]));
        assert_eq!(told, expected);
        assert_eq!(places_taken(&world, &course).await, before, "all or nobody");
        assert_eq!(world.database.eye.rows_where("enrolment", "true").await, 0);
        let partial = import(&rows, true).await;
        let done = partial.done("enrolmentImport");
        assert_eq!((&done["placed"], &done["held"], &done["refused"]), (&json!(497), &json!(0), &json!(3)));
        let told = done["rows"].as_array().expect("rows");
        let numbers: Vec<u64> = told.iter().map(|row| row["number"].as_u64().expect("a number")).collect();
        assert_eq!(numbers, (1..=500).collect::<Vec<_>>(), "none is left out in silence");
        for row in told {
            let number = row["number"].as_u64();
            match bad.iter().find(|(bad, ..)| Some(*bad) == number) {
                Some((number, code, field)) => assert_eq!(row, &json!({
                    "number": number, "outcome": "REFUSED", "code": code, "field": field, "enrolment": null,
                })),
                None => assert_eq!((&row["outcome"], &row["enrolment"]["state"]), (&json!("PLACED"), &json!("PLACED")), "{row}"),
            }
        }
        assert_eq!(places_taken(&world, &course).await, before + 497);
        let impact = partial.payload()["impact"].as_array().map(Vec::len);
        assert_eq!(impact, Some(4), "the sum, and each that was refused");
        let seen = "{ enrolments { totalCount } }";
        assert_eq!(world.data(Some(&world.coordinator(&world.b)), seen, json!({})).await["enrolments"]["totalCount"], 0);
    }

    async fn rows_beyond_the_last_place_are_told_and_a_second_place_is_held(world: World) {
        let school = school(&world).await;
        let own = school.organisation.id;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(own)).await;
        let here = course(&world, &school, State::Open).await;
        let there = course_from(&world, &school, State::Open, day("2026-06-08")).await;
        let (ann, _) = trainee(&world, &school.organisation, "Ann").await;
        let (ben, _) = trainee(&world, &school.organisation, "Ben").await;
        let (cat, _) = trainee(&world, &school.organisation, "Cat").await;
        enrolled(&world, &coordinator, &there, &ann).await;
        let full = json!({ "id": here.global_id(), "expectedVersion": here.version, "placesReserved": 8 });
        world.mutate(Some(&coordinator), "courseAmend", "course { id }", full).await.done("course");
        let input = json!({ "courseId": here.global_id(), "csv": list(&[&ann, &ben, &cat]), "partial": true });
        let reply = world.mutate(Some(&coordinator), "enrolmentImportCreate", IMPORT, input).await;
        let rows = reply.done("enrolmentImport")["rows"].as_array().expect("rows").clone();
        let told: Vec<_> = rows.iter().map(|row| (row["outcome"].clone(), row["code"].clone())).collect();
        assert_eq!(told, [
            (json!("HELD"), Value::Null),
            (json!("PLACED"), Value::Null),
            (json!("REFUSED"), json!("CAPACITY_EXCEEDED")),
        ]);
    }

    async fn a_system_of_the_organisation_names_people_by_its_own_references(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.clone();
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
        let other = world.coordinator(&world.b);
        let course = course(&world, &school, State::Open).await;
        let (ann, token) = trainee(&world, &organisation, "Ann").await;
        let (ben, _) = trainee(&world, &organisation, "Ben").await;
        let (sam, _) = trainee(&world, &world.b.clone(), "Sam").await;
        let link = |token: &str, of: String, reference: &str, who: Value| {
            let mut input = json!({ "organisationId": of, "externalRef": reference });
            input.as_object_mut().expect("an object").extend(who.as_object().expect("an object").clone());
            let (world, token) = (world.clone(), token.to_owned());
            async move { world.mutate(Some(&token), "employeeLinkUpsert", "employeeLink { id personId validTo }", input).await }
        };
        let of = organisation.global_id();
        let by_id = |one: &Someone| json!({ "personId": one.global_id() });
        let first = link(&coordinator, of.clone(), "E-1", by_id(&ann)).await;
        assert_eq!(first.done("employeeLink")["personId"], json!(ann.global_id()));
        let again = link(&coordinator, of.clone(), "E-1", by_id(&ann)).await;
        assert_eq!(again.codes(), ["UNCHANGED"]);
        // Whoever another organisation knows, and whoever nobody knows, are told alike.
        let nobody = format!("per_{:032x}", 7);
        for who in [by_id(&sam), json!({ "personId": nobody })] {
            let reply = link(&coordinator, of.clone(), "E-2", who).await;
            assert_eq!(reply.codes(), ["NOT_FOUND"]);
            assert_eq!(reply.payload()["userErrors"][0]["path"], json!(["input", "personId"]));
        }
        let born = Some(day("1980-02-03"));
        let dot = registered(&world, NewPerson { date_of_birth: born, ..somebody("Dot", Some(organisation.id)) }).await;
        let described = json!({ "person": { "givenName": "dot", "familyName": "Fictional", "dateOfBirth": "1980-02-03" } });
        let matched = link(&coordinator, of.clone(), "E-7", described.clone()).await;
        assert_eq!(matched.done("employeeLink")["personId"], json!(dot.global_id()));
        let restriction = json!({ "personId": dot.global_id(), "ground": "OBJECTION_PENDING", "reason": "A test." });
        world.mutate(Some(&officer(&world)), "restrictionPlace", "restriction { id }", restriction).await.done("restriction");
        let hidden = link(&coordinator, of.clone(), "E-8", described).await;
        assert_eq!(hidden.codes(), ["PERSON_NOT_MATCHED"], "restricted, they are not there");
        for described in ["sam@example.org", "nobody@example.org"] {
            let reply = link(&coordinator, of.clone(), "E-2", json!({ "person": { "email": described } })).await;
            assert_eq!(reply.codes(), ["PERSON_NOT_MATCHED"]);
        }
        for who in [json!({}), json!({ "personId": ann.global_id(), "person": { "email": "x@example.org" } }),
                    json!({ "person": { "givenName": "Ann" } })] {
            assert_eq!(link(&coordinator, of.clone(), "E-2", who).await.codes(), ["INVALID"]);
        }
        for who in [&other, &token] {
            assert_eq!(link(who, of.clone(), "E-3", by_id(&ann)).await.codes(), ["FORBIDDEN"]);
        }
        let create = |reference: &str| {
            let input = json!({ "courseId": course.global_id(), "employeeRef": reference, "fundingBasis": "UNFUNDED" });
            let (world, token) = (world.clone(), coordinator.clone());
            async move { world.mutate(Some(&token), "enrolmentCreate", FIELDS, input).await }
        };
        assert_eq!(create("E-1").await.done("enrolment")["state"], "PLACED");
        assert_eq!(create("E-1").await.codes(), ["ALREADY_ENROLLED"]);
        let unknown = create("E-9").await;
        assert_eq!(unknown.codes(), ["NOT_FOUND"]);
        assert_eq!(unknown.payload()["userErrors"][0]["path"], json!(["input", "employeeRef"]));
        // The reference passes on to somebody else; who had it has none.
        let passed = link(&coordinator, of.clone(), "E-1", by_id(&ben)).await;
        assert_eq!(passed.done("impact"), &json!(["the reference stood for somebody else until today"]));
        let links = "{ employeeLinks { nodes { externalRef personId validTo } } }";
        let seen = world.data(Some(&coordinator), links, json!({})).await;
        assert_eq!(seen["employeeLinks"]["nodes"], json!([
            { "externalRef": "E-1", "personId": ann.global_id(), "validTo": "2026-05-01" },
            { "externalRef": "E-1", "personId": ben.global_id(), "validTo": null },
        ]));
        assert_eq!(world.data(Some(&other), links, json!({})).await["employeeLinks"]["nodes"], json!([]));
    }

    async fn nobody_who_is_too_young_gets_a_place(world: World) {
        let school = school(&world).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await;
        let course = course(&world, &school, State::Open).await;
        let born = |name: &str, on: &str| NewPerson {
            date_of_birth: Some(day(on)),
            ..somebody(name, Some(school.organisation.id))
        };
        let young = registered(&world, born("Yan", "2008-05-02")).await;
        let grown = registered(&world, born("Gus", "2008-05-01")).await;
        let input = json!({ "courseId": course.global_id(), "personId": young.global_id(), "fundingBasis": "UNFUNDED" });
        let refused = world.mutate(Some(&coordinator), "enrolmentCreate", FIELDS, input).await;
        assert_eq!(refused.codes(), ["UNDER_AGE"]);
        let input = json!({ "courseId": course.global_id(), "csv": list(&[&young, &grown]), "partial": true });
        let rows = world.mutate(Some(&coordinator), "enrolmentImportCreate", IMPORT, input).await;
        let rows = rows.done("enrolmentImport")["rows"].clone();
        assert_eq!((&rows[0]["code"], &rows[1]["outcome"]), (&json!("UNDER_AGE"), &json!("PLACED")));
    }
}
