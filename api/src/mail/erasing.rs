//! Erasing e-mails that wait and are to a person, or name one, as part of a decision about data protection. Of messages
//! that were sent or given up nothing personal is kept anyway.

use entities::mail_message::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::model::State;
use crate::command::{Stop, Unit};

/// Why such a message was given up.
pub const ERASED: &str = "ERASED";

/// The messages that wait and are to one of `addresses`, or hold an address or one of `words`, which are names. Needs a
/// stated purpose, or the Scope of the system.
///
/// # Errors
///
/// What the database answers.
#[expect(clippy::disallowed_methods, reason = "the transaction carries Scope and purpose")]
pub async fn about(unit: &Unit, addresses: &[String], words: &[String]) -> Result<Vec<Uuid>, Stop> {
    let waiting = Entity::find()
        .filter(Column::State.eq(State::Waiting.code()))
        .order_by_asc(Column::Id)
        .all(unit.tx())
        .await?;
    let folded = |texts: &[String]| -> Vec<String> {
        texts
            .iter()
            .map(|text| text.trim().to_lowercase())
            .filter(|text| !text.is_empty())
            .collect()
    };
    let (addresses, words) = (folded(addresses), folded(words));
    let names = |message: &Model| {
        let to = message.recipient.as_deref().unwrap_or_default().to_lowercase();
        let texts = [&message.subject, &message.body]
            .map(|text| text.as_deref().unwrap_or_default().to_lowercase());
        addresses.contains(&to)
            || addresses.iter().chain(&words).any(|word| texts.iter().any(|text| says(text, word)))
    };
    Ok(waiting.iter().filter(|message| names(message)).map(|message| message.id).collect())
}

/// Whether a text holds a word or some, as whole words.
fn says(text: &str, words: &str) -> bool {
    let apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(words).any(|(at, found)| {
        apart(text[..at].chars().next_back()) && apart(text[at + found.len()..].chars().next())
    })
}

/// Gives messages up that wait, and erases what they say; gives how many. Needs a stated purpose, or the Scope of the
/// system.
///
/// # Errors
///
/// What the database answers.
pub async fn erase(unit: &Unit, messages: &[Uuid]) -> Result<u64, Stop> {
    let nothing: Option<String> = None;
    let never: Option<chrono::DateTime<chrono::Utc>> = None;
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::GivenUp.code()))
        .col_expr(Column::Failure, Expr::value(ERASED))
        .col_expr(Column::Recipient, Expr::value(nothing.clone()))
        .col_expr(Column::Subject, Expr::value(nothing.clone()))
        .col_expr(Column::Body, Expr::value(nothing))
        .col_expr(Column::NextAttemptAt, Expr::value(never))
        .filter(Column::Id.is_in(messages.iter().copied()))
        .filter(Column::State.eq(State::Waiting.code()))
        .exec(unit.tx())
        .await?;
    Ok(done.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn a_name_is_found_as_whole_words_only() {
        for text in ["ash elm", "dear ash elm, hello", "(ash elm)", "ash elm's plan"] {
            assert!(says(text, "ash elm"), "{text}");
        }
        for text in ["", "wash elm", "ash elmwood", "ash", "ash  elm"] {
            assert!(!says(text, "ash elm"), "{text}");
        }
    }
}
