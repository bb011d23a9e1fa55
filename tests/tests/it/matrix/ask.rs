//! Documents that ask for everything, one for each channel: made from the schema alone.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::facts::Facts;
use super::policy::Policy;
use super::sdl::{Field, Sdl};

/// How many rows of a public type are asked for by name.
const SAMPLE: usize = 2;

/// How many rows a page holds: more than there are.
const PAGE: usize = 200;

/// How far relations are followed to what not everyone may see.
const DEPTH: usize = 2;

/// Where a question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The lists of the query root.
    Lists,
    /// One row by a key.
    By,
    /// The relations from every row.
    Nested,
    /// One row by its id.
    Node,
    /// Rows by their ids.
    Nodes,
    /// Entities of a federation by their ids.
    EntitiesById,
    /// Entities of a federation by other keys.
    EntitiesByKey,
    /// Filters and counts.
    Filters,
    /// Orders.
    Orders,
    /// Queries that no table answers alone.
    Computed,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Where it is put.
    pub channel: Channel,
    /// The document.
    pub document: String,
    /// Its variables.
    pub variables: Value,
    /// The words of the document.
    words: HashSet<String>,
}

impl Question {
    /// Asks `document` with `variables`.
    pub fn new(channel: Channel, document: String, variables: Value) -> Self {
        let words = document.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words = words.map(ToOwned::to_owned).collect();
        Self { channel, document, variables, words }
    }

    /// Whether it selects `field`.
    pub fn mentions(&self, field: &str) -> bool {
        self.words.contains(field)
    }

    /// Whether it is a gateway's.
    pub fn is_federated(&self) -> bool {
        matches!(self.channel, Channel::EntitiesById | Channel::EntitiesByKey)
    }
}

/// Makes questions.
pub struct Questioner<'a> {
    /// The schema.
    pub sdl: &'a Sdl,
    /// The matrix: only to know where to look deeper.
    pub policy: &'a Policy,
    /// The rows to ask for.
    pub facts: &'a Facts,
}

impl Questioner<'_> {
    /// A question for each channel.
    pub fn all(&self, keys: &Keys) -> Vec<Question> {
        let nodes = "ids: $of_TYPE";
        let entities = "representations: $of_TYPE";
        vec![
            self.question(Channel::Lists, self.lists(), Map::new()),
            self.question(Channel::By, self.by(keys), Map::new()),
            self.question(Channel::Node, self.node(), Map::new()),
            self.named(Channel::Nodes, ("[ID!]!", "nodes", nodes), |_, id| json!(id)),
            self.named(
                Channel::EntitiesById,
                ("[_Any!]!", "_entities", entities),
                |ty, id| json!({ "__typename": ty, "id": id }),
            ),
            self.by_keys(keys),
            self.nested(),
            self.question(Channel::Filters, self.filters(), Map::new()),
            self.question(Channel::Orders, self.orders(), Map::new()),
            self.question(Channel::Computed, self.computed(keys), Map::new()),
        ]
    }

    fn question(
        &self,
        channel: Channel,
        fields: Vec<String>,
        variables: Map<String, Value>,
    ) -> Question {
        let document = format!("{{ {} }}", fields.join("\n"));
        Question::new(channel, document, variables.into())
    }

    /// The types with rows.
    fn types(&self) -> impl Iterator<Item = &str> {
        self.policy.tables().map(|(name, ..)| name)
    }

    /// The rows of a type to ask for: all, where not everyone may see all of them.
    fn rows(&self, ty: &str) -> Vec<String> {
        let mut ids = self.facts.ids(self.policy, ty);
        if !self.policy.is_guarded(ty) {
            ids.truncate(SAMPLE);
        }
        ids
    }

    /// All values of a type.
    fn values(&self, ty: &str) -> String {
        let values: Vec<&str> = self.sdl.values(ty).collect();
        format!("__typename {}", values.join(" "))
    }

    /// Whether rows or values that not everyone may see are at most `depth` relations away.
    fn leads_to_guarded(&self, ty: &str, depth: usize) -> bool {
        self.policy.is_guarded(ty)
            || depth > 0
                && self.sdl.relations(ty).any(|(_, field)| {
                    let target = field.page().unwrap_or(&field.ty);
                    self.leads_to_guarded(target, depth - 1)
                })
    }

    /// All values of a type and all of its relations, with what they lead to.
    fn everything(&self, ty: &str) -> String {
        let all = self.sdl.relations(ty);
        self.selection(self.values(ty), all, DEPTH)
    }

    /// What is guarded in rows of a type, and those of its relations that lead to something guarded.
    fn onward(&self, ty: &str, depth: usize) -> String {
        let mut values = if self.policy.is_private(ty) { self.values(ty) } else { identity(ty) };
        for guarded in self.sdl.values(ty).filter(|value| self.policy.readers(ty, value).is_some())
        {
            values.push(' ');
            values.push_str(guarded);
        }
        let on = self.sdl.relations(ty).filter(|(_, field)| {
            depth > 0 && self.leads_to_guarded(field.page().unwrap_or(&field.ty), depth - 1)
        });
        self.selection(values, on, depth)
    }

    fn selection<'s>(
        &self,
        values: String,
        relations: impl Iterator<Item = (&'s str, &'s Field)>,
        depth: usize,
    ) -> String {
        let relations = relations.map(|(name, field)| {
            let below = self.onward(field.page().unwrap_or(&field.ty), depth.saturating_sub(1));
            relation(name, field, &below)
        });
        std::iter::once(values).chain(relations).collect()
    }

    fn lists(&self) -> Vec<String> {
        let pages = self.sdl.relations("Query").filter_map(|(name, f)| Some((name, f, f.page()?)));
        pages.map(|(name, field, ty)| relation(name, field, &self.values(ty))).collect()
    }

    fn by(&self, keys: &Keys) -> Vec<String> {
        let mut fields = Vec::new();
        for (name, field) in self.sdl.relations("Query") {
            if !field.arguments.iter().any(|argument| argument == "by") {
                continue;
            }
            for key in self.sdl.keys(&field.ty) {
                let values =
                    if key == "id" { self.rows(&field.ty) } else { keys.of(&field.ty, key) };
                for (place, value) in values.iter().enumerate() {
                    let selection = self.values(&field.ty);
                    fields.push(format!(
                        "{name}__{key}_{place}: {name}(by: {{ {key}: {value:?} }}) {{ {selection} }}"
                    ));
                }
            }
        }
        fields
    }

    fn node(&self) -> Vec<String> {
        let mut fields = Vec::new();
        for ty in self.types() {
            let rows = self.rows(ty);
            let some = rows.iter().step_by(rows.len().div_ceil(2 * SAMPLE).max(1));
            for (place, id) in some.enumerate() {
                let selection = self.values(ty);
                fields.push(format!(
                    "node__{ty}_{place}: node(id: {id:?}) {{ ... on {ty} {{ {selection} }} }}"
                ));
            }
        }
        fields
    }

    /// Rows by name, type by type.
    fn named(
        &self,
        channel: Channel,
        (list, field, argument): (&str, &str, &str),
        name: impl Fn(&str, &str) -> Value,
    ) -> Question {
        let (mut heads, mut fields, mut variables) = (Vec::new(), Vec::new(), Map::new());
        for ty in self.types() {
            heads.push(format!("$of_{ty}: {list}"));
            let selection = self.values(ty);
            let argument = argument.replace("TYPE", ty);
            fields.push(format!(
                "{field}__{ty}: {field}({argument}) {{ ... on {ty} {{ {selection} }} }}"
            ));
            let names = self.rows(ty).iter().map(|id| name(ty, id)).collect();
            variables.insert(format!("of_{ty}"), names);
        }
        let document = format!("query({}) {{ {} }}", heads.join(", "), fields.join("\n"));
        Question::new(channel, document, variables.into())
    }

    /// Entities by every key but the id.
    fn by_keys(&self, keys: &Keys) -> Question {
        let mut fields = Vec::new();
        let mut variables = Map::new();
        let mut heads = Vec::new();
        for ty in self.types() {
            for key in self.sdl.keys(ty).filter(|key| *key != "id") {
                let selection = self.onward(ty, 1);
                heads.push(format!("$of_{ty}_{key}: [_Any!]!"));
                fields.push(format!(
                    "_entities__{ty}_{key}: _entities(representations: $of_{ty}_{key}) \
                     {{ ... on {ty} {{ {selection} }} }}"
                ));
                let values = keys.of(ty, key);
                let named = values.iter().map(|value| json!({ "__typename": ty, key: value }));
                variables.insert(format!("of_{ty}_{key}"), named.collect());
            }
        }
        let document = format!("query({}) {{ {} }}", heads.join(", "), fields.join("\n"));
        Question::new(Channel::EntitiesByKey, document, variables.into())
    }

    /// Every relation from every row, and on to whatever is guarded.
    fn nested(&self) -> Question {
        let mut fields = Vec::new();
        for ty in self.types().filter(|ty| self.sdl.relations(ty).next().is_some()) {
            let ids: Vec<String> = self.rows(ty).iter().map(|id| format!("{id:?}")).collect();
            let selection = self.everything(ty);
            fields.push(format!(
                "nodes__{ty}: nodes(ids: [{}]) {{ ... on {ty} {{ {selection} }} }}",
                ids.join(", ")
            ));
        }
        self.question(Channel::Nested, fields, Map::new())
    }

    /// Every filter of every list: what it holds of, what it does not, and both.
    fn filters(&self) -> Vec<String> {
        self.lists_with(|ty| {
            let mut arguments = Vec::new();
            // A guarded field filters only for whoever reads it everywhere: `guarded` asks for that.
            let open = |filter: &&str| self.policy.readers(ty, filter).is_none();
            for (filter, kind) in self.sdl.filters(ty).filter(|(filter, _)| open(filter)) {
                let test = |name: &str, test: &str| {
                    (format!("{filter}_{name}"), format!("where: {{ {test} }}"))
                };
                let (null, filled) = (
                    format!("{filter}: {{ isNull: true }}"),
                    format!("{filter}: {{ isNull: false }}"),
                );
                arguments.push(test("any", &format!("or: [{{ {null} }}, {{ {filled} }}]")));
                arguments.push(test("null", &null));
                if kind == "StringFilter" {
                    arguments.push(test("mark", &format!("{filter}: {{ startsWith: \"cny-\" }}")));
                }
                if kind == "IDFilter" && filter == "id" {
                    let ids: Vec<String> =
                        self.rows(ty).iter().take(100).map(|id| format!("{id:?}")).collect();
                    arguments.push(test("in", &format!("id: {{ in: [{}] }}", ids.join(", "))));
                }
                if !self.policy.is_private(ty) {
                    // Nothing is learnt about rows that everyone sees: one question shows that it runs.
                    arguments.truncate(1);
                }
            }
            arguments
        })
    }

    /// Every order of every list, both ways.
    fn orders(&self) -> Vec<String> {
        self.lists_with(|ty| {
            let both = |field: &String| {
                ["ASC", "DESC"].map(|way| {
                    let argument = format!("orderBy: [{{ field: {field}, direction: {way} }}]");
                    (format!("{field}_{way}"), argument)
                })
            };
            self.sdl.orders(ty).iter().flat_map(both).collect()
        })
    }

    /// The lists of the root, and those of rows that lead to something guarded, each with arguments.
    fn lists_with(&self, arguments: impl Fn(&str) -> Vec<(String, String)>) -> Vec<String> {
        let list = |(name, field): (&str, &Field)| {
            let Some(ty) = field.page() else { return Vec::new() };
            let one = |(alias, argument): (String, String)| {
                let alias = format!("{name}__{alias}: {name}");
                format!(
                    "{alias}(first: {PAGE} {argument}) {{ __typename totalCount nodes {{ __typename id }} }} "
                )
            };
            arguments(ty).into_iter().map(one).collect()
        };
        let mut fields: Vec<String> = self.sdl.relations("Query").flat_map(list).collect();
        for ty in self.types() {
            let guarded = self.sdl.relations(ty).filter(|(name, field)| {
                self.policy.readers(ty, name).is_some()
                    || field.page().is_some_and(|page| self.policy.is_private(page))
            });
            let below: Vec<String> = guarded.flat_map(list).collect();
            if !below.is_empty() {
                let ids: Vec<String> = self.rows(ty).iter().map(|id| format!("{id:?}")).collect();
                fields.push(format!(
                    "nodes__{ty}: nodes(ids: [{}]) {{ ... on {ty} {{ __typename id {} }} }}",
                    ids.join(", "),
                    below.join(" ")
                ));
            }
        }
        fields
    }

    fn computed(&self, keys: &Keys) -> Vec<String> {
        let lookup = self.everything("OrganisationLookup");
        let codes = keys.of("Organisation", "odsCode");
        let look = |(place, code): (usize, &String)| {
            format!("organisationLookup__{place}: organisationLookup(ods: {code:?}) {{ {lookup} }}")
        };
        let mut fields: Vec<String> = codes.iter().enumerate().map(look).collect();
        let year = self.values("FinancialYear");
        fields.push(format!("financialYear(on: \"2026-05-01\") {{ {year} }}"));
        fields
    }
}

/// What tells a row from others, where it has an id.
fn identity(ty: &str) -> String {
    let has_none = matches!(ty, "OrganisationLookup" | "FinancialYear" | "Viewer" | "ViewerRole");
    if has_none { "__typename" } else { "__typename id" }.to_owned()
}

/// A field that leads to other rows: as a whole page in all its forms, or as it is.
fn relation(name: &str, field: &Field, below: &str) -> String {
    if field.page().is_none() {
        return format!(" {name} {{ {below} }}");
    }
    format!(
        " {name}(first: {PAGE}) {{ __typename totalCount nodes {{ {below} }} \
           edges {{ __typename node {{ __typename id }} }} \
           pageInfo {{ __typename hasNextPage hasPreviousPage }} }}"
    )
}

/// Values of the keys besides the id, as an answer tells them.
pub struct Keys(pub Value);

impl Keys {
    /// The values of the key `name` of the rows of `ty` that are asked for.
    pub fn of(&self, ty: &str, name: &str) -> Vec<String> {
        let rows = self.0[format!("nodes__{ty}")].as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|row| Some(row[name].as_str()?.to_owned())).collect()
    }
}
