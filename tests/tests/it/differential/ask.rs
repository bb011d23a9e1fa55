//! A random question: what it asks, and how it is written in GraphQL.

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::facts::{Facts, Row};
use crate::network::Dice;

/// A type that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Organisation,
    Site,
    Identifier,
    Name,
    Membership,
    Region,
    Board,
    Succession,
    Assignment,
    Grant,
    Audit,
}

/// How a relation leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    One,
    List,
    Page,
}

/// A relation: its name, where it leads, how, and whether it takes a day.
pub type Relation = (&'static str, Ty, Many, bool);

/// The kind of a value that can be filtered by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Id,
    Text,
    Enum,
    Bool,
    Ordered,
}

impl Ty {
    /// What the schema calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organisation => "Organisation",
            Self::Site => "Site",
            Self::Identifier => "OrganisationIdentifier",
            Self::Name => "OrganisationName",
            Self::Membership => "BoardMembership",
            Self::Region => "Region",
            Self::Board => "IntegratedCareBoard",
            Self::Succession => "OrganisationSuccession",
            Self::Assignment => "BoardAssignment",
            Self::Grant => "RoleGrant",
            Self::Audit => "AuditEvent",
        }
    }

    pub fn values(self) -> Vec<&'static str> {
        let names = match self {
            Self::Organisation => {
                "id name currentName shortName kind status isReferenceOnly delivers employs odsCode address \
                 postcode openedOn closedOn closureReason createdAt updatedAt version"
            }
            Self::Site => "id name odsCode address postcode",
            Self::Identifier => "id scheme value validFrom validTo verifiedAt verifiedBy",
            Self::Name => "id name validFrom validTo",
            Self::Membership => "id role validFrom validTo",
            Self::Region => "id odsCode name",
            Self::Board => "id odsCode name validFrom validTo",
            Self::Succession => "id kind effectiveOn notes",
            Self::Assignment => "id since status version",
            Self::Grant => "id role scopeType accountLabel validFrom validTo",
            Self::Audit => {
                "id sequence at action actingAs entityType entityVersion fields requestId previousHash hash"
            }
        };
        names.split_whitespace().collect()
    }

    pub const fn relations(self) -> &'static [Relation] {
        use Many::{List, One, Page};
        match self {
            Self::Organisation => &[
                ("integratedCareBoard", Self::Board, One, true),
                ("associateBoards", Self::Board, List, true),
                ("region", Self::Region, One, true),
                ("boardMemberships", Self::Membership, List, false),
                ("names", Self::Name, List, false),
                ("identifiers", Self::Identifier, List, false),
                ("sites", Self::Site, Page, false),
                ("successors", Self::Succession, List, false),
                ("predecessors", Self::Succession, List, false),
                ("auditEvents", Self::Audit, Page, false),
            ],
            Self::Membership => &[("integratedCareBoard", Self::Board, One, false)],
            Self::Region => &[
                ("integratedCareBoards", Self::Board, Page, true),
                ("organisations", Self::Organisation, Page, true),
            ],
            Self::Board => &[
                ("region", Self::Region, One, false),
                ("organisations", Self::Organisation, Page, true),
            ],
            Self::Succession => &[
                ("predecessor", Self::Organisation, One, false),
                ("successor", Self::Organisation, One, false),
            ],
            Self::Assignment => &[
                ("organisation", Self::Organisation, One, false),
                ("previousBoard", Self::Board, One, false),
                ("candidates", Self::Board, List, false),
                ("assignedBoard", Self::Board, One, false),
            ],
            Self::Grant => &[("organisation", Self::Organisation, One, false)],
            Self::Site | Self::Identifier | Self::Name | Self::Audit => &[],
        }
    }

    /// What pages of it can be filtered by.
    pub const fn filters(self) -> &'static [(&'static str, Kind)] {
        use Kind::{Bool, Enum, Id, Ordered, Text};
        match self {
            Self::Organisation => &[
                ("id", Id),
                ("currentName", Text),
                ("kind", Enum),
                ("status", Enum),
                ("isReferenceOnly", Bool),
                ("delivers", Bool),
                ("employs", Bool),
                ("postcode", Text),
                ("openedOn", Ordered),
                ("closedOn", Ordered),
                ("createdAt", Ordered),
                ("updatedAt", Ordered),
                ("regionId", Id),
                ("integratedCareBoardId", Id),
                ("odsCode", Text),
            ],
            Self::Site => &[("id", Id), ("name", Text)],
            Self::Region => &[("id", Id), ("odsCode", Text), ("name", Text)],
            Self::Board => &[
                ("id", Id),
                ("odsCode", Text),
                ("name", Text),
                ("validFrom", Ordered),
                ("validTo", Ordered),
                ("regionId", Id),
            ],
            Self::Assignment => &[("id", Id), ("status", Enum)],
            Self::Grant => &[("id", Id), ("role", Enum), ("scopeType", Enum)],
            Self::Audit => &[("id", Id), ("at", Ordered), ("action", Text)],
            Self::Identifier | Self::Name | Self::Membership | Self::Succession => &[],
        }
    }

    /// What pages of it can be ordered by; the first is the order of lists.
    pub const fn orders(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Organisation => &[
                ("currentName", "CURRENT_NAME"),
                ("openedOn", "OPENED_ON"),
                ("closedOn", "CLOSED_ON"),
                ("createdAt", "CREATED_AT"),
                ("updatedAt", "UPDATED_AT"),
            ],
            Self::Site => &[("name", "NAME")],
            Self::Region => &[("name", "NAME"), ("odsCode", "ODS_CODE")],
            Self::Board => &[
                ("name", "NAME"),
                ("odsCode", "ODS_CODE"),
                ("validFrom", "VALID_FROM"),
                ("validTo", "VALID_TO"),
            ],
            Self::Assignment => &[("since", "SINCE")],
            Self::Grant | Self::Name | Self::Membership => &[("validFrom", "VALID_FROM")],
            Self::Audit => &[("sequence", "SEQUENCE")],
            Self::Identifier | Self::Succession => &[],
        }
    }
}

/// A filter.
#[derive(Clone, Debug)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare { field: &'static str, operator: &'static str, value: Value, bare: bool },
}

impl Filter {
    fn text(&self) -> String {
        let each = |filters: &[Self]| filters.iter().map(Self::text).collect::<Vec<_>>().join(", ");
        match self {
            Self::All(filters) => format!("{{ and: [{}] }}", each(filters)),
            Self::Any(filters) => format!("{{ or: [{}] }}", each(filters)),
            Self::Not(filter) => format!("{{ not: {} }}", filter.text()),
            Self::Compare { field, operator, value, bare } => {
                let value = value.to_string();
                let value = if *bare { value.replace('"', "") } else { value };
                format!("{{ {field}: {{ {operator}: {value} }} }}")
            }
        }
    }
}

/// The arguments of a page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub size: Option<usize>,
    pub backwards: bool,
    pub filter: Option<Filter>,
    pub order: Vec<(&'static str, &'static str, bool)>,
    /// After how many rows it is to go on, and the cursor once it is known.
    pub after: Option<(usize, String)>,
    pub count: bool,
    pub info: bool,
    pub edges: bool,
    pub nodes: bool,
}

/// What a field asks for.
#[derive(Clone, Debug)]
pub enum What {
    Typename,
    Value,
    One,
    List,
    Page(Page),
}

/// A field of a question.
#[derive(Clone, Debug)]
pub struct Ask {
    pub key: String,
    pub name: &'static str,
    pub what: What,
    /// The type below.
    pub ty: Ty,
    /// The key of a root field for one row.
    pub by: Option<(&'static str, String)>,
    pub on: Option<NaiveDate>,
    pub below: Vec<Ask>,
    /// Whether it is written inside a fragment.
    fragment: bool,
}

impl Ask {
    /// The field as GraphQL.
    pub fn text(&self) -> String {
        let alias = if self.key == self.name { String::new() } else { format!("{}: ", self.key) };
        format!("{alias}{}{}{}", self.name, self.arguments(), self.selection())
    }

    fn arguments(&self) -> String {
        let mut arguments = Vec::new();
        arguments
            .extend(self.by.as_ref().map(|(key, value)| format!("by: {{ {key}: {value:?} }}")));
        arguments.extend(self.on.map(|on| format!("asOf: \"{on}\"")));
        if let What::Page(page) = &self.what {
            let size = if page.backwards { "last" } else { "first" };
            arguments.extend(page.size.map(|rows| format!("{size}: {rows}")));
            let cursor = if page.backwards { "before" } else { "after" };
            arguments.extend(page.after.as_ref().map(|(_, text)| format!("{cursor}: {text:?}")));
            arguments
                .extend(page.filter.as_ref().map(|filter| format!("where: {}", filter.text())));
            let order = page.order.iter().map(|(_, field, descending)| {
                let direction = if *descending { ", direction: DESC" } else { "" };
                format!("{{ field: {field}{direction} }}")
            });
            let order: Vec<String> = order.collect();
            arguments
                .extend((!order.is_empty()).then(|| format!("orderBy: [{}]", order.join(", "))));
        }
        if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) }
    }

    fn selection(&self) -> String {
        let part = |ask: &Self| {
            if ask.fragment {
                format!("... on {} {{ {} }}", self.ty.name(), ask.text())
            } else {
                ask.text()
            }
        };
        let below = || self.below.iter().map(part).collect::<Vec<_>>().join(" ");
        match &self.what {
            What::Typename | What::Value => String::new(),
            What::One | What::List => format!(" {{ {} }}", below()),
            What::Page(page) => {
                let mut parts = Vec::new();
                parts.extend(page.count.then(|| "totalCount".to_owned()));
                parts.extend(page.edges.then(|| format!("edges {{ node {{ {} }} }}", below())));
                parts.extend(
                    page.info.then(|| "pageInfo { hasNextPage hasPreviousPage }".to_owned()),
                );
                parts.extend(page.nodes.then(|| format!("nodes {{ {} }}", below())));
                format!(" {{ {} }}", parts.join(" "))
            }
        }
    }

    /// The question for the cursor at which this list is to go on.
    pub fn up_to_its_cursor(&self) -> Option<String> {
        let What::Page(page) = &self.what else { return None };
        let (rows, _) = page.after.as_ref()?;
        let mut whole = self.clone();
        whole.what = What::Page(Page { after: None, size: Some(*rows), ..page.clone() });
        let cursor = if page.backwards { "endCursor: startCursor" } else { "endCursor" };
        Some(format!("list: {}{} {{ pageInfo {{ {cursor} }} }}", self.name, whole.arguments()))
    }

    /// Goes on at a cursor; an empty list has none, and begins at its beginning.
    pub fn go_on_at(&mut self, cursor: Option<String>) {
        if let What::Page(Page { after, .. }) = &mut self.what {
            *after = after.take().and_then(|(rows, _)| Some((rows, cursor?)));
        }
    }
}

/// Makes questions.
pub struct Asker<'a> {
    plain: &'a Facts,
    dice: &'a mut Dice,
    today: NaiveDate,
    keys: usize,
}

impl<'a> Asker<'a> {
    pub const fn new(plain: &'a Facts, dice: &'a mut Dice, today: NaiveDate) -> Self {
        Self { plain, dice, today, keys: 0 }
    }

    /// One or two root fields.
    pub fn asks(&mut self) -> Vec<Ask> {
        (0..=self.dice.below(2)).map(|_| self.root()).collect()
    }

    fn root(&mut self) -> Ask {
        let (name, ty, dated, page) = *self.dice.pick(&[
            ("organisations", Ty::Organisation, true, true),
            ("organisations", Ty::Organisation, true, true),
            ("organisation", Ty::Organisation, true, false),
            ("regions", Ty::Region, false, true),
            ("region", Ty::Region, false, false),
            ("integratedCareBoards", Ty::Board, true, true),
            ("integratedCareBoard", Ty::Board, true, false),
            ("boardAssignments", Ty::Assignment, false, true),
            ("roleGrants", Ty::Grant, false, true),
        ]);
        let on = if dated { self.some_day() } else { None };
        let what = if page {
            What::Page(self.page(ty, on.unwrap_or(self.today), true))
        } else {
            What::One
        };
        let by = (!page).then(|| self.key(ty, on.unwrap_or(self.today)));
        let below = self.below(ty, on.unwrap_or(self.today), 3);
        Ask { key: self.alias(), name, what, ty, by, on, below, fragment: false }
    }

    fn key(&mut self, ty: Ty, on: NaiveDate) -> (&'static str, String) {
        let rows = self.plain.all(ty);
        let row = *self.dice.pick(&rows);
        let key = if self.dice.once_in(2) { "id" } else { "odsCode" };
        let value = self.plain.value(row, key, on);
        match value.as_str() {
            Some(text) if !self.dice.once_in(8) => (key, text.to_owned()),
            _ if key == "id" => (key, format!("{}_{:032x}", row.prefix(), 7)),
            _ => (key, "ZZNONE".to_owned()),
        }
    }

    /// An alias that no other field of the question has.
    fn alias(&mut self) -> String {
        self.keys += 1;
        format!("f{}", self.keys)
    }

    /// A day on or beside one on which facts change, or none.
    fn some_day(&mut self) -> Option<NaiveDate> {
        let day = match self.dice.below(4) {
            0 => return None,
            1 => {
                *self.dice.pick(&["2026-03-31", "2026-04-01", "2022-07-01"].map(tests::given::day))
            }
            2 => self.dice.day(),
            _ => self.dice.day() - Days::new(1),
        };
        Some(day)
    }

    /// A selection on `ty`, so many relations deep.
    fn below(&mut self, ty: Ty, on: NaiveDate, depth: usize) -> Vec<Ask> {
        let count = 1 + self.dice.below(5);
        let values = self.dice.some(count, &ty.values());
        let mut asks: Vec<Ask> =
            values.into_iter().map(|name| self.leaf(ty, name, What::Value)).collect();
        if self.dice.once_in(6) {
            asks.push(self.leaf(ty, "__typename", What::Typename));
        }
        if depth > 0 {
            let count = self.dice.below(4);
            for relation in self.dice.some(count, ty.relations()) {
                let ask = self.relation(relation, on, depth);
                asks.push(ask);
            }
        }
        let order: Vec<usize> = (0..asks.len()).collect();
        self.dice.some(asks.len(), &order).into_iter().map(|index| asks[index].clone()).collect()
    }

    fn leaf(&mut self, ty: Ty, name: &'static str, what: What) -> Ask {
        let key = if self.dice.once_in(4) { self.alias() } else { name.to_owned() };
        let fragment = self.dice.once_in(5);
        Ask { key, name, what, ty, by: None, on: None, below: Vec::new(), fragment }
    }

    fn relation(&mut self, (name, ty, many, dated): Relation, on: NaiveDate, depth: usize) -> Ask {
        let own = if dated { self.some_day() } else { None };
        let on = own.unwrap_or(on);
        let what = match many {
            Many::One => What::One,
            Many::List => What::List,
            Many::Page => What::Page(self.page(ty, on, false)),
        };
        let key = if self.dice.once_in(4) { self.alias() } else { name.to_owned() };
        let below = self.below(ty, on, depth - 1);
        Ask { key, name, what, ty, by: None, on: own, below, fragment: self.dice.once_in(5) }
    }

    fn page(&mut self, ty: Ty, on: NaiveDate, root: bool) -> Page {
        let size =
            if root { self.dice.maybe(&[1, 2, 5, 17, 100]) } else { Some(1 + self.dice.below(6)) };
        let backwards = size.is_some() && self.dice.once_in(3);
        let filter = (!self.dice.once_in(3)).then(|| self.filter(ty, on, 3));
        let mut order = Vec::new();
        if self.dice.once_in(2) {
            let count = self.dice.below(4);
            for (field, name) in self.dice.some(count, ty.orders()) {
                order.push((field, name, self.dice.once_in(2)));
            }
        }
        let after = (root && self.dice.once_in(2)).then(|| (1 + self.dice.below(9), String::new()));
        let [count, info, edges] = [2, 2, 3].map(|times| self.dice.once_in(times));
        Page {
            size,
            backwards,
            filter,
            order,
            after,
            count,
            info,
            edges,
            nodes: !edges || self.dice.once_in(3),
        }
    }

    fn filter(&mut self, ty: Ty, on: NaiveDate, depth: usize) -> Filter {
        let shape = if depth == 0 { 3 } else { self.dice.below(6) };
        let mut below = || -> Vec<Filter> {
            let count = self.dice.below(3);
            (0..count).map(|_| self.filter(ty, on, depth - 1)).collect()
        };
        match shape {
            0 => Filter::All(below()),
            1 => Filter::Any(below()),
            2 => Filter::Not(Box::new(self.filter(ty, on, depth - 1))),
            _ => self.comparison(ty, on),
        }
    }

    fn comparison(&mut self, ty: Ty, on: NaiveDate) -> Filter {
        let (field, kind) = *self.dice.pick(ty.filters());
        let rows: Vec<Row<'_>> = self.plain.all(ty);
        let plain = self.plain;
        let dice = &mut *self.dice;
        let known =
            rows.iter().map(|row| plain.filtered(*row, field, on)).filter(|value| !value.is_null());
        let known: Vec<Value> = known.collect();
        let operators: &[&str] = match kind {
            Kind::Bool => &["eq"],
            Kind::Id | Kind::Enum => &["eq", "in"],
            Kind::Text => &["eq", "in", "startsWith"],
            Kind::Ordered => &["eq", "in", "before", "upTo", "after", "from"],
        };
        let operator = *dice.pick(operators);
        if known.is_empty() || dice.once_in(6) {
            let value = Value::Bool(dice.once_in(2));
            return Filter::Compare { field, operator: "isNull", value, bare: false };
        }
        let value = match operator {
            "in" => {
                let count = dice.below(5);
                Value::Array(dice.some(count, &known))
            }
            "startsWith" => {
                let text = dice.pick(&known).as_str().expect("a text").to_owned();
                let letters = dice.below(5);
                Value::from(text.chars().take(letters).collect::<String>())
            }
            _ => dice.pick(&known).clone(),
        };
        Filter::Compare { field, operator, value, bare: kind == Kind::Enum }
    }
}
