//! Employees as an organisation's own systems know them, such as its system for human resources.
//!
//! The rules, each one function in [`rules`]:
//!
//! * A link says that a reference of the organisation's own stands for a person whose record it keeps. At any time a
//!   reference stands for one person, and a person has one reference there.
//! * The person is named by id, or found: by a verified e-mail address, or by name and date of birth. Only people whose
//!   records the organisation keeps are looked through: nothing tells whether somebody is known elsewhere.
//! * Where nobody is found, and where several are, nothing is written and nobody is guessed.
//! * A reference that is to stand for somebody else ends its former link.
//! * Where a person is erased, their references go.
//! * Where records of two people are merged, the link goes along; of two in one organisation the retired one's ends.
//!
//! Who: coordinators and signatories of the organisation.

pub mod graphql;
pub mod merging;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
