//! Organisations: the bodies of the network, and everything about them that has a date.
//!
//! The rules, each one function in [`rules`]:
//!
//! * **ORG-1** An identifier is held by at most one organisation per scheme on any day.
//! * **ORG-2** An English NHS body has exactly one host board and one region. The region is the
//!   board's, unless another is recorded with a reason.
//! * **ORG-3** A closed organisation takes part in nothing: its memberships and codes end with it. With a
//!   live licence it does not close; a succession supersedes the licence, and what becomes of courses and
//!   trainers stands in [`crate::succession`].
//! * An organisation becomes ACTIVE only with at least one identifier that somebody verified.
//! * It closes only with a reason or a succession. A closed organisation does not open again: a body
//!   that is reopened is recorded as a new fact by a person.
//! * **SUCC-1** Successions form no circle. **SUCC-2** They rewrite nothing: names, codes and
//!   memberships of the past stay as they were; a succession adds a link and ends what ended.
//! * Dated facts run from a day up to, but not including, another. A change never begins before a fact
//!   that is already recorded.
//! * A body in a board that was split gets no new board by itself: it goes to the unassigned list with
//!   the candidates, and a person chooses; if it closes first, its place there lapses.
//!
//! Who: the national licensing officer. Everyone may read what is public about an organisation.

pub mod boards;
pub mod graphql;
pub mod identifier;
pub mod invariants;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
