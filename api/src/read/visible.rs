//! The Scope predicate: which rows an actor sees.

use uuid::Uuid;

use super::declaration::{Def, Way};
use crate::actor::Actor;

/// The Scope predicate for one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Every row.
    All,
    /// Rows for which one of the ways holds; none if there is no way.
    Any(Vec<VisibleRows>),
}

/// The rows that one way opens: all that meet the condition and belong to the actor, as far as it asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleRows {
    /// What the row must meet.
    pub conditions: Vec<&'static str>,
    /// To whom the row must belong.
    pub own: Option<VisibleWay>,
    /// The table between the row and its owner, with its condition; the owner is a column of it.
    pub link: Option<&'static str>,
}

/// A way that depends on the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleWay {
    /// The column.
    pub column: &'static str,
    /// The identifiers it may hold.
    pub ids: Vec<Uuid>,
}

impl Visible {
    /// Who may see which rows: the one place where a Scope predicate is made.
    #[must_use]
    pub fn of(def: &Def, actor: &Actor) -> Self {
        let ways: Vec<VisibleRows> =
            def.rows.visible.iter().filter_map(|way| opened(way, actor)).collect();
        if ways.iter().any(|way| way.conditions.is_empty() && way.own.is_none()) {
            return Self::All;
        }
        Self::Any(ways)
    }
}

/// The rows that a way opens to the actor; `None` if it opens none.
fn opened(way: &Way, actor: &Actor) -> Option<VisibleRows> {
    let all = VisibleRows { conditions: Vec::new(), link: None, own: None };
    let mut link = None;
    let (column, ids) = match *way {
        Way::Everyone => return Some(all),
        Way::SignedIn => return actor.account().is_some().then_some(all),
        Way::Nation(permission) => return actor.may_nationally(permission).then_some(all),
        Way::Where(way, condition) => {
            let mut opened = opened(way, actor)?;
            opened.conditions.push(condition);
            return Some(opened);
        }
        Way::Organisation(column, permission) => (column, actor.organisations_with(permission)),
        Way::OrganisationThrough(table, column, permission) => {
            link = Some(table);
            (column, actor.organisations_with(permission))
        }
        Way::Account(column) => (column, actor.account().into_iter().collect()),
        Way::Person(column) => (column, actor.person().into_iter().collect()),
        Way::PersonThrough(table, column) => {
            link = Some(table);
            (column, actor.person().into_iter().collect())
        }
    };
    let own = VisibleWay { column, ids };
    (!own.ids.is_empty()).then_some(VisibleRows { link, own: Some(own), ..all })
}
