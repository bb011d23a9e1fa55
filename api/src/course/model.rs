//! States of courses and sessions: transitions are pure and total.

use crate::coded;

coded! {
    /// Where a course stands.
    State {
        /// Being planned by the organisation.
        Draft = "DRAFT",
        /// Before the licensing officer.
        Proposed = "PROPOSED",
        /// May be opened.
        Approved = "APPROVED",
        /// Open for applications.
        Open = "OPEN",
        /// Certain to run: enough people have a place.
        Confirmed = "CONFIRMED",
        /// The first session was held.
        Running = "RUNNING",
        /// Running under a teach-out decision.
        TeachOut = "TEACH_OUT",
        /// Every session is held or cancelled.
        Completed = "COMPLETED",
        /// Moderated: nothing of it changes any more.
        Closed = "CLOSED",
        /// Will not be held, or not to its end.
        Cancelled = "CANCELLED",
    }
}

coded! {
    /// Where a session stands.
    SessionState {
        /// To come.
        Planned = "PLANNED",
        /// Was held.
        Held = "HELD",
        /// Is not held and not replaced.
        Cancelled = "CANCELLED",
        /// Another session took its place.
        Rescheduled = "RESCHEDULED",
    }
}

coded! {
    /// How a course is taught.
    Mode {
        /// Online.
        Online = "ONLINE",
        /// In a room.
        InPerson = "IN_PERSON",
        /// Partly online, partly in a room.
        Hybrid = "HYBRID",
    }
}

coded! {
    /// What a trainer does at a session.
    Part {
        /// Leads it.
        Lead = "LEAD",
        /// Teaches it with the lead.
        Co = "CO",
        /// Watches and does not teach.
        Observer = "OBSERVER",
    }
}

impl Part {
    /// Whether whoever has it teaches, and can be nowhere else meanwhile.
    #[must_use]
    pub const fn teaches(self) -> bool {
        !matches!(self, Self::Observer)
    }
}

coded! {
    /// Whether a held session counts for those who were there.
    Credit {
        /// It counts.
        Given = "GIVEN",
        /// It counts only if a quality lead accepts it.
        Pending = "PENDING",
    }
}

/// A step of a course's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Replace the whole plan.
    Schedule,
    /// Change what is said of it.
    Amend,
    /// Move sessions that are still to come.
    Reschedule,
    /// Say who teaches.
    Assign,
    /// Offer places to partners.
    OfferPlaces,
    /// Put it before the licensing officer.
    Propose,
    /// Send it back to its organisation.
    Return,
    /// Let it be opened.
    Approve,
    /// Take applications.
    Open,
    /// Say that it will run.
    Confirm,
    /// Hold a session.
    Hold,
    /// Let it go on, or open, though its licence does not cover it.
    TeachOut,
    /// End it after its last session.
    Complete,
    /// Close it after moderation.
    Close,
    /// Call it off.
    Cancel,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 15] = [
        Self::Schedule,
        Self::Amend,
        Self::Reschedule,
        Self::Assign,
        Self::OfferPlaces,
        Self::Propose,
        Self::Return,
        Self::Approve,
        Self::Open,
        Self::Confirm,
        Self::Hold,
        Self::TeachOut,
        Self::Complete,
        Self::Close,
        Self::Cancel,
    ];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (command, self) {
            (Command::Schedule, Self::Draft)
            | (Command::Amend | Command::Assign | Command::OfferPlaces, Self::Draft)
            | (
                Command::Amend | Command::Assign | Command::Reschedule | Command::OfferPlaces,
                Self::Approved | Self::Open | Self::Confirmed,
            )
            | (
                Command::Amend | Command::Assign | Command::Reschedule | Command::Hold,
                Self::Running | Self::TeachOut,
            )
            | (Command::TeachOut, Self::Approved | Self::Open | Self::Confirmed) => Some(self),
            (Command::Propose, Self::Draft) => Some(Self::Proposed),
            (Command::Return, Self::Proposed) => Some(Self::Draft),
            (Command::Approve, Self::Proposed) => Some(Self::Approved),
            (Command::Open, Self::Approved) => Some(Self::Open),
            (Command::Confirm, Self::Open) => Some(Self::Confirmed),
            (Command::Hold, Self::Confirmed) => Some(Self::Running),
            (Command::TeachOut, Self::Running | Self::TeachOut) => Some(Self::TeachOut),
            (Command::Complete, Self::Running | Self::TeachOut) => Some(Self::Completed),
            (Command::Close, Self::Completed) => Some(Self::Closed),
            (
                Command::Cancel,
                Self::Draft
                | Self::Proposed
                | Self::Approved
                | Self::Open
                | Self::Confirmed
                | Self::Running
                | Self::TeachOut,
            ) => Some(Self::Cancelled),
            (
                Command::Schedule
                | Command::Amend
                | Command::Reschedule
                | Command::Assign
                | Command::OfferPlaces
                | Command::Propose
                | Command::Return
                | Command::Approve
                | Command::Open
                | Command::Confirm
                | Command::Hold
                | Command::TeachOut
                | Command::Complete
                | Command::Close
                | Command::Cancel,
                _,
            ) => None,
        }
    }

    /// Whether the first session was held.
    #[must_use]
    pub const fn has_begun(self) -> bool {
        matches!(self, Self::Running | Self::TeachOut | Self::Completed | Self::Closed)
    }

    /// Whether it is not at its end.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        !matches!(self, Self::Completed | Self::Closed | Self::Cancelled)
    }

    /// Whether it counts among the courses that its licence allows at once.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Confirmed | Self::Running | Self::TeachOut)
    }
}

/// A step of a session's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCommand {
    /// Record that it was held.
    Hold,
    /// Call it off without a replacement.
    Cancel,
    /// Put another session in its place.
    Reschedule,
}

impl SessionCommand {
    /// Every step.
    pub const ALL: [Self; 3] = [Self::Hold, Self::Cancel, Self::Reschedule];
}

impl SessionState {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: SessionCommand) -> Option<Self> {
        match (self, command) {
            (Self::Planned, SessionCommand::Hold) => Some(Self::Held),
            (Self::Planned, SessionCommand::Cancel) => Some(Self::Cancelled),
            (Self::Planned, SessionCommand::Reschedule) => Some(Self::Rescheduled),
            (Self::Held | Self::Cancelled | Self::Rescheduled, _) => None,
        }
    }

    /// Whether it was or will be taught.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(self, Self::Planned | Self::Held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The life of a course, written down a second time: from, step, to.
    const LIFE: &[(&str, &str)] = &[
        (
            "DRAFT",
            "Schedule DRAFT, Amend DRAFT, Assign DRAFT, OfferPlaces DRAFT, Propose PROPOSED, Cancel CANCELLED",
        ),
        ("PROPOSED", "Return DRAFT, Approve APPROVED, Cancel CANCELLED"),
        (
            "APPROVED",
            "Amend APPROVED, Assign APPROVED, Reschedule APPROVED, OfferPlaces APPROVED, TeachOut APPROVED, Open OPEN, Cancel CANCELLED",
        ),
        (
            "OPEN",
            "Amend OPEN, Assign OPEN, Reschedule OPEN, OfferPlaces OPEN, TeachOut OPEN, Confirm CONFIRMED, Cancel CANCELLED",
        ),
        (
            "CONFIRMED",
            "Amend CONFIRMED, Assign CONFIRMED, Reschedule CONFIRMED, OfferPlaces CONFIRMED, TeachOut CONFIRMED, Hold RUNNING, Cancel CANCELLED",
        ),
        (
            "RUNNING",
            "Amend RUNNING, Assign RUNNING, Reschedule RUNNING, Hold RUNNING, TeachOut TEACH_OUT, Complete COMPLETED, Cancel CANCELLED",
        ),
        (
            "TEACH_OUT",
            "Amend TEACH_OUT, Assign TEACH_OUT, Reschedule TEACH_OUT, Hold TEACH_OUT, TeachOut TEACH_OUT, Complete COMPLETED, Cancel CANCELLED",
        ),
        ("COMPLETED", "Close CLOSED"),
        ("CLOSED", ""),
        ("CANCELLED", ""),
    ];

    fn expected(from: State, command: Command) -> Option<State> {
        let (_, steps) = LIFE.iter().find(|(state, _)| *state == from.code()).unwrap();
        let named = format!("{command:?} ");
        let to = steps.split(", ").find_map(|step| step.strip_prefix(&named))?;
        State::from_code(to)
    }

    #[test]
    fn the_life_of_a_course_has_these_steps_and_no_others() {
        let mut steps = 0;
        for &from in State::ALL {
            for command in Command::ALL {
                let to = from.after(command);
                assert_eq!(to, expected(from, command), "{from:?} {command:?}");
                steps += usize::from(to.is_some());
            }
        }
        assert_eq!((State::ALL.len() * Command::ALL.len(), steps), (150, 45));
    }

    #[test]
    fn a_session_is_held_cancelled_or_replaced_once() {
        for &from in SessionState::ALL {
            for command in SessionCommand::ALL {
                let to = from.after(command).map(SessionState::code);
                let expected = match (from.code(), format!("{command:?}").as_str()) {
                    ("PLANNED", "Hold") => Some("HELD"),
                    ("PLANNED", "Cancel") => Some("CANCELLED"),
                    ("PLANNED", "Reschedule") => Some("RESCHEDULED"),
                    _ => None,
                };
                assert_eq!(to, expected, "{from:?} {command:?}");
            }
        }
    }

    /// A course as the walks know it: what happened to it, and no table of steps.
    #[derive(Clone, Copy, Default)]
    struct Diary {
        handed_in: bool,
        approved: bool,
        opened: bool,
        certain: bool,
        taught: bool,
        taught_out: bool,
        finished: bool,
        moderated: bool,
        called_off: bool,
    }

    impl Diary {
        /// Whether its organisation may still work on it: it lies with nobody else and has not ended.
        fn is_workable(self) -> bool {
            (self.approved || !self.handed_in) && !self.finished && !self.called_off
        }

        /// Writes the step down if what happened before allows it; says whether it does.
        fn take(&mut self, command: Command) -> bool {
            let (workable, draft) = (self.is_workable(), !self.handed_in && self.is_workable());
            let waiting = self.handed_in && !self.approved && !self.called_off;
            let allowed = match command {
                Command::Schedule | Command::Propose => draft,
                Command::Amend | Command::Assign => workable,
                Command::OfferPlaces => workable && !self.taught,
                Command::Reschedule => workable && self.approved,
                Command::Return | Command::Approve => waiting,
                Command::Open => workable && self.approved && !self.opened,
                Command::Confirm => workable && self.opened && !self.certain,
                Command::Hold => workable && self.certain,
                Command::TeachOut => workable && self.approved,
                Command::Complete => workable && self.taught,
                Command::Close => self.finished && !self.moderated,
                Command::Cancel => !self.finished && !self.called_off,
            };
            if !allowed {
                return false;
            }
            match command {
                Command::Schedule | Command::Amend | Command::Assign => {}
                Command::OfferPlaces | Command::Reschedule => {}
                Command::Propose => self.handed_in = true,
                Command::Return => self.handed_in = false,
                Command::Approve => self.approved = true,
                Command::Open => self.opened = true,
                Command::Confirm => self.certain = true,
                Command::Hold => self.taught = true,
                Command::TeachOut => self.taught_out = self.taught,
                Command::Complete => self.finished = true,
                Command::Close => self.moderated = true,
                Command::Cancel => self.called_off = true,
            }
            true
        }

        fn name(self) -> &'static str {
            match self {
                Self { called_off: true, .. } => "CANCELLED",
                Self { moderated: true, .. } => "CLOSED",
                Self { finished: true, .. } => "COMPLETED",
                Self { taught_out: true, .. } => "TEACH_OUT",
                Self { taught: true, .. } => "RUNNING",
                Self { certain: true, .. } => "CONFIRMED",
                Self { opened: true, .. } => "OPEN",
                Self { approved: true, .. } => "APPROVED",
                Self { handed_in: true, .. } => "PROPOSED",
                Self { .. } => "DRAFT",
            }
        }
    }

    /// Chance that is the same on every run.
    fn roll(seed: &mut u64) -> usize {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        usize::try_from(*seed >> 33).unwrap()
    }

    #[test]
    fn random_walks_agree_with_a_diary_of_what_happened() {
        let mut reached = Vec::new();
        for walk in 1..=64_u64 {
            let mut seed = walk.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (mut state, mut diary) = (State::Draft, Diary::default());
            for step in 0..2_000 {
                // Calling off is one choice among many, so that walks get far enough.
                let mut command = Command::ALL[roll(&mut seed) % Command::ALL.len()];
                if command == Command::Cancel && !roll(&mut seed).is_multiple_of(4) {
                    command = Command::Hold;
                }
                let next = state.after(command);
                let at = format!("walk {walk} step {step}: {command:?}");
                assert_eq!(next.is_some(), diary.take(command), "{at} in {state:?}");
                state = next.unwrap_or(state);
                assert_eq!(state.code(), diary.name(), "{at}");
                if !reached.contains(&state) {
                    reached.push(state);
                }
                if matches!(state, State::Closed | State::Cancelled)
                    && roll(&mut seed).is_multiple_of(8)
                {
                    (state, diary) = (State::Draft, Diary::default());
                }
            }
        }
        assert_eq!(reached.len(), State::ALL.len());
    }
}
