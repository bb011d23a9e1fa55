//! An input for each mutation of enrolments that is right but for who sends it.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::World;
use tests::courses::{School, course_from};
use tests::enrolments::{enrolled, trainee};
use tests::given::day;

/// Every mutation of enrolments and what hangs on them.
pub const NAMES: [&str; 33] = [
    "assignmentMark",
    "assignmentModerate",
    "assignmentSubmit",
    "assignmentTake",
    "attendanceRecordSession",
    "concernClose",
    "concernRaise",
    "concernTakeUp",
    "employeeLinkUpsert",
    "enrolmentCreate",
    "enrolmentDefer",
    "enrolmentImportCreate",
    "enrolmentResit",
    "enrolmentResolve",
    "enrolmentResume",
    "enrolmentSetSponsor",
    "enrolmentSetSupport",
    "enrolmentTransfer",
    "enrolmentWithdraw",
    "graduationDecide",
    "graduationReopen",
    "makeUpDecline",
    "makeUpRecord",
    "makeUpRequest",
    "moduleWaive",
    "placementAgree",
    "placementComplete",
    "placementEnd",
    "placementLog",
    "placementOffer",
    "adjustmentsSet",
    "preparationTick",
    "supervisionRecord",
];

/// Whether the mutation is of enrolments, or of what comes after them.
pub fn is_of_enrolments(name: &str) -> bool {
    NAMES.contains(&name) || super::career_inputs::NAMES.contains(&name)
}

/// An input for each mutation, all about one person on a confirmed course of the school, or about what is not there.
pub async fn inputs(world: &World, school: &School) -> Vec<(&'static str, Value)> {
    let course = course_from(world, school, State::Confirmed, day("2026-06-08")).await;
    let coordinator =
        world.grant(alongside::actor::Role::PartnerCoordinator, Some(school.organisation.id)).await;
    let (somebody, _) = trainee(world, &school.organisation, "Tia").await;
    let (other, _) = trainee(world, &school.organisation, "Uma").await;
    let one = enrolled(world, &coordinator, &course, &somebody).await;
    NAMES
        .iter()
        .map(|name| {
            let nothing = |prefix: &str| format!("{prefix}_{:032x}", 7);
            let on = |more: Value| one.input(&more);
            let of = |prefix: &str, more: Value| {
                let mut input = json!({ "id": nothing(prefix), "expectedVersion": 1 });
                let fields = input.as_object_mut().expect("an object");
                fields.extend(more.as_object().expect("an object").clone());
                input
            };
            let missed = |more: Value| {
                let mut input = json!({ "enrolmentId": one.id, "sessionId": course.session(0) });
                let fields = input.as_object_mut().expect("an object");
                fields.extend(more.as_object().expect("an object").clone());
                input
            };
            let input = match *name {
                "assignmentMark" => of("asg", json!({ "outcome": "PASS" })),
                "assignmentModerate" => json!({ "courseId": course.global_id(), "sampleIds": [] }),
                "assignmentSubmit" => on(json!({ "text": "A text." })),
                "assignmentTake" => of("asg", json!({ "as": "MARKER" })),
                "attendanceRecordSession" => json!({
                    "sessionId": course.session(0), "source": "TRAINER",
                    "entries": [{ "enrolmentId": one.id, "status": "PRESENT" }],
                }),
                "enrolmentCreate" => json!({
                    "courseId": course.global_id(), "personId": other.global_id(), "fundingBasis": "UNFUNDED",
                }),
                "concernClose" => of("ccn", json!({ "outcome": "REFERRED" })),
                "concernRaise" => json!({ "enrolmentId": one.id, "level": "WORRY", "text": "A text." }),
                "concernTakeUp" => of("ccn", json!({})),
                "employeeLinkUpsert" => json!({
                    "organisationId": school.organisation.global_id(), "externalRef": "E-1",
                    "personId": other.global_id(),
                }),
                "enrolmentImportCreate" => json!({
                    "courseId": course.global_id(),
                    "csv": format!("person_id,funding_basis\n{},UNFUNDED\n", other.global_id()),
                }),
                "adjustmentsSet" => json!({ "enrolmentId": one.id, "text": "A test." }),
                "preparationTick" => json!({
                    "enrolmentId": one.id, "moduleId": school.curriculum.module_id(0), "kind": "READING",
                }),
                "enrolmentResolve" => on(json!({ "admit": true, "reason": "A test." })),
                "enrolmentSetSupport" => on(json!({ "tutorId": other.global_id() })),
                "enrolmentTransfer" => on(json!({ "courseId": course.global_id() })),
                "enrolmentWithdraw" => on(
                    json!({ "on": "2026-05-01", "reason": "NO_SHOW", "initiator": "DELIVERER" }),
                ),
                "graduationDecide" => on(json!({ "outcome": "GRADUATED" })),
                "graduationReopen" => on(json!({ "reason": "APPEAL" })),
                "makeUpDecline" => missed(json!({ "reason": "A test." })),
                "makeUpRecord" => missed(json!({ "doneOn": "2026-05-18", "how": "A test." })),
                "makeUpRequest" => on(json!({ "sessionId": course.session(0) })),
                "moduleWaive" => on(
                    json!({ "moduleId": school.curriculum.module_id(0), "reason": "A test." }),
                ),
                "placementAgree" | "placementComplete" | "placementEnd" => of("plm", json!({})),
                "placementLog" => of("plm", json!({ "minutes": 60 })),
                "placementOffer" => on(json!({
                    "hostId": world.a.global_id(), "kind": "PRACTICE", "plannedMinutes": 60,
                })),
                "supervisionRecord" => json!({
                    "enrolmentId": one.id, "heldOn": "2026-05-01", "minutes": 60, "kind": "GROUP",
                }),
                _ => on(json!({})),
            };
            (*name, input)
        })
        .collect()
}
