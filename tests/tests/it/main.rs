//! The rules of the service, each as a test on both databases.

#![expect(clippy::expect_used, reason = "a test whose surroundings fail cannot go on")]

mod answers;
mod architecture;
mod conformity;
mod demo;
mod differential;
mod door;
mod endings;
mod federation;
mod http;
mod import;
mod matrix;
mod migrations;
mod network;
mod panics;
mod peer;
mod portal;
mod process;
mod reads;
mod schema;
mod validity;
mod writes;
