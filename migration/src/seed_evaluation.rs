//! Loads the questionnaire that this project proposes for the end of a course from `migration/data`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::Date;

use crate::seed::{Rows, broken, id, read};

/// The first version.
const NUMBER: i32 = 1;

/// The day from which it is answered.
const PUBLISHED_ON: &str = "2026-04-01";

/// What invites to write freely.
const INVITATION: &str = "What should we keep, and what should we change? Please leave names out.";

/// The questionnaire with its statements, marked as a proposal.
pub(crate) async fn questionnaire(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let questionnaire = id("evaluation_questionnaire", &NUMBER.to_string());
    let on = PUBLISHED_ON.parse::<Date>().map_err(broken)?;
    let columns = ["id", "number", "proposal", "invitation", "published_on"];
    let mut table = Rows::new("evaluation_questionnaire", columns);
    table.push([questionnaire.into(), NUMBER.into(), true.into(), INVITATION.into(), on.into()]);
    table.insert(manager).await?;
    let columns = ["id", "questionnaire_id", "place", "code", "statement"];
    let mut table = Rows::new("evaluation_statement", columns);
    for (place, row) in (1_i32..).zip(read(include_str!("../data/evaluation_statements.csv"))?) {
        let code = row.get("code")?;
        table.push([
            id("evaluation_statement", &format!("{NUMBER}:{code}")).into(),
            questionnaire.into(),
            place.into(),
            code.into(),
            row.get("statement")?.into(),
        ]);
    }
    table.insert(manager).await
}
