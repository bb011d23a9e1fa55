//! Whoever is on a course is told when one of its sessions is called off: it lies on neither side from then on, so that
//! another number is needed (ATT-5).
//!
//! It is told in the transaction that calls the session off: who plans courses keeps the records of those on them.

use uuid::Uuid;

use super::attendance::{Progress, progress};
use super::facts::{Enrolled, Session};
use super::graduation::{Told as _, amount, listed, percentage};
use super::model::Enrolment;
use super::rules;
use super::store::{Enrolments, Sheet};
use crate::application::store::Applications;
use crate::command::{Stop, Unit};
use crate::course::parts::Course;
use crate::mail::{self, NewMail, Recipient};
use crate::programme::model::AttendanceBasis;
use crate::protection::store::restricted_among;

/// Writes to everybody for whom the session would have counted, and of whom an address is proved. Whose data are
/// restricted is not written to. Gives to how many.
///
/// # Errors
///
/// What the database answers.
pub async fn session_cancelled(unit: &Unit, course: &Course, session: Uuid) -> Result<u64, Stop> {
    let store = Enrolments::of(unit);
    let all = store.of_course(course.id).await?;
    let ids: Vec<Uuid> = all.iter().map(|of| of.id).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let sheet = store.sheet(course.id, &ids).await?;
    let Some(lost) = sheet.sessions.get(&session) else { return Ok(0) };
    let people: Vec<Uuid> = all.iter().map(|of| of.person_id).collect();
    let restricted = restricted_among(unit.tx(), &people).await?;
    let addresses = Applications::of(unit).addresses_of(&people).await?;
    let concerned = all.iter().filter(|of| {
        let enrolled = Enrolled { from: of.enrolled_from, to: of.enrolled_to };
        rules::counts_for(of.state, enrolled, lost.day) && !restricted.contains(&of.person_id)
    });
    let letters: Vec<NewMail> = concerned
        .filter_map(|of| {
            let recipient = Recipient::parse(addresses.get(&of.person_id)?)?;
            Some(letter((of, session), recipient, told(&sheet, of, lost)))
        })
        .collect();
    mail::enqueue_all(unit, &letters).await
}

/// It names neither the course nor the organisation, and not what somebody attended.
fn letter((of, session): (&Enrolment, Uuid), recipient: Recipient, body: String) -> NewMail {
    let kind = "session.cancelled";
    NewMail {
        organisation_id: of.organisation_id,
        kind,
        deduplication_key: format!("{kind}:{}:{}", session.simple(), of.id.simple()),
        recipient,
        subject: "A session of your training is called off".to_owned(),
        body,
    }
}

fn told(sheet: &Sheet, of: &Enrolment, lost: &Session) -> String {
    let inputs = sheet.inputs(of);
    let rule = sheet.judged(of, &inputs).rule;
    let stands = progress(&rule.attendance, &inputs.attendance);
    words(rule.attendance.threshold, &stands, lost)
}

/// What is needed now, as the progress of an enrolment has it.
fn words(threshold: i32, now: &Progress, lost: &Session) -> String {
    let mut lines = vec![format!(
        "The session of your training on {} is called off, and none takes its place so far. It counts neither for you \
         nor against you.\n",
        lost.day.told()
    )];
    match now.total {
        0 => lines.push("Nothing else counts so far.".to_owned()),
        total => {
            let (of, share) = (amount(now.basis, total), percentage(threshold));
            lines.push(format!("What is needed from now on: {} of {of} ({share}).", now.needed));
            lines.push(missable(now));
        }
    }
    let modules: Vec<i32> = lost.modules.intersection(&now.missed_modules).copied().collect();
    if !modules.is_empty() {
        let modules = listed(&modules);
        lines.push(format!(
            "Mandatory modules that no session teaches any more: {modules}. They are made up, or waived."
        ));
    }
    lines.push("\nSign in to see where you stand.\n".to_owned());
    lines.join("\n")
}

fn missable(now: &Progress) -> String {
    let days = |days: i64| amount(AttendanceBasis::Days, days);
    match (now.can_miss, now.spare_days) {
        (None, _) => {
            "Attending what is left is not enough: sign in to see what can be made up.".to_owned()
        }
        (Some(0), _) => "What may still be missed: nothing.".to_owned(),
        (Some(most), Some(spare)) if now.basis != AttendanceBasis::Days => {
            let most = amount(now.basis, most);
            format!("What may still be missed: {most}, on no more than {}.", days(spare))
        }
        (Some(most), _) => format!("What may still be missed: {}.", amount(now.basis, most)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::attendance::Rule;
    use super::super::facts::Facts;
    use super::super::given::{by, cancel, id, rule, running};
    use super::*;

    /// What is told when the first day to come of `facts` is called off, without its first and last line.
    fn told(rule: &Rule, mut facts: Facts) -> Vec<String> {
        let number = facts.records.len() as u64;
        cancel(&mut facts, number);
        let text = words(rule.threshold, &progress(rule, &facts), &facts.sessions[&id(number)]);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines[0].contains("is called off") && lines[0].contains("20"), "{text}");
        assert_eq!(lines.last(), Some(&"Sign in to see where you stand."));
        lines[1..lines.len() - 1].iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn whoever_is_on_the_course_is_told_what_is_needed_and_what_may_be_missed() {
        let needed = "What is needed from now on: 8 of 9 days (80 %).";
        let one = [needed, "What may still be missed: 1 day."];
        assert_eq!(told(&rule(), running(3, 3, 7)), one);
        let none = [needed, "What may still be missed: nothing."];
        assert_eq!(told(&rule(), running(2, 3, 7)), none);
        let too_late =
            [needed, "Attending what is left is not enough: sign in to see what can be made up."];
        assert_eq!(told(&rule(), running(1, 3, 7)), too_late);
        assert_eq!(told(&rule(), running(0, 0, 1)), ["Nothing else counts so far."]);
    }

    #[test]
    fn days_that_may_be_missed_and_modules_that_are_lost_are_told() {
        let minutes = Rule { max_missed_days: Some(2), ..by(AttendanceBasis::Minutes) };
        let expected = [
            "What is needed from now on: 2160 of 2700 minutes (80 %).",
            "What may still be missed: 540 minutes, on no more than 2 days.",
        ];
        assert_eq!(told(&minutes, running(3, 3, 7)), expected);
        let mandatory = Rule { mandatory: [1, 7, 8, 9].into(), ..rule() };
        let lost = "Mandatory modules that no session teaches any more: 7 and 8. They are made up, or waived.";
        assert_eq!(told(&mandatory, running(3, 3, 7)).last().map(String::as_str), Some(lost));
    }
}
