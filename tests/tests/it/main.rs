//! The rules of the service, each as a test on both databases.

#![expect(clippy::expect_used, reason = "a test whose surroundings fail cannot go on")]

mod answers;
mod architecture;
mod budget;
mod collector;
mod conformity;
mod course;
mod demo;
mod differential;
mod door;
mod employer;
mod endings;
mod federation;
mod forge;
mod forged;
mod graphiql;
mod guard;
mod hang_ups;
mod http;
mod import;
mod journeys;
mod licence;
mod logout;
mod matrix;
mod migrations;
mod network;
mod observability;
mod panics;
mod peer;
mod person;
mod portal;
mod process;
mod programme;
mod provider;
mod reads;
mod repair;
mod schema;
mod served;
mod signer;
mod stopping;
mod succession;
mod tokens;
mod trainer;
mod validity;
mod writes;
