//! Enrolments: the arithmetic of attendance against a calculator of its own.

mod attendance_oracle;
mod calendars;
