//! Courses: dated runs of a programme version, with their sessions and who teaches them.

pub mod model;
pub mod planning;
pub mod rules;
