//! The rules of the service, each as a test on both databases.

#![expect(clippy::expect_used, reason = "a test whose surroundings fail cannot go on")]

mod answers;
mod architecture;
mod budget;
mod demo;
mod differential;
mod door;
mod endings;
mod guard;
mod http;
mod import;
mod migrations;
mod network;
mod portal;
mod process;
mod reads;
mod repair;
mod schema;
mod writes;
