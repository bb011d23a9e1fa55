//! Alongside: the backend of a national peer support licensing network in England.
//!
//! In reading order:
//!
//! * [`cli`], [`config`], [`app`], [`server`], [`connection`], [`lifecycle`]: how the service starts,
//!   serves and stops.
//! * [`telemetry`]: logs, traces and metrics; [`budget`]: how much each actor may ask for.
//! * [`actor`]: who is asking and what they may do.
//! * [`db`], [`core`], [`command`]: the only door to SQL, and how every mutation runs; [`files`]: the file store.
//! * [`audit`], [`outbox`], [`idempotency`]: what every write leaves behind.
//! * [`jobs`], [`mail`]: what the service does from time to time; e-mails.
//! * [`read`]: reads, declared once.
//! * [`graphql`]: the endpoint.
//! * [`mod@reference`], [`organisation`], [`licence`], [`readiness`], [`person`], [`trainer`],
//!   [`programme`], [`course`], [`application`], [`enrolment`], [`credential`], [`succession`], [`employer`], [`upload`],
//!   [`vault`], [`import`]: the aggregates, listed in [`aggregates`].
//! * [`demo`], [`verify`]: the demonstration network, and the check of every invariant.

// The lists of all mutations nest one type in another.
#![recursion_limit = "256"]

pub mod app;
pub mod budget;
pub mod cli;
pub mod config;
pub mod connection;
pub mod lifecycle;
pub mod server;
pub mod telemetry;

pub mod actor;
pub mod clock;
pub mod coded;
pub mod command;
pub mod core;
pub mod db;
pub mod fault;
pub mod files;
pub mod refusal;

pub mod audit;
pub mod calendar;
pub mod disclosure;
pub mod idempotency;
pub mod jobs;
pub mod mail;
pub mod outbox;

pub mod graphql;
pub mod read;

pub mod aggregates;
pub mod application;
pub mod career;
pub mod concern;
pub mod course;
pub mod credential;
pub mod employee;
pub mod employer;
pub mod enrolment;
pub mod evaluation;
pub mod import;
pub mod licence;
pub mod organisation;
pub mod person;
pub mod programme;
pub mod protection;
pub mod readiness;
pub mod reference;
pub mod succession;
pub mod trainer;
pub mod upload;
pub mod vault;

pub mod demo;
pub mod verify;
