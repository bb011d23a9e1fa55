//! Courses: dated runs of a programme version, with their sessions, who teaches them and where.
//!
//! The rules, each one function in [`rules`]; plans are made in [`planning`]:
//!
//! * **LIC-3** A course opens only under an active licence that delivers its programme type, covers its last
//!   day, and has room for it, on each of its days whatever varies the licence; past the licence's end only
//!   under a teach-out decision. A later decision takes the place of an earlier one, which stays to be read.
//! * **LIC-5** A suspension stops courses from opening at once: both take the licence's lock. On a live course
//!   without a licence in force nobody more has a place, unless a teach-out decision covers the day.
//! * A course stands on a published version and starts while courses may start on it.
//! * **TRN-1** A session counts if its trainers were accredited on its day. What was taught otherwise is
//!   recorded without credit, and a quality lead decides.
//! * **TRN-2** Every session has exactly one lead; who leads the next one leads the course.
//! * **TRN-3** Somebody teaches every session from lived experience, unless the network's policy says that
//!   nobody needs to.
//! * **TRN-4** A trainer is booked in one place at a time, in whatever courses. The database holds that. A course
//!   books its trainers when it opens, and before it nobody: a plan keeps no trainer from others, and is told of
//!   those that meet it among the own ones and what everyone sees. Who only watches is booked nowhere. Nobody
//!   learns where a trainer is instead.
//! * **TRN-5** An accreditation that lapses is named, and takes nobody off a course.
//! * **COH-1** Sessions lie within the course, and every module of the version has one.
//! * **COH-2** There are no fewer places than people who have one, nor than partners were offered.
//!   Fewer are offered, and an offer is taken back, at any time, also from a partner that is no longer active.
//! * **COH-3** A change of dates asks licence, accreditations and financial years anew and says what broke.
//! * **COH-4** A closed course is final: a quality lead corrects it beside it, with a reason.
//! * **COH-5** A course keeps its version and code for life. Another organisation delivers it only after a
//!   succession; who did so before stays recorded.
//! * **PER-2** Who belongs to the organisation does not decide on its courses for the nation; who taught a session
//!   gives it no credit.
//! * **ORG** An ACTIVE organisation drafts, proposes, opens and confirms courses and takes people. A DORMANT one
//!   holds, moves and ends what was confirmed, and begins nothing. Of a CLOSED one a succession decides.
//! * A session is recorded once it has begun.
//! * Who was named for a course and taken off it again reads no more of it than everyone.
//! * A trainer is named who is listed, or works with the deliverer. When two profiles of one person become one,
//!   the one that stays takes over what the other teaches and taught.
//! * A course that is too small is not confirmed. How many have a place is what the deliverer records.
//!
//! A session that moves is another session, which names the one it replaced. The version of a course counts
//! the changes of its sessions too.
//!
//! Who: lead trainers and coordinators of the deliverer plan, open and hold courses; the lead trainer
//! completes them; the coordinator calls them off before they begin, a quality lead afterwards. Licensing
//! officers approve and return; quality leads close, teach out and give credit. Everyone sees the courses
//! that take people, and finds those whose licence is in force; the others are for deliverer, host, partners,
//! their trainers and the national team.

pub mod facts;
pub mod graphql;
pub mod invariants;
pub mod model;
pub mod parts;
pub mod planning;
pub mod rules;
pub mod service;
pub mod store;
