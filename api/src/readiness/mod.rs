//! Readiness: whether an organisation is prepared for peer support, found by an instrument and validated by people
//! with lived experience.
//!
//! An **instrument** is data: domains with weights, indicators with what each score from 0 to 3 means, thresholds.
//! One is seeded, `ORG-READY@1.0`; it is a proposal of this project, since no scored instrument is published.
//!
//! The rules, each one function in [`rules`]:
//!
//! * **RDY-1** Only validated scores gate a licence: what an organisation says of itself opens nothing.
//! * **RDY-2** An assessment stays on the version of the instrument on which it began, also when a newer one is
//!   published while it is open.
//! * **RDY-3** A reviewer has no link to the organisation, on that day or from a later one on: no role there or in a
//!   course of it, by whichever account of the same person, no membership as a person, no affiliation as a trainer.
//!   Neither has who assigns or validates. It is asked when a reviewer is assigned, scores, and of everyone who
//!   scored when the outcome is found.
//! * **RDY-4** An outcome is computed, never typed ([`score`]).
//! * **RDY-5** A score on an indicator that asks for evidence has some, for raters and reviewers alike. The proposed
//!   instrument asks for it from 2 on at each critical indicator.
//! * **RDY-6** A merger, a suspension or another accountable officer makes a new assessment due within 90 days, of
//!   organisations that were assessed or have handed an assessment in. One that is handed in from that day on meets
//!   it. The licence stays.
//! * An organisation has one open assessment at a time, and one that stands. A newer one that is validated takes its
//!   place.
//! * At least two raters answer every indicator, one of them a peer worker or service user. No names are kept of
//!   them. An indicator does not apply only where the instrument says that it may not, and at most as often in a
//!   domain as it says. Answers that differ by 2 or more are listed for the reviewer.
//! * The score of a rater's sheet is its own; that of the organisation is the mean of its raters, indicator by
//!   indicator. Fractions are exact and rounded once.
//! * A reviewer scores every indicator. A quality lead who neither answered, signed nor scored at any time validates.
//! * The version of an assessment counts what is answered, shown and planned too: what is signed and validated is what
//!   was read. One that was given back is a draft again with the first change.
//! * READY holds for 12 months, CONDITIONAL for 6 and needs an action plan with dates, which become conditions of the
//!   licence. NOT_READY holds until another assessment takes its place and carries no licence.
//! * Actions have an owner, a day within 12 months and a state. When they are overdue the organisation is reminded
//!   every seven days.
//!
//! Who: coordinators begin, answer and plan, the signatory submits; the quality lead assigns a reviewer, validates and
//! invalidates; the reviewer scores and returns. An organisation sees its own, a reviewer what is assigned, the
//! national team all. Nobody else sees anything, and nobody is ranked.

pub mod answers;
pub mod assessments;
pub mod desk;
pub mod document;
pub mod due;
pub mod evidence;
pub mod gate;
pub mod graphql;
pub mod http;
pub mod instruments;
pub mod invariants;
pub mod model;
pub mod parts;
pub mod plan;
pub mod reminders;
pub mod rules;
pub mod score;
pub mod store;
pub mod validation;
pub mod views;
