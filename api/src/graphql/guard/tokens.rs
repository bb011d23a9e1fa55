//! The first wall: how many tokens a text has and how deep they nest, before it is parsed.

use apollo_parser::{Lexer, TokenKind};
use async_graphql::{Pos, ServerError};

use super::{Rejection, at_most};
use crate::config::ApiSettings;
use crate::graphql::error::ErrorCode;

/// Counts the tokens of `text`; stops at the first limit that it passes.
///
/// # Errors
///
/// A coded error: `QUERY_REJECTED` for a limit, `GRAPHQL_PARSE_FAILED` for what is no token.
pub fn count(text: &str, settings: &ApiSettings) -> Result<u64, ServerError> {
    if text.len() > settings.max_document {
        let most = settings.max_document;
        let message = format!("the document is longer than {most} bytes");
        return Err(Rejection::new("max_document", message).into());
    }
    let (mut tokens, mut depth) = (0_u64, 0_usize);
    for token in Lexer::new(text) {
        let Ok(token) = token else { return Err(unparsable(None)) };
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof => {
                continue;
            }
            TokenKind::LParen | TokenKind::LBracket | TokenKind::LCurly => depth += 1,
            TokenKind::RParen | TokenKind::RBracket | TokenKind::RCurly => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        tokens += words(token.data());
        at_most("max_tokens", "tokens", tokens, settings.max_tokens)?;
        if depth > settings.max_nesting {
            let most = settings.max_nesting;
            let message = format!("the document nests brackets deeper than {most}");
            return Err(Rejection::new("max_nesting", message).into());
        }
    }
    Ok(tokens)
}

/// How many words the parser finds in a token: it takes `truefalse` in a list for two.
fn words(mut token: &str) -> u64 {
    let mut words = 0;
    while let Some(rest) =
        ["true", "false", "null"].iter().find_map(|word| token.strip_prefix(word))
    {
        words += 1;
        token = rest;
    }
    words + u64::from(!token.is_empty())
}

/// The document is not GraphQL. Its text is not repeated: it may hold anything.
#[must_use]
pub fn unparsable(at: Option<Pos>) -> ServerError {
    let place =
        at.map_or_else(String::new, |pos| format!(" at line {}, column {}", pos.line, pos.column));
    ErrorCode::ParseFailed.error(format!("the document cannot be parsed{place}"), at)
}
