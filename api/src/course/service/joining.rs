//! What two profiles of one trainer teach, when they become one.

use uuid::Uuid;

use super::Desk;
use crate::command::{Stop, Unit};
use crate::course::facts::Known;
use crate::course::model::{Part, SessionState, State};
use crate::course::parts::{Course, Session};
use crate::refusal::Refusal;
use crate::trainer::model::Trainer;
use crate::trainer::rules::{self, Attended};

/// The courses of the profile that is retired, locked, and the sessions of both.
pub struct Taught<'a> {
    desk: Desk<'a>,
    from: &'a Trainer,
    to: &'a Trainer,
    courses: Vec<Course>,
    theirs: Vec<Attended>,
    ours: Vec<Attended>,
}

impl<'a> Taught<'a> {
    /// What `from` teaches, which `to` is to take over.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn by(
        unit: &'a Unit,
        acting_as: &str,
        from: &'a Trainer,
        to: &'a Trainer,
    ) -> Result<Self, Stop> {
        let desk = Desk::of(unit, acting_as.to_owned());
        let courses = desk.store.lock_taught(from.id).await?;
        let bare = desk.asks_lived_experience() && from.lived_experience && !to.lived_experience;
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for course in &courses {
            let asks = bare && course.state != State::Draft;
            theirs.extend(attended(&desk, course, (from.id, asks)).await?);
        }
        for course in desk.store.taught_by(to.id).await? {
            ours.extend(attended(&desk, &course, (to.id, false)).await?);
        }
        Ok(Self { desk, from, to, courses, theirs, ours })
    }

    /// TRN-3 and TRN-4: what speaks against it.
    #[must_use]
    pub fn unmet(&self) -> Vec<Refusal> {
        rules::unmet_for_joining(&self.theirs, &self.ours)
    }

    /// Gives what the one profile teaches and taught to the other; says what follows. Who was recorded at two
    /// sessions at once stays so, each profile with its own.
    ///
    /// # Errors
    ///
    /// What the database answers.
    pub async fn hand_over(&self) -> Result<Vec<String>, Stop> {
        let stays = |one: &&Attended| self.ours.iter().any(|other| one.clashes(other));
        let (kept, handed): (Vec<&Attended>, Vec<&Attended>) = self.theirs.iter().partition(stays);
        let sessions: Vec<Uuid> = kept.iter().map(|one| one.session).collect();
        for course in &self.courses {
            self.desk.store.hand_over(course, (self.from.id, self.to), &sessions).await?;
            // COH-4: what is closed keeps who led it.
            if course.state != State::Closed {
                let lead = course
                    .lead_trainer_id
                    .map(|lead| if lead == self.from.id { self.to.id } else { lead });
                let after = Course { lead_trainer_id: lead, ..course.clone() };
                self.desk.save("course.trainer_merged", course, after, &["trainers"], None).await?;
            }
        }
        let to_come = handed.iter().filter(|one| one.to_come).count();
        let mut told = vec![
            format!("sessions to come that the other profile teaches: {to_come}"),
            format!(
                "sessions that were held and become the other profile's: {}",
                handed.len() - to_come
            ),
        ];
        told.extend(kept.iter().map(|one| {
            format!("{} stays with the profile that ends: the other was elsewhere then", one.told)
        }));
        let meets = |one: &&&Attended| {
            self.ours
                .iter()
                .any(|other| one.starts_at < other.ends_at && other.starts_at < one.ends_at)
        };
        told.extend(handed.iter().filter(meets).map(|one| {
            format!(
                "{} meets another course of the trainer: whichever opens first has the trainer",
                one.told
            )
        }));
        Ok(told)
    }
}

/// The sessions of a course at which the profile is or was; `asks` whether they need its lived experience.
async fn attended(
    desk: &Desk<'_>,
    course: &Course,
    (trainer, asks): (Uuid, bool),
) -> Result<Vec<Attended>, Stop> {
    let sessions = desk.store.sessions(course.id).await?;
    let known = if asks { desk.trainers(course, &sessions).await? } else { Vec::new() };
    let lived = |(id, part): &(Uuid, Part)| {
        let is_it = |known: &Known| known.facts.id == *id && known.facts.lived_experience;
        part.teaches() && known.iter().any(is_it)
    };
    let at = |session: &&Session| session.trainers.iter().any(|(id, _)| *id == trainer);
    let attended = |session: &Session| {
        let is_own = |(id, _): &&(Uuid, Part)| *id == trainer;
        let own: Vec<&(Uuid, Part)> = session.trainers.iter().filter(is_own).collect();
        let mut others = session.trainers.iter().filter(|one| !is_own(one));
        Attended {
            session: session.id,
            told: format!("{} on {}", course.code, session.day),
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            to_come: session.state == SessionState::Planned,
            booked: course.books() && own.iter().any(|(_, part)| part.teaches()),
            bare: asks && own.into_iter().any(lived) && !others.any(lived),
        }
    };
    let standing = sessions.iter().filter(|session| session.state.stands());
    Ok(standing.filter(at).map(attended).collect())
}
