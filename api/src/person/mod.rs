//! People: who takes part in the network, by name, and which accounts are theirs.
//!
//! The rules, each one function in [`rules`]:
//!
//! * A person has a preferred name and a name for certificates. Former names are kept for the officer who
//!   resolves duplicates and the person, and shown to nobody else.
//! * E-mail addresses are a dated list. They identify nobody: one may be missing, change hands or be shared.
//! * The date of birth serves the check for duplicates and the least age on a course; the officer alone is shown it.
//!   Nothing about health is kept here.
//! * An account belongs to one person on any day; a person may have several.
//! * **PER-1** Duplicates are proposed by a rule with its reasons and decided by a person. A merge deletes
//!   nothing: the retired record names the other, what hangs on it is re-pointed, and the change of id is
//!   told to everyone who is signed in. A merged record is not merged again and does not change.
//! * **PER-2** Nobody decides about themselves: persons are compared, not accounts.
//! * **PER-3** Nobody is funding officer and funding approver at once where the scopes meet.
//! * A role is granted by the licensing officer, some within the own organisation by its signatory or
//!   coordinator; it counts in a scope that suits it, and from the next transaction on.
//!
//! Who: an organisation keeps the records of its own people; the licensing officer of all.

pub mod desk;
pub mod duplicates;
pub mod erasing;
pub mod graphql;
pub mod invariants;
pub mod merging;
pub mod model;
pub mod roles;
pub mod rules;
pub mod service;
pub mod store;
