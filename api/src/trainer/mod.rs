//! Trainers: who may teach what, where and on which days.
//!
//! The rules, each one function in [`rules`]:
//!
//! * A person has one profile as a trainer. Whether it is listed in the public register, and whether the
//!   trainer has lived experience, is for the trainer alone to say; of the latter nothing more is kept.
//! * A trainer works with organisations for periods, with several at once, with each once on any day.
//! * An accreditation is for one programme type at one level: APPLIED, OBSERVED, ACCREDITED; SUSPENDED and
//!   back, or WITHDRAWN. LAPSED is not stored: it follows from the last day.
//! * A trainer has one accreditation for a type and level on any day, 24 months at most.
//! * It is granted after an observation, and renewed with a standardisation event within the term.
//! * What counts is the day: a past suspension or withdrawal changes nothing about the days before it.
//! * Two profiles of one person become one, which takes over accreditations, affiliations and teaching, unless
//!   both are named for one time, or a session would lose its lived experience.
//! * **PER-2** Nobody nominates, assesses, accredits or suspends themselves.
//!
//! Who: the lead trainer of an organisation of affiliation nominates; the lead trainer or the national
//! quality lead observes; the quality lead accredits, suspends, withdraws and renews; the trainer resigns.

pub mod accreditation;
pub mod desk;
pub mod erasing;
pub mod graphql;
pub mod invariants;
pub mod merging;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
pub mod succession;
pub mod taught;
