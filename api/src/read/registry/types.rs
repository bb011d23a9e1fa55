//! The types of a declaration: object, connection, filters and orders.

use async_graphql::registry::{MetaField, MetaInputValue, MetaType, Registry};
use async_graphql::{ID, InputType};

use super::meta::{argument, choice, field, input, interface, object, prose};
use super::{Audience, BUILDING};
use crate::actor::Permission;
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::visible;
use crate::read::condition::order_value;
use crate::read::declaration::{Def, Field, Kind, Many, Root, RootForm, Way, What};
use crate::read::plan::NODE;

/// Registers the type of a declaration and everything it leads to.
pub fn register(def: &'static Def, registry: &mut Registry) {
    if registry.types.contains_key(def.name) {
        return;
    }
    // A placeholder first: declarations refer to each other in circles.
    registry.types.insert(def.name.to_owned(), object(def.name, "", Vec::new(), None));
    let fields = def.fields.iter().map(|declared| declared_field(declared, registry)).collect();
    let mut meta = object(def.name, &prose(def.description), fields, None);
    if def.is_node() {
        match BUILDING.get().audience {
            Audience::Clients => add_node(def.name, registry),
            Audience::Gateway => {
                if let MetaType::Object { keys, .. } = &mut meta {
                    let others = def.entity_keys().map(|key| key.name.to_owned());
                    *keys = Some(std::iter::once("id".to_owned()).chain(others).collect());
                }
            }
        }
    }
    registry.types.insert(def.name.to_owned(), meta);
}

/// Adds an object type to the interface of all rows that have an id.
fn add_node(name: &str, registry: &mut Registry) {
    if !registry.types.contains_key(NODE) {
        let id = ID::qualified_name(registry);
        let fields = vec![field("id", "The id.", id, Vec::new())];
        let node = interface(NODE, "A row with an id of its own.", fields);
        registry.types.insert(NODE.to_owned(), node);
    }
    if let Some(MetaType::Interface { possible_types, .. }) = registry.types.get_mut(NODE) {
        possible_types.insert(name.to_owned());
    }
    registry.add_implements(name, NODE);
}

/// `node` and `nodes`.
pub(super) fn node_fields(registry: &mut Registry) -> Vec<MetaField> {
    let id = ID::qualified_name(registry);
    let one = vec![argument("id", "The id.", id.clone())];
    let several = vec![argument("ids", "The ids; at most 100.", format!("[{id}]!"))];
    let hidden = "null where there is none that you may see";
    vec![
        field("node", &format!("The row with this id; {hidden}."), NODE.to_owned(), one),
        field(
            "nodes",
            &format!("The rows with these ids, in their order; {hidden}."),
            format!("[{NODE}]"),
            several,
        ),
    ]
}

fn declared_field(declared: &'static Field, registry: &mut Registry) -> MetaField {
    let only = match &declared.what {
        What::Leaf(leaf) => leaf.only,
        What::Relation(relation) => relation.only,
    };
    shown_to(typed_field(declared, registry), only)
}

fn typed_field(declared: &'static Field, registry: &mut Registry) -> MetaField {
    let description = prose(declared.description);
    match &declared.what {
        What::Leaf(leaf) => {
            let ty = kind_name(leaf.kind, registry);
            field(declared.name, &description, non_null(&ty, !leaf.nullable), Vec::new())
        }
        What::Relation(relation) => {
            let target = (relation.target)();
            register(target, registry);
            let there = relation.only.is_none();
            match relation.many {
                Many::One(required) => {
                    let arguments = as_of_argument(relation.dated, registry);
                    let ty = non_null(target.name, required && there);
                    field(declared.name, &description, ty, arguments)
                }
                Many::List(bound) => {
                    let arguments = as_of_argument(relation.dated, registry);
                    let ty = non_null(&format!("[{}!]", target.name), there);
                    let description = format!("{description} At most {bound}.");
                    field(declared.name, &description, ty, arguments)
                }
                Many::Page => {
                    let connection = register_connection(target, registry);
                    let arguments = page_arguments(target, relation.dated, registry);
                    field(declared.name, &description, non_null(&connection, there), arguments)
                }
            }
        }
    }
}

/// The field of a root.
pub(super) fn root_field(root: &Root, registry: &mut Registry) -> MetaField {
    let def = (root.target)();
    register(def, registry);
    let declared = match root.form {
        RootForm::By => {
            let mut arguments = vec![by_argument(def, registry)];
            arguments.extend(as_of_argument(root.dated, registry));
            field(root.name, root.description, def.name.to_owned(), arguments)
        }
        RootForm::Page => {
            let connection = register_connection(def, registry);
            let arguments = page_arguments(def, root.dated, registry);
            // Nullable: a list that fails takes none of its neighbours with it.
            field(root.name, root.description, non_null(&connection, false), arguments)
        }
    };
    shown_to(declared, permission_of(def))
}

/// The permission without which nobody sees any row; none where there are several.
fn permission_of(def: &Def) -> Option<Permission> {
    let permissions: Option<Vec<Permission>> = def.rows.visible.iter().map(asked_by).collect();
    let permissions = permissions?;
    let first = *permissions.first()?;
    permissions.iter().all(|other| *other == first).then_some(first)
}

/// The permission that a way asks for.
fn asked_by(way: &Way) -> Option<Permission> {
    match way {
        Way::Nation(permission)
        | Way::Organisation(_, permission)
        | Way::OrganisationThrough(_, _, permission)
        | Way::Assigned(_, permission)
        | Way::AssignedThrough(_, _, permission) => Some(*permission),
        Way::Where(way, _) => asked_by(way),
        Way::Everyone
        | Way::SignedIn
        | Way::Account(_)
        | Way::Person(_)
        | Way::PersonThrough(..) => None,
    }
}

/// `declared`, shown and tagged as of the national team if it needs a permission.
fn shown_to(mut declared: MetaField, permission: Option<Permission>) -> MetaField {
    if let Some(permission) = permission {
        declared.visible = Some(visible::holding(permission));
        if permission.is_national() {
            declared.tags.push(visible::NATIONAL.to_owned());
        }
    }
    declared
}

fn register_connection(def: &'static Def, registry: &mut Registry) -> String {
    let (connection, edge) = (format!("{}Connection", def.name), format!("{}Edge", def.name));
    if registry.types.contains_key(&connection) {
        return connection;
    }
    let name = def.name;
    let text = String::qualified_name(registry);
    let fields = vec![
        field("cursor", "Where this row stands in the list.", text.clone(), Vec::new()),
        field("node", "The row.", non_null(name, true), Vec::new()),
    ];
    let description = format!("One {name} with its place in a list.");
    registry.types.insert(edge.clone(), object(&edge, &description, fields, None));
    register_page_info(registry);
    let int = i32::qualified_name(registry);
    let fields = vec![
        field("edges", "The rows with their cursors.", format!("[{edge}!]!"), Vec::new()),
        field("nodes", "The rows.", format!("[{name}!]!"), Vec::new()),
        field("pageInfo", "Where the page stands in the list.", "PageInfo!".to_owned(), Vec::new()),
        field(
            "totalCount",
            "How many rows the list holds that you may see. Counted only when asked for.",
            int,
            Vec::new(),
        ),
    ];
    let description = format!("A page of {name} rows.");
    registry.types.insert(connection.clone(), object(&connection, &description, fields, None));
    connection
}

fn register_page_info(registry: &mut Registry) {
    let text = non_null(&String::qualified_name(registry), false);
    let yes = bool::qualified_name(registry);
    let fields = vec![
        field("hasNextPage", "Whether rows follow this page.", yes.clone(), Vec::new()),
        field("hasPreviousPage", "Whether rows come before this page.", yes, Vec::new()),
        field(
            "startCursor",
            "Cursor of the first row; null for an empty page.",
            text.clone(),
            Vec::new(),
        ),
        field("endCursor", "Cursor of the last row; null for an empty page.", text, Vec::new()),
    ];
    let mut meta = object("PageInfo", "Where a page stands in its list.", fields, None);
    // Other subgraphs have pages too.
    if let MetaType::Object { shareable, .. } = &mut meta {
        *shareable = BUILDING.get().audience == Audience::Gateway;
    }
    registry.types.insert("PageInfo".to_owned(), meta);
}

fn as_of_argument(dated: bool, registry: &mut Registry) -> Vec<MetaInputValue> {
    if !dated {
        return Vec::new();
    }
    let ty = non_null(&<Date as InputType>::create_type_info(registry), false);
    let description = "Dated facts as they stood on this day. Default: the day asked about by the \
                       field above, and today at the root.";
    vec![argument("asOf", description, ty)]
}

fn by_argument(def: &'static Def, registry: &mut Registry) -> MetaInputValue {
    let name = format!("{}By", def.name);
    let id = non_null(&ID::qualified_name(registry), false);
    let text = non_null(&String::qualified_name(registry), false);
    let mut fields = vec![argument("id", "The id.", id)];
    fields
        .extend(def.rows.keys.iter().map(|key| argument(key.name, key.description, text.clone())));
    let description = format!("Names one {}: give exactly one key.", def.name);
    registry.types.insert(name.clone(), input(&name, &description, fields, true));
    argument("by", "Which one.", non_null(&name, true))
}

fn page_arguments(def: &'static Def, dated: bool, registry: &mut Registry) -> Vec<MetaInputValue> {
    let int = non_null(&i32::qualified_name(registry), false);
    let text = non_null(&String::qualified_name(registry), false);
    let mut arguments = vec![
        argument(
            "first",
            "How many rows from the start, or after `after`. Default 20, at most 100.",
            int.clone(),
        ),
        argument("after", "A cursor of this list: the page begins behind its row.", text.clone()),
        argument("last", "How many rows from the end, or before `before`. At most 100.", int),
        argument("before", "A cursor of this list: the page ends before its row.", text),
    ];
    if !def.filters().is_empty() {
        arguments.push(argument(
            "where",
            "Only rows that satisfy this.",
            register_where(def, registry),
        ));
    }
    if def.ordered().next().is_some() {
        let ty = format!("[{}!]", register_order(def, registry));
        let description =
            "The order; at most three fields. The id always ends it, and nulls come last.";
        arguments.push(argument("orderBy", description, ty));
    }
    arguments.extend(as_of_argument(dated, registry));
    arguments
}

fn register_where(def: &'static Def, registry: &mut Registry) -> String {
    let name = format!("{}Where", def.name);
    if registry.types.contains_key(&name) {
        return name;
    }
    let mut fields = vec![
        argument("and", "All of these hold.", format!("[{name}!]")),
        argument("or", "At least one of these holds.", format!("[{name}!]")),
        argument("not", "This does not hold.", name.clone()),
    ];
    for filter in def.filters() {
        let ty = register_filter(filter.kind, registry);
        fields.push(argument(filter.name, filter.description.trim(), ty));
    }
    let description = format!(
        "Which {} rows: all given conditions hold. At most 20 comparisons, nested 3 deep.",
        def.name
    );
    registry.types.insert(name.clone(), input(&name, &description, fields, false));
    name
}

fn register_filter(kind: Kind, registry: &mut Registry) -> String {
    let ty = kind_name(kind, registry);
    let name = format!("{ty}Filter");
    if registry.types.contains_key(&name) {
        return name;
    }
    let text = |name: &str, description: &str| argument(name, description, ty.clone());
    let yes = bool::qualified_name(registry);
    let yes = non_null(&yes, false);
    let mut fields = vec![text("eq", "Equal to this.")];
    if !matches!(kind, Kind::Bool) {
        fields.push(argument("in", "Equal to one of these; at most 100.", format!("[{ty}!]")));
    }
    match kind {
        Kind::Text => fields.push(text("startsWith", "Begins with this, letter case as stored.")),
        Kind::Date | Kind::Instant | Kind::Int => fields.extend([
            text("before", "Less, or earlier, than this."),
            text("upTo", "This, or less, or earlier."),
            text("after", "More, or later, than this."),
            text("from", "This, or more, or later."),
        ]),
        Kind::Id(_) | Kind::Bool | Kind::Enum(_) => {}
    }
    fields.push(argument("isNull", "Whether there is no value.", yes));
    let description = format!("Conditions on {ty} values: all given ones hold.");
    registry.types.insert(name.clone(), input(&name, &description, fields, false));
    name
}

fn register_order(def: &'static Def, registry: &mut Registry) -> String {
    let (name, by) = (format!("{}Order", def.name), format!("{}OrderField", def.name));
    if registry.types.contains_key(&name) {
        return name;
    }
    let values = def
        .ordered()
        .map(|(field, _)| {
            let description = def.field(field).map(|f| prose(f.description)).unwrap_or_default();
            (order_value(field), description)
        })
        .collect();
    let description = format!("What {} rows can be ordered by.", def.name);
    registry.types.insert(by.clone(), choice(&by, &description, values));
    let values = [("ASC", "Smallest or earliest first."), ("DESC", "Largest or latest first.")];
    let values = values.map(|(value, text)| (value.to_owned(), text.to_owned())).to_vec();
    let direction =
        choice("OrderDirection", "The direction of an order; nulls come last in both.", values);
    registry.types.insert("OrderDirection".to_owned(), direction);
    let mut fields = vec![
        argument("field", "The field.", non_null(&by, true)),
        argument("direction", "The direction.", non_null("OrderDirection", true)),
    ];
    fields[1].default_value = Some("ASC".to_owned());
    let description = format!("One field of an order of {} rows.", def.name);
    registry.types.insert(name.clone(), input(&name, &description, fields, false));
    name
}

/// The name of the scalar or enumeration of a kind, registered.
fn kind_name(kind: Kind, registry: &mut Registry) -> String {
    let qualified = match kind {
        Kind::Id(_) => ID::qualified_name(registry),
        Kind::Text => String::qualified_name(registry),
        Kind::Int => i32::qualified_name(registry),
        Kind::Bool => bool::qualified_name(registry),
        Kind::Date => Date::qualified_name(registry),
        Kind::Instant => DateTime::qualified_name(registry),
        Kind::Enum(create) => create(registry),
    };
    non_null(&qualified, false)
}

/// `InputType` and `OutputType` both have `create_type_info`; this names the one that is meant.
trait Registered: InputType {
    fn qualified_name(registry: &mut Registry) -> String {
        <Self as InputType>::create_type_info(registry)
    }
}

impl<T: InputType> Registered for T {}

/// `ty` with or without the exclamation mark.
fn non_null(ty: &str, required: bool) -> String {
    let bare = ty.strip_suffix('!').unwrap_or(ty);
    if required { format!("{bare}!") } else { bare.to_owned() }
}
