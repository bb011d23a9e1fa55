//! Programmes: trainings, each with versions of its curriculum.
//!
//! The rules, each one function in [`rules`]:
//!
//! * **PRG-1** A published version never changes, and neither do its modules, its map of competences
//!   and its listed gaps. Triggers hold that under every writer, a hash of the content shows it.
//! * **PRG-2** The taught minutes of the modules sum to the version's total.
//! * **PRG-3** A version that claims to be aligned to a set of competences maps each of its core items
//!   at least once, or lists it as a gap with a reason. A unit of a curriculum covers the items of the
//!   framework that it teaches.
//! * **PRG-4** Retiring a version touches nothing that is open on it.
//! * A version is a draft, then published, then retired, and takes no other step. Publishing names
//!   everything at once that is not met.
//! * What no source gives is not known: a draft may lack titles, hours and the graduation rule, a
//!   published version may not.
//! * Prerequisites are facts of a version, and come before what needs them. There are none by default.
//! * The graduation rule is pinned to the version: shares are basis points, times are minutes.
//!
//! Who: the quality lead for national programmes; for an organisation's own its lead trainer and its
//! coordinator draft, and the quality lead publishes. What is published is public, and stays so when it
//! retires; a draft is seen by its owner and the national team.

pub mod document;
pub mod graphql;
pub mod invariants;
pub mod kind;
pub mod model;
pub mod publication;
pub mod rules;
pub mod service;
pub mod store;
