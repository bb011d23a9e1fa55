//! Between organisations: two linked enrolments, credit by reference, and the person's consent on record.

use alongside::actor::Role;
use alongside::course::model::State;
use serde_json::{Value, json};
use tests::courses::{Course, School, course, course_from, school, school_of};
use tests::enrolments::{Enrolled, at_work, attended, enrolled, progress, trainee};
use tests::given::{self, day};
use tests::people::Someone;
use tests::{World, on_both_databases};

use super::life::{assignment, hold, lead, placement, verdicts};

/// Somebody who goes on elsewhere in the middle of a course, whose first day they attended.
struct Leaver {
    here: School,
    there: School,
    before: Course,
    after: Course,
    person: Someone,
    subject: String,
    left: Enrolled,
    next: Enrolled,
}

const WORDING: &str = "portal/transfer/3";

impl Leaver {
    async fn of(world: &World) -> Self {
        let here = school(world).await;
        let other = given::organisation(world).active().register().await;
        let there = school_of(world, other, here.curriculum.clone()).await;
        for school in [&here, &there] {
            for role in [Role::LeadTrainer, Role::PartnerCoordinator] {
                world.grant(role, Some(school.organisation.id)).await;
            }
        }
        let mut before = course(world, &here, State::Confirmed).await;
        let after = course_from(world, &there, State::Confirmed, day("2026-06-01")).await;
        let (person, _) = trainee(world, &here.organisation, "Dora").await;
        let coordinator = world.token(Role::PartnerCoordinator, Some(here.organisation.id));
        let mut left = enrolled(world, &coordinator, &before, &person).await;
        world.set_clock("2026-05-12T09:00:00Z");
        hold(world, &here, &mut before, 0).await;
        let there_was = json!([{ "enrolmentId": left.id, "status": "PRESENT" }]);
        let session = before.session(0);
        attended(world, &lead(world, &here), &session, there_was, None).await.done("course");
        let quality = world.token(Role::QualityLead, None);
        left.anew(world, &quality).await;
        let mut next = left.clone();
        let to = json!({ "courseId": after.global_id(), "consentWording": WORDING });
        next.step(world, &quality, "enrolmentTransfer", &to).await;
        left.anew(world, &quality).await;
        let subject = format!("Dora-of-{}", here.organisation.id.simple());
        Self { here, there, before, after, person, subject, left, next }
    }

    fn token(&self, world: &World) -> String {
        world.token_of(&self.subject)
    }

    /// Says at the first organisation how the first day was attended after all.
    async fn amended(&self, world: &World, status: &str) {
        let entries = json!([{ "enrolmentId": self.left.id, "status": status }]);
        let why = Some("The list was of another day.");
        let by = lead(world, &self.here);
        attended(world, &by, &self.before.session(0), entries, why).await.done("course");
    }

    /// Whether the record is complete: the verdict of the second organisation.
    async fn completion(&self, world: &World) -> String {
        let stands = progress(world, &lead(world, &self.there), &self.next).await;
        let mut all = verdicts(&stands).into_iter();
        all.find(|(requirement, _)| requirement == "COMPLETION").expect("it is asked for").1
    }
}

/// The consents that somebody is shown.
async fn consents(world: &World, token: &str) -> Value {
    let document = "{ consents { nodes { id version purpose wording withdrawnAt } } }";
    world.data(Some(token), document, json!({})).await["consents"]["nodes"].clone()
}

on_both_databases! {
    async fn whoever_goes_on_at_another_organisation_graduates_there_with_what_was_earned(world: World) {
        let mut one = Leaver::of(&world).await;
        let organisation = one.there.organisation.id;
        assert_eq!((one.left.state.as_str(), one.next.state.as_str()), ("TRANSFERRED_OUT", "PLACED"));
        let all = "{ enrolments { nodes { id state enrolledFrom enrolledTo organisation { id } origin { id } } } }";
        let seen = async |token: &str| world.data(Some(token), all, json!({})).await["enrolments"]["nodes"].clone();
        let of = |school: &School| json!({ "id": school.organisation.global_id() });
        let first = json!({
            "id": one.left.id, "state": "TRANSFERRED_OUT", "enrolledFrom": "2026-05-01", "enrolledTo": "2026-05-12",
            "organisation": of(&one.here), "origin": null,
        });
        let second = |origin: Value| json!({
            "id": one.next.id, "state": "PLACED", "enrolledFrom": "2026-05-12", "enrolledTo": null,
            "organisation": of(&one.there), "origin": origin,
        });
        let [here, there] = [&one.here, &one.there].map(|school| world.token(Role::PartnerCoordinator, Some(school.organisation.id)));
        assert_eq!(seen(&one.token(&world)).await, json!([first, second(json!({ "id": one.left.id }))]), "both are the person's");
        assert_eq!(seen(&here).await, json!([first]), "where they went is not told");
        assert_eq!(seen(&there).await, json!([second(Value::Null)]), "nor where they were");

        let (mara, marker) = at_work(&world, Role::LeadTrainer, organisation, "Mara").await;
        let (_, moderator) = at_work(&world, Role::LeadTrainer, organisation, "Mo").await;
        one.next.step(&world, &there, "enrolmentSetSupport", &json!({ "supervisorId": mara.global_id() })).await;
        world.set_clock("2026-06-08T17:00:00Z");
        for place in [0, 1] {
            hold(&world, &one.there, &mut one.after, place).await;
        }
        let by = lead(&world, &one.there);
        let there_was = json!([{ "enrolmentId": one.next.id, "status": "PRESENT" }]);
        assert_eq!(one.completion(&world).await, "OPEN");
        attended(&world, &by, &one.after.session(1), there_was.clone(), None).await.done("course");
        assert_eq!(one.completion(&world).await, "MET", "one module was taught here, the other there");
        one.amended(&world, "ABSENT").await;
        assert_eq!(one.completion(&world).await, "OPEN", "what is amended where it was earned follows");
        one.amended(&world, "PRESENT").await;
        assert_eq!(one.completion(&world).await, "MET");
        attended(&world, &by, &one.after.session(0), there_was, None).await.done("course");
        let input = one.after.input(&json!({}));
        world.mutate(Some(&by), "courseComplete", "course { id }", input).await.done("course");
        one.next.anew(&world, &by).await;
        let [own, marker, moderator] = [&one.subject, &marker, &moderator].map(|subject| world.token_of(subject));
        assignment(&world, (&own, &marker, &moderator), (&one.next, &one.after), "PASS").await;
        let host = one.there.organisation.global_id();
        placement(&world, (&by, &marker), &one.next, &host).await;
        one.next.anew(&world, &by).await;
        one.next.step(&world, &by, "graduationDecide", &json!({ "outcome": "GRADUATED" })).await;
        assert_eq!(one.next.state, "GRADUATED");
        let own = world.data(Some(&own), "{ credentials { nodes { kind status } } }", json!({})).await;
        assert_eq!(own["credentials"]["nodes"], json!([{ "kind": "GRADUATION", "status": "VALID" }]));
        one.left.anew(&world, &lead(&world, &one.here)).await;
        assert_eq!(one.left.state, "TRANSFERRED_OUT", "the first stays as it ended");
    }

    async fn the_consent_to_a_transfer_is_on_record_and_withdrawn_by_the_person_alone(world: World) {
        let one = Leaver::of(&world).await;
        let (own, quality) = (one.token(&world), world.token(Role::QualityLead, None));
        let shown = consents(&world, &own).await;
        let id = shown[0]["id"].clone();
        let given = json!({ "id": id, "version": 1, "purpose": "TRANSFER", "wording": WORDING, "withdrawnAt": null });
        assert_eq!(shown, json!([given]));
        let others = [&one.here, &one.there].map(|school| world.token(Role::PartnerCoordinator, Some(school.organisation.id)));
        for token in &others {
            assert_eq!(consents(&world, token).await, json!([]), "it is nobody else's");
        }
        let ahead = json!({ "purpose": "TRANSFER", "wording": "portal/transfer/4" });
        let ahead = world.mutate(Some(&own), "consentGive", "consent { id }", ahead).await;
        assert_eq!(ahead.codes(), ["INVALID"], "it is given for one transfer");
        assert_eq!(ahead.payload()["userErrors"][0]["path"], json!(["input", "purpose"]));
        let withdraw = json!({ "id": id, "expectedVersion": 1 });
        for token in others.iter().chain([&quality]) {
            let refused = world.mutate(Some(token), "consentWithdraw", "consent { id }", withdraw.clone()).await;
            assert_eq!(refused.codes(), ["NOT_FOUND"]);
        }
        let entity = "consent { purpose withdrawnAt }";
        let gone = world.mutate(Some(&own), "consentWithdraw", entity, withdraw).await;
        assert_eq!(gone.done("consent"), &json!({ "purpose": "TRANSFER", "withdrawnAt": "2026-05-12T09:00:00.000000Z" }));
        let again = json!({ "id": id, "expectedVersion": 2 });
        assert_eq!(world.mutate(Some(&own), "consentWithdraw", entity, again).await.codes(), ["UNCHANGED"]);
        let mut next = one.next.clone();
        next.anew(&world, &quality).await;
        assert_eq!(next.state, "PLACED", "what went along before stays");
        // Each transfer is agreed to anew, and within an organisation nobody needs to.
        let back = course_from(&world, &one.here, State::Open, day("2026-06-15")).await;
        let unsaid = json!({ "courseId": back.global_id() });
        assert_eq!(next.refused(&world, &quality, "enrolmentTransfer", &unsaid).await, ["INVALID"]);
        let said = json!({ "courseId": back.global_id(), "consentWording": "portal/transfer/4" });
        next.step(&world, &quality, "enrolmentTransfer", &said).await;
        let later = course_from(&world, &one.here, State::Open, day("2026-07-06")).await;
        next.step(&world, &others[0], "enrolmentTransfer", &json!({ "courseId": later.global_id() })).await;
        let wordings: Vec<_> = consents(&world, &own).await.as_array().expect("a list").iter()
            .map(|of| (of["wording"].clone(), of["withdrawnAt"].is_null())).collect();
        assert_eq!(wordings, [(json!(WORDING), false), (json!("portal/transfer/4"), true)]);
        let trail = "select action || ' by ' || acting_as from audit_event where action like 'consent.%' and chain = ";
        let trail = world.database.eye.texts(&format!("{trail}{} order by seq", world.uuid(one.person.id))).await;
        assert_eq!(trail, ["consent.given by NQL", "consent.withdrawn by SELF", "consent.given by NQL"]);
    }
}
