//! The Scope: what a transaction may see, told to the database with BEGIN.

use std::borrow::Cow;

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

/// What a transaction may see. Made from an [`Actor`](super::Actor) only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub(super) kind: ScopeKind,
    pub(super) account: Option<Uuid>,
    pub(super) organisations: Vec<Uuid>,
    pub(super) regions: Vec<Uuid>,
    pub(super) courses: Vec<Uuid>,
    pub(super) persons: Vec<Uuid>,
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
        }
    }

    /// The organisations in which the actor holds a role.
    #[must_use]
    pub fn organisations(&self) -> &[Uuid] {
        &self.organisations
    }

    /// The settings that carry the Scope to PostgreSQL's row policies, in the order of [`NAMES`].
    #[must_use]
    pub(crate) fn settings(&self) -> [Cow<'static, str>; SETTINGS] {
        let account = self.account.map_or(Cow::Borrowed(""), |id| id.to_string().into());
        [
            self.kind.code().into(),
            account,
            // Stated by the vault alone, in the transactions that need it.
            "".into(),
            array(&self.organisations),
            array(&self.regions),
            array(&self.courses),
            array(&self.persons),
        ]
    }

    /// The statement that sets the settings from as many parameters.
    #[must_use]
    pub(crate) fn statement() -> String {
        let set = |(at, name)| format!("set_config('app.{name}',${},true)", at + 1);
        let settings: Vec<String> = NAMES.iter().enumerate().map(set).collect();
        format!("select {}", settings.join(","))
    }

    /// The statement that sets them, to be sent with others.
    ///
    /// Only enumerations and identifiers are formatted: no text of a request reaches this statement.
    #[must_use]
    pub(crate) fn script(&self) -> String {
        let set = |(name, value)| format!("set_config('app.{name}','{value}',true)");
        let settings: Vec<String> = NAMES.iter().zip(self.settings()).map(set).collect();
        format!("select {}", settings.join(","))
    }
}

/// How many settings carry a Scope.
pub(crate) const SETTINGS: usize = NAMES.len();

/// What the row policies read.
const NAMES: [&str; 7] =
    ["kind", "account", "purpose", "organisations", "regions", "courses", "persons"];

/// `ids` as PostgreSQL writes an array.
fn array(ids: &[Uuid]) -> Cow<'static, str> {
    if ids.is_empty() {
        return "{}".into();
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(",")).into()
}
