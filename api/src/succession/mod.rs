//! What becomes of the courses and trainers of an organisation that ends.
//!
//! The rules, each one function in [`rules`]:
//!
//! * **ORG-3** An organisation with courses that are not at their end closes only if another follows it.
//! * With one successor, its courses and trainers pass on to that one from the day of the succession.
//! * With several, nothing is guessed: each course and each trainer waits on the unassigned list until a
//!   person names one of the successors. The course keeps the deliverer that ended until then.
//! * Nothing is rewritten: who delivered a course before the day, and with whom a trainer worked, stays as
//!   it was. A course keeps the code that it had, though another of its new deliverer may have the same.
//! * Courses pass on to an organisation that takes part in the network: a prospect or a dormant one is activated
//!   first. What then exceeds a licence, and codes that meet, are told and stop nothing.
//! * A succession does not begin before what the organisation is known to have delivered.
//! * A course goes on under the licence that its new deliverer holds, or under one that bridges; without
//!   either its sessions earn no credit until a quality lead lets it be taught out.
//!
//! Licences do not pass on: see [`crate::licence::succession`]. Who: the national licensing officer.

pub mod graphql;
pub mod invariants;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
