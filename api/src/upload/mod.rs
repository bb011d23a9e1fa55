//! Staged uploads: files on their way from a client to the record that takes them.
//!
//! An account announces a file: name, type, size and checksum. It sends the bytes to `/uploads/{id}`, where they
//! have to be what was announced. Then a record takes the upload, once, within a use case of its own.
//!
//! The rules, each one function in [`rules`]:
//!
//! * Who uploads acts for an organisation. Nobody else sees the upload, nor can send or use it, not even another
//!   account of that organisation.
//! * A file has a plain name, whose ending fits its type. The types are listed in [`model::Media`].
//! * A file is no larger than `files.max_bytes`, and one account has no more than `files.max_open` waiting.
//! * PENDING, STORED once the bytes are there, USED once a record took it. It is used once.
//! * What is not used in time counts as gone. [`sweep`] says EXPIRED, and has the bytes deleted in the same transaction.
//!
//! The bytes come before the row says so, and go after it: what a crash leaves behind is a file without a use, which
//! goes when its row expires. No row that can still be used names a file that is not there.

pub mod erasing;
pub mod graphql;
pub mod http;
pub mod invariants;
pub mod model;
pub mod rules;
pub mod service;
pub mod store;
pub mod sweep;
