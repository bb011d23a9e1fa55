//! Who is asking, and what they may do.
//!
//! A bearer token proves an **identity** and nothing else ([`token`]). What that identity may do is
//! read from its role grants in the very transaction that does the work ([`grants`]): a grant that is
//! withdrawn counts from the next transaction on. Identity and grants together are the [`Actor`]; the
//! Actor gives the [`Scope`] of a transaction and answers whether a [`Permission`] is held.
//!
//! The rules:
//!
//! * A role counts only within the scope of its grant and only on the days of its period.
//! * A token, a session or everything of an account can be ended before its time ([`logout`]), and an
//!   account can be disabled: both count from the next transaction on.
//! * Anyone without a token is the public, an actor like any other.
//! * The service's own jobs act as the system and are named in the audit trail.

pub mod demo_issuer;
pub mod grants;
pub mod graphql;
pub mod keys;
pub mod logout;
pub mod permission;
pub mod role;
pub mod scope;
pub mod service;
pub mod token;

pub use permission::Permission;
pub use role::Role;
pub(crate) use scope::SETTINGS;
pub use scope::Scope;
use scope::ScopeKind;
use uuid::Uuid;

/// A proven identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// No token.
    Anonymous,
    /// The account of a verified token.
    Account(Proof),
    /// A job of the service itself, by name.
    System(&'static str),
}

/// What a verified token proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proof {
    /// The account.
    pub account: Uuid,
    /// What can be ended before its time; `None` where no token came, as in a job.
    pub session: Option<Session>,
}

/// What can be ended before its time: a token, the session it belongs to, or all that was issued so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// When the token was issued, in seconds.
    pub issued_at: i64,
    /// The token.
    pub token: Option<Uuid>,
    /// The issuer's session.
    pub session: Option<Uuid>,
}

impl Identity {
    /// The identity of an account without a token.
    #[must_use]
    pub const fn account(account: Uuid) -> Self {
        Self::Account(Proof { account, session: None })
    }
}

/// Where a role counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantScope {
    /// Everywhere.
    Nation,
    /// One NHS England region.
    Region(Uuid),
    /// One organisation.
    Organisation(Uuid),
    /// One course.
    Course(Uuid),
    /// The own records only.
    Own,
}

impl GrantScope {
    /// Its kind and what it names, as stored.
    #[must_use]
    pub const fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Nation => ("NATION", None),
            Self::Region(id) => ("REGION", Some(id)),
            Self::Organisation(id) => ("ORGANISATION", Some(id)),
            Self::Course(id) => ("COURSE", Some(id)),
            Self::Own => ("SELF", None),
        }
    }

    /// The scope that is stored so.
    #[must_use]
    pub fn from_parts(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("NATION", None) => Some(Self::Nation),
            ("REGION", Some(id)) => Some(Self::Region(id)),
            ("ORGANISATION", Some(id)) => Some(Self::Organisation(id)),
            ("COURSE", Some(id)) => Some(Self::Course(id)),
            ("SELF", None) => Some(Self::Own),
            _ => None,
        }
    }
}

/// A role in force today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it counts.
    pub scope: GrantScope,
}

/// What of an actor decides which ways are open to it: its roles, for the nation, in organisations or elsewhere, and
/// whether it is signed in, a person, or a job. Not who it is, and not in which organisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ways(u64);

/// So many bits of [`Ways`] are for roles of one scope.
const ROLE_BITS: u32 = 20;

const _: () = assert!(Role::ALL.len() <= ROLE_BITS as usize, "each role has a bit");

/// Who is asking, with the roles in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    identity: Identity,
    grants: Vec<Grant>,
    person: Option<Uuid>,
}

impl Actor {
    /// The actor with this identity and these grants in force.
    #[must_use]
    pub const fn new(identity: Identity, grants: Vec<Grant>) -> Self {
        Self { identity, grants, person: None }
    }

    /// The same, of an account that belongs to `person`.
    #[must_use]
    pub fn with_person(self, person: Option<Uuid>) -> Self {
        Self { person, ..self }
    }

    /// The person to whom the account belongs. Whether two acts are of one hand is decided by this,
    /// never by the account: a person may have several.
    #[must_use]
    pub const fn person(&self) -> Option<Uuid> {
        self.person
    }

    /// The proven identity.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// The grants in force.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The account, for a signed-in actor.
    #[must_use]
    pub const fn account(&self) -> Option<Uuid> {
        match self.identity {
            Identity::Account(proof) => Some(proof.account),
            Identity::Anonymous | Identity::System(_) => None,
        }
    }

    /// Whether `permission` is held for the whole nation.
    #[must_use]
    pub fn may_nationally(&self, permission: Permission) -> bool {
        self.acting_nationally(permission).is_some()
    }

    /// The words for the audit trail if `permission` is held for the whole nation.
    #[must_use]
    pub fn acting_nationally(&self, permission: Permission) -> Option<String> {
        if let Identity::System(job) = self.identity {
            return Some(format!("SYSTEM:{job}"));
        }
        self.grants
            .iter()
            .find(|g| g.scope == GrantScope::Nation && permission.roles().contains(&g.role))
            .map(|g| g.role.code().to_owned())
    }

    /// The words for the audit trail if `permission` is held in this organisation.
    #[must_use]
    pub fn acting_in(&self, organisation: Uuid, permission: Permission) -> Option<String> {
        let scope = GrantScope::Organisation(organisation);
        self.grants
            .iter()
            .find(|g| g.scope == scope && permission.roles().contains(&g.role))
            .map(|g| g.role.code().to_owned())
    }

    /// Whether `role` is held for the whole nation.
    #[must_use]
    pub fn is_nationally(&self, role: Role) -> bool {
        self.grants.iter().any(|g| g.scope == GrantScope::Nation && g.role == role)
    }

    /// The words for the audit trail if `permission` is held for the nation or in `organisation`.
    #[must_use]
    pub fn acting_for(&self, permission: Permission, organisation: Option<Uuid>) -> Option<String> {
        self.acting_nationally(permission).or_else(|| {
            let scope = GrantScope::Organisation(organisation?);
            self.grants
                .iter()
                .find(|g| g.scope == scope && permission.roles().contains(&g.role))
                .map(|g| g.role.code().to_owned())
        })
    }

    /// The organisations in which `permission` is held.
    #[must_use]
    pub fn organisations_with(&self, permission: Permission) -> Vec<Uuid> {
        self.ids(|grant| match grant.scope {
            GrantScope::Organisation(id) if permission.roles().contains(&grant.role) => Some(id),
            _ => None,
        })
    }

    /// Whether `permission` is held anywhere where it can count: what only the national team may do
    /// counts for the nation or a region, and for nothing within one organisation.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        let counts = |scope: GrantScope| {
            !permission.is_national() || matches!(scope, GrantScope::Nation | GrantScope::Region(_))
        };
        matches!(self.identity, Identity::System(_))
            || self
                .grants
                .iter()
                .any(|grant| permission.roles().contains(&grant.role) && counts(grant.scope))
    }

    /// What decides which ways are open to it.
    #[must_use]
    pub fn ways(&self) -> Ways {
        let bit = |yes: bool, place: u32| u64::from(yes) << place;
        let system = matches!(self.identity, Identity::System(_));
        let mut ways =
            bit(self.account().is_some(), 61) | bit(self.person.is_some(), 62) | bit(system, 63);
        for grant in &self.grants {
            ways |= match grant.scope {
                GrantScope::Nation => bit(true, grant.role as u32),
                GrantScope::Organisation(_) => bit(true, grant.role as u32 + ROLE_BITS),
                GrantScope::Region(_) | GrantScope::Course(_) | GrantScope::Own => {
                    bit(true, grant.role as u32 + 2 * ROLE_BITS)
                }
            };
        }
        Ways(ways)
    }

    /// What a transaction of this actor may see.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let account = self.account();
        let nation = self.grants.iter().any(|grant| grant.scope == GrantScope::Nation);
        let kind = match self.identity {
            Identity::System(_) => ScopeKind::System,
            Identity::Account(_) if nation => ScopeKind::National,
            Identity::Account(_) if !self.grants.is_empty() => ScopeKind::Member,
            Identity::Account(_) | Identity::Anonymous => ScopeKind::Public,
        };
        Scope {
            kind,
            account,
            organisations: self.ids(|g| match g.scope {
                GrantScope::Organisation(id) => Some(id),
                _ => None,
            }),
            regions: self.ids(|g| match g.scope {
                GrantScope::Region(id) => Some(id),
                _ => None,
            }),
            courses: self.ids(|g| match g.scope {
                GrantScope::Course(id) => Some(id),
                _ => None,
            }),
            persons: self.person.into_iter().collect(),
        }
    }

    fn ids(&self, pick: impl Fn(&Grant) -> Option<Uuid>) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = self.grants.iter().filter_map(pick).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(0xA);
    const B: Uuid = Uuid::from_u128(0xB);

    fn coordinator(organisation: Uuid) -> Actor {
        let grant =
            Grant { role: Role::PartnerCoordinator, scope: GrantScope::Organisation(organisation) };
        Actor::new(Identity::account(Uuid::from_u128(1)), vec![grant])
    }

    #[test]
    fn a_role_counts_only_within_the_scope_of_its_grant() {
        let actor = coordinator(A);
        assert_eq!(actor.organisations_with(Permission::SeeAudit), vec![A]);
        assert!(!actor.organisations_with(Permission::SeeAudit).contains(&B));
        assert!(!actor.may_nationally(Permission::SeeAudit));
    }

    #[test]
    fn the_scope_of_a_member_names_the_own_organisations_only() {
        let scope = coordinator(A).scope();
        assert_eq!(scope.organisations(), &[A]);
        assert!(scope.script().contains("'app.kind','member'"));
        assert!(!scope.script().contains(&B.to_string()));
    }

    #[test]
    fn without_a_grant_an_account_is_the_public() {
        let scope = Actor::new(Identity::account(A), Vec::new()).scope();
        assert!(scope.script().contains("'app.kind','public'"));
    }
}
