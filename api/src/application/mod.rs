//! Interest and applications: how people come to a course, and how a place goes to one of them.
//!
//! The rules, each one function in [`rules`]:
//!
//! * **Interest** needs no account: a name, an address, and a course that takes people, or a programme type in a
//!   postcode area. The answer is always the same, whether or not the address is known. The address is proved by a
//!   secret that is sent there and kept as a hash; few tries, and few letters to one address. Who delivers the course
//!   sees it once it is proved; what is not proved after three days is deleted, and the rest after a year.
//! * **An application** is for a course that takes people under a licence in force. Who is not known yet becomes a
//!   person of the network by a proved address, and the organisation that delivers keeps the record. Records are never
//!   merged by address: the search for duplicates proposes, and a person decides.
//! * A person has one live application for a course. Where a date of birth is known, there is a least age.
//! * The category of experience is asked, never a diagnosis; no qualification is asked for. Motivation and support needs
//!   are in the vault: lists tell only whether there are some.
//! * What is handed in is complete: each missing piece is named.
//! * DRAFT, SUBMITTED, SCREENING, perhaps INTERVIEW, OFFERED, ACCEPTED; besides WAITLISTED, DECLINED, WITHDRAWN and
//!   LAPSED. Applicants step back at any time before there is an enrolment.
//! * **PER-2** Nobody selects who is the applicant. **DP-18** People select: the order of a waiting list is the one
//!   thing that the service follows by itself.
//! * Nobody is found unsuitable by one assessor alone. **ENR-5** Notes of a selection are in the vault, and never shown
//!   to the applicant.
//! * **Places.** An offer holds a place until its last day. It is made where a place is free after all who wait longer;
//!   else the applicant waits. A place that is free again goes to who waits longest. There are never more offers and
//!   enrolments than places: asked under the course's lock, and held by a constraint.
//! * **A course that is called off** ends its applications, and applicants are told by e-mail; offers give their places back
//!   once. Interest in it is told the same, and deleted.
//! * An application that led to no place is erased after its time: that there was one stays, and not whose ([`erasing`]).
//! * **DP-6** Answers for the monitoring of equality are apart: see [`equality`].

pub mod applying;
pub mod desk;
pub mod equality;
pub mod erasing;
pub mod graphql;
pub mod interest;
pub mod invariants;
pub mod model;
pub mod places;
pub mod rules;
pub mod selecting;
pub mod store;

use crate::jobs::Job;

/// The jobs of interest and applications.
pub const JOBS: &[Job] = &[places::JOB, interest::JOB];
