//! The rules of the service, each as a test on both databases.

mod door;
mod migrations;
mod writes;
