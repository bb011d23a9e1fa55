//! Credentials: what a graduate, an accredited trainer or a licensed organisation can show, and anyone can verify.
//!
//! A credential says what its holder may show on the day of issuing: names are copies. It is signed as an Open
//! Badges 3.0 credential ([`badge`], [`keys`]) and known to the public by a random token. What became of it since is
//! in its row: everyone can ask ([`verification`], [`http`]), and a signed list of bits says it to wallets.
//!
//! The rules:
//!
//! * **CRD-1** A credential is issued from the decision that somebody graduated, or a live accreditation or licence,
//!   in the transaction of that. Those of accreditations and licences follow what becomes of them ([`follow`]).
//! * **CRD-2** A reissue is a new credential with its own date of issue, which names the one that it supersedes. The
//!   old one keeps neither name nor text, tells no one who it was for, nor which one followed.
//! * **CRD-3** Nothing deletes a credential: its token answers as long as the network keeps records. A revoked one
//!   says so with one of few reasons. Who appeals has it suspended meanwhile, without a reason told.
//! * **CRD-4** The public is told no lived experience, employer or contact; the holder's name only if the holder
//!   chose so. Who knows the surname may ask whether it fits, a few times.
//! * **CRD-5** What an issued credential says does not change with programmes, names or defaults.
//! * Erasing a holder takes name and text away and keeps the SHA-256 of the text: the holder proves with the own
//!   copy.
//! * **PER-2** Nobody revokes, suspends or reinstates the own credential.
//!
//! Who: the holder, the organisation that delivered or holds, and the quality lead see a credential. The holder asks
//! for a reissue and chooses the listing; the quality lead reissues, suspends, reinstates and revokes.

pub mod badge;
pub mod certificate;
pub mod follow;
pub mod graphql;
pub mod http;
pub mod invariants;
pub mod keys;
pub mod model;
mod page;
pub mod rules;
pub mod service;
pub mod store;
pub mod verification;
