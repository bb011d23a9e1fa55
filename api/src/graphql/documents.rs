//! Documents that were asked before.
//!
//! What the text of a document decides is worked out once for each audience and operation: its tokens are
//! counted, it is parsed, its fields are merged, its variables are checked. What the variables of a request
//! decide is the [`Mended`] document, of which there is one for each set of absent variables and of values
//! in directives; async-graphql validates it once. No key holds a user or another value of a variable.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
    VariableDefinition,
};
use async_graphql::{Name, Positioned, Response, ServerError, Value, Variables};
use moka::sync::Cache;

use super::document::Arrangement;
use super::repair::{self, is_absent};
use super::schema::Audience;
use super::values::Places;
use crate::read::Plans;
use crate::read::registry::ENTITIES_AT_ONCE;

/// Most mended documents that are kept of one document.
const MAX_MENDED: usize = 16;

/// So many bytes of memory a parsed document takes, for each byte of its text.
const BYTES_OF_TEXT: usize = 64;

/// What a document is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose schema it was held against.
    pub audience: Audience,
    /// The SHA-256 of its text.
    pub text: [u8; 32],
    /// The name that chooses the operation.
    pub operation: Option<String>,
}

/// Documents by their texts, as many as fit into the memory for them.
pub struct Documents(Cache<Key, Arc<Document>>);

impl Documents {
    /// None yet; `bytes` is the most memory for them.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let weight = |_: &Key, document: &Arc<Document>| document.weight();
        Self(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// The document of `key`, if it is known.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Arc<Document>> {
        self.0.get(key)
    }

    /// Keeps `document`, and weighs it anew if it was kept before.
    pub fn keep(&self, key: Key, document: Arc<Document>) {
        self.0.insert(key, document);
    }
}

/// An operation of a document whose text is in order.
pub struct Document {
    /// As it was parsed.
    pub parsed: ExecutableDocument,
    /// Query or mutation.
    pub kind: OperationType,
    /// The operation's name, if it has one.
    pub name: Option<String>,
    /// The variables of the operation.
    pub definitions: Vec<Positioned<VariableDefinition>>,
    /// Where they are used.
    pub places: Places,
    /// The order of its keys.
    pub arrangement: Arrangement,
    /// The length of its text, in bytes.
    length: usize,
    /// The variables in directives.
    deciding: HashSet<Name>,
    mended: Mutex<HashMap<Vec<Given>, Arc<Mended>>>,
}

/// What of the value of a variable decides how a document is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Given {
    Absent,
    /// In a directive.
    Boolean(bool),
    Otherwise,
}

impl Document {
    /// The `operation` of a `parsed` document, whose text has this `length`.
    #[must_use]
    pub fn new(
        parsed: &ExecutableDocument,
        operation: &OperationDefinition,
        name: Option<String>,
        places: Places,
        length: usize,
    ) -> Self {
        Self {
            parsed: parsed.clone(),
            kind: operation.ty,
            name,
            definitions: operation.variable_definitions.clone(),
            places,
            arrangement: Arrangement::of(operation, parsed),
            length,
            deciding: repair::in_directives(parsed),
            mended: Mutex::default(),
        }
    }

    /// The document as it can run with `variables`, whose defaults were filled in; and whether it is new.
    ///
    /// # Errors
    ///
    /// What [`repair::repair`] finds.
    pub fn mended(&self, variables: &Variables) -> Result<(Arc<Mended>, bool), ServerError> {
        let given: Vec<Given> =
            self.definitions.iter().map(|definition| self.given(definition, variables)).collect();
        let known = || self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mended) = known().get(&given) {
            return Ok((Arc::clone(mended), false));
        }
        let mut document = self.parsed.clone();
        repair::repair(&mut document, &self.definitions, variables)?;
        let (passed, plans) = (AtomicBool::new(false), Arc::default());
        let at_once = entities_at_once(&document);
        let mended = Arc::new(Mended { document, at_once, plans, passed });
        let mut known = known();
        if known.len() < MAX_MENDED {
            known.insert(given, Arc::clone(&mended));
        }
        Ok((mended, true))
    }

    fn given(&self, definition: &Positioned<VariableDefinition>, variables: &Variables) -> Given {
        let name = &definition.node.name.node;
        match variables.get(name) {
            None if is_absent(definition, variables) => Given::Absent,
            Some(Value::Boolean(yes)) if self.deciding.contains(name) => Given::Boolean(*yes),
            _ => Given::Otherwise,
        }
    }

    /// About how many bytes it takes.
    fn weight(&self) -> u32 {
        let mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = mended.values().map(|it| 1 + usize::from(it.at_once.is_some())).sum();
        // Itself, the order of its keys, and what was mended.
        let copies = kept.saturating_add(2);
        let bytes = self.length.saturating_mul(BYTES_OF_TEXT).saturating_mul(copies);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

/// `document` with the roots `_entities` under the name by which all representations are read at once:
/// async-graphql would ask for each alone. `None` if there is none.
fn entities_at_once(document: &ExecutableDocument) -> Option<ExecutableDocument> {
    let mut renamed = document.clone();
    let mut any = false;
    let operations: Vec<&mut Positioned<OperationDefinition>> = match &mut renamed.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in operations {
        for selection in &mut operation.node.selection_set.node.items {
            let Selection::Field(field) = &mut selection.node else { continue };
            if field.node.name.node == "_entities" {
                field.node.alias = Some(field.node.response_key().clone());
                field.node.name.node = Name::new(ENTITIES_AT_ONCE);
                any = true;
            }
        }
    }
    any.then_some(renamed)
}

/// A document that can run.
pub struct Mended {
    /// The document for async-graphql.
    pub document: ExecutableDocument,
    /// The same for the schema that trusts it, if it asks for entities.
    pub at_once: Option<ExecutableDocument>,
    /// How its fields are read.
    pub plans: Arc<Plans>,
    passed: AtomicBool,
}

impl Mended {
    /// Whether async-graphql has validated it.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.passed.load(Ordering::Acquire)
    }

    /// Learns from the answer of a validating schema: what has run was let through. Errors of validation
    /// have no path.
    pub fn learn(&self, answer: &Response) {
        if answer.errors.is_empty() || answer.errors.iter().any(|error| !error.path.is_empty()) {
            self.passed.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::graphql::parameters::Parameters;
    use crate::graphql::prepare::{Prepared, Stage, digest};
    use crate::graphql::schema::build;

    const FLAGS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    /// A query that shows a field for each of [`FLAGS`].
    fn query(name: &str) -> String {
        let variables: String = FLAGS.iter().map(|flag| format!("${flag}: Boolean! ")).collect();
        let fields: String =
            FLAGS.iter().map(|flag| format!("{flag}: name @include(if: ${flag}) ")).collect();
        format!("query {name}({variables}) {{ regions {{ nodes {{ id {fields} }} }} }}")
    }

    #[test]
    fn documents_are_known_by_text_audience_and_operation_and_bounded() {
        let config = Config::defaults().expect("the defaults");
        let built = [build(Audience::Clients), build(Audience::Gateway)];
        let prepare = |documents: &Documents, audience, query: &str, name: &str, bits: usize| {
            let shape = &built[usize::from(audience == Audience::Gateway)].shape;
            let stage = Stage { documents, audience, shape, settings: &config.api };
            let flag =
                |(place, flag): (usize, &&str)| ((*flag).to_owned(), json!(bits >> place & 1 == 1));
            let values = FLAGS.iter().enumerate().map(flag).collect();
            let parameters = Parameters {
                query: query.to_owned(),
                operation_name: Some(name.to_owned()),
                variables: Variables::from_json(serde_json::Value::Object(values)),
            };
            let prepared = stage.prepare(parameters, digest(query));
            let Prepared { document, mended, .. } = prepared.expect("a document that may run");
            (document, mended)
        };
        let both = format!("{} {}", query("A"), query("B"));
        let documents = Documents::new(1 << 24);
        let (first, mended) = prepare(&documents, Audience::Clients, &both, "A", 1);
        let (again, other) = prepare(&documents, Audience::Clients, &both, "A", 2);
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&mended, &other));
        assert!(Arc::ptr_eq(&mended, &prepare(&documents, Audience::Clients, &both, "A", 1).1));
        for (audience, text, name) in [
            (Audience::Gateway, both.as_str(), "A"),
            (Audience::Clients, both.as_str(), "B"),
            (Audience::Clients, query("A").as_str(), "A"),
        ] {
            let (unlike, _) = prepare(&documents, audience, text, name, 1);
            assert!(!Arc::ptr_eq(&first, &unlike), "{name} of {text}");
        }
        // However many values its directives take, and however many documents there are.
        for bits in 0..1 << FLAGS.len() {
            prepare(&documents, Audience::Clients, &both, "A", bits);
        }
        assert_eq!(first.mended.lock().expect("it").len(), MAX_MENDED);
        let few = Documents::new(u64::from(first.weight()));
        for text in 0..100 {
            prepare(&few, Audience::Clients, &format!("{both} # {text}"), "A", 0);
        }
        few.0.run_pending_tasks();
        assert!(few.0.weighted_size() <= u64::from(first.weight()));
        assert!(few.0.entry_count() < 20, "{}", few.0.entry_count());
    }
}
