//! Places: offers hold them, the waiting list keeps its order, and there are never more than the course has.

use alongside::actor::Role;
use alongside::jobs;
use serde_json::{Value, json};
use tests::applications::{Applicant, answers, open_course, screened, selectors};
use tests::courses::school;
use tests::given::day;
use tests::race::{at_once, rounds};
use tests::world::mutation;
use tests::{World, on_both_databases};

/// How many places of the course are taken.
async fn taken(world: &World, token: &str, course: &str) -> Value {
    let document = "query($id: ID!) { course(by: { id: $id }) { placesTaken } }";
    world.data(Some(token), document, json!({ "id": course })).await["course"]["placesTaken"]
        .clone()
}

async fn round(world: &World) -> u64 {
    jobs::round(world.app.core(), "application-places").await.expect("a round")
}

/// State and place on the waiting list.
async fn standing(world: &World, of: &mut Applicant) -> Value {
    let found = of.read(world).await;
    json!([found["state"], found["waitingPosition"]])
}

on_both_databases! {
    async fn a_place_that_is_free_again_goes_to_who_waits_longest(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let course = open_course(&world, &school, day("2026-06-15"), 1).await;
        let mut all = Vec::new();
        for name in ["Ari", "Bea", "Cai", "Dee"] {
            all.push(screened(&world, &course, name, &coordinator).await);
        }
        let [mut ari, mut bea, mut cai, mut dee] = <[Applicant; 4]>::try_from(all).expect("four");
        assert_eq!(ari.step(&world, &coordinator, "applicationOffer", json!({})).await, "OFFERED");
        let full = bea.input(&json!({}));
        let reply = world.mutate(Some(&lead), "applicationOffer", "application { state waitingPosition }", full).await;
        assert_eq!(reply.done("application"), &json!({ "state": "WAITLISTED", "waitingPosition": 1 }));
        assert_eq!(reply.payload()["impact"], json!(["there is no free place: the applicant waits for one"]));
        assert_eq!(cai.step(&world, &coordinator, "applicationWaitlist", json!({})).await, "WAITLISTED");
        assert_eq!(dee.step(&world, &coordinator, "applicationOffer", json!({})).await, "WAITLISTED");
        assert_eq!(standing(&world, &mut dee).await, json!(["WAITLISTED", 3]));
        let early = world.mutate(Some(&coordinator), "applicationOffer", "", cai.input(&json!({}))).await;
        assert_eq!(early.codes(), ["CAPACITY_EXCEEDED"]);
        assert_eq!(round(&world).await, 0, "nothing is free");
        assert_eq!(ari.own_step(&world, "applicationWithdraw", json!({})).await, "WITHDRAWN");
        let passed_over = world.mutate(Some(&coordinator), "applicationOffer", "", cai.input(&json!({}))).await;
        assert_eq!(passed_over.codes(), ["CAPACITY_EXCEEDED"], "Bea has waited for longer");
        assert_eq!(round(&world).await, 1);
        assert_eq!(round(&world).await, 0, "once");
        assert_eq!(standing(&world, &mut bea).await, json!(["OFFERED", null]));
        assert_eq!(standing(&world, &mut cai).await, json!(["WAITLISTED", 1]));
        assert_eq!(standing(&world, &mut dee).await, json!(["WAITLISTED", 2]));
        assert_eq!(taken(&world, &coordinator, &course.global_id()).await, 10);
        assert_eq!(cai.own_step(&world, "applicationWithdraw", json!({})).await, "WITHDRAWN");
        assert_eq!(standing(&world, &mut dee).await, json!(["WAITLISTED", 1]));
        world.set_clock("2026-05-15T22:59:00Z");
        assert_eq!(round(&world).await, 0, "the offer can be accepted on its last day");
        world.set_clock("2026-05-16T09:00:00Z");
        for one in [&mut bea, &mut cai, &mut dee] {
            one.renew(&world);
        }
        let coordinator = world.token(Role::PartnerCoordinator, Some(school.organisation.id));
        let late = json!({ "termsVersion": "terms-1" });
        let reply = world.mutate(Some(&bea.token), "applicationAccept", "", bea.input(&late)).await;
        assert_eq!(reply.codes(), ["OFFER_ENDED"]);
        let core = world.app.core().clone();
        let rounds = at_once(2, |_| {
            let core = core.clone();
            async move { jobs::round(&core, "application-places").await.expect("a round") }
        }).await;
        assert_eq!(rounds.iter().sum::<u64>(), 2, "one lapses, one is offered, whoever does it");
        assert_eq!(standing(&world, &mut bea).await, json!(["LAPSED", null]));
        assert_eq!(standing(&world, &mut dee).await, json!(["OFFERED", null]));
        assert_eq!(dee.own_step(&world, "applicationAccept", json!({ "termsVersion": "terms-1" })).await, "ACCEPTED");
        assert_eq!(taken(&world, &coordinator, &course.global_id()).await, 10);
    }

    async fn the_last_place_is_offered_once_whoever_offers_at_the_same_time(world: World) {
        let school = school(&world).await;
        let [coordinator, lead] = selectors(&world, &school).await;
        let eye = &world.database.eye;
        let course = open_course(&world, &school, day("2026-06-15"), 1).await;
        for round in 0..rounds() {
            let mut all = Vec::new();
            for name in ["Ari", "Bea", "Cai", "Dee"] {
                let name = format!("{name} {round}");
                all.push(screened(&world, &course, &name, &coordinator).await);
            }
            let requests: Vec<_> = all.iter().enumerate().map(|(place, one)| {
                let token = if place % 2 == 0 { &coordinator } else { &lead };
                let document = mutation("applicationOffer", "application { state }");
                let body = json!({ "query": document, "variables": { "input": one.input(&json!({})) } });
                world.post(Some(token)).json(&body)
            }).collect();
            let answers = at_once(requests.len(), |place| {
                let request = requests[place].try_clone().expect("a request");
                async move {
                    let body: Value = request.send().await.expect("an answer").json().await.expect("JSON");
                    body["data"]["applicationOffer"]["application"]["state"].as_str().unwrap_or("none").to_owned()
                }
            }).await;
            let of = |state: &str| answers.iter().filter(|one| *one == state).count();
            assert_eq!((of("OFFERED"), of("WAITLISTED")), (1, 3), "round {round}: {answers:?}");
            assert_eq!(taken(&world, &coordinator, &course.global_id()).await, 10);
            let waits = format!("state = 'WAITLISTED' and course_id = {}", world.uuid(course.id));
            let forged = format!(
                "update application set state = 'OFFERED', waitlisted_at = null, waiting_position = null, \
                 offered_at = updated_at, offer_until = '2026-06-01' where {waits}"
            );
            assert!(eye.execute(&forged).await.is_err(), "the database counts offers itself");
            assert_eq!(eye.rows_where("application", &waits).await, 3);
            for one in &mut all {
                one.read(&world).await;
                one.own_step(&world, "applicationWithdraw", json!({})).await;
            }
        }
    }

    async fn a_place_that_is_given_up_before_the_first_day_goes_to_who_waits(world: World) {
        let school = school(&world).await;
        let [coordinator, _] = selectors(&world, &school).await;
        let course = open_course(&world, &school, day("2026-06-15"), 1).await;
        let mut ari = screened(&world, &course, "Ari", &coordinator).await;
        let mut bea = screened(&world, &course, "Bea", &coordinator).await;
        assert_eq!(ari.step(&world, &coordinator, "applicationOffer", json!({})).await, "OFFERED");
        assert_eq!(bea.step(&world, &coordinator, "applicationOffer", json!({})).await, "WAITLISTED");
        let terms = json!({ "termsVersion": "terms-1" });
        assert_eq!(ari.own_step(&world, "applicationAccept", terms.clone()).await, "ACCEPTED");
        assert_eq!(round(&world).await, 0, "the enrolment has the place");
        let held = world.data(Some(&ari.token), "{ enrolments { nodes { id version } } }", json!({})).await;
        let enrolment = &held["enrolments"]["nodes"][0];
        let leave = json!({
            "id": enrolment["id"], "expectedVersion": enrolment["version"], "on": "2026-05-01", "reason": "DECLINED_PLACE",
        });
        world.mutate(Some(&ari.token), "enrolmentWithdraw", "", leave).await.done("impact");
        assert_eq!(round(&world).await, 1);
        assert_eq!(standing(&world, &mut bea).await, json!(["OFFERED", null]));
        let letters = world.database.eye.rows_where("mail_message", "kind = 'application.offered'").await;
        assert_eq!(letters, 0, "nobody's address was proved");
        let other = open_course(&world, &school, day("2026-06-29"), 1).await;
        let again = json!({ "courseId": other.global_id() });
        let reply = world.mutate(Some(&bea.token), "applicationStart", "application { id }", again).await;
        let second = reply.done("application")["id"].as_str().expect("an id").to_owned();
        let mut second = Applicant { id: second, version: 1, ..bea.clone() };
        second.own_step(&world, "applicationSave", answers()).await;
        second.own_step(&world, "applicationSubmit", json!({})).await;
        for name in ["applicationScreen", "applicationOffer"] {
            second.step(&world, &coordinator, name, json!({})).await;
        }
        assert_eq!(bea.own_step(&world, "applicationAccept", terms.clone()).await, "ACCEPTED");
        let input = second.input(&terms);
        let reply = world.mutate(Some(&bea.token), "applicationAccept", "application { state }", input).await;
        assert_eq!(reply.done("application")["state"], "ACCEPTED");
        let told = reply.payload()["impact"][0].as_str().expect("what follows");
        assert!(told.starts_with("held for national review"), "{told}");
        assert_eq!(taken(&world, &coordinator, &other.global_id()).await, 10, "the place is kept");
    }
}
