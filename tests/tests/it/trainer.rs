//! Trainers: the public register, affiliations, accreditations by every role, what may be taught when.

mod cells;

use alongside::actor::{GrantScope, Role};
use alongside::graphql::ids;
use alongside::programme::kind::ProgrammeType;
use alongside::trainer::model::{Level, State};
use serde_json::{Value, json};
use tests::people::{Teacher, accreditation, linked, list, person, trainer, trainer_of};
use tests::race::at_once;
use tests::{World, on_both_databases};
use uuid::Uuid;

/// What teaches volunteers as the lead.
const LEAD: (ProgrammeType, Level) = (ProgrammeType::Volunteer, Level::Lead);

/// What is read of an accreditation.
const ACCREDITATION: &str = "id version state isInForce validFrom validTo endedOn suspensions { reason validTo } evidence { kind }";

fn quality(world: &World) -> String {
    world.token(Role::QualityLead, None)
}

/// The input of a step of an accreditation.
fn at(id: Uuid, version: i32, more: Value) -> Value {
    let mut input = json!({ "id": ids::encode("tac", id), "expectedVersion": version });
    input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    input
}

async fn step(world: &World, token: &str, name: &str, input: Value) -> tests::Reply {
    let entity = format!("accreditation {{ {ACCREDITATION} }}");
    world.mutate(Some(token), &format!("trainerAccreditation{name}"), &entity, input).await
}

on_both_databases! {
    async fn the_register_shows_who_chose_to_be_listed_and_little_about_them(world: World) {
        let (listed, hidden) = (trainer(&world, "Ash", &world.a).await, trainer(&world, "Elm", &world.a).await);
        list(&world, &listed, 1).await;
        for teacher in [&listed, &hidden] {
            accreditation(&world, teacher, LEAD, State::Accredited).await;
            accreditation(&world, teacher, (ProgrammeType::Supervisor, Level::Trainer), State::Suspended).await;
            accreditation(&world, teacher, (ProgrammeType::Leadership, Level::Trainer), State::Observed).await;
        }
        let document = "{ trainers { nodes { id preferredName bio organisations { id } qualifications { programmeType } \
            accreditations { id } affiliations { id } standardisations { id } declaration { hasLivedExperience } person { id } } } \
            trainerAccreditations { totalCount } }";
        let public = json!({
            "id": listed.global_id(), "preferredName": "Ash", "bio": "Teaches in a fictional way.",
            "organisations": [{ "id": world.a.global_id() }], "qualifications": [{ "programmeType": "VOLUNTEER" }],
            "accreditations": [], "affiliations": [], "standardisations": [], "declaration": null, "person": null,
        });
        for token in [None, Some(world.coordinator(&world.b)), Some(world.officer()), Some(world.token(Role::Analyst, None))] {
            let data = world.data(token.as_deref(), document, json!({})).await;
            let mut nodes = data["trainers"]["nodes"].clone();
            if nodes[0]["person"] != Value::Null {
                nodes[0]["person"] = Value::Null; // The licensing officer sees people.
            }
            assert_eq!(nodes, json!([public]));
            assert_eq!(data["trainerAccreditations"]["totalCount"], 0);
        }
        for token in [world.coordinator(&world.a), quality(&world)] {
            let data = world.data(Some(&token), document, json!({})).await;
            let nodes = data["trainers"]["nodes"].as_array().expect("trainers").clone();
            assert_eq!(nodes.len(), 2);
            assert!(nodes.iter().all(|node| node["accreditations"].as_array().is_some_and(|list| list.len() == 3)));
            assert_eq!(data["trainerAccreditations"]["totalCount"], 6);
        }
        let by = "query($id: ID!) { trainer(by: { id: $id }) { id } node(id: $id) { id } }";
        let hidden_one = world.data(None, by, json!({ "id": hidden.global_id() })).await;
        let absent = world.data(None, by, json!({ "id": ids::encode("trn", Uuid::from_u128(9)) })).await;
        assert_eq!(hidden_one, absent);
    }

    async fn the_trainer_alone_says_what_the_profile_shows(world: World) {
        let mut ash = person(&world, "Ash", Some(&world.a)).await;
        linked(&world, &mut ash, "ash").await;
        let teacher = trainer_of(&world, ash, &world.a).await;
        let own = world.grant_to("ash", Role::Trainer, GrantScope::Organisation(world.a.id)).await;
        let input = |version: i32| json!({ "id": teacher.global_id(), "expectedVersion": version, "isListed": true, "hasLivedExperience": true });
        let describe = async |token: &str, input: Value| world.mutate(Some(token), "trainerDescribe", "trainer { isListed declaration { hasLivedExperience } }", input).await;
        let other = world.grant(Role::Trainer, Some(world.a.id)).await;
        let stranger = world.grant(Role::Trainer, Some(world.b.id)).await;
        assert_eq!(describe(&stranger, input(1)).await.codes(), ["NOT_FOUND"]);
        assert_eq!(describe(&other, input(1)).await.codes(), ["NOT_FOUND"], "a colleague sees no unlisted profile");
        assert_eq!(describe(&world.coordinator(&world.a), input(1)).await.codes(), ["FORBIDDEN"]);
        let done = describe(&own, input(1)).await;
        assert_eq!(done.done("trainer"), &json!({ "isListed": true, "declaration": { "hasLivedExperience": true } }));
        assert_eq!(describe(&own, input(2)).await.codes(), ["UNCHANGED"]);
        assert_eq!(describe(&own, input(1)).await.codes(), ["CONFLICT"]);
        assert_eq!(describe(&stranger, input(2)).await.codes(), ["FORBIDDEN"], "listed, it is there for all");
    }

    async fn affiliations_are_dated_and_open_what_they_should(world: World) {
        let teacher = trainer(&world, "Ash", &world.a).await;
        let (own, other, lead) = (world.coordinator(&world.a), world.coordinator(&world.b), quality(&world));
        let input = |version: i32, of: &tests::Tenant, from: &str| json!({ "id": teacher.global_id(), "expectedVersion": version, "organisationId": of.global_id(), "validFrom": from });
        let affiliate = async |token: &str, input: Value| world.mutate(Some(token), "trainerAffiliate", "trainer { affiliations { id validTo } version }", input).await;
        assert_eq!(affiliate(&other, input(1, &world.b, "2026-05-01")).await.codes(), ["NOT_FOUND"]);
        assert_eq!(affiliate(&other, input(1, &world.a, "2026-05-01")).await.codes(), ["FORBIDDEN"]);
        assert_eq!(affiliate(&own, input(1, &world.a, "2026-05-01")).await.codes(), ["AFFILIATION"]);
        affiliate(&lead, input(1, &world.b, "2026-07-01")).await.done("trainer");
        assert_eq!(affiliate(&lead, input(2, &world.b, "2027-01-01")).await.codes(), ["AFFILIATION"]);
        let read = "query($id: ID!) { trainer(by: { id: $id }) { affiliations { id } organisations { id } } }";
        let seen = world.data(Some(&other), read, json!({ "id": teacher.global_id() })).await;
        let affiliations = seen["trainer"]["affiliations"].as_array().expect("the own").clone();
        assert_eq!((affiliations.len(), &seen["trainer"]["organisations"]), (1, &json!([{ "id": world.a.global_id() }])), "from July on");
        let end = |version: i32| json!({ "id": affiliations[0]["id"], "expectedVersion": version });
        let stop = async |token: &str, input: Value| world.mutate(Some(token), "trainerAffiliationEnd", "", input).await;
        assert_eq!(stop(&own, end(2)).await.codes(), ["NOT_FOUND"]);
        assert_eq!(stop(&other, end(2)).await.codes(), [] as [&str; 0]);
        assert_eq!(world.data(Some(&other), read, json!({ "id": teacher.global_id() })).await["trainer"], Value::Null);
        assert_eq!(stop(&lead, end(3)).await.codes(), ["UNCHANGED"]);
        let overlap = format!(
            "insert into trainer_affiliation select {}, trainer_id, organisation_id, valid_from, null from trainer_affiliation where organisation_id = {}",
            world.uuid(Uuid::from_u128(3)), world.uuid(world.a.id)
        );
        let refused = world.database.eye.execute(&overlap).await.expect_err("twice at once").to_string();
        assert!(refused.contains("trainer_affiliation_one_at_a_time"), "{refused}");
    }

    async fn a_person_is_a_trainer_once_and_partners_register_their_own(world: World) {
        let (ash, elm) = (person(&world, "Ash", Some(&world.a)).await, person(&world, "Elm", Some(&world.b)).await);
        let own = world.coordinator(&world.a);
        let register = async |token: &str, person: String, of: &tests::Tenant| {
            let input = json!({ "personId": person, "organisationId": of.global_id(), "idempotencyKey": person });
            world.mutate(Some(token), "trainerRegister", "trainer { id isListed preferredName }", input).await
        };
        let made = register(&own, ash.global_id(), &world.a).await;
        assert_eq!(made.done("trainer")["isListed"], false);
        assert_eq!(register(&own, ash.global_id(), &world.a).await, made, "a repeat has one effect");
        assert_eq!(register(&quality(&world), ash.global_id(), &world.b).await.codes(), ["TRAINER_TAKEN"]);
        let stranger = register(&own, elm.global_id(), &world.a).await;
        assert_eq!(stranger.codes(), ["NOT_FOUND"]);
        assert_eq!(register(&own, ids::encode("per", Uuid::from_u128(9)), &world.a).await.body(), stranger.body());
        assert_eq!(register(&own, elm.global_id(), &world.b).await.codes(), ["FORBIDDEN"]);
    }

    async fn a_name_follows_the_person_at_once(world: World) {
        let teacher = trainer(&world, "Ash", &world.a).await;
        list(&world, &teacher, 1).await;
        let input = json!({ "id": teacher.person.global_id(), "expectedVersion": 1, "preferredName": "Rowan" });
        world.mutate(Some(&world.coordinator(&world.a)), "personRename", "person { id }", input).await.done("person");
        let data = world.data(None, "{ trainers { nodes { preferredName } } }", json!({})).await;
        assert_eq!(data["trainers"]["nodes"], json!([{ "preferredName": "Rowan" }]), "a former name is never public");
    }

    async fn from_the_nomination_to_the_renewal(world: World) {
        let teacher = trainer(&world, "Ash", &world.a).await;
        let (lead, nql) = (world.grant(Role::LeadTrainer, Some(world.a.id)).await, quality(&world));
        let nominate = json!({ "trainerId": teacher.global_id(), "programmeType": "VOLUNTEER", "level": "LEAD", "idempotencyKey": "1" });
        let made = step(&world, &lead, "Nominate", nominate.clone()).await;
        let id = made.done("accreditation")["id"].as_str().and_then(|id| ids::decode("tac", id)).expect("an id");
        assert_eq!(step(&world, &lead, "Nominate", nominate).await, made);
        let again = json!({ "trainerId": teacher.global_id(), "programmeType": "VOLUNTEER", "level": "LEAD" });
        assert_eq!(step(&world, &lead, "Nominate", again).await.codes(), ["UNCHANGED"]);
        assert_eq!(step(&world, &nql, "Grant", at(id, 1, json!({}))).await.codes(), ["CONFLICT", "EVIDENCE_REQUIRED"]);
        step(&world, &lead, "Observe", at(id, 1, json!({ "observedOn": "2026-04-30", "noteReference": "note 1" }))).await.done("accreditation");
        for (days, code) in [(json!({ "validFrom": "2026-04-30" }), "INVALID"), (json!({ "validTo": "2028-05-02" }), "INVALID"), (json!({ "validTo": "2026-05-01" }), "INVALID")] {
            assert_eq!(step(&world, &nql, "Grant", at(id, 2, days)).await.codes(), [code]);
        }
        let granted = step(&world, &nql, "Grant", at(id, 2, json!({}))).await;
        let granted = granted.done("accreditation");
        assert_eq!((&granted["validFrom"], &granted["validTo"], &granted["isInForce"]), (&json!("2026-05-01"), &json!("2028-05-01"), &json!(true)));
        world.set_clock("2028-04-01T09:00:00Z");
        let (nql, lead) = (quality(&world), world.grant(Role::LeadTrainer, Some(world.a.id)).await);
        assert_eq!(step(&world, &nql, "Renew", at(id, 3, json!({}))).await.codes(), ["STANDARDISATION_REQUIRED"]);
        let attended = json!({ "id": teacher.global_id(), "expectedVersion": 1, "attendedOn": "2027-09-09" });
        world.mutate(Some(&lead), "trainerStandardisationRecord", "trainer { id }", attended).await.done("trainer");
        let renewed = step(&world, &nql, "Renew", at(id, 3, json!({}))).await;
        let renewed = renewed.done("accreditation");
        assert_eq!((&renewed["validFrom"], &renewed["validTo"], &renewed["isInForce"]), (&json!("2028-05-01"), &json!("2030-05-01"), &json!(false)));
        assert_eq!(step(&world, &nql, "Renew", at(id, 3, json!({}))).await.codes(), ["CONFLICT"], "renewed once");
        // The lapse is derived: nothing was written.
        world.set_clock("2028-05-01T09:00:00Z");
        let read = format!("query($id: ID!) {{ trainerAccreditation(by: {{ id: $id }}) {{ {ACCREDITATION} }} }}");
        let nql = quality(&world);
        let old = world.data(Some(&nql), &read, json!({ "id": ids::encode("tac", id) })).await;
        assert_eq!((&old["trainerAccreditation"]["state"], &old["trainerAccreditation"]["version"]), (&json!("LAPSED"), &json!(3)));
        assert_eq!(step(&world, &nql, "Suspend", at(id, 3, json!({ "reason": "late" }))).await.codes(), ["CONFLICT"]);
        assert_eq!(world.database.eye.rows_where("trainer_accreditation", "state = 'LAPSED'").await, 0);
    }

    async fn a_suspension_counts_on_its_days_and_a_dry_run_says_what_breaks(world: World) {
        let (ash, elm) = (trainer(&world, "Ash", &world.a).await, trainer(&world, "Elm", &world.a).await);
        let (id, version) = accreditation(&world, &ash, LEAD, State::Accredited).await;
        world.set_clock("2026-05-10T09:00:00Z");
        let nql = quality(&world);
        let before = world.database.eye.contents().await;
        let suspend = |dry_run: bool| at(id, version, json!({ "reason": "A complaint (fictional).", "dryRun": dry_run }));
        let tried = step(&world, &nql, "Suspend", suspend(true)).await;
        assert_eq!(tried.payload()["impact"][2], "of these, without another trainer of this type and level: 1");
        assert_eq!(world.database.eye.contents().await.changes_since(&before), [] as [String; 0]);
        accreditation(&world, &elm, LEAD, State::Accredited).await;
        let tried = step(&world, &nql, "Suspend", suspend(true)).await;
        assert_eq!(tried.payload()["impact"][2], "of these, without another trainer of this type and level: 0");
        assert!(!tried.body().to_string().contains("Ash"), "impact names nobody");
        step(&world, &nql, "Suspend", suspend(false)).await.done("accreditation");
        world.set_clock("2026-05-20T09:00:00Z");
        let nql = quality(&world);
        step(&world, &nql, "Reinstate", at(id, version + 1, json!({}))).await.done("accreditation");
        let on = async |day: &str| {
            let document = "query($id: ID!, $day: Date!) { trainerAccreditation(by: { id: $id }, asOf: $day) { isInForce } }";
            world.data(Some(&nql), document, json!({ "id": ids::encode("tac", id), "day": day })).await["trainerAccreditation"]["isInForce"].as_bool()
        };
        for (day, expected) in [("2026-04-30", false), ("2026-05-01", true), ("2026-05-09", true), ("2026-05-10", false), ("2026-05-19", false), ("2026-05-20", true), ("2028-04-30", true), ("2028-05-01", false)] {
            assert_eq!(on(day).await, Some(expected), "{day}");
        }
        step(&world, &nql, "Suspend", at(id, version + 2, json!({ "reason": "again" }))).await.done("accreditation");
        let ended = step(&world, &nql, "Withdraw", at(id, version + 3, json!({}))).await;
        assert_eq!(ended.done("accreditation")["endedOn"], "2026-05-20");
        assert_eq!(on("2026-05-19").await, Some(false));
        assert_eq!(on("2026-05-09").await, Some(true), "what was taught stays taught");
    }

    async fn nobody_is_accredited_by_the_own_hand_whichever_account(world: World) {
        let mut ash = person(&world, "Ash", Some(&world.a)).await;
        linked(&world, &mut ash, "ash").await;
        linked(&world, &mut ash, "ash-of-the-nation").await;
        let teacher = trainer_of(&world, ash, &world.a).await;
        let nql = world.grant_to("ash-of-the-nation", Role::QualityLead, GrantScope::Nation).await;
        let ltr = world.grant_to("ash", Role::LeadTrainer, GrantScope::Organisation(world.a.id)).await;
        let nominate = json!({ "trainerId": teacher.global_id(), "programmeType": "SUPERVISOR", "level": "LEAD" });
        assert_eq!(step(&world, &ltr, "Nominate", nominate).await.codes(), ["SEPARATION_OF_DUTIES"]);
        let (applied, v1) = accreditation(&world, &teacher, LEAD, State::Applied).await;
        let (observed, v2) = accreditation(&world, &teacher, (ProgrammeType::Supervisor, Level::Lead), State::Observed).await;
        let (suspended, v3) = accreditation(&world, &teacher, (ProgrammeType::Leadership, Level::Lead), State::Suspended).await;
        for token in [&nql, &ltr] {
            assert_eq!(step(&world, token, "Observe", at(applied, v1, json!({ "observedOn": "2026-05-01" }))).await.codes(), ["SEPARATION_OF_DUTIES"]);
        }
        assert_eq!(step(&world, &nql, "Grant", at(observed, v2, json!({}))).await.codes(), ["SEPARATION_OF_DUTIES"]);
        for name in ["Reinstate", "Withdraw", "Renew"] {
            assert_eq!(step(&world, &nql, name, at(suspended, v3, json!({}))).await.codes(), ["SEPARATION_OF_DUTIES"], "{name}");
        }
        step(&world, &quality(&world), "Grant", at(observed, v2, json!({}))).await.done("accreditation");
        assert_eq!(step(&world, &nql, "Suspend", at(observed, v2 + 1, json!({ "reason": "x" }))).await.codes(), ["SEPARATION_OF_DUTIES"]);
        // Resigning is the trainer's own, with either account that holds a trainer's role.
        step(&world, &ltr, "Resign", at(observed, v2 + 1, json!({}))).await.done("accreditation");
        assert_eq!(step(&world, &quality(&world), "Resign", at(applied, v1, json!({}))).await.codes(), ["FORBIDDEN"]);
    }

    async fn of_two_grants_at_once_for_one_type_and_level_one_happens(world: World) {
        let nql = quality(&world);
        for round in 0..25 {
            let teacher = trainer(&world, &format!("Ash {round}"), &world.a).await;
            let (first, version) = accreditation(&world, &teacher, LEAD, State::Observed).await;
            let second = twin(&world, &teacher, first).await;
            let replies = at_once(2, |index| {
                let (world, nql, id) = (world.clone(), nql.clone(), [first, second][index]);
                async move { step(&world, &nql, "Grant", at(id, version, json!({}))).await }
            }).await;
            let mut codes: Vec<String> = replies.iter().map(|reply| reply.codes().join(" ")).collect();
            codes.sort();
            assert_eq!(codes, ["", "ACCREDITATION_OVERLAP"]);
        }
        // What was planted to race has no trail of its own.
        unplant(&world).await;
    }

    async fn who_may_teach_what_where_is_one_constant_number_of_statements(world: World) {
        let document = "query($org: ID!, $day: Date!) { trainerAccreditations(first: 100, asOf: $day, where: { isInForce: { eq: true }, programmeType: { eq: VOLUNTEER }, organisationId: { eq: $org } }) { totalCount nodes { level trainer { preferredName organisations { id } } } } }";
        let nql = quality(&world);
        let ask = async |of: &tests::Tenant, day: &str| {
            let variables = json!({ "org": of.global_id(), "day": day });
            world.data(Some(&nql), document, variables).await["trainerAccreditations"].take()
        };
        ask(&world.a, "2026-05-02").await;
        let few = world.statements_of(ask(&world.a, "2026-05-02")).await;
        for number in 0..12 {
            let of = if number % 3 == 0 { &world.b } else { &world.a };
            let teacher = trainer(&world, &format!("Trainer {number}"), of).await;
            accreditation(&world, &teacher, LEAD, State::Accredited).await;
            accreditation(&world, &teacher, (ProgrammeType::Supervisor, Level::Lead), State::Accredited).await;
        }
        assert_eq!(ask(&world.a, "2026-05-02").await["totalCount"], 8);
        assert_eq!(ask(&world.b, "2026-05-02").await["totalCount"], 4);
        assert_eq!(ask(&world.a, "2026-04-30").await["totalCount"], 0);
        assert_eq!(ask(&world.a, "2028-05-01").await["totalCount"], 0);
        let many = world.statements_of(ask(&world.a, "2026-05-02")).await;
        assert!(many <= few + 2 && many <= 6, "{few} then {many}");
        let again = world.statements_of(ask(&world.b, "2026-05-02")).await;
        assert_eq!(again, many);
    }
}

/// Another application of the same trainer, which no use case would make.
async fn twin(world: &World, teacher: &Teacher, of: Uuid) -> Uuid {
    let id = Uuid::new_v5(&of, b"twin");
    let sql = format!(
        "insert into trainer_accreditation select {}, trainer_id, organisation_id, programme_type, level, state, \
         valid_from, valid_to, ended_on, resigned, renews_id, created_at, updated_at, version \
         from trainer_accreditation where id = {} and trainer_id = {}",
        world.uuid(id),
        world.uuid(of),
        world.uuid(teacher.id)
    );
    world.database.eye.execute(&sql).await.expect("the twin");
    let evidence = format!(
        "insert into trainer_evidence select {}, trainer_id, {}, kind, evidenced_on, note_reference, recorded_at \
         from trainer_evidence where accreditation_id = {}",
        world.uuid(Uuid::new_v5(&of, b"evidence")),
        world.uuid(id),
        world.uuid(of)
    );
    world.database.eye.execute(&evidence).await.expect("its evidence");
    id
}

/// Takes the twins away: their first versions were never audited.
async fn unplant(world: &World) {
    let events = "(select count(*) from audit_event e where e.entity_type = 'trainer_accreditation' and e.entity_id = trainer_accreditation.id)";
    for sql in [
        format!("update trainer_accreditation set version = {events} where {events} > 0"),
        format!(
            "delete from trainer_evidence where accreditation_id in (select id from trainer_accreditation where {events} = 0)"
        ),
        format!("delete from trainer_accreditation where {events} = 0"),
    ] {
        world.database.eye.execute(&sql).await.expect("the twins go");
    }
}
