//! Ends other than the straight one, and what somebody is told of them while the course runs.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, school};
use tests::enrolments::{
    Enrolled, FIELDS, at_work, attended, create_input, enrolled, progress, trainee,
};
use tests::world::Tenant;
use tests::{World, given, on_both_databases};

use super::life::{assignment, hold, lead, placement, verdicts};

/// Somebody on a course on its last day, with everybody whom it takes to come to an end.
struct Trainee {
    school: School,
    course: Course,
    subject: String,
    marker: String,
    moderator: String,
    enrolment: Enrolled,
}

impl Trainee {
    async fn on_the_first_day(world: &World) -> Self {
        let school = school(world).await;
        let organisation = school.organisation.id;
        world.grant(Role::LeadTrainer, Some(organisation)).await;
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation)).await;
        let course = course(world, &school, State::Confirmed).await;
        let (person, _) = trainee(world, &school.organisation, "Tia").await;
        let (mara, marker) = at_work(world, Role::LeadTrainer, organisation, "Mara").await;
        let (_, moderator) = at_work(world, Role::LeadTrainer, organisation, "Mo").await;
        let mut enrolment = enrolled(world, &coordinator, &course, &person).await;
        let support = json!({ "supervisorId": mara.global_id() });
        enrolment.step(world, &coordinator, "enrolmentSetSupport", &support).await;
        let subject = format!("Tia-of-{}", organisation.simple());
        Self { school, course, subject, marker, moderator, enrolment }
    }

    /// Both sessions were held; nothing is recorded.
    async fn on_the_last_day(world: &World) -> Self {
        let mut one = Self::on_the_first_day(world).await;
        world.set_clock("2026-05-18T17:00:00Z");
        for place in [0, 1] {
            one.held(world, place).await;
        }
        one
    }

    async fn held(&mut self, world: &World, place: usize) {
        hold(world, &self.school, &mut self.course, place).await;
    }

    fn token(&self, world: &World) -> String {
        world.token_of(&self.subject)
    }

    fn lead(&self, world: &World) -> String {
        lead(world, &self.school)
    }

    fn hands(&self, world: &World) -> [String; 3] {
        [&self.subject, &self.marker, &self.moderator].map(|subject| world.token_of(subject))
    }

    /// Records how a session was attended.
    async fn attended(&self, world: &World, place: usize, status: &str) {
        let entries = json!([{ "enrolmentId": self.enrolment.id, "status": status }]);
        let session = self.course.session(place);
        attended(world, &self.lead(world), &session, entries, None).await.done("course");
    }

    /// The course is over, and everything was attended.
    async fn over(&mut self, world: &World) {
        for place in [0, 1] {
            self.attended(world, place, "PRESENT").await;
        }
        let input = self.course.input(&json!({}));
        let lead = self.lead(world);
        world.mutate(Some(&lead), "courseComplete", "course { id }", input).await.done("course");
        self.enrolment.anew(world, &lead).await;
    }

    /// Hands in what is marked so.
    async fn marked(&self, world: &World, mark: &str) {
        let [own, marker, moderator] = self.hands(world);
        let hands = (own.as_str(), marker.as_str(), moderator.as_str());
        assignment(world, hands, (&self.enrolment, &self.course), mark).await;
    }

    /// Was placed for long enough.
    async fn placed(&self, world: &World) {
        let [_, supervisor, _] = self.hands(world);
        let host = self.school.organisation.global_id();
        placement(world, (&self.lead(world), &supervisor), &self.enrolment, &host).await;
    }

    async fn decided(&mut self, world: &World, outcome: &str) {
        let lead = self.lead(world);
        let how = json!({ "outcome": outcome });
        self.enrolment.step(world, &lead, "graduationDecide", &how).await;
    }
}

/// What the preview finds, and in which words.
fn told(progress: &Value) -> (String, Vec<String>) {
    let preview = &progress["preview"];
    let words = preview["reasons"].as_array().expect("a list").iter();
    let text = |of: &Value| of.as_str().expect("a text").to_owned();
    (text(&preview["outcome"]), words.map(|of| text(&of["words"])).collect())
}

/// The verdict on a requirement.
fn verdict(progress: &Value, of: &str) -> String {
    let mut all = verdicts(progress).into_iter();
    all.find(|(requirement, _)| requirement == of).expect("it is asked for").1
}

const DECISIONS: &str = "{ enrolments { nodes { decisions { id outcome found reopenReason } } } \
     credentials { nodes { kind status } } }";

on_both_databases! {
    async fn whoever_completed_without_accreditation_tries_again_and_graduates(world: World) {
        let mut one = Trainee::on_the_last_day(&world).await;
        one.over(&world).await;
        one.placed(&world).await;
        one.marked(&world, "FAIL").await;
        let (own, lead) = (one.token(&world), one.lead(&world));
        let stands = progress(&world, &own, &one.enrolment).await;
        let (outcome, words) = told(&stands);
        assert_eq!(outcome, "COMPLETED_NOT_ACCREDITED");
        assert!(words.contains(&"the assignment is not passed, and no attempt is left".to_owned()), "{words:?}");
        for outcome in ["GRADUATED", "NOT_MET"] {
            let refused = one.enrolment.refused(&world, &lead, "graduationDecide", &json!({ "outcome": outcome })).await;
            assert_eq!(refused, ["OUTCOME_DIFFERS"], "{outcome}");
        }
        let text = one.enrolment.input(&json!({ "text": "Once more." }));
        let again = world.mutate(Some(&own), "assignmentSubmit", "assignment { id }", text.clone()).await;
        assert_eq!(again.codes(), ["CONFLICT"], "no attempt is left");
        one.decided(&world, "COMPLETED_NOT_ACCREDITED").await;
        assert_eq!(one.enrolment.state, "NOT_GRADUATED");
        let data = world.data(Some(&own), DECISIONS, json!({})).await;
        let first = data["enrolments"]["nodes"][0]["decisions"][0].clone();
        let found = "COMPLETED_NOT_ACCREDITED";
        assert_eq!(first, json!({ "id": first["id"], "outcome": found, "found": found, "reopenReason": null }));
        assert_eq!(data["credentials"]["nodes"], json!([]));

        let elsewhere = world.coordinator(&world.b);
        for (who, code) in [(&elsewhere, "NOT_FOUND"), (&own, "FORBIDDEN")] {
            assert_eq!(one.enrolment.refused(&world, who, "enrolmentResit", &json!({})).await, [code]);
        }
        let quality = world.token(Role::QualityLead, None);
        let by_reason = one.enrolment.refused(&world, &quality, "graduationReopen", &json!({ "reason": "RESIT" })).await;
        assert_eq!(by_reason, ["INVALID"], "who tries again does so by enrolmentResit");
        one.enrolment.step(&world, &lead, "enrolmentResit", &json!({})).await;
        assert_eq!(one.enrolment.state, "RESIT");
        assert_eq!(one.enrolment.refused(&world, &lead, "enrolmentResit", &json!({})).await, ["CONFLICT"]);
        let early = one.enrolment.refused(&world, &lead, "graduationDecide", &json!({ "outcome": found })).await;
        assert_eq!(early, ["DECISION_OPEN"], "the assignment is open again");
        one.marked(&world, "REFER").await;
        one.marked(&world, "PASS").await;
        one.decided(&world, "GRADUATED").await;
        assert_eq!(one.enrolment.state, "GRADUATED");
        let data = world.data(Some(&own), DECISIONS, json!({})).await;
        assert_eq!(data["credentials"]["nodes"], json!([{ "kind": "GRADUATION", "status": "VALID" }]));
        let decisions = data["enrolments"]["nodes"][0]["decisions"].as_array().expect("a list").clone();
        let outcomes: Vec<_> = decisions.iter().map(|of| (of["outcome"].clone(), of["reopenReason"].clone())).collect();
        assert_eq!(outcomes, [(json!(found), json!("RESIT")), (json!("GRADUATED"), Value::Null)]);
        let why = "query($id: ID!) { graduationReport(decisionId: $id) { outcome reasons { requirement verdict words } } }";
        let then = world.data(Some(&own), why, json!({ "id": first["id"] })).await;
        assert_eq!(then["graduationReport"]["outcome"], found, "what was decided then stays as it was");
        let hidden = world.data(Some(&elsewhere), why, json!({ "id": first["id"] })).await;
        assert_eq!(hidden["graduationReport"], Value::Null);
    }

    async fn a_placement_that_ends_early_is_followed_by_another(world: World) {
        let mut one = Trainee::on_the_last_day(&world).await;
        one.over(&world).await;
        one.marked(&world, "PASS").await;
        let (own, lead) = (one.token(&world), one.lead(&world));
        let elsewhere = world.coordinator(&world.b);
        let fields = "placement { id version state loggedMinutes }";
        let host = one.school.organisation.global_id();
        for (number, minutes) in [Some(90), None].into_iter().enumerate() {
            let offer = json!({ "hostId": host, "kind": "PRACTICE", "plannedMinutes": 600 });
            let offered = world.mutate(Some(&lead), "placementOffer", fields, one.enrolment.input(&offer)).await;
            let id = offered.done("placement")["id"].clone();
            assert_eq!(verdict(&progress(&world, &own, &one.enrolment).await, "PLACEMENT"), "OPEN", "{number}");
            let at = |version: i32| json!({ "id": id, "expectedVersion": version });
            let agreed = world.mutate(Some(&lead), "placementAgree", fields, at(1)).await;
            assert_eq!(agreed.done("placement")["state"], "AGREED");
            let mut version = 2;
            if let Some(minutes) = minutes {
                let log = json!({ "id": id, "expectedVersion": 2, "minutes": minutes });
                world.mutate(Some(&lead), "placementLog", fields, log).await.done("placement");
                version = 3;
            }
            for (who, code) in [(&elsewhere, "NOT_FOUND"), (&own, "FORBIDDEN")] {
                assert_eq!(world.mutate(Some(who), "placementEnd", fields, at(version)).await.codes(), [code]);
            }
            let ended = world.mutate(Some(&lead), "placementEnd", fields, at(version)).await;
            let (state, logged) = if minutes.is_some() { ("ENDED_EARLY", 90) } else { ("NOT_TAKEN", 0) };
            let expected = json!({ "id": id, "version": version + 1, "state": state, "loggedMinutes": logged });
            assert_eq!(ended.done("placement"), &expected);
            assert_eq!(ended.payload()["impact"], json!([format!("{logged} of 600 minutes are logged")]));
            let again = world.mutate(Some(&lead), "placementEnd", fields, at(version + 1)).await;
            assert_eq!(again.codes(), ["CONFLICT"]);
            let stands = progress(&world, &own, &one.enrolment).await;
            assert_eq!(verdict(&stands, "PLACEMENT"), "UNMET");
            let (outcome, words) = told(&stands);
            assert_eq!(outcome, "COMPLETED_NOT_ACCREDITED");
            let short = "the placement was not completed: 90 minutes, needs 600".to_owned();
            assert!(words.contains(&short), "{words:?}");
        }
        one.placed(&world).await;
        let stands = progress(&world, &own, &one.enrolment).await;
        assert_eq!(told(&stands).0, "GRADUATED");
        one.decided(&world, "GRADUATED").await;
        assert_eq!(one.enrolment.state, "GRADUATED");
    }

    async fn while_the_course_runs_people_are_told_in_words_what_is_missing(world: World) {
        let mut one = Trainee::on_the_first_day(&world).await;
        let advice = |of: &Value| of["advice"].as_array().expect("a list").iter().map(|one| one["words"].clone()).collect::<Vec<_>>();
        world.set_clock("2026-05-11T17:00:00Z");
        one.held(&world, 0).await;
        one.attended(&world, 0, "PRESENT").await;
        let stands = progress(&world, &one.token(&world), &one.enrolment).await;
        assert_eq!(advice(&stands), ["1 more day by 18 May 2026 keeps you at 80 % or above: none can be missed"]);
        let (outcome, words) = told(&stands);
        assert_eq!(outcome, "NOT_YET");
        assert_eq!(words, [
            "the course is not completed",
            "every held session has a record",
            "1 of 1 day, 100 %, needs 80 %; 1 day to come or to be recorded",
            "0 days missed, at most 1 may be",
            "the assignment is not passed yet",
            "the placement is not completed yet: 0 minutes, needs 600",
        ]);
        world.set_clock("2026-05-18T17:00:00Z");
        one.held(&world, 1).await;
        let (own, lead) = (one.token(&world), one.lead(&world));
        let held = progress(&world, &own, &one.enrolment).await;
        assert!(told(&held).1.contains(&"attendance is not recorded on 18 May 2026".to_owned()), "{held}");
        one.attended(&world, 1, "ABSENT").await;
        let stands = progress(&world, &own, &one.enrolment).await;
        assert_eq!(advice(&stands), ["at most 1 of 2 days can be reached, and 80 % is 2; making up 18 May 2026 is enough"]);
        assert_eq!((verdict(&stands, "ATTENDANCE").as_str(), told(&stands).0.as_str()), ("UNMET", "NOT_YET"));
        assert!(told(&stands).1.contains(&"1 of 2 days, 50 %, needs 80 %".to_owned()), "{stands}");
        let everybody = "query($id: ID!) { courseProgress(courseId: $id) { percent preview { outcome } } }";
        let shown = world.data(Some(&lead), everybody, json!({ "id": one.course.global_id() })).await;
        assert_eq!(shown["courseProgress"], json!([{ "percent": 5_000, "preview": { "outcome": "NOT_YET" } }]));
        let elsewhere = world.coordinator(&world.b);
        assert_eq!(progress(&world, &elsewhere, &one.enrolment).await, Value::Null);
        let hidden = world.data(Some(&elsewhere), everybody, json!({ "id": one.course.global_id() })).await;
        assert_eq!(hidden["courseProgress"], json!([]));
        let done = json!({ "enrolmentId": one.enrolment.id, "sessionId": one.course.session(1), "doneOn": "2026-05-18", "how": "With a tutor." });
        world.mutate(Some(&lead), "makeUpRecord", "makeUp { state }", done).await.done("makeUp");
        let stands = progress(&world, &own, &one.enrolment).await;
        assert_eq!((advice(&stands), verdict(&stands, "ATTENDANCE")), (Vec::new(), "MET".to_owned()));
        one.enrolment.anew(&world, &own).await;
        assert_eq!(one.enrolment.state, "ACTIVE", "nothing is decided by advice");
    }

    async fn another_organisation_sponsors_somebody_from_a_day_on(world: World) {
        let school = school(&world).await;
        let organisation = school.organisation.clone();
        let coordinator = world.grant(Role::PartnerCoordinator, Some(organisation.id)).await;
        let taken = course(&world, &school, State::Open).await;
        let mut sponsors = Vec::new();
        for _ in 0..2 {
            let sponsor = given::organisation(&world).active().register().await;
            world.grant(Role::PartnerCoordinator, Some(sponsor.id)).await;
            sponsors.push(sponsor);
        }
        let [first, second] = <[Tenant; 2]>::try_from(sponsors).expect("two");
        let (tia, _) = trainee(&world, &organisation, "Tia").await;
        let mut input = create_input(&taken, &tia);
        input["fundingBasis"] = json!("EMPLOYER_FUNDED");
        input["sponsorId"] = json!(first.global_id());
        let made = world.mutate(Some(&coordinator), "enrolmentCreate", FIELDS, input).await;
        let mut one = Enrolled::of(made.done("enrolment"));
        let sponsored = "{ sponsoredEnrolments { nodes { name state sponsor { id } } } }";
        let seen = async |tenant: &Tenant| {
            let token = world.coordinator(tenant);
            world.data(Some(&token), sponsored, json!({})).await["sponsoredEnrolments"]["nodes"].clone()
        };
        let shown = |tenant: &Tenant| json!([{ "name": "Tia", "state": "PLACED", "sponsor": { "id": tenant.global_id() } }]);
        assert_eq!((seen(&first).await, seen(&second).await), (shown(&first), json!([])));
        world.set_clock("2026-05-11T09:00:00Z");
        let coordinator = world.token(Role::PartnerCoordinator, Some(organisation.id));
        let to = json!({ "sponsorId": second.global_id() });
        assert_eq!(one.refused(&world, &world.coordinator(&second), "enrolmentSetSponsor", &to).await, ["NOT_FOUND"]);
        assert_eq!(one.refused(&world, &coordinator, "enrolmentSetSponsor", &json!({})).await, ["SPONSOR_REQUIRED"], "an employer pays");
        one.step(&world, &coordinator, "enrolmentSetSponsor", &to).await;
        assert_eq!(one.refused(&world, &coordinator, "enrolmentSetSponsor", &to).await, ["UNCHANGED"]);
        assert_eq!((seen(&first).await, seen(&second).await), (json!([]), shown(&second)));
        let kept = "query($id: ID!, $org: ID!) { enrolment(by: { id: $id }) { state fundingBasis enrolledFrom sponsor { id } } \
             organisation(by: { id: $org }) { auditEvents(first: 100) { nodes { action at fields } } } }";
        let data = world.data(Some(&coordinator), kept, json!({ "id": one.id, "org": organisation.global_id() })).await;
        assert_eq!(data["enrolment"], json!({
            "state": "PLACED", "fundingBasis": "EMPLOYER_FUNDED", "enrolledFrom": "2026-05-01", "sponsor": { "id": second.global_id() },
        }));
        let trail = data["organisation"]["auditEvents"]["nodes"].as_array().expect("a list");
        let changed: Vec<_> = trail.iter().filter(|event| event["action"] == "enrolment.sponsor_changed").collect();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0]["at"], "2026-05-11T09:00:00.000000Z", "the day is on record");
        assert!(changed[0]["fields"].as_str().expect("fields").contains("sponsor_id"), "{changed:?}");
    }
}
