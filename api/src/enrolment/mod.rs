//! Enrolments: who has a place on which course, how every session was attended, what was handed in, where somebody was
//! placed, and what was decided in the end.
//!
//! The rules of a place, each one function in [`rules`] or one step in [`model`]:
//!
//! * **COH-2** There is a place for each: the database counts who has one, and those that the deliverer keeps, whatever
//!   races ([`service`]). Who is refused, pauses, left or goes on elsewhere has none.
//! * **ENR-1** A person has one live enrolment of a kind nationally. A second one is held for a quality lead, who lets it
//!   be once the other has ended, or does not; the organisation learns no more than that it is held.
//!   Where records of two people are merged, one of two live ones is held as well.
//! * **ENR-2** What comes after the day on which somebody left does not count. Who was at no session declined the place
//!   or did not come; who was at one withdraws for another reason, and not before the last that they attended.
//! * **ENR-3** Who goes on in another course of the kind has two enrolments, and what the first earned is carried over by
//!   reference: what is amended there follows. Between organisations a quality lead decides, with the person's consent,
//!   which is recorded with its wording.
//! * **ENR-4** A funded place needs a reservation.
//! * The deliverer enrols people whose record it keeps, who do not teach on the course, are old enough where a date of
//!   birth is known, and never themselves (PER-2).
//! * The first session that somebody attends sets the enrolment going. Sessions held while somebody paused are on
//!   neither side.
//! * A record is amended by another one with a reason, and stays. Who teaches the course records; a closed course is
//!   corrected by a quality lead.
//! * **GRA-3** A decision is open again once what it stands on changes. A credential that was issued stays until it is
//!   decided again, and is revoked if somebody does not graduate after all.
//!   The person is told by e-mail that it is open again, and not why ([`told`]).
//! * Whoever has a place is told by e-mail what is needed from now on when a session that would have counted for them is
//!   called off ([`target`]).
//! * **DP-18** A person decides: what the rule finds, or a quality lead otherwise, with a reason.
//! * **ASG-1** Nothing is passed or failed before somebody who did not mark looked over a sample: one of five of each
//!   marker, and every mark by which somebody does not pass. Texts and what markers say lie in the vault.
//! * Who did not graduate may try again, and hands the assignment in as often as at first.
//! * A list of people is given places at once: all of them or nobody, or those against whom nothing speaks. What became of
//!   each row is kept and told, and none is left out in silence.
//! * What a trainee prepares and reads for a module they tick off themselves; nobody decides by it.
//! * What was agreed so that somebody can take part well the person keeps in the vault, and lets others read it.
//! * Of supervision the day, the minutes and the kind are kept, never what was said.
//!
//! * What the vault keeps of somebody on a course is needed until the enrolment has ended ([`needs`]), and goes along
//!   where the course passes on ([`passing`]).
//! * Erased is the person: days, minutes and outcomes stay, without a name and without reasons in words ([`erasing`]).
//!
//! Who: lead trainers and coordinators of the deliverer enrol; trainers of the course record; lead trainers decide what
//! the rule finds; quality leads do what goes beyond. The person sees the own enrolment, the supervisor those of the
//! people supervised, a sponsor only where they stand, an analyst no names.
//!
//! The arithmetic is values in, values out, in whole numbers. Shares are basis points, times are minutes.
//!
//! The rules of [`attendance`], over the values of [`facts`]:
//!
//! * **ATT-1** There is a record of a session that was held, and of no other. A held session counts once its
//!   record is there; until then it is like one to come, and nobody is judged.
//! * **ATT-2** Minutes lie between none and the session's. PRESENT is all of them and every module, PARTIAL
//!   some, every other status none.
//! * **ATT-3** What was attended and what was held are counted over the same sessions.
//! * **ATT-4** Sessions before the enrolment began or after it ended are on neither side.
//! * **ATT-5** Neither are cancelled ones. A session that was moved counts where it was moved to.
//! * **ATT-7** The rule is that of the version on which the course stands.
//! * NOT_APPLICABLE is on neither side. An authorised absence is an absence: the threshold leaves room for it. So
//!   is a session on neither side while a quality lead has not given its credit.
//! * A day is a date: what is taught on it and counts as a day is added up, and the day is attended from the
//!   version's share of its minutes. A session on its own is attended from the same share of its own minutes;
//!   where the version names no share, from three quarters.
//! * A session is made up as a whole. Missed days are made up only where the version lets them, and no more of
//!   them than it says: those first that were made up first. What lies on neither side can be made up too; that
//!   covers its modules and uses nothing up.
//! * A session that was moved to another day, from one of the enrolment, may be one that somebody cannot attend,
//!   which is an authorised absence. It has two readings. One: it counts in place of its original, so it was held,
//!   and was attended only if it was made up. Two: its original counts as cancelled and not replaced, so it is on
//!   neither side. The kinder one holds: the first where it was made up within what the version lets, else the
//!   second. Such sessions use up what can be made up after all others.
//! * What an earlier enrolment earned is carried over as modules and minutes, on both sides. Its days and sessions
//!   are not. A module stands for the one with its number: of another programme where the title is the same besides.
//! * Mandatory modules are covered by attendance, by making up, by what is carried over, or waived: also those
//!   that were taught before somebody joined or were lost with a cancelled session.
//! * Of nothing there is no share: who was at no session has not reached any threshold.
//!
//! The rules of [`graduation`]:
//!
//! * **GRA-1** The same rule and inputs give the same evaluation. Both are kept as a snapshot that can be evaluated
//!   again.
//! * **GRA-2** GRADUATED needs a completed course, or a record that is complete by transfer: something is carried
//!   over and every module of the version is covered.
//! * **DP-18** NOT_MET and COMPLETED_NOT_ACCREDITED are proposals: a person confirms them.
//! * COMPLETED_NOT_ACCREDITED is for those who met all that is asked of attendance and finally not the assignment or
//!   the placement, where the version knows it.
//! * Who returns on a newer version is judged by its rule, or by the former one where that is kinder and in use. The
//!   decision keeps which, and says so.
//! * Of an assignment only the outcome is known here, never the content.

pub mod adjustments;
pub mod advice;
pub mod assignments;
pub mod attendance;
pub mod candidates;
pub mod deciding;
pub mod desk;
pub mod erasing;
pub mod facts;
pub mod graduation;
pub mod graphql;
pub mod importing;
pub mod invariants;
pub mod life;
pub mod merging;
pub mod model;
pub mod needs;
pub mod passing;
pub mod placements;
pub mod preparation;
pub mod recording;
pub mod rules;
pub mod service;
pub mod store;
pub mod target;
pub mod told;
pub mod work;

use crate::jobs::Job;

/// The jobs of enrolments.
pub const JOBS: &[Job] = &[told::JOB, needs::JOB];

#[cfg(test)]
mod given;
