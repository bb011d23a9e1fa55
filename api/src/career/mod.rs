//! After graduation: where graduates went, how people develop, and who is accredited to supervise peers.
//!
//! The rules, each one function in [`rules`] or one step in [`model`]:
//!
//! * A destination is of who graduated. The graduate tells it, or the deliverer records it, and says from whom it knows.
//!   It answers a question that was due: so many months after graduation have passed.
//! * What was told stays. Another answer to the same question takes its place for a reason.
//! * A peer role belongs to peer work, hours to employment, an employer to work, volunteering or training. An employer is
//!   an organisation of the network, or a name.
//! * The graduate, the deliverer and the quality lead see destinations; an analyst sees disclosed figures.
//! * People record their own development. They may name one person to confirm it: who supervises them, or teaches them.
//!   Nobody else reads it. Nobody confirms the own.
//! * An organisation that keeps the record of a person sees how many minutes a year, never what.
//! * A licensed organisation may confirm somebody whose record it keeps, and who graduated from a programme for
//!   supervisors, as an accredited peer supervisor: for a term, with the most people to supervise at once. Nobody
//!   confirms themselves. One term at a time.
//! * An accreditation in force is suspended before it is withdrawn. It lapses with its term, and is renewed by another.
//! * An accredited supervisor is given no more people in an organisation than the accreditation says.
//!
//! Specialist modules are courses of a programme of type SPECIALIST: their enrolments, attendance by accredited trainers,
//! decisions and credentials are those of every course, so nothing of them is here.

pub mod destinations;
pub mod development;
pub mod erasing;
pub mod graphql;
pub mod invariants;
pub mod merging;
pub mod model;
pub mod report;
pub mod rules;
pub mod store;
pub mod supervisors;
