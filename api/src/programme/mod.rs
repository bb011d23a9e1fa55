//! Programmes: the trainings of the network.

pub mod kind;
