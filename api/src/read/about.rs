//! Whom rows are about, for restrictions of processing.

use super::declaration::Rows;

/// Whom a row is about.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The column with the person.
    pub person: &'static str,
    /// What holds unless the processing of the person's data is restricted.
    pub unrestricted: &'static str,
}

impl Rows {
    /// Whom a row is about: while the processing of the person's data is restricted, nobody sees it but the person and
    /// the data protection officer.
    #[must_use]
    pub const fn about(self, about: About) -> Self {
        Self { about: Some(about), ..self }
    }
}

/// The person that the column names, as [`Rows::about`] has it.
#[macro_export]
macro_rules! person_of {
    ($column:literal) => {
        $crate::read::about::About {
            person: $column,
            unrestricted: concat!(
                "not exists (select 1 from restricted_person x where x.id = ",
                $column,
                ")"
            ),
        }
    };
}
