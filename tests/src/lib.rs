//! What the integration tests stand on.
//!
//! Every test runs on both databases ([`on_both_databases!`]) against a [`World`]: the real service
//! behind real HTTP, with a database of its own, a clock that stands still, and two organisations with
//! accounts of their own.
//!
//! * [`engines`]: a database per test, and the macros that make a test of each rule.
//! * [`world`]: the service, its tenants and requests to it.
//! * [`given`]: organisations and grants that a test begins with.
//! * [`bucket`]: an S3 server with a bucket of a test's own.
//! * [`careers`]: graduates and answers that a test begins with.
//! * [`licences`]: licences in any state that a test begins with.
//! * [`courses`]: courses in any state that a test begins with.
//! * [`curricula`]: curricula that a test begins with.
//! * [`eye`]: what stands in the database, past every policy.
//! * [`invariants`]: what must hold after every test, whatever it did.
//! * [`people`]: people, trainers and accreditations that a test begins with.
//! * [`race`]: doing things at once, and giving up half-way.
//! * [`readiness`]: assessments that a test begins with.
//! * [`redis`]: a Redis of a test's own, to be frozen, emptied and poisoned.
//! * [`rehearse`]: the way of a document up to where it would run, for the fuzzer.
//! * [`socket`]: a plain connection, for requests that no client library would send.
//! * [`uploads`]: files to send.
//! * [`vault`]: texts in the vault that a test begins with.

#![expect(clippy::expect_used, reason = "a test whose surroundings fail cannot go on")]

pub mod applications;
pub mod bucket;
pub mod careers;
pub mod courses;
pub mod credentials;
pub mod curricula;
pub mod engines;
pub mod enrolments;
pub mod eye;
pub mod given;
pub mod invariants;
pub mod licences;
pub mod people;
pub mod protection;
pub mod race;
pub mod readiness;
pub mod redis;
pub mod rehearse;
pub mod socket;
pub mod successions;
pub mod uploads;
pub mod vault;
pub mod world;

pub use engines::{Database, Engine};
pub use eye::{Contents, Eye};
pub use world::{Reply, Tenant, World};
