//! Imports of files: published ones into the register, and curricula.
//!
//! * A file with one broken row imports nothing: every broken row is named, and the register stays as
//!   it was.
//! * All rows are written in one transaction, or none.
//! * Reading the same file again changes nothing.
//! * A curriculum becomes a draft, and so does a readiness instrument; see [`curriculum`] and [`instrument`].
//! * What differs from the register becomes a proposal for a person to decide; nothing is overwritten.
//! * A trust of a board that was split goes to the unassigned list with the candidates. A closed body
//!   gets no later membership. Bodies outside England are counted and left out.

pub mod curriculum;
pub mod graphql;
pub mod instrument;
pub mod ods_file;
pub mod ods_trusts;
pub mod proposal;
pub mod run;
