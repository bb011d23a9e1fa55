//! Reference data: NHS England regions, integrated care boards with their successions and ONS codes,
//! bank holidays and financial years, values, competences.
//!
//! * A region or board is known by its ODS code; ONS codes are dated alternates, and a date that no
//!   source gives stays unknown.
//! * 42 boards existed until 31 March 2026 and 36 exist from 1 April 2026, by 16 successions. More may
//!   come: boards are rows, never constants.
//! * The competence framework and its curriculum number their parts differently: two code systems and
//!   a map, never one column.
//!
//! The rows, their sources and what is not verified: `migration/data/README.md`.

pub mod graphql;
