//! The Scope predicate: which rows an actor sees.
//!
//! Which ways are open depends on the actor's roles alone; to whom the rows belong is said by [`Whose`], and
//! its identifiers are parameters of the statement.

use uuid::Uuid;

use super::declaration::{About, Def, Way};
use crate::actor::{Actor, Permission};

/// The Scope predicate for all actors whose roles open the same ways.
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
    pub own: Option<Own>,
    /// The table between the row and its owner, with its condition; the owner is a column of it.
    pub link: Option<&'static str>,
}

/// To whom a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The column that names the owner.
    pub column: &'static str,
    /// Who that may be.
    pub whose: Whose,
}

/// Who may own a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The organisations in which the actor holds the permission.
    Organisations(Permission),
    /// The actor's account.
    Account,
    /// The actor's account, while it holds the permission anywhere.
    Assigned(Permission),
    /// The person of the actor's account.
    Person,
}

impl Whose {
    /// The identifiers of those that `actor` stands for.
    #[must_use]
    pub fn ids(self, actor: &Actor) -> Vec<Uuid> {
        match self {
            Self::Organisations(permission) => actor.organisations_with(permission),
            Self::Account => actor.account().into_iter().collect(),
            Self::Assigned(permission) => {
                actor.account().filter(|_| actor.holds(permission)).into_iter().collect()
            }
            Self::Person => actor.person().into_iter().collect(),
        }
    }
}

impl VisibleRows {
    /// Whether they are those of the actor's own person or account, the person being that in the column, or what the
    /// link leads to.
    fn is_own(&self, person: &str) -> bool {
        self.own.is_some_and(|own| match (own.whose, self.link) {
            (Whose::Person, None) => own.column == person,
            (Whose::Person, Some(link)) => person == format!("(select {} from {link})", own.column),
            (Whose::Account, link) => link.is_none(),
            (Whose::Organisations(_) | Whose::Assigned(_), _) => false,
        })
    }
}

impl Visible {
    /// Who may see which rows: the one place where a Scope predicate is made.
    #[must_use]
    pub fn of(def: &Def, actor: &Actor) -> Self {
        let mut ways: Vec<VisibleRows> =
            def.rows.visible.iter().filter_map(|way| opened(way, actor)).collect();
        let officer = actor.may_nationally(Permission::AnswerRightsRequests);
        if let Some(About { person, unrestricted }) = def.rows.about.filter(|_| !officer) {
            let others = ways.iter_mut().filter(|way| !way.is_own(person));
            others.for_each(|way| way.conditions.push(unrestricted));
        }
        if ways.iter().any(|way| way.conditions.is_empty() && way.own.is_none()) {
            return Self::All;
        }
        Self::Any(ways)
    }
}

/// What the actor may read of a guarded field: everything (`Ok(None)`), only of own rows (`Ok(Some)`), or
/// nothing (`Err`).
///
/// # Errors
///
/// Nothing may be read.
pub(super) fn guard(def: &Def, only: Option<Permission>, actor: &Actor) -> Result<Option<Own>, ()> {
    let Some(permission) = only else { return Ok(None) };
    if actor.may_nationally(permission) {
        return Ok(None);
    }
    let whose = Whose::Organisations(permission);
    match def.rows.owner {
        Some(column) if !whose.ids(actor).is_empty() => Ok(Some(Own { column, whose })),
        _ => Err(()),
    }
}

/// The rows that a way opens to the actor; `None` if it opens none.
fn opened(way: &Way, actor: &Actor) -> Option<VisibleRows> {
    let all = VisibleRows { conditions: Vec::new(), link: None, own: None };
    let mut link = None;
    let (column, whose) = match *way {
        Way::Everyone => return Some(all),
        Way::SignedIn => return actor.account().is_some().then_some(all),
        Way::Nation(permission) => return actor.may_nationally(permission).then_some(all),
        Way::Where(way, condition) => {
            let mut opened = opened(way, actor)?;
            opened.conditions.push(condition);
            return Some(opened);
        }
        Way::Organisation(column, permission) => (column, Whose::Organisations(permission)),
        Way::OrganisationThrough(table, column, permission) => {
            link = Some(table);
            (column, Whose::Organisations(permission))
        }
        Way::Account(column) => (column, Whose::Account),
        Way::Assigned(column, permission) => (column, Whose::Assigned(permission)),
        Way::AssignedThrough(table, column, permission) => {
            link = Some(table);
            (column, Whose::Assigned(permission))
        }
        Way::Person(column) => (column, Whose::Person),
        Way::PersonThrough(table, column) => {
            link = Some(table);
            (column, Whose::Person)
        }
    };
    let own = Own { column, whose };
    (!whose.ids(actor).is_empty()).then_some(VisibleRows { link, own: Some(own), ..all })
}
