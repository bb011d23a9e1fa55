//! Data protection at work: what people choose, how long data are kept, and what is done when somebody asks.
//!
//! The rules, each one function in [`rules`] or one line of a table:
//!
//! * **Consent** is asked only for true choices: that the public is told a name on a credential or a trainer's
//!   profile, that somebody's story is told, and that a record goes along to another organisation. A consent names its
//!   wording; it is the person's own to give and withdraw. What it allowed ends with it, in the same transaction. That
//!   to a transfer is for one: it is recorded with it, and what went along before it is withdrawn stays. Sharing a text
//!   of the vault is such a choice too: it is recorded where the reader is named, and nowhere twice.
//! * **Retention.** A table says for each class of data how long it is kept after it stopped being used; the data
//!   protection officer changes it with a reason. A job proposes what is due, the officer approves, and a job carries
//!   it out in small transactions, looking again at each record. [`classes`] has one line for each class, [`tables`] one
//!   for each table.
//! * **A hold** wins: nothing of its class and its person or organisation is erased while it lasts, whoever decides.
//! * **Restriction** (UK GDPR, Article 18): while it lasts, the person and the data protection officer alone see the
//!   person's data, and nobody changes them. Declarations honour it in one place
//!   ([`visible`](crate::read::visible)), row policies underneath, use cases by [`restriction::refuse`].
//! * **Erasure** is decided for each class that holds anything, within one calendar month: erased, or kept for one of
//!   few reasons until a day. The decision is carried out in its own transaction. A skeleton with a pseudonym stays,
//!   so that ids still resolve; the ledger and the trail are not touched.
//! * **Access**: the person, or the officer for the person, gets everything that is kept, as one document that the
//!   service stores nowhere ([`export`]). What others wrote about the person is listed for the officer to look at.
//! * **Who could have seen it** is answered from grants, memberships and namings of the time ([`exposure`]).
//! * **PER-2** The officer decides nothing about the own data.

pub mod classes;
pub mod consents;
pub mod desk;
pub mod erasure;
pub mod export;
pub mod exposure;
pub mod graphql;
pub mod http;
pub mod invariants;
pub mod merging;
pub mod model;
pub mod restriction;
pub mod retention;
pub mod rounds;
mod rows;
pub mod rules;
pub mod sections;
pub mod store;
pub mod tables;
