//! What comes after graduation: destinations, development, accredited supervisors.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::careers::{Ended, Loose, ended, graduated, id_of, roomy};
use tests::courses::{School, course, school};
use tests::enrolments::{Enrolled, at_work};
use tests::invariants::broken;
use tests::{World, on_both_databases};

const DESTINATION: &str = "graduateDestination { id kind employerName replacedAt version }";

fn answer(of: &Ended, more: Value) -> Value {
    let mut input = json!({
        "enrolmentId": of.enrolment.id, "askedAfterMonths": 0, "kind": "SEEKING", "source": "GRADUATE",
    });
    let fields = input.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    input
}

/// How many destinations somebody sees: those that hold, and former ones.
async fn seen(world: &World, token: &str) -> (i64, i64) {
    let document =
        "{ graduateDestinations { totalCount } formerGraduateDestinations { totalCount } }";
    let data = world.data(Some(token), document, json!({})).await;
    let of = |name: &str| data[name]["totalCount"].as_i64().expect("a number");
    (of("graduateDestinations"), of("formerGraduateDestinations"))
}

async fn desk(world: &World, school: &School) -> (String, String) {
    let of = Some(school.organisation.id);
    (world.grant(Role::PartnerCoordinator, of).await, world.grant(Role::LeadTrainer, of).await)
}

on_both_databases! {
    async fn a_destination_is_told_by_the_graduate_or_the_deliverer_and_stays_on_record(world: Loose) {
        let school = school(&world).await;
        let (coordinator, lead) = desk(&world, &school).await;
        let course = course(&world, &school, State::Confirmed).await;
        let gia = graduated(&world, (&school, &course), ("Gia", "VOLUNTEER", "2025-10-01")).await;
        let tia = ended(&world, (&school, &course), "Tia", "COMPLETED_TEACHING").await;
        let own = gia.token(&world);
        let tell = async |token: &str, input: Value| world.mutate(Some(token), "graduateDestinationRecord", DESTINATION, input).await;
        let first = tell(&own, answer(&gia, json!({}))).await;
        assert_eq!(first.done("graduateDestination")["kind"], "SEEKING");
        assert_eq!(tell(&own, answer(&gia, json!({}))).await.codes(), ["UNCHANGED"]);
        let employed = json!({ "kind": "EMPLOYED_AS_PEER_WORKER", "peerRole": "PEER_SUPPORT_WORKER", "employerName": "Fictional Services",
            "since": "2026-04-01", "wteHundredths": 60, "source": "EMPLOYER" });
        assert_eq!(tell(&lead, answer(&gia, employed.clone())).await.codes(), ["INVALID"], "another answer needs a reason");
        assert_eq!(tell(&own, answer(&gia, employed.clone())).await.codes(), ["INVALID", "INVALID"], "and oneself knows it from oneself");
        let mut amended = answer(&gia, employed);
        amended["reason"] = json!("The employer wrote.");
        let second = tell(&lead, amended).await;
        assert_eq!(second.done("graduateDestination")["employerName"], "Fictional Services");
        let six = answer(&gia, json!({ "askedAfterMonths": 6, "kind": "NOT_TOLD" }));
        tell(&coordinator, six).await.done("graduateDestination");
        let early = answer(&gia, json!({ "askedAfterMonths": 12 }));
        assert_eq!(tell(&coordinator, early).await.codes(), ["INVALID"]);
        assert_eq!(tell(&coordinator, answer(&tia, json!({}))).await.codes(), ["NOT_GRADUATED"]);
        for wrong in [json!({ "peerRole": "OTHER" }), json!({ "wteHundredths": 50 }), json!({ "employerName": "x" }), json!({ "since": "2026-04-01" })] {
            let mut input = answer(&gia, wrong);
            input["reason"] = json!("A test.");
            assert_eq!(tell(&coordinator, input).await.codes(), ["INVALID"]);
        }
        let stranger = world.coordinator(&world.b);
        assert_eq!(tell(&stranger, answer(&gia, json!({}))).await.codes(), ["NOT_FOUND"]);
        assert_eq!(tell(&tia.token(&world), answer(&gia, json!({}))).await.codes(), ["NOT_FOUND"]);
        let quality = world.token(Role::QualityLead, None);
        assert_eq!(tell(&quality, answer(&gia, json!({}))).await.codes(), ["FORBIDDEN"], "who sees it does not record it");
        for token in [&own, &lead, &coordinator, &quality] {
            assert_eq!(seen(&world, token).await, (2, 1));
        }
        for token in [&stranger, &tia.token(&world), &world.officer(), &world.token(Role::Analyst, None)] {
            assert_eq!(seen(&world, token).await, (0, 0));
        }
        let ours = ["what was told of a destination", "a destination is of", "the version of a record after", "an accredited supervisor", "PER-1 nothing after"];
        let found = broken(&world).await;
        assert!(!found.iter().any(|name| ours.iter().any(|our| name.starts_with(our))), "{found:?}");
    }

    async fn analysts_get_figures_alone(world: Loose) {
        let school = school(&world).await;
        let course = course(&world, &school, State::Confirmed).await;
        roomy(&world, &course).await;
        for number in 0..9 {
            let one = graduated(&world, (&school, &course), (&format!("Gia {number}"), "VOLUNTEER", "2025-10-01")).await;
            let kind = if number < 8 { "NOT_SEEKING" } else { "SEEKING" };
            let input = answer(&one, json!({ "kind": kind }));
            world.mutate(Some(&one.token(&world)), "graduateDestinationRecord", DESTINATION, input).await.done("graduateDestination");
        }
        let report = "{ graduateDestinationReport(financialYear: \"2025/26\", askedAfterMonths: 0) { programmeType region graduates counts { kind count } } }";
        let told = async |token: &str| world.data(Some(token), report, json!({})).await["graduateDestinationReport"].clone();
        let count = |report: &Value, kind: &str| {
            let all = report[0]["counts"].as_array().expect("a list").iter();
            all.filter(|of| of["kind"] == kind).map(|of| of["count"].clone()).next().expect("every kind")
        };
        let exact = told(&world.token(Role::QualityLead, None)).await;
        assert_eq!((&exact[0]["graduates"], count(&exact, "NOT_SEEKING"), count(&exact, "SEEKING")), (&json!(9), json!(8), json!(1)));
        let analyst = told(&world.token(Role::Analyst, None)).await;
        assert_eq!(analyst[0]["graduates"], 10, "rounded");
        assert_eq!((count(&analyst, "SEEKING"), count(&analyst, "NOT_SEEKING")), (Value::Null, Value::Null), "the one would tell the other");
        assert_eq!(count(&analyst, "VOLUNTEERING"), 0);
        for token in [world.officer(), world.grant(Role::PartnerCoordinator, Some(school.organisation.id)).await] {
            assert_eq!(told(&token).await, Value::Null);
        }
        let later = report.replace("2025/26", "2026/27");
        let none = world.data(Some(&world.token(Role::Analyst, None)), &later, json!({})).await;
        assert_eq!(none["graduateDestinationReport"], json!([]));
    }

    async fn development_is_the_own_and_of_who_was_named_and_organisations_see_minutes(world: Loose) {
        let school = school(&world).await;
        let organisation = school.organisation.id;
        let (coordinator, lead) = desk(&world, &school).await;
        let course = course(&world, &school, State::Confirmed).await;
        let (sam, sam_subject) = at_work(&world, Role::Supervisor, organisation, "Sam").await;
        let mut gia = ended(&world, (&school, &course), "Gia", "ACTIVE").await;
        gia.enrolment.anew(&world, &coordinator).await;
        gia.enrolment.step(&world, &coordinator, "enrolmentSetSupport", &json!({ "supervisorId": sam.global_id() })).await;
        let (own, supervisor) = (gia.token(&world), world.token_of(&sam_subject));
        let add = async |token: &str, more: Value| {
            let mut input = json!({ "kind": "READING", "doneOn": "2026-04-20", "minutes": 90, "title": "A book about listening" });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            world.mutate(Some(token), "developmentRecordAdd", "developmentRecord { id version confirmedAt }", input).await
        };
        let one = add(&own, json!({ "confirmerId": sam.global_id(), "provider": "Fictional Library" })).await.done("developmentRecord").clone();
        let two = add(&own, json!({ "minutes": 30 })).await.done("developmentRecord").clone();
        assert_eq!(add(&own, json!({ "confirmerId": gia.person.global_id() })).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let other = ended(&world, (&school, &course), "Ola", "ACTIVE").await;
        assert_eq!(add(&own, json!({ "confirmerId": other.person.global_id() })).await.codes(), ["NOT_FOUND"]);
        assert_eq!(add(&own, json!({ "confirmerId": school.lead.person.global_id(), "minutes": 0, "doneOn": "2026-05-02", "title": " " })).await.codes(), ["INVALID", "INVALID", "INVALID"]);
        let at = |of: &Value| json!({ "id": of["id"], "expectedVersion": of["version"] });
        let step = async |token: &str, name: &str, of: &Value| world.mutate(Some(token), name, "developmentRecord { id version confirmedAt }", at(of)).await;
        assert_eq!(step(&own, "developmentRecordConfirm", &one).await.codes(), ["FORBIDDEN"], "nobody confirms the own");
        assert_eq!(step(&supervisor, "developmentRecordConfirm", &two).await.codes(), ["NOT_FOUND"], "who was not named does not see it");
        assert!(step(&supervisor, "developmentRecordConfirm", &one).await.done("developmentRecord")["confirmedAt"].is_string());
        assert_eq!(step(&supervisor, "developmentRecordConfirm", &one).await.codes(), ["CONFLICT"]);
        assert_eq!(step(&coordinator, "developmentRecordWithdraw", &two).await.codes(), ["NOT_FOUND"]);
        let three = add(&own, json!({ "minutes": 500 })).await.done("developmentRecord").clone();
        step(&own, "developmentRecordWithdraw", &three).await.done("developmentRecord");
        let listed = async |token: &str| world.data(Some(token), "{ developmentRecords { nodes { title minutes } } }", json!({})).await["developmentRecords"]["nodes"].as_array().expect("a list").len();
        assert_eq!((listed(&own).await, listed(&supervisor).await), (3, 1));
        for token in [&coordinator, &lead, &other.token(&world), &world.officer(), &world.token(Role::QualityLead, None), &world.coordinator(&world.b)] {
            assert_eq!(listed(token).await, 0);
        }
        let totals = async |token: &str, of: Option<&str>| {
            let document = "query($of: ID) { developmentTotals(financialYear: \"2026/27\", organisationId: $of) { personId minutes confirmedMinutes } }";
            world.data(Some(token), document, json!({ "of": of })).await["developmentTotals"].clone()
        };
        let expected = json!([{ "personId": gia.person.global_id(), "minutes": 120, "confirmedMinutes": 90 }]);
        let here = school.organisation.global_id();
        assert_eq!(totals(&own, None).await, expected);
        assert_eq!(totals(&coordinator, Some(&here)).await, expected);
        for token in [&lead, &own, &world.coordinator(&world.b), &world.officer()] {
            assert_eq!(totals(token, Some(&here)).await, Value::Null);
        }
        assert_eq!(totals(&other.token(&world), None).await, json!([]));
    }

    async fn a_licensed_organisation_confirms_supervisors_who_graduated(world: Loose) {
        let school = school(&world).await;
        let (coordinator, _) = desk(&world, &school).await;
        let course = course(&world, &school, State::Confirmed).await;
        let sue = graduated(&world, (&school, &course), ("Sue", "SUPERVISOR", "2026-04-01")).await;
        let vol = graduated(&world, (&school, &course), ("Vol", "VOLUNTEER", "2026-04-01")).await;
        let accredit = async |token: &str, of: &Ended, more: Value| {
            let mut input = json!({ "organisationId": school.organisation.global_id(), "personId": of.person.global_id(), "caseloadMax": 1 });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            world.mutate(Some(token), "supervisorAccredit", "supervisorAccreditation { id state version validTo }", input).await
        };
        assert_eq!(accredit(&coordinator, &vol, json!({})).await.codes(), ["NOT_GRADUATED"]);
        assert_eq!(accredit(&coordinator, &sue, json!({ "caseloadMax": 0 })).await.codes(), ["INVALID"]);
        assert_eq!(accredit(&world.coordinator(&world.b), &sue, json!({})).await.codes(), ["FORBIDDEN"]);
        let away = json!({ "organisationId": world.b.global_id() });
        assert_eq!(accredit(&world.coordinator(&world.b), &sue, away).await.codes(), ["NOT_FOUND"], "it does not keep the record");
        let one = accredit(&coordinator, &sue, json!({})).await.done("supervisorAccreditation").clone();
        assert_eq!(one["state"], "ACCREDITED");
        assert_eq!(accredit(&coordinator, &sue, json!({})).await.codes(), ["ACCREDITATION_OVERLAP"]);

        let support = json!({ "supervisorId": sue.person.global_id() });
        let place = async |name: &str| {
            let mut of: Enrolled = ended(&world, (&school, &course), name, "ACTIVE").await.enrolment;
            of.anew(&world, &coordinator).await;
            of
        };
        let (mut first, second) = (place("Ann").await, place("Ben").await);
        first.step(&world, &coordinator, "enrolmentSetSupport", &support).await;
        assert_eq!(second.refused(&world, &coordinator, "enrolmentSetSupport", &support).await, ["CAPACITY_EXCEEDED"]);
        let shown = async |token: &str| {
            let document = "query($id: ID!) { enrolment(by: { id: $id }) { isSupervisorAccredited } }";
            world.data(Some(token), document, json!({ "id": first.id })).await["enrolment"]["isSupervisorAccredited"].clone()
        };
        let quality = world.token(Role::QualityLead, None);
        for token in [&coordinator, &quality, &sue.token(&world), &world.token_of(&format!("Ann-of-{}", school.organisation.id.simple()))] {
            assert_eq!(shown(token).await, true);
        }
        let step = async |token: &str, name: &str, version: i64, more: Value| {
            let mut input = json!({ "id": one["id"], "expectedVersion": version });
            input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            world.mutate(Some(token), name, "supervisorAccreditation { id state version validFrom }", input).await
        };
        let why = json!({ "reason": "A test." });
        assert_eq!(step(&coordinator, "supervisorWithdraw", 1, why.clone()).await.codes(), ["CONFLICT"], "suspend it first");
        assert_eq!(step(&world.coordinator(&world.b), "supervisorSuspend", 1, why.clone()).await.codes(), ["NOT_FOUND"]);
        assert_eq!(step(&sue.token(&world), "supervisorSuspend", 1, why.clone()).await.codes(), ["FORBIDDEN"]);
        assert_eq!(step(&quality, "supervisorSuspend", 1, why.clone()).await.done("supervisorAccreditation")["state"], "SUSPENDED");
        assert_eq!(shown(&coordinator).await, false);
        assert_eq!(step(&coordinator, "supervisorRenew", 2, json!({})).await.codes(), ["CONFLICT"], "reinstate it first");
        step(&coordinator, "supervisorReinstate", 2, json!({})).await.done("supervisorAccreditation");
        let next = step(&coordinator, "supervisorRenew", 3, json!({ "caseloadMax": 8 })).await.done("supervisorAccreditation").clone();
        assert_eq!(next["validFrom"], one["validTo"], "the next term follows");
        assert_eq!(step(&coordinator, "supervisorRenew", 3, json!({})).await.codes(), ["CONFLICT"], "once");
        assert_eq!(step(&coordinator, "supervisorResign", 3, json!({})).await.codes(), ["FORBIDDEN"]);
        assert_eq!(step(&sue.token(&world), "supervisorResign", 3, json!({})).await.done("supervisorAccreditation")["state"], "WITHDRAWN");
        world.set_clock("2032-05-01T09:00:00Z");
        let quality = world.token(Role::QualityLead, None);
        let states = world.data(Some(&quality), "{ supervisorAccreditations { nodes { state } } }", json!({})).await;
        let states: Vec<&str> = states["supervisorAccreditations"]["nodes"].as_array().expect("a list").iter().filter_map(|of| of["state"].as_str()).collect();
        assert_eq!(states, ["WITHDRAWN", "LAPSED"]);
    }

    async fn each_invariant_finds_what_breaks_it(world: Loose) {
        let school = school(&world).await;
        let course = course(&world, &school, State::Confirmed).await;
        let gia = graduated(&world, (&school, &course), ("Gia", "VOLUNTEER", "2025-10-01")).await;
        let input = answer(&gia, json!({}));
        world.mutate(Some(&gia.token(&world)), "graduateDestinationRecord", DESTINATION, input).await.done("graduateDestination");
        let ours = |name: &&str| alongside::career::invariants::QUERIES.iter().any(|(our, _)| our == name);
        assert_eq!(broken(&world).await.into_iter().filter(ours).count(), 0);
        let person = world.uuid(gia.person.id);
        let at = "'2026-05-01T09:00:00+00:00'";
        let id = |what: u128| world.uuid(uuid::Uuid::from_u128(what));
        let decision = format!("(select d.id from graduation_decision d where d.enrolment_id = {})", id_of(&world, &gia.enrolment.id));
        let plants = [
            "update graduate_destination set replaced_at = '2026-05-01T09:00:00+00:00'".to_owned(),
            "update graduation_decision set outcome = 'NOT_MET', override_reason = 'x'".to_owned(),
            format!("insert into development_record values ({}, {person}, null, 'READING', '2026-04-01', 5, 'x', null, {at}, null, null, 1)", id(1)),
            format!("insert into supervisor_accreditation values ({}, {}, {person}, {decision}, 'ACCREDITED', '2026-04-01', '2027-04-01', null, false, 4, null, {at}, {at}, 1)",
                id(2), world.uuid(school.organisation.id)),
            format!("update person set merged_into_id = (select p.id from person p where p.id <> {person} order by p.id limit 1) where id = {person}"),
        ];
        for plant in &plants {
            world.database.eye.execute(plant).await.unwrap_or_else(|error| unreachable!("{plant}: {error}"));
        }
        let found = broken(&world).await;
        for (name, _) in alongside::career::invariants::QUERIES {
            assert!(found.contains(name), "{name}");
        }
    }
}
