//! Enrolments: the arithmetic of attendance against a calculator of its own, and everything else through the API.

mod attendance_oracle;
mod calendars;
mod days;
mod endings;
mod life;
mod lists;
mod own;
mod places;
mod returns;
mod table;
mod transfers;
mod withdrawn;
