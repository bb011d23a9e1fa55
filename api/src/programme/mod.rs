//! Programmes: what the network trains people for.

pub mod kind;
