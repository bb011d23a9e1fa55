//! The plain reader: it finds, filters, sorts and cuts with loops, and has its own idea of who may see what.

use std::cmp::Ordering;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ask::{Ask, Filter, Page, Ty, What};
use super::facts::{Facts, Row, in_force};
use crate::network::Dice;

/// Who asks: the account, and the roles in force with the organisation of each (none: the nation).
#[derive(Debug, Default)]
pub struct Who {
    account: Option<Uuid>,
    roles: Vec<(String, Option<Uuid>)>,
}

impl Who {
    fn nationally(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|(role, place)| place.is_none() && roles.contains(&role.as_str()))
    }

    fn in_organisation(&self, roles: &[&str], organisation: Uuid) -> bool {
        self.roles
            .iter()
            .any(|(role, place)| *place == Some(organisation) && roles.contains(&role.as_str()))
    }

    fn in_any_organisation(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|(role, place)| place.is_some() && roles.contains(&role.as_str()))
    }
}

/// Whom a partner trusts with its own affairs.
const KEEPERS: [&str; 2] = ["PCO", "PSG"];

/// What an answer has to be.
pub struct Expected {
    pub data: Value,
    /// The paths of the fields that are withheld.
    pub withheld: Vec<String>,
}

impl Facts {
    /// The subject of an account, or nobody.
    pub fn any_subject(&self, dice: &mut Dice) -> Option<String> {
        match dice.below(6) {
            0 => None,
            1 => Some("nobody".to_owned()),
            // Accounts of the national team and of the two tenants are few: they get their share.
            2 | 3 => {
                let few: Vec<_> =
                    self.accounts.iter().filter(|row| !row.subject.starts_with("thrown")).collect();
                Some(dice.pick(&few).subject.clone())
            }
            // A disabled account gets no answer at all.
            _ => {
                let enabled: Vec<_> = self.accounts.iter().filter(|row| row.enabled).collect();
                Some(dice.pick(&enabled).subject.clone())
            }
        }
    }

    /// The account of a subject with its roles in force.
    pub fn who(&self, subject: Option<&str>, today: NaiveDate) -> Who {
        let Some(account) = self.accounts.iter().find(|row| Some(row.subject.as_str()) == subject)
        else {
            return Who::default();
        };
        let grants = self.grants.iter().filter(|row| {
            account.enabled
                && row.account_id == account.id
                && in_force(Some(row.valid_from), row.valid_to, today)
        });
        let roles = grants.map(|row| (row.role.clone(), row.scope_id)).collect();
        Who { account: Some(account.id), roles }
    }

    /// Whether the row exists for whoever asks.
    fn visible(&self, who: &Who, row: Row<'_>) -> bool {
        match row {
            Row::Assignment(row) => {
                who.nationally(&["NLO", "NQL", "NAN", "FNO", "FNA"])
                    || who.in_organisation(&KEEPERS, row.organisation_id)
            }
            Row::Grant(row) => {
                who.nationally(&["NLO", "DPO"])
                    || row.scope_id.is_some_and(|place| who.in_organisation(&KEEPERS, place))
                    || who.account == Some(row.account_id)
            }
            Row::Audit(row) => who.nationally(&["DPO"]) || who.in_organisation(&KEEPERS, row.chain),
            _ => true,
        }
    }

    /// Which roles open a field for the nation; `None` if it is open to all.
    fn guard(ty: Ty, field: &str) -> Option<&'static [&'static str]> {
        match (ty, field) {
            (Ty::Organisation, "auditEvents") => Some(&["DPO"]),
            (Ty::Identifier, "verifiedBy") => Some(&["NLO", "NQL"]),
            _ => None,
        }
    }

    /// Whether whoever asks may read the field of this row.
    fn opened(who: &Who, row: Row<'_>, roles: &[&str]) -> bool {
        who.nationally(roles)
            || match row {
                Row::Organisation(row) => who.in_organisation(&KEEPERS, row.id),
                Row::Identifier(row) => who.in_organisation(&KEEPERS, row.organisation_id),
                _ => false,
            }
    }

    /// Whether the field is withheld from whoever asks on every row.
    fn withheld(who: &Who, ty: Ty, field: &str) -> bool {
        Self::guard(ty, field)
            .is_some_and(|roles| !who.nationally(roles) && !who.in_any_organisation(&KEEPERS))
    }

    /// The answer to root fields.
    pub fn answer(&self, who: &Who, asks: &[Ask], today: NaiveDate) -> Expected {
        let mut data = Map::new();
        let mut withheld = Vec::new();
        for ask in asks {
            let on = ask.on.unwrap_or(today);
            let rows = self.all(ask.ty).into_iter();
            let value = match &ask.what {
                What::Page(page) => {
                    let listed = |row: &Row<'_>| match row {
                        Row::Board(row) => in_force(Some(row.valid_from), row.valid_to, on),
                        _ => true,
                    };
                    self.page(who, rows.filter(listed).collect(), ask, page, on)
                }
                _ => {
                    let (key, value) = ask.by.as_ref().expect("a key");
                    let holds = |row: &Row<'_>| match row {
                        Row::Organisation(row) if *key == "odsCode" => {
                            self.codes(row.id, on).any(|code| code == value)
                        }
                        _ => self.value(*row, key, on) == **value,
                    };
                    let found = rows.filter(holds).find(|row| self.visible(who, *row));
                    found.map_or(Value::Null, |row| self.object(who, row, ask.ty, &ask.below, on))
                }
            };
            data.insert(ask.key.clone(), value);
            Self::paths(who, ask, &Self::place("", ask), &mut withheld);
        }
        withheld.sort();
        Expected { data: Value::Object(data), withheld }
    }

    fn place(above: &str, ask: &Ask) -> String {
        if above.is_empty() { ask.key.clone() } else { format!("{above}.{}", ask.key) }
    }

    /// The paths of withheld fields below a field.
    fn paths(who: &Who, ask: &Ask, place: &str, found: &mut Vec<String>) {
        let places: Vec<String> = match &ask.what {
            What::Page(page) => {
                let edges = page.edges.then(|| format!("{place}.edges.node"));
                edges.into_iter().chain(page.nodes.then(|| format!("{place}.nodes"))).collect()
            }
            _ => vec![place.to_owned()],
        };
        for place in places {
            for below in &ask.below {
                let here = Self::place(&place, below);
                if Self::withheld(who, ask.ty, below.name) {
                    found.push(here);
                } else {
                    Self::paths(who, below, &here, found);
                }
            }
        }
    }

    fn object(&self, who: &Who, row: Row<'_>, ty: Ty, asks: &[Ask], on: NaiveDate) -> Value {
        let mut object = Map::new();
        for ask in asks {
            let guard = Self::guard(ty, ask.name);
            let opened = guard.is_none_or(|roles| Self::opened(who, row, roles));
            let on = ask.on.unwrap_or(on);
            let rows = || {
                let rows = if opened { self.related(row, ask.name, on) } else { Vec::new() };
                rows.into_iter().filter(|row| self.visible(who, *row)).collect::<Vec<_>>()
            };
            let value = match &ask.what {
                _ if Self::withheld(who, ty, ask.name) => Value::Null,
                What::Typename => json!(ty.name()),
                What::Value if !opened => Value::Null,
                What::Value => self.value(row, ask.name, on),
                What::One => rows()
                    .first()
                    .map_or(Value::Null, |row| self.object(who, *row, ask.ty, &ask.below, on)),
                What::List => {
                    let mut rows = rows();
                    rows.sort_by(|a, b| self.compare(*a, *b, &[], ask.ty, on));
                    rows.iter().map(|row| self.object(who, *row, ask.ty, &ask.below, on)).collect()
                }
                What::Page(page) => self.page(who, rows(), ask, page, on),
            };
            object.insert(ask.key.clone(), value);
        }
        Value::Object(object)
    }

    fn page(&self, who: &Who, rows: Vec<Row<'_>>, ask: &Ask, page: &Page, on: NaiveDate) -> Value {
        let mut rows: Vec<Row<'_>> = rows
            .into_iter()
            .filter(|row| self.visible(who, *row))
            .filter(|row| page.filter.as_ref().is_none_or(|filter| self.holds(*row, filter, on)))
            .collect();
        rows.sort_by(|a, b| self.compare(*a, *b, &page.order, ask.ty, on));
        let total = rows.len();
        let passed = page.after.as_ref().map_or(0, |(rows, _)| (*rows).min(total));
        let left = total - passed;
        let size = page.size.unwrap_or(20).min(left);
        let rows =
            if page.backwards { &rows[left - size..left] } else { &rows[passed..passed + size] };
        let (more, behind) = (left > size, page.after.is_some());
        let (next, previous) = if page.backwards { (behind, more) } else { (more, behind) };
        let nodes: Vec<Value> =
            rows.iter().map(|row| self.object(who, *row, ask.ty, &ask.below, on)).collect();
        let mut connection = Map::new();
        if page.count {
            connection.insert("totalCount".to_owned(), json!(total));
        }
        if page.edges {
            let edges = nodes.iter().map(|node| json!({ "node": node })).collect();
            connection.insert("edges".to_owned(), edges);
        }
        if page.info {
            let info = json!({ "hasNextPage": next, "hasPreviousPage": previous });
            connection.insert("pageInfo".to_owned(), info);
        }
        if page.nodes {
            connection.insert("nodes".to_owned(), nodes.into());
        }
        Value::Object(connection)
    }

    fn holds(&self, row: Row<'_>, filter: &Filter, on: NaiveDate) -> bool {
        match filter {
            Filter::All(filters) => filters.iter().all(|filter| self.holds(row, filter, on)),
            Filter::Any(filters) => filters.iter().any(|filter| self.holds(row, filter, on)),
            Filter::Not(filter) => !self.holds(row, filter, on),
            Filter::Compare { field, operator, value, .. } => {
                let found = self.filtered(row, field, on);
                match (*operator, found.as_str(), value.as_str()) {
                    ("isNull", ..) => found.is_null() == *value,
                    ("eq", ..) => found == *value,
                    ("in", ..) => value.as_array().is_some_and(|values| values.contains(&found)),
                    (operator, Some(found), Some(value)) => match operator {
                        "startsWith" => found.starts_with(value),
                        "before" => found < value,
                        "upTo" => found <= value,
                        "after" => found > value,
                        _ => found >= value,
                    },
                    _ => false,
                }
            }
        }
    }

    /// The order of two rows: the given fields, nulls last in both directions, then the id.
    fn compare(
        &self,
        a: Row<'_>,
        b: Row<'_>,
        order: &[(&'static str, &'static str, bool)],
        ty: Ty,
        on: NaiveDate,
    ) -> Ordering {
        let default = ty.orders().first().map(|(field, name)| (*field, *name, false));
        let default: Vec<_> = default.into_iter().collect();
        let order = if order.is_empty() { &default } else { order };
        for &(field, _, descending) in order {
            let (first, second) = (self.value(a, field, on), self.value(b, field, on));
            let by = match (first.is_null(), second.is_null()) {
                (false, false) => {
                    let texts = first.as_str().cmp(&second.as_str());
                    let by = texts.then(first.as_i64().cmp(&second.as_i64()));
                    if descending { by.reverse() } else { by }
                }
                (first, second) => first.cmp(&second),
            };
            if by != Ordering::Equal {
                return by;
            }
        }
        a.uuid().cmp(&b.uuid())
    }
}
