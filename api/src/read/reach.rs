//! Which declarations the root fields lead to.

use super::declaration::{Def, Root, What};

/// Every declaration that `roots` lead to.
#[must_use]
pub fn reachable(roots: &[&[Root]]) -> Vec<&'static Def> {
    let mut found: Vec<&'static Def> = Vec::new();
    let mut open: Vec<&'static Def> =
        roots.iter().flat_map(|roots| roots.iter()).map(|root| (root.target)()).collect();
    while let Some(def) = open.pop() {
        if found.iter().any(|known| known.name == def.name) {
            continue;
        }
        found.push(def);
        open.extend(def.fields.iter().filter_map(|field| match &field.what {
            What::Relation(relation) => Some((relation.target)()),
            What::Leaf(_) => None,
        }));
    }
    found.sort_by_key(|def| def.name);
    found
}
