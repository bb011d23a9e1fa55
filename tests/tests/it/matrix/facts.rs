//! The predicate of the tests: what the matrix lets an account see, decided over plain rows.

use std::collections::{BTreeMap, BTreeSet};

use alongside::graphql::ids;
use chrono::NaiveDate;
use tests::World;
use uuid::Uuid;

use super::policy::{Policy, Readers};

/// A row: its id and the keys that the matrix speaks of.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    keys: BTreeMap<String, BTreeSet<Uuid>>,
    meets: BTreeSet<String>,
}

impl Row {
    /// The key in `column`.
    pub fn key(&self, column: &str) -> Option<Uuid> {
        if column == "id" { Some(self.id) } else { self.keys.get(column)?.first().copied() }
    }

    /// Whether `column`, or a query in its place, names this for the row.
    fn names(&self, column: &str, key: Option<Uuid>) -> bool {
        let of_query = |key: Uuid| self.keys.get(column).is_some_and(|keys| keys.contains(&key));
        key.is_some_and(|key| if column == "id" { key == self.id } else { of_query(key) })
    }
}

/// A grant in force.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The role.
    pub role: String,
    /// The kind of its scope.
    pub scope: String,
    /// What its scope names.
    pub of: Option<Uuid>,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// The account.
    pub account: Option<Uuid>,
    /// The grants in force that count somewhere.
    pub grants: Vec<Held>,
    /// Whether the token is refused.
    pub refused: bool,
}

/// All rows that the matrix speaks of, past every policy, at one moment.
pub struct Facts {
    /// Rows of each type in the order of their ids.
    pub rows: BTreeMap<String, Vec<Row>>,
    grants: Vec<(Uuid, Held)>,
    refused: BTreeSet<Uuid>,
}

impl Facts {
    /// Reads them.
    pub async fn read(world: &World, policy: &Policy, today: NaiveDate) -> Self {
        let mut rows = BTreeMap::new();
        for (name, table, ty) in policy.tables() {
            let mut columns = BTreeSet::new();
            let fields = policy.fields().filter(|(of, _)| *of == name);
            for (_, field) in fields {
                let field = policy.field(name, field);
                columns.extend(field.by);
                columns.extend(field.readers.and_then(|readers| readers.within));
            }
            let own =
                ty.rows.iter().flat_map(|r| [&r.within, &r.account, &r.assigned].map(Clone::clone));
            columns.extend(own.flatten());
            columns.remove("id");
            let conditions: Vec<&String> =
                ty.rows.iter().flat_map(|readers| readers.conditions()).collect();
            let rows_of = read(world, table, (&columns, &conditions), today).await;
            rows.insert(name.to_owned(), rows_of);
        }
        Self { rows, grants: grants(world, policy, today).await, refused: refused(world).await }
    }

    /// Who the account is; nobody, without one.
    pub fn who(&self, account: Option<Uuid>) -> Who {
        let own = |account: Uuid| {
            self.grants.iter().filter(move |(of, _)| *of == account).map(|(_, held)| held.clone())
        };
        Who {
            account,
            grants: account.map(|account| own(account).collect()).unwrap_or_default(),
            refused: account.is_some_and(|account| self.refused.contains(&account)),
        }
    }

    /// The row with this id of the API.
    pub fn row(&self, ty: &str, id: &str) -> Option<&Row> {
        let (_, digits) = id.rsplit_once('_')?;
        let id = Uuid::parse_str(digits).ok()?;
        self.rows.get(ty)?.iter().find(|row| row.id == id)
    }

    /// The ids of a type's rows as the API has them.
    pub fn ids(&self, policy: &Policy, ty: &str) -> Vec<String> {
        let rows = self.rows.get(ty).map(Vec::as_slice).unwrap_or_default();
        rows.iter().map(|row| ids::encode(&policy.types[ty].prefix, row.id)).collect()
    }

    /// The ids of the rows that `who` is to see.
    pub fn ids_for(&self, policy: &Policy, ty: &str, who: &Who) -> Vec<String> {
        let rows = self.rows.get(ty).map(Vec::as_slice).unwrap_or_default();
        let seen = rows.iter().filter(|row| policy.sees_row(who, ty, row));
        seen.map(|row| ids::encode(&policy.types[ty].prefix, row.id)).collect()
    }
}

impl Policy {
    /// Whether `who` sees a row of type `ty`.
    pub fn sees_row(&self, who: &Who, ty: &str, row: &Row) -> bool {
        let readers = self.types.get(ty).and_then(|ty| ty.rows.as_ref());
        !who.refused && readers.is_none_or(|readers| self.reads(who, readers, row))
    }

    /// Whether `who` may be told the id of a row of type `ty`: who sees it, or a row that names it.
    pub fn may_name(&self, facts: &Facts, who: &Who, ty: &str, row: &Row) -> bool {
        let named_by = |(of, field): (&str, &str)| {
            let field = self.field(of, field);
            let by = field.by.filter(|_| field.names.as_deref() == Some(ty));
            by.is_some_and(|by| {
                let mut rows = facts.rows[of].iter();
                rows.any(|naming| naming.key(&by) == Some(row.id) && self.sees_row(who, of, naming))
            })
        };
        self.sees_row(who, ty, row) || self.fields().any(named_by)
    }

    /// Whether `who` reads `field` of a row that is visible.
    pub fn sees_field(&self, who: &Who, ty: &str, field: &str, row: &Row) -> bool {
        let readers = self.readers(ty, field);
        readers.is_none_or(|readers| self.reads(who, readers, row))
    }

    /// Whether there could be a row of which `who` reads `field`: where not, the field is refused.
    pub fn may_ask(&self, who: &Who, ty: &str, field: &str) -> bool {
        let Some(readers) = self.readers(ty, field) else { return true };
        who.grants.iter().any(|held| {
            readers.roles.contains(&held.role)
                && match held.scope.as_str() {
                    "NATION" => true,
                    "ORGANISATION" => readers.within.is_some(),
                    _ => false,
                }
        })
    }

    fn reads(&self, who: &Who, readers: &Readers, row: &Row) -> bool {
        let meets = |condition: Option<&String>| {
            condition.is_none_or(|condition| row.meets.contains(condition))
        };
        let within = |of: Option<Uuid>| readers.within.as_ref().is_some_and(|c| row.names(c, of));
        let concerned = readers.account.as_ref().is_some_and(|c| row.names(c, who.account));
        let signed_in = readers.signed_in && who.account.is_some();
        let assigned = readers.assigned.as_ref().is_some_and(|c| row.names(c, who.account))
            && who.grants.iter().any(|held| readers.assigned_roles.contains(&held.role));
        let by_role =
            who.grants.iter().filter(|held| readers.roles.contains(&held.role)).any(|held| {
                match held.scope.as_str() {
                    "NATION" => true,
                    "ORGANISATION" => within(held.of) && meets(readers.within_when.as_ref()),
                    _ => false,
                }
            });
        let placed = readers.nation_when.as_ref().is_some_and(|c| row.meets.contains(c));
        let placed = placed
            && who
                .grants
                .iter()
                .any(|held| readers.nation.contains(&held.role) && held.scope == "NATION");
        let public = readers.everyone_when.as_ref();
        let public = public.is_some_and(|condition| row.meets.contains(condition));
        public || by_role || placed || concerned || signed_in || assigned
    }
}

/// The rows of a table with the keys in `columns`, some of which are queries, and which of the conditions
/// they meet.
async fn read(
    world: &World,
    table: &str,
    (columns, conditions): (&BTreeSet<String>, &[&String]),
    today: NaiveDate,
) -> Vec<Row> {
    let (queries, columns): (Vec<&String>, Vec<&String>) =
        columns.iter().partition(|column| column.starts_with("select "));
    let dated = |text: &str| text.replace("{today}", &format!("'{today}'"));
    let told: Vec<String> = conditions.iter().map(|condition| dated(condition)).collect();
    let mut rows = plain(world, table, &columns, &told).await;
    for row in &mut rows {
        let met = std::mem::take(&mut row.meets);
        let met = conditions.iter().zip(&told).filter(|(_, told)| met.contains(*told));
        row.meets = met.map(|(condition, _)| (*condition).clone()).collect();
    }
    for query in queries {
        let text = dated(query);
        let engine = world.engine();
        let (row, key) = (engine.hex("row_id"), engine.hex("key_id"));
        let sql = format!(
            "with pairs (row_id, key_id) as ({text}) select {row} || ' ' || {key} from pairs"
        );
        for line in world.database.eye.texts(&sql).await {
            let (row, key) = line.split_once(' ').expect("two ids");
            let (row, key) = (Uuid::parse_str(row).ok(), Uuid::parse_str(key).ok());
            let row = rows.iter_mut().find(|known| Some(known.id) == row);
            if let (Some(row), Some(key)) = (row, key) {
                row.keys.entry(query.clone()).or_default().insert(key);
            }
        }
    }
    rows
}

/// The rows of a table with the keys in `columns`, and which of the conditions they meet.
async fn plain(world: &World, table: &str, columns: &[&String], conditions: &[String]) -> Vec<Row> {
    let engine = world.engine();
    let keys = columns.iter().map(|column| format!(" || ' ' || {}", engine.hex(column)));
    let meets = conditions
        .iter()
        .map(|condition| format!(" || ' ' || case when {condition} then 'yes' else 'no' end"));
    let more: String = keys.chain(meets).collect();
    let sql = format!("select {}{more} from {table} order by id", engine.hex("id"));
    let parse = |text: &str| Uuid::parse_str(text).ok();
    let row = |line: String| {
        let mut parts = line.split(' ');
        let id = parts.next().and_then(parse).expect("an id");
        let keys = columns.iter().zip(parts.by_ref());
        let keys = keys.filter_map(|(c, key)| Some(((*c).clone(), BTreeSet::from([parse(key)?]))));
        let keys = keys.collect();
        let meets = conditions.iter().zip(parts).filter(|(_, met)| *met == "yes");
        Row { id, keys, meets: meets.map(|(condition, _)| condition.clone()).collect() }
    };
    world.database.eye.texts(&sql).await.into_iter().map(row).collect()
}

/// Grants in force, by account: within their period, and for the nation only where the role may be.
async fn grants(world: &World, policy: &Policy, today: NaiveDate) -> Vec<(Uuid, Held)> {
    let engine = world.engine();
    let sql = format!(
        "select {} || ' ' || role || ' ' || scope_type || ' ' || {} from role_grant \
         where valid_from <= '{today}' and (valid_to is null or valid_to > '{today}')",
        engine.hex("account_id"),
        engine.hex("scope_id")
    );
    let grant = |line: String| {
        let mut parts = line.split(' ');
        let mut next = || parts.next().expect("four parts").to_owned();
        let account = Uuid::parse_str(&next()).expect("an id");
        let (role, scope, of) = (next(), next(), Uuid::parse_str(&next()).ok());
        (account, Held { role, scope, of })
    };
    let counts = |held: &Held| held.scope != "NATION" || policy.national.contains(&held.role);
    let all = world.database.eye.texts(&sql).await.into_iter().map(grant);
    all.filter(|(_, held)| counts(held)).collect()
}

/// Accounts that are disabled or whose tokens were ended.
async fn refused(world: &World) -> BTreeSet<Uuid> {
    let id = world.engine().hex("id");
    let sql = format!(
        "select {id} from account where not enabled \
         union all select {id} from ended_access where kind = 'ACCOUNT'"
    );
    let ids = world.database.eye.texts(&sql).await;
    ids.iter().map(|id| Uuid::parse_str(id).expect("an id")).collect()
}
