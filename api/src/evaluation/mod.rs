//! What trainees say of their course when it is over.
//!
//! The rules, each one function in [`rules`]:
//!
//! * A questionnaire is a few statements, scored from 1 to 5, and one invitation to write freely. What was published
//!   stays; the nation publishes the next version. A course is answered by the version in force at its first answer.
//! * Who came to the end of the teaching, or left after having been there, answers once, until so many days after the
//!   end of the course. Every statement may be left out, not all of them.
//! * What somebody answers is added to the sums of the course at once ([`answering`]). There is no row of one answer, no
//!   time, no order, no trail; texts of a course lie together, sealed, in the order of their letters. Every row of the
//!   course is written anew with each answer, so that not even the engine's own marks tell which ones changed. That
//!   somebody answered is kept apart, by the day.
//! * Nothing is told while people may still answer, and nothing of a course with fewer answers than the least number:
//!   such a course counts in no sum either, so no sum less another tells of it ([`results`]).
//! * Texts may name people. Only a quality lead who has nothing to do with the deliverer reads them, with a reason, and
//!   each reading is on record ([`texts`]).
//! * The record that somebody answered goes with the person. The sums are about nobody.

pub mod answering;
pub mod erasing;
pub mod graphql;
pub mod invariants;
pub mod model;
pub mod questionnaires;
pub mod results;
pub mod rotation;
pub mod rules;
pub mod store;
pub mod texts;

pub use rotation::JOBS;
