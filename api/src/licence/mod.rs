//! Licences: which organisation may train whom, from its application to the end.
//!
//! An application is a licence in an early state. What is stored is what people decided; what follows from
//! dates is worked out on the day asked about ([`model::standing`]): a granted licence is ACTIVE from its
//! first day, EXPIRING in its last 90, in GRACE up to 60 days after its end while a renewal is under review,
//! and EXPIRED afterwards. A suspended licence has no grace. The periods are proposals of this project, since
//! no term is published ([`rules::terms`]).
//!
//! The rules, each one function in [`rules`]:
//!
//! * **LIC-1** An organisation has at most one live licence for a programme type on any day.
//! * **LIC-2** A grant needs a readiness outcome of READY or CONDITIONAL, validated at most 12 months before
//!   the first day, a conditional one 6. That one is for co-delivery or hosting, at most 6 months, and the open actions
//!   of its plan become conditions. An application that asks for more than the outcome allows is not handed in. The
//!   outcome is that of the assessment that stands when the grant is proposed, and the licence keeps it.
//! * **LIC-3** A course opens only under an active licence whose end it fits into: a rule of courses.
//! * **LIC-4** Expiry and suspension never touch credentials that were issued. Nothing here does.
//! * **LIC-5** Suspension blocks new courses, enrolments and reservations at once; what runs goes on only
//!   under a recorded teach-out decision. Whoever opens one asks [`model::Standing::allows_new_starts`].
//! * **LIC-6** The terms of a granted licence do not change: a variation holds for a period of its own.
//! * Whoever acts for the holder, by whichever account, takes no part in what the national team decides about it.
//!   Who handed an application in takes no part in its review, also after the role there ended.
//! * Grants, variations and revocations need two people; a revocation one quality lead and one licensing
//!   officer. An appeal is decided by somebody who took no part in the decision, nor lodged it. A person with
//!   two accounts is one person, also when one of them stopped being theirs since.
//! * An upheld appeal gives a revoked licence exactly what the revocation took, if LIC-1 allows it; it is then
//!   suspended as before, unless an appeal undid the suspension too. A suspension is not ended while an appeal
//!   against it is open.
//! * A closed organisation gets nothing back: no appeal and no reinstatement gives it a live licence, or opens an
//!   application of its again (ORG-3).
//! * One application at a time renews a licence. A declined one that an appeal opens again gives back the grace.
//! * A number is given with the grant and never again. An application has none.
//! * A succession supersedes the licences of the bodies that end. A licensing officer may bridge them for 90
//!   days if every one was in good standing and READY, the rest of them later; an acquisition cures nothing and
//!   passes nothing on. The bridge has the strictest tier and bounds of the day before the succession, and of
//!   what would have held in its own days: no variation ends with its licence.
//! * Surrender needs a teach-out plan where courses are open.
//!
//! Who: coordinators draft, the signatory submits, withdraws, surrenders and appeals; licensing officers review,
//! propose and decline; quality leads suspend, reinstate and record reviews. Everyone may read number, holder,
//! status, days and programme types of a licence that was granted; the rest is for the holder, licensing and
//! quality.

pub mod appeals;
pub mod applications;
pub mod bounds;
pub mod courses;
pub mod decisions;
pub mod graphql;
pub mod impacts;
pub mod invariants;
pub mod model;
pub mod parts;
pub mod quality;
pub mod rules;
pub mod service;
pub mod store;
pub mod succession;
pub mod variations;
