//! Support for employing organisations: who employs and places trainees, whom to ask there, who offers peer
//! supervision, and what each published in the Data Security and Protection Toolkit (DSPT).
//!
//! The rules, each one function in [`rules`]:
//!
//! * An agreement is between an organisation that delivers and another that employs or places; both take
//!   part in the network when it is proposed and when it is accepted.
//! * One side proposes it, the other accepts or declines it: PROPOSED; ACCEPTED, DECLINED or WITHDRAWN.
//!   Accepted, it is withdrawn before its first day and ended from then on: ENDED, with a day and a reason.
//!   UPCOMING, IN FORCE and OVER are not stored: they follow from its days.
//! * A proposal of a kind waits alone: no other is made for some of its days, by either side.
//! * Who acts for the side that proposed an agreement does not accept it.
//! * Agreements end with an organisation that closes; what has not begun by then is withdrawn.
//! * Two organisations have one agreement of a kind on any day.
//! * An organisation names one contact for a purpose on any day. Who is named is replaced from a day on, never
//!   overwritten.
//! * An organisation has one offer of supervision on any day; no more of it is taken than is offered.
//! * What was published in the toolkit is recorded once for each year. It counts up to the next 30 June unless
//!   another day is given: CURRENT, EXPIRING in the last 90 days, then LAPSED; MISSING without any.
//! * A status that lapsed and a contact that is missing are warned of, and stop nothing.
//!
//! Who: coordinators and signatories propose, withdraw and decline; signatories accept and end. Contacts, offers
//! and the toolkit are recorded by the organisation itself or a licensing officer. Organisations with an agreement
//! in force read each other's present contacts, offers and status; nobody else does but the national team.

pub mod agreements;
pub mod contacts;
pub mod desk;
pub mod dspt;
pub mod graphql;
pub mod invariants;
pub mod model;
pub mod rules;
pub mod store;
pub mod supervision;
