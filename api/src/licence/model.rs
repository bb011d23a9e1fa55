//! A licence and its states: transitions are pure and total.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::Audited;
use crate::coded;
use crate::readiness::gate::Gate;
pub use crate::readiness::score::Outcome;

coded! {
    /// What a licence lets its holder do.
    Tier {
        /// Deliver courses on its own.
        FullDelivery = "FULL_DELIVERY",
        /// Deliver courses with the national team.
        CoDelivery = "CO_DELIVERY",
        /// Employ and place peer workers only.
        HostOnly = "HOST_ONLY",
    }
}

coded! {
    /// What people decided about a licence. What follows from dates is a [`Standing`].
    State {
        /// Being written by the organisation.
        Draft = "DRAFT",
        /// Signed and handed in.
        Submitted = "SUBMITTED",
        /// Being looked at by a licensing officer.
        InReview = "IN_REVIEW",
        /// Granted: live on the days of its period.
        Granted = "GRANTED",
        /// Not granted.
        Declined = "DECLINED",
        /// Taken back by the organisation before a decision.
        Withdrawn = "WITHDRAWN",
        /// Granted, and suspended at present.
        Suspended = "SUSPENDED",
        /// Taken away.
        Revoked = "REVOKED",
        /// Given back.
        Surrendered = "SURRENDERED",
        /// Followed by a renewal, or ended with its holder.
        Superseded = "SUPERSEDED",
    }
}

coded! {
    /// Where a licence stands on a day.
    Standing {
        /// Being written by the organisation.
        Draft = "DRAFT",
        /// Signed and handed in.
        Submitted = "SUBMITTED",
        /// Being looked at by a licensing officer.
        InReview = "IN_REVIEW",
        /// Granted, before its first day.
        Granted = "GRANTED",
        /// Not granted.
        Declined = "DECLINED",
        /// Taken back by the organisation before a decision.
        Withdrawn = "WITHDRAWN",
        /// In force.
        Active = "ACTIVE",
        /// In force, in the last days of its period.
        Expiring = "EXPIRING",
        /// Past its end, while a renewal is under review.
        Grace = "GRACE",
        /// Past its end.
        Expired = "EXPIRED",
        /// Suspended.
        Suspended = "SUSPENDED",
        /// Taken away.
        Revoked = "REVOKED",
        /// Given back.
        Surrendered = "SURRENDERED",
        /// Followed by a renewal, or ended with its holder.
        Superseded = "SUPERSEDED",
    }
}

/// A step of a licence's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sign and hand in.
    Submit,
    /// Take back before a decision.
    Withdraw,
    /// Begin to look at it.
    BeginReview,
    /// Grant.
    Grant,
    /// Do not grant.
    Decline,
    /// Suspend.
    Suspend,
    /// End a suspension.
    Reinstate,
    /// Take away.
    Revoke,
    /// Give back.
    Surrender,
    /// Let a renewal or the succession take its place.
    Supersede,
    /// Review again: an appeal against declining was upheld.
    Reopen,
    /// Undo a revocation: an appeal was upheld. The suspension before it stays.
    Restore,
}

impl Command {
    /// Every step.
    pub const ALL: [Self; 12] = [
        Self::Submit,
        Self::Withdraw,
        Self::BeginReview,
        Self::Grant,
        Self::Decline,
        Self::Suspend,
        Self::Reinstate,
        Self::Revoke,
        Self::Surrender,
        Self::Supersede,
        Self::Reopen,
        Self::Restore,
    ];
}

impl State {
    /// The state after `command`, or `None` where the step does not exist.
    #[must_use]
    pub const fn after(self, command: Command) -> Option<Self> {
        match (command, self) {
            (Command::Submit, Self::Draft) => Some(Self::Submitted),
            (Command::Withdraw, Self::Draft | Self::Submitted | Self::InReview) => {
                Some(Self::Withdrawn)
            }
            (Command::BeginReview, Self::Submitted) | (Command::Reopen, Self::Declined) => {
                Some(Self::InReview)
            }
            (Command::Grant, Self::InReview) | (Command::Reinstate, Self::Suspended) => {
                Some(Self::Granted)
            }
            (Command::Decline, Self::InReview) => Some(Self::Declined),
            (Command::Suspend, Self::Granted) | (Command::Restore, Self::Revoked) => {
                Some(Self::Suspended)
            }
            (Command::Revoke, Self::Suspended) => Some(Self::Revoked),
            (Command::Surrender, Self::Granted) => Some(Self::Surrendered),
            (Command::Supersede, Self::Granted | Self::Suspended) => Some(Self::Superseded),
            (
                Command::Submit
                | Command::Withdraw
                | Command::BeginReview
                | Command::Grant
                | Command::Decline
                | Command::Suspend
                | Command::Reinstate
                | Command::Revoke
                | Command::Surrender
                | Command::Supersede
                | Command::Reopen
                | Command::Restore,
                _,
            ) => None,
        }
    }

    /// Where a licence in this state may stand while steps lead on from it: by its days, what was granted is
    /// at one of several places.
    #[must_use]
    pub const fn standings(self) -> &'static [Standing] {
        match self {
            Self::Draft => &[Standing::Draft],
            Self::Submitted => &[Standing::Submitted],
            Self::InReview => &[Standing::InReview],
            Self::Granted => {
                &[Standing::Granted, Standing::Active, Standing::Expiring, Standing::Grace]
            }
            Self::Declined => &[Standing::Declined],
            Self::Withdrawn => &[Standing::Withdrawn],
            Self::Suspended => &[Standing::Suspended],
            Self::Revoked => &[Standing::Revoked],
            Self::Surrendered => &[Standing::Surrendered],
            Self::Superseded => &[Standing::Superseded],
        }
    }

    /// Whether it is an application still, which only its organisation and the national team may see.
    #[must_use]
    pub const fn is_application(self) -> bool {
        matches!(
            self,
            Self::Draft | Self::Submitted | Self::InReview | Self::Declined | Self::Withdrawn
        )
    }

    /// Whether a decision is still to come.
    #[must_use]
    pub const fn is_open_application(self) -> bool {
        matches!(self, Self::Draft | Self::Submitted | Self::InReview)
    }

    /// Whether it was granted and has not ended before its time.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Granted | Self::Suspended)
    }
}

impl Standing {
    /// LIC-5: whether courses, enrolments and reservations may begin under the licence.
    #[must_use]
    pub const fn allows_new_starts(self) -> bool {
        matches!(self, Self::Active | Self::Expiring)
    }

    /// Whether the licence is past its end, for whatever reason.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::Surrendered | Self::Superseded)
    }
}

/// The days of a granted licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// First day.
    pub from: NaiveDate,
    /// The day from which it no longer holds.
    pub to: NaiveDate,
    /// The day from which it is expiring.
    pub expiring_from: NaiveDate,
    /// The day from which it is in grace no longer.
    pub grace_to: NaiveDate,
}

/// Where a licence in `state` stands on the day `on`. The status that can be read is the same rule in SQL.
///
/// A granted licence always has a term; without one it stands where its application does.
#[must_use]
pub fn standing(
    state: State,
    term: Option<Term>,
    renewal_in_review: bool,
    on: NaiveDate,
) -> Standing {
    match (state, term) {
        (State::Draft, _) => Standing::Draft,
        (State::Submitted, _) => Standing::Submitted,
        (State::InReview, _) => Standing::InReview,
        (State::Declined, _) => Standing::Declined,
        (State::Withdrawn, _) => Standing::Withdrawn,
        (State::Revoked, _) => Standing::Revoked,
        (State::Surrendered, _) => Standing::Surrendered,
        (State::Superseded, _) => Standing::Superseded,
        (State::Suspended, Some(term)) if on >= term.to => Standing::Expired,
        (State::Suspended, _) => Standing::Suspended,
        (State::Granted, None) => Standing::Granted,
        (State::Granted, Some(term)) => by_dates(term, renewal_in_review, on),
    }
}

fn by_dates(term: Term, renewal_in_review: bool, on: NaiveDate) -> Standing {
    if on < term.from {
        Standing::Granted
    } else if on < term.to {
        if on < term.expiring_from { Standing::Active } else { Standing::Expiring }
    } else if on < term.grace_to && renewal_in_review {
        Standing::Grace
    } else {
        Standing::Expired
    }
}

/// The readiness outcome on which a licence stands, as it was when it was last asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// What was found.
    pub outcome: Outcome,
    /// When it was validated.
    pub validated_on: NaiveDate,
    /// The instrument with its version, such as `ORG-READY@1.0`.
    pub instrument: String,
    /// The assessment.
    pub assessment_id: Uuid,
}

impl From<&Gate> for Readiness {
    fn from(gate: &Gate) -> Self {
        Self {
            outcome: gate.found.outcome,
            validated_on: gate.found.validated_on,
            instrument: gate.instrument.clone(),
            assessment_id: gate.assessment,
        }
    }
}

/// A licence, from its draft on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Licence {
    /// Identifier.
    pub id: Uuid,
    /// The holder.
    pub organisation_id: Uuid,
    /// Its number, from the grant on.
    pub number: Option<String>,
    /// What it lets the holder do.
    pub tier: Tier,
    /// Whether the holder approves its own courses.
    pub approves_own_courses: bool,
    /// Most courses at once.
    pub max_concurrent_courses: Option<i32>,
    /// Most trainees in a course.
    pub max_trainees_per_course: Option<i32>,
    /// What people decided.
    pub state: State,
    /// The licence that it renews.
    pub renews_id: Option<Uuid>,
    /// Whether it bridges the licences of bodies that ended.
    pub bridging: bool,
    /// The readiness outcome on which it stands.
    pub readiness: Option<Readiness>,
    /// When it was handed in.
    pub submitted_on: Option<NaiveDate>,
    /// Who handed it in.
    pub submitted_by: Option<Uuid>,
    /// When it was granted, declined or withdrawn.
    pub decided_on: Option<NaiveDate>,
    /// Its days, from the grant on.
    pub term: Option<Term>,
    /// Since when its latest renewal was under review.
    pub renewal_from: Option<NaiveDate>,
    /// The day on which its latest renewal was decided.
    pub renewal_to: Option<NaiveDate>,
    /// Since when it is suspended, or was when it ended.
    pub suspended_on: Option<NaiveDate>,
    /// The day from which it no longer holds, where it ended before its time.
    pub ended_on: Option<NaiveDate>,
    /// Why it is suspended or was revoked, in words for everyone.
    pub public_reason: Option<String>,
    /// What becomes of open courses after a surrender.
    pub teach_out_plan: Option<String>,
    /// The bridging licence that took its place.
    pub succeeded_by_id: Option<Uuid>,
    /// When the draft was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: i32,
}

impl Licence {
    /// Where it stands on the day `on`, as far as its present state reaches back.
    #[must_use]
    pub fn standing(&self, on: NaiveDate) -> Standing {
        standing(self.state, self.term, self.renewal_in_review(on), on)
    }

    /// Since when it stands there, where a decision or its end brought it there.
    #[must_use]
    pub const fn since(&self, standing: Standing) -> Option<NaiveDate> {
        match (standing, self.term) {
            (Standing::Suspended, _) => self.suspended_on,
            (Standing::Revoked | Standing::Surrendered | Standing::Superseded, _) => self.ended_on,
            (Standing::Expired | Standing::Grace, Some(term)) => Some(term.to),
            _ => None,
        }
    }

    /// Whether a renewal of it is under review on the day `on`.
    #[must_use]
    pub fn renewal_in_review(&self, on: NaiveDate) -> bool {
        self.renewal_from.is_some_and(|from| from <= on) && self.renewal_to.is_none_or(|to| on < to)
    }
}

impl Audited for Licence {
    const TYPE: &'static str = "licence";

    fn id(&self) -> Uuid {
        self.id
    }

    fn chain(&self) -> Uuid {
        self.organisation_id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The life of a licence, written down a second time: from, step, to.
    const LIFE: [(State, Command, State); 15] = [
        (State::Draft, Command::Submit, State::Submitted),
        (State::Draft, Command::Withdraw, State::Withdrawn),
        (State::Submitted, Command::Withdraw, State::Withdrawn),
        (State::Submitted, Command::BeginReview, State::InReview),
        (State::InReview, Command::Withdraw, State::Withdrawn),
        (State::InReview, Command::Grant, State::Granted),
        (State::InReview, Command::Decline, State::Declined),
        (State::Granted, Command::Suspend, State::Suspended),
        (State::Granted, Command::Surrender, State::Surrendered),
        (State::Granted, Command::Supersede, State::Superseded),
        (State::Suspended, Command::Reinstate, State::Granted),
        (State::Suspended, Command::Revoke, State::Revoked),
        (State::Suspended, Command::Supersede, State::Superseded),
        (State::Declined, Command::Reopen, State::InReview),
        (State::Revoked, Command::Restore, State::Suspended),
    ];

    fn expected(from: State, command: Command) -> Option<State> {
        LIFE.iter().find(|(f, c, _)| *f == from && *c == command).map(|(.., to)| *to)
    }

    #[test]
    fn the_life_of_a_licence_has_these_steps_and_no_others() {
        for &from in State::ALL {
            for command in Command::ALL {
                assert_eq!(from.after(command), expected(from, command), "{from:?} {command:?}");
            }
        }
    }

    /// A licence as the walks know it: its own facts, and no table of steps.
    #[derive(Clone, Copy, Default)]
    struct Walked {
        signed: bool,
        looked_at: bool,
        granted: bool,
        refused: bool,
        taken_back: bool,
        suspended: bool,
        ended: Option<State>,
    }

    impl Walked {
        fn undecided(self) -> bool {
            !self.granted && !self.refused && !self.taken_back
        }

        fn live(self) -> bool {
            self.granted && self.ended.is_none()
        }

        /// Takes the step if the facts allow it; says whether they do.
        fn step(&mut self, command: Command) -> bool {
            let before = *self;
            let allowed = match command {
                Command::Submit => self.undecided() && !self.signed,
                Command::Withdraw => self.undecided(),
                Command::BeginReview => self.undecided() && self.signed && !self.looked_at,
                Command::Grant | Command::Decline => self.undecided() && self.looked_at,
                Command::Suspend | Command::Surrender => self.live() && !self.suspended,
                Command::Reinstate | Command::Revoke => self.live() && self.suspended,
                Command::Supersede => self.live(),
                Command::Reopen => self.refused,
                Command::Restore => self.ended == Some(State::Revoked),
            };
            match command {
                Command::Submit => self.signed = true,
                Command::Withdraw => self.taken_back = true,
                Command::BeginReview => self.looked_at = true,
                Command::Grant => self.granted = true,
                Command::Decline => self.refused = true,
                Command::Suspend => self.suspended = true,
                Command::Reinstate => self.suspended = false,
                Command::Revoke => self.ended = Some(State::Revoked),
                Command::Surrender => self.ended = Some(State::Surrendered),
                Command::Supersede => self.ended = Some(State::Superseded),
                Command::Reopen => self.refused = false,
                Command::Restore => self.ended = None,
            }
            if !allowed {
                *self = before;
            }
            allowed
        }

        fn state(self) -> State {
            match self {
                Self { ended: Some(ended), .. } => ended,
                Self { granted: true, suspended: true, .. } => State::Suspended,
                Self { granted: true, .. } => State::Granted,
                Self { refused: true, .. } => State::Declined,
                Self { taken_back: true, .. } => State::Withdrawn,
                Self { looked_at: true, .. } => State::InReview,
                Self { signed: true, .. } => State::Submitted,
                Self { .. } => State::Draft,
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
    fn random_walks_agree_with_a_model_of_facts() {
        let mut reached = Vec::new();
        for walk in 1..=64_u64 {
            let mut seed = walk.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (mut state, mut model) = (State::Draft, Walked::default());
            for _ in 0..2_000 {
                let command = Command::ALL[roll(&mut seed) % Command::ALL.len()];
                let next = state.after(command);
                assert_eq!(next.is_some(), model.step(command), "{state:?} {command:?}");
                state = next.unwrap_or(state);
                assert_eq!(state, model.state());
                if !reached.contains(&state) {
                    reached.push(state);
                }
                if matches!(state, State::Withdrawn | State::Surrendered | State::Superseded) {
                    // Nothing leads on: begin again.
                    (state, model) = (State::Draft, Walked::default());
                }
            }
        }
        assert_eq!(reached.len(), State::ALL.len());
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_granted_licence_stands_where_its_days_put_it() {
        let term = Some(Term {
            from: day("2025-06-01"),
            to: day("2026-06-01"),
            expiring_from: day("2026-03-03"),
            grace_to: day("2026-07-31"),
        });
        for (on, renewed, expected) in [
            ("2025-05-31", false, Standing::Granted),
            ("2025-06-01", false, Standing::Active),
            ("2026-03-02", false, Standing::Active),
            ("2026-03-03", false, Standing::Expiring),
            ("2026-05-31", true, Standing::Expiring),
            ("2026-06-01", false, Standing::Expired),
            ("2026-06-01", true, Standing::Grace),
            ("2026-07-30", true, Standing::Grace),
            ("2026-07-31", true, Standing::Expired),
        ] {
            assert_eq!(standing(State::Granted, term, renewed, day(on)), expected, "{on}");
        }
        let suspended = |on| standing(State::Suspended, term, true, day(on));
        assert_eq!(suspended("2026-05-31"), Standing::Suspended);
        assert_eq!(suspended("2026-06-01"), Standing::Expired, "no grace for a suspended one");
    }

    #[test]
    fn only_a_licence_in_force_lets_courses_begin() {
        let open = Standing::ALL.iter().filter(|standing| standing.allows_new_starts());
        assert_eq!(open.collect::<Vec<_>>(), [&Standing::Active, &Standing::Expiring]);
    }
}
