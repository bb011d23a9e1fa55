//! The Scope: what a transaction may see, told to the database with BEGIN.

use std::fmt::Write as _;

use uuid::Uuid;

/// The widest way in which an actor is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// Anyone, signed in or not: public rows only.
    Public,
    /// Holders of roles in organisations, regions, courses, or about themselves.
    Member,
    /// The national team.
    National,
    /// The service's own jobs.
    System,
}

impl ScopeKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Member => "member",
            Self::National => "national",
            Self::System => "system",
        }
    }
}

/// Why special-category data is read; empty until the vault needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Purpose {
    /// No purpose stated: nothing in the vault is readable.
    #[default]
    None,
}

/// What a transaction may see. Made from an [`Actor`](super::Actor) only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub(super) kind: ScopeKind,
    pub(super) account: Option<Uuid>,
    pub(super) organisations: Vec<Uuid>,
    pub(super) regions: Vec<Uuid>,
    pub(super) courses: Vec<Uuid>,
    pub(super) persons: Vec<Uuid>,
    pub(super) purpose: Purpose,
}

impl Scope {
    /// What anyone may see.
    #[must_use]
    pub const fn public() -> Self {
        Self {
            kind: ScopeKind::Public,
            account: None,
            organisations: Vec::new(),
            regions: Vec::new(),
            courses: Vec::new(),
            persons: Vec::new(),
            purpose: Purpose::None,
        }
    }

    /// The organisations in which the actor holds a role.
    #[must_use]
    pub fn organisations(&self) -> &[Uuid] {
        &self.organisations
    }

    /// The settings that carry the Scope to PostgreSQL's row policies.
    ///
    /// Only enumerations and identifiers are formatted: no text of a request reaches this statement.
    #[must_use]
    pub(crate) fn settings(&self) -> String {
        let purpose = match self.purpose {
            Purpose::None => "",
        };
        let mut sql = String::from("select ");
        let account = self.account.map(|id| id.to_string()).unwrap_or_default();
        let lists = [
            ("organisations", &self.organisations),
            ("regions", &self.regions),
            ("courses", &self.courses),
            ("persons", &self.persons),
        ];
        let _ = write!(
            sql,
            "set_config('app.kind','{}',true),set_config('app.account','{account}',true),\
             set_config('app.purpose','{purpose}',true)",
            self.kind.code()
        );
        for (name, ids) in lists {
            let ids = ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
            let _ = write!(sql, ",set_config('app.{name}','{{{ids}}}',true)");
        }
        sql
    }
}
