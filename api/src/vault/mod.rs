//! The vault: texts about people that are special-category data, such as support needs.
//!
//! The rules, each one function in [`rules`] or one row of its table:
//!
//! * A text is ciphertext under a key of its person's own, bound to record, person and category: moved to another
//!   row it does not open. The key is wrapped by a master key of the settings ([`keys`]), and nothing else is kept.
//! * A text is opened for a stated purpose, one record at a time. The category says for which, by which roles of the
//!   organisation that keeps it, and by whom beside them: tutor and supervisor read support needs only if the person
//!   shared them. Everything else is `NOT_FOUND`, the wrong purpose too.
//! * The person concerned opens what they wrote themselves. What others wrote about them, and for whoever asks under
//!   a right, the data protection officer opens and answers. That there is a concern is told to neither the person
//!   nor their organisation, but to its lead.
//! * Each opening is a disclosure, written in the transaction that opens: no disclosure, no text. The person
//!   concerned sees when, for what, as what and for which organisation somebody read; the data protection officer
//!   also who.
//! * Sharing by choice names the wording that was agreed to, and its end takes effect at once.
//! * An erased text leaves a skeleton: what it was, when it came and went. Destroying the key of a person erases all
//!   of theirs at once.
//! * Where records of two people are merged, the texts are sealed anew under the key of the one that stays.
//! * Where a course passes on, what is kept of its people goes along to the organisation that delivers it now ([`passing`]):
//!   the former one reads none of it any more, nor do those whom it let read.
//!
//! Who may keep, replace, share and erase a text is decided by the aggregate whose text it is, which calls
//! [`service`] within its own use case; who may open it is decided here.

pub mod erasing;
pub mod graphql;
pub mod invariants;
pub mod keys;
pub mod merging;
pub mod model;
pub mod passing;
pub mod rotation;
pub mod rules;
pub mod service;
pub mod store;
