//! The second wall: one walk over the parsed document.
//!
//! A selection set is measured once; a fragment's measure is kept and added again for every spread, so
//! that the walk visits each part of the text once. Sums and products saturate.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::shape::{FieldShape, Shape, Size, Told};
use super::{Rejection, at_most, list_length};
use crate::config::{ApiSettings, MAX_PAGE};
use crate::graphql::document::{self, operations};
use crate::graphql::error::ErrorCode;
use crate::read::op::DEFAULT_PAGE;

/// What a document costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The cost of the operation that will run: each field is one, a page its size times its rows, five
    /// values of arguments are one.
    pub cost: u64,
    /// Whether the document asks about the schema itself.
    pub describes: bool,
}

/// The outcome of the walk.
#[derive(Debug)]
pub struct Walked {
    /// Steps of the walk, also of one that ended early: at most four times the tokens.
    pub visits: u64,
    /// What the document costs, or why it is refused.
    pub cost: Result<Cost, ServerError>,
}

/// The measure of a selection set, its fragments expanded.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    /// Fields, spreads and inline fragments.
    selections: u64,
    /// Fields directly in the set.
    fields: u64,
    /// Deepest nesting of fields.
    depth: u64,
    /// Cost.
    cost: u64,
    /// Rows.
    nodes: u64,
    /// Selections within `__schema` and `__type`.
    described: u64,
    /// Deepest nesting of lists of types and fields there, which multiply.
    described_lists: u64,
    /// Answers there, if every list has its usual size, without those below its own `possibleTypes`.
    answers: u64,
    /// Answers below its own `possibleTypes`, which only interfaces have.
    possible: u64,
    /// Values of arguments, with variables in their places: they are copied at every use.
    values: u64,
    /// Whether the set asks how many rows there are.
    counts: bool,
}

/// So many answers about the schema cost one.
const ANSWERS_UNIT: u64 = 50;

/// So many values of a field's arguments cost one: each is compared with every row that is looked at.
const VALUES_UNIT: u64 = 5;

/// So many bytes of text count as one value.
const TEXT_UNIT: u64 = 64;

impl Measure {
    /// Both, side by side in one set.
    fn beside(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.cost = self.cost.saturating_add(other.cost);
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.described = self.described.saturating_add(other.described);
        self.described_lists = self.described_lists.max(other.described_lists);
        self.answers = self.answers.saturating_add(other.answers);
        self.possible = self.possible.saturating_add(other.possible);
        self.values = self.values.saturating_add(other.values);
        self.counts |= other.counts;
    }

    /// A field with this set below it.
    fn below(self, size: u64) -> Self {
        Self {
            selections: self.selections.saturating_add(1),
            fields: 1,
            depth: self.depth.saturating_add(1),
            cost: self.cost.saturating_mul(size).saturating_add(1),
            nodes: self.nodes.saturating_add(u64::from(size > 1)).saturating_mul(size),
            counts: false,
            ..self
        }
    }

    /// A field that describes the schema, with this set below it.
    fn described_below(self, name: &str, told: &Told) -> Self {
        let all = self.answers.saturating_add(self.possible);
        let share = |percent: u64| (all.saturating_mul(percent) / 100).max(1);
        let nests = matches!(name, "fields" | "inputFields" | "possibleTypes" | "interfaces");
        let answers = match name {
            // Only an interface has possible types.
            "types" => (self.answers.saturating_mul(told.types))
                .saturating_add(self.possible.saturating_mul(told.interfaces)),
            "fields" => share(told.fields_percent),
            "args" => share(told.arguments_percent),
            "inputFields" => share(told.input_fields_percent),
            "enumValues" => share(told.values_percent),
            "ofType" => share(told.wrapped_percent),
            "possibleTypes" => all.saturating_mul(told.possible),
            _ => all,
        };
        let (answers, possible) =
            if name == "possibleTypes" { (1, answers) } else { (answers.saturating_add(1), 0) };
        Self {
            fields: 1,
            described: self.described.saturating_add(1),
            described_lists: self.described_lists.saturating_add(u64::from(nests)),
            answers,
            possible,
            ..self
        }
    }
}

/// Measures every operation of `document`; the cost is that of the `chosen` one.
pub fn measure(
    document: &ExecutableDocument,
    chosen: Option<&str>,
    variables: &Variables,
    shape: &Shape,
    settings: &ApiSettings,
) -> Walked {
    let runs = document::operation(document, chosen);
    let values = values(runs, variables);
    let mut walk = Walk {
        sizes: values.iter().map(|(name, value)| (*name, sent(value))).collect(),
        document,
        shape,
        settings,
        values,
        fragments: HashMap::new(),
        visits: 0,
        aliases: 0,
        directives: 0,
    };
    let cost = total(&mut walk, runs);
    Walked { visits: walk.visits, cost }
}

fn total(walk: &mut Walk<'_>, runs: Option<&OperationDefinition>) -> Result<Cost, ServerError> {
    let (document, settings) = (walk.document, walk.settings);
    let (mut selections, mut described, mut cost) = (0_u64, 0_u64, 0);
    let (mut values, mut answers) = (0_u64, 0_u64);
    for operation in operations(document) {
        let measure = walk.operation(operation)?;
        selections = selections.saturating_add(measure.selections);
        described = described.saturating_add(measure.described);
        values = values.saturating_add(measure.values);
        answers = answers.saturating_add(measure.answers);
        if runs.is_some_and(|runs| std::ptr::eq(runs, operation)) {
            cost = measure.cost;
        }
    }
    // Fragments that nothing spreads are refused later, but walked by whoever refuses them.
    for name in document.fragments.keys() {
        if !walk.fragments.contains_key(name.as_str()) {
            let measure = walk.fragment(name)?;
            selections = selections.saturating_add(measure.selections);
            described = described.saturating_add(measure.described);
        }
    }
    at_most("max_aliases", "aliases", walk.aliases, settings.max_aliases)?;
    at_most("max_directives", "directives", walk.directives, settings.max_directives)?;
    let expanded = "selections once its fragments are expanded";
    at_most("max_selections", expanded, selections, settings.max_selections)?;
    let placed = "values of arguments with variables in their places";
    at_most("max_values", placed, values, settings.max_values)?;
    let told = "answers about the schema at once";
    let most = settings.max_introspection_each.saturating_mul(walk.shape.told.things);
    at_most("max_introspection_each", told, answers, most)?;
    let questions = "selections about the schema";
    at_most("max_introspection", questions, described, settings.max_introspection)?;
    let cost = cost.saturating_add(answers / ANSWERS_UNIT);
    Ok(Cost { cost, describes: described > 0 })
}

/// The values of variables by name: as sent, or the default in the operation that runs. The defaults of
/// others must not make it look cheap.
fn values<'a>(
    runs: Option<&'a OperationDefinition>,
    variables: &'a Variables,
) -> HashMap<&'a str, &'a ConstValue> {
    let mut values = HashMap::new();
    for definition in runs.iter().flat_map(|operation| &operation.variable_definitions) {
        if let Some(default) = &definition.node.default_value {
            values.insert(definition.node.name.node.as_str(), &default.node);
        }
    }
    values.extend(variables.iter().map(|(name, value)| (name.as_str(), value)));
    values
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    shape: &'a Shape,
    settings: &'a ApiSettings,
    values: HashMap<&'a str, &'a ConstValue>,
    /// How many values each variable stands for.
    sizes: HashMap<&'a str, u64>,
    /// Measures of the fragments walked; `None` for one that is being walked.
    fragments: HashMap<&'a str, Option<Measure>>,
    visits: u64,
    aliases: u64,
    directives: u64,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Measure, ServerError> {
        self.visits += 1;
        self.directives(&operation.directives)?;
        for definition in &operation.variable_definitions {
            self.visits += 1;
            self.directives(&definition.node.directives)?;
            if let Some(default) = &definition.node.default_value {
                self.literal(&default.node.clone().into_value())?;
            }
        }
        let (root, most) = match operation.ty {
            OperationType::Query => ("Query", self.settings.max_query_fields),
            OperationType::Mutation => ("Mutation", self.settings.max_mutation_fields),
            OperationType::Subscription => ("Subscription", 1),
        };
        let measure = self.set(&operation.selection_set.node, root)?;
        let ApiSettings { max_depth, max_cost, max_nodes, max_introspection_lists, .. } =
            self.settings;
        at_most("max_root_fields", "root fields in one operation", measure.fields, most)?;
        at_most("max_depth", "levels of nested fields", measure.depth, *max_depth)?;
        if measure.cost > *max_cost {
            let message = format!(
                "the operation costs {}, more than {max_cost}: a list costs its page size times \
                 the cost of a row; ask for smaller pages or fewer fields",
                measure.cost
            );
            return Err(Rejection::new("max_cost", message).into());
        }
        at_most("max_nodes", "rows to read at most", measure.nodes, *max_nodes)?;
        let nested = "nested lists of types or fields in questions about the schema";
        let lists = measure.described_lists;
        at_most("max_introspection_lists", nested, lists, *max_introspection_lists)?;
        Ok(measure)
    }

    fn set(&mut self, set: &'a SelectionSet, parent: &str) -> Result<Measure, ServerError> {
        let mut measure = Measure::default();
        for item in &set.items {
            self.visits += 1;
            self.directives(item.node.directives())?;
            let found = match &item.node {
                Selection::Field(field) => self.field(&field.node, parent)?,
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let parent = on.map_or(parent, |on| on.node.on.node.as_str());
                    let below = self.set(&inline.node.selection_set.node, parent)?;
                    one_more(below, parent)
                }
                Selection::FragmentSpread(spread) => {
                    let below = self.fragment(&spread.node.fragment_name.node)?;
                    one_more(below, parent)
                }
            };
            measure.beside(found);
        }
        Ok(measure)
    }

    fn field(&mut self, field: &'a Field, parent: &str) -> Result<Measure, ServerError> {
        self.aliases += u64::from(field.alias.is_some());
        let mut values = 0_u64;
        for (_, value) in &field.arguments {
            values = values.saturating_add(self.literal(&value.node)?);
        }
        let measure = self.shaped_field(field, parent)?;
        Ok(Measure {
            cost: measure.cost.saturating_add(values / VALUES_UNIT),
            values: measure.values.saturating_add(values),
            ..measure
        })
    }

    fn shaped_field(&mut self, field: &'a Field, parent: &str) -> Result<Measure, ServerError> {
        let name = field.name.node.as_str();
        if name == "__typename" {
            return Ok(Measure { selections: 1, ..Measure::default() });
        }
        let described = matches!(name, "__schema" | "__type") || parent.starts_with("__");
        if described {
            // Any name that begins so keeps what is below within the description of the schema.
            let below = self.set(&field.selection_set.node, "__Type")?;
            return Ok(below.described_below(name, &self.shape.told));
        }
        let shape = self.shape.field(parent, name);
        let leads_to = shape.map_or("", FieldShape::leads_to);
        let below = self.set(&field.selection_set.node, leads_to)?;
        match shape.map(|shape| shape.size) {
            Some(Size::Page) => {
                let page = below.below(self.page(field));
                // To count rows is as dear as to read a page of the usual size.
                let least = if below.counts { below.below(DEFAULT_PAGE.into()).cost } else { 0 };
                Ok(Measure { cost: page.cost.max(least), ..page })
            }
            Some(Size::Named(argument)) => Ok(below.below(self.named(field, argument)?)),
            // A short list is charged as one field, and its rows are counted.
            Some(Size::List(bound)) => {
                let one = below.below(1);
                let nodes = below.nodes.saturating_add(1).saturating_mul(bound.into());
                Ok(Measure { nodes, ..one })
            }
            Some(Size::One) | None => {
                Ok(Measure { counts: name == "totalCount", ..below.below(1) })
            }
        }
    }

    fn fragment(&mut self, name: &Name) -> Result<Measure, ServerError> {
        let document: &'a ExecutableDocument = self.document;
        let Some((name, fragment)) = document.fragments.get_key_value(name) else {
            return Ok(Measure::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(measure)) => return Ok(*measure),
            Some(None) => {
                let message = "a fragment spreads itself, directly or through others";
                return Err(ErrorCode::ValidationFailed.error(message, Some(fragment.pos)));
            }
            None => {}
        }
        self.visits += 1;
        self.fragments.insert(name, None);
        self.directives(&fragment.node.directives)?;
        let on = fragment.node.type_condition.node.on.node.as_str();
        let measure = self.set(&fragment.node.selection_set.node, on)?;
        self.fragments.insert(name, Some(measure));
        Ok(measure)
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> Result<(), Rejection> {
        for directive in directives {
            self.visits += 1;
            self.directives += 1;
            for (_, value) in &directive.node.arguments {
                self.literal(&value.node)?;
            }
        }
        Ok(())
    }

    /// How many values a literal stands for, with variables in their places. It holds no list that is too
    /// long; its nesting was bounded by the brackets of the text.
    fn literal(&mut self, value: &Value) -> Result<u64, Rejection> {
        self.visits += 1;
        let mut values = 1_u64;
        match value {
            Value::Variable(name) => {
                values = self.sizes.get(name.as_str()).copied().unwrap_or(1);
            }
            Value::List(items) => {
                list_length(items.len(), self.settings)?;
                for item in items {
                    values = values.saturating_add(self.literal(item)?);
                }
            }
            Value::Object(fields) => {
                for field in fields.values() {
                    values = values.saturating_add(self.literal(field)?);
                }
            }
            _ => {}
        }
        Ok(values)
    }

    /// The size of a page: null counts as absent. A size that will be refused for itself is not refused
    /// for its cost.
    fn page(&self, field: &Field) -> u64 {
        let size = |name| self.number(&field.get_argument(name)?.node);
        let size = size("first").or_else(|| size("last")).unwrap_or_else(|| DEFAULT_PAGE.into());
        if size > u64::from(MAX_PAGE) { 1 } else { size }
    }

    fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => Some(number.as_u64().unwrap_or(u64::MAX)),
            Value::Variable(name) => match self.values.get(name.as_str())? {
                ConstValue::Number(number) => Some(number.as_u64().unwrap_or(u64::MAX)),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many rows a list of names asks for.
    fn named(&self, field: &Field, argument: &str) -> Result<u64, Rejection> {
        let length = match field.get_argument(argument).map(|value| &value.node) {
            Some(Value::List(items)) => items.len(),
            Some(Value::Variable(name)) => match self.values.get(name.as_str()) {
                Some(ConstValue::List(items)) => items.len(),
                _ => 1,
            },
            _ => 1,
        };
        let most = self.settings.max_page as usize;
        if length > most {
            let message = format!("{argument} names more than {most} rows");
            return Err(Rejection::new("max_page", message));
        }
        Ok(length as u64)
    }
}

/// How many values were sent for a variable.
fn sent(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) => items.iter().map(sent).sum::<u64>() + 1,
        ConstValue::Object(fields) => fields.values().map(sent).sum::<u64>() + 1,
        ConstValue::String(text) => text.len() as u64 / TEXT_UNIT + 1,
        _ => 1,
    }
}

/// A fragment is a selection of its own.
fn one_more(measure: Measure, parent: &str) -> Measure {
    if parent.starts_with("__") {
        Measure { described: measure.described.saturating_add(1), ..measure }
    } else {
        Measure { selections: measure.selections.saturating_add(1), ..measure }
    }
}
