//! Lists give nothing away: not by their filters and orders, and not by their cursors.

use serde_json::{Value, json};
use tests::on_both_databases;

use super::policy::Policy;
use super::sdl::Sdl;
use super::{Facts, marks, today};
use crate::answers::codes;
use marks::{Network, asker};

/// The places of a query that take a list's arguments: at the root, or below a row.
fn places(sdl: &Sdl, facts: &Facts, policy: &Policy) -> Vec<(String, String, String)> {
    let mut places = Vec::new();
    for (name, field) in sdl.relations("Query") {
        if let Some(ty) = field.page() {
            places.push((ty.to_owned(), format!("{{ {name}"), " }".to_owned()));
        }
    }
    for (of, ..) in policy.tables() {
        for (name, field) in sdl.relations(of) {
            if let Some(ty) = field.page() {
                let id = &facts.ids(policy, of)[0];
                let open = format!("{{ node(id: {id:?}) {{ ... on {of} {{ {name}");
                places.push((ty.to_owned(), open, " } } }".to_owned()));
            }
        }
    }
    places
}

on_both_databases! {
    async fn a_cursor_is_good_for_its_own_list_and_account_only(world: Network) {
        let (policy, sdl) = (Policy::read(), Sdl::written());
        let facts = Facts::read(&world, &policy, today()).await;
        let everyone = asker(&world, marks::EVERYONE);
        let others = ["PartnerCoordinator of A", "PartnerCoordinator of B", "DataProtectionOfficer of the nation", "an account without roles"];
        let mut refused = 0;
        for (ty, open, close) in places(sdl, &facts, &policy) {
            let page = |arguments: &str| format!("{open}({arguments}) {{ edges {{ cursor node {{ id }} }} }}{close}");
            let first = world.data(everyone.token.as_deref(), &page("first: 1"), json!({})).await;
            let Some(cursor) = first.pointer(&cursor_path(&first)).and_then(Value::as_str).map(str::to_owned) else { continue };
            let good = world.query(everyone.token.as_deref(), &page(&format!("first: 1, after: {cursor:?}")), json!({})).await;
            assert_eq!(good.get("errors"), None, "its own cursor: {ty}");
            for (place, edited) in edits(&cursor).into_iter().enumerate() {
                let body = world.query(everyone.token.as_deref(), &page(&format!("first: 1, after: {edited:?}")), json!({})).await;
                assert_eq!(codes(&body), ["BAD_USER_INPUT"], "edit {place} of {ty}: {body}");
            }
            for argument in ["before", "after"] {
                let size = if argument == "after" { "first" } else { "last" };
                let order = sdl.orders(&ty).last().map(|order| format!("orderBy: [{{ field: {order}, direction: DESC }}]"));
                let filter = "where: { id: { isNull: false } }".to_owned();
                for more in [Some(filter), order].into_iter().flatten() {
                    let document = page(&format!("{size}: 1, {argument}: {cursor:?}, {more}"));
                    let body = world.query(everyone.token.as_deref(), &document, json!({})).await;
                    assert_eq!(codes(&body), ["BAD_USER_INPUT"], "of another list: {document}");
                    refused += 1;
                }
                for other in others {
                    let document = page(&format!("{size}: 1, {argument}: {cursor:?}"));
                    let body = world.query(asker(&world, other).token.as_deref(), &document, json!({})).await;
                    let codes = codes(&body);
                    // Below a row or field that the other does not see, the list itself is not there.
                    let hidden = body.get("errors").is_none() && body.pointer("/data/node").is_some_and(Value::is_null);
                    assert!(hidden || matches!(codes.as_slice(), ["BAD_USER_INPUT" | "FORBIDDEN"]), "{other}: {document}: {body}");
                    refused += 1;
                }
                let body = world.query(None, &page(&format!("{size}: 1, {argument}: {cursor:?}")), json!({})).await;
                assert!(body.get("errors").is_some() || body["data"]["node"].is_null(), "the public: {body}");
            }
        }
        assert!(refused > 100, "{refused} cursors");
    }
}

/// Where the cursor of the only edge stands in `data`.
fn cursor_path(data: &Value) -> String {
    let (mut path, mut here) = (String::new(), data);
    while let Some((key, below)) = here.as_object().and_then(|object| object.iter().next()) {
        path.push_str(&format!("/{key}"));
        here = below;
    }
    format!("{path}/0/cursor")
}

/// A cursor with a letter changed at its beginning, middle and end, shortened, lengthened, and empty.
fn edits(cursor: &str) -> Vec<String> {
    let changed = |place: usize| {
        let mut letters: Vec<char> = cursor.chars().collect();
        letters[place] = if letters[place] == 'A' { 'B' } else { 'A' };
        letters.into_iter().collect::<String>()
    };
    let length = cursor.len();
    vec![
        changed(0),
        changed(length / 2),
        changed(length - 5),
        cursor[1..].to_owned(),
        format!("{cursor}AAAA"),
        String::new(),
    ]
}
