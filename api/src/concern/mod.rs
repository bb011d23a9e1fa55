//! Concerns about the safety of somebody on a course.
//!
//! The rules, each one function in [`rules`] or one step in [`model`]:
//!
//! * Whoever sees an enrolment raises a concern about its person: a tutor, a supervisor, a marker, staff, the person
//!   themselves. The words lie in the vault.
//! * It goes to whoever the organisation named for safeguarding as a person of the network. Where nobody is named, where
//!   the one named is the person concerned, and by the safe route, it goes to the national quality leads. They are
//!   written to that there is one, and nothing more.
//! * Only who has an account of their own leads it: nobody else could read it.
//! * That there is a concern is known to its leads, to the one who raised it (about themselves, also while they are
//!   restricted) and to the data protection officer. The organisation, its coordinators and the person concerned are
//!   not told, nor by the trail.
//! * Of a concern about an assignment, the text is from then on opened by its leads and whoever raised it alone. Marking
//!   goes on without it.
//! * A lead takes it up, and closes it with what came of it: RAISED, TAKEN_UP, CLOSED.
//! * Without anybody who leads, it is refused and says what to do: nothing lies where nobody reads it.

pub mod graphql;
pub mod invariants;
pub mod merging;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
