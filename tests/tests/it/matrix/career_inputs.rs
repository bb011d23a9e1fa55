//! An input for each mutation of what comes after graduation, and of evaluations, that is right but for who sends it.

use alongside::course::model::State;
use serde_json::{Value, json};
use tests::World;
use tests::courses::{School, course_from};
use tests::enrolments::{enrolled, trainee};
use tests::given::day;

/// Every mutation of what comes after graduation, and of evaluations.
pub const NAMES: [&str; 13] = [
    "developmentRecordAdd",
    "developmentRecordConfirm",
    "developmentRecordWithdraw",
    "evaluationAnswer",
    "evaluationQuestionnairePublish",
    "evaluationTextsOpen",
    "graduateDestinationRecord",
    "supervisorAccredit",
    "supervisorReinstate",
    "supervisorRenew",
    "supervisorResign",
    "supervisorSuspend",
    "supervisorWithdraw",
];

/// An input for each mutation, about one person on a course of the school, or about what is not there.
pub async fn inputs(world: &World, school: &School) -> Vec<(&'static str, Value)> {
    let course = course_from(world, school, State::Confirmed, day("2026-07-06")).await;
    let organisation = school.organisation.id;
    let coordinator =
        world.grant(alongside::actor::Role::PartnerCoordinator, Some(organisation)).await;
    let (somebody, _) = trainee(world, &school.organisation, "Ned").await;
    let one = enrolled(world, &coordinator, &course, &somebody).await;
    let nothing = |prefix: &str| format!("{prefix}_{:032x}", 7);
    let of = |prefix: &str| json!({ "id": nothing(prefix), "expectedVersion": 1 });
    let with_reason =
        |prefix: &str| json!({ "id": nothing(prefix), "expectedVersion": 1, "reason": "A test." });
    let input = |name: &str| match name {
        // Whoever is somebody may record the own: what makes it fail is who is named to confirm.
        "developmentRecordAdd" => json!({
            "kind": "READING", "doneOn": "2026-04-01", "minutes": 60, "title": "A book",
            "confirmerId": nothing("per"),
        }),
        "evaluationAnswer" => json!({
            "enrolmentId": one.id, "scores": [{ "statement": "TRAINERS", "score": 5 }],
        }),
        "evaluationQuestionnairePublish" => json!({
            "statements": [{ "code": "TRAINERS", "statement": "They listened." }], "invitation": "Write.",
        }),
        "evaluationTextsOpen" => json!({ "courseId": course.global_id(), "reason": "A test." }),
        "graduateDestinationRecord" => json!({
            "enrolmentId": one.id, "askedAfterMonths": 0, "kind": "SEEKING", "source": "GRADUATE",
        }),
        "supervisorAccredit" => json!({
            "organisationId": school.organisation.global_id(), "personId": somebody.global_id(),
            "caseloadMax": 4,
        }),
        "supervisorSuspend" | "supervisorWithdraw" => with_reason("sva"),
        "developmentRecordConfirm" | "developmentRecordWithdraw" => of("cpd"),
        _ => of("sva"),
    };
    NAMES.iter().map(|name| (*name, input(name))).collect()
}
