//! `where`, compared with a plain filter over all rows.

use serde_json::{Value, json};
use tests::{World, on_both_databases};

use crate::answers::{codes, list, message, texts};
use crate::network::{Dice, Wild, throw};

const ALL: &str = "{ organisations(first: 100) { nodes {
    id currentName kind status isReferenceOnly delivers employs odsCode postcode openedOn closedOn createdAt updatedAt
    region { id } integratedCareBoard { id } } } }";

/// A filter in plain words.
type Plain = Box<dyn Fn(&Value) -> bool>;

fn plain(filter: impl Fn(&Value) -> bool + 'static) -> Plain {
    Box::new(filter)
}

/// The text of a field, unless it is null.
fn text<'a>(row: &'a Value, field: &str) -> Option<&'a str> {
    row[field].as_str()
}

/// Whether the field has a value for which `holds`.
fn has(field: &'static str, holds: impl Fn(&str) -> bool + 'static) -> Plain {
    plain(move |row| text(row, field).is_some_and(&holds))
}

fn is(field: &'static str, value: bool) -> Plain {
    plain(move |row| row[field] == value)
}

fn null(field: &'static str, value: bool) -> Plain {
    plain(move |row| row[field].is_null() == value)
}

/// Every operator on every kind of value, with and without nulls.
fn comparisons(region: &str, board: &str, ids: &[&str]) -> Vec<(String, Plain)> {
    let (region_id, board_id) = (region.to_owned(), board.to_owned());
    let (one, two): (String, String) = (ids[0].to_owned(), ids[1].to_owned());
    let own = [one.clone(), two.clone()];
    let mut cases = vec![
        (format!("id: {{ eq: {one:?} }}"), has("id", move |id| id == one)),
        (
            format!("id: {{ in: [{:?}, {two:?}] }}", own[0]),
            has("id", move |id| own.contains(&id.to_owned())),
        ),
        ("id: { isNull: true }".to_owned(), null("id", true)),
        (
            format!("regionId: {{ eq: {region:?} }}"),
            plain(move |row| row["region"]["id"] == *region_id),
        ),
        ("regionId: { isNull: true }".to_owned(), plain(|row| row["region"].is_null())),
        (
            format!("integratedCareBoardId: {{ in: [{board:?}] }}"),
            plain(move |row| row["integratedCareBoard"]["id"] == *board_id),
        ),
        (
            "integratedCareBoardId: { isNull: false }".to_owned(),
            plain(|row| row["integratedCareBoard"].is_object()),
        ),
    ];
    let mut add = |filter: &str, plain| cases.push((filter.to_owned(), plain));
    add(r#"currentName: { eq: "Ash 1" }"#, has("currentName", |name| name == "Ash 1"));
    add(
        r#"currentName: { in: ["Ash 1", "ash 2", "nobody"] }"#,
        has("currentName", |name| ["Ash 1", "ash 2"].contains(&name)),
    );
    for prefix in ["Ash", "a", "É", "Zeta 😀", "100% \\\\_", "Oak's", "%", "_", ""] {
        let meant = prefix.replace("\\\\", "\\");
        add(
            &format!("currentName: {{ startsWith: \"{prefix}\" }}"),
            has("currentName", move |name| name.starts_with(&meant)),
        );
    }
    add("currentName: { isNull: false }", null("currentName", false));
    add(r#"odsCode: { startsWith: "ZY00" }"#, has("odsCode", |code| code.starts_with("ZY00")));
    add("odsCode: { isNull: true }", null("odsCode", true));
    add(r#"postcode: { eq: "ZZ1 1AA" }"#, has("postcode", |postcode| postcode == "ZZ1 1AA"));
    add("postcode: { isNull: true }", null("postcode", true));
    add("kind: { eq: NHS_TRUST }", has("kind", |kind| kind == "NHS_TRUST"));
    add("kind: { in: [VCSE, CIC] }", has("kind", |kind| ["VCSE", "CIC"].contains(&kind)));
    add("kind: { isNull: true }", null("kind", true));
    add("status: { in: [CLOSED] }", has("status", |status| status == "CLOSED"));
    for value in [true, false] {
        add(&format!("isReferenceOnly: {{ eq: {value} }}"), is("isReferenceOnly", value));
        add(&format!("delivers: {{ eq: {value} }}"), is("delivers", value));
        add(&format!("employs: {{ eq: {value}, isNull: false }}"), is("employs", value));
        add(&format!("openedOn: {{ isNull: {value} }}"), null("openedOn", value));
        add(&format!("closedOn: {{ isNull: {value} }}"), null("closedOn", value));
    }
    let day = "2023-05-01";
    add(r#"openedOn: { eq: "2023-05-01" }"#, has("openedOn", move |on| on == day));
    add(
        r#"openedOn: { in: ["2023-05-01", "2024-02-29"] }"#,
        has("openedOn", move |on| on == day || on == "2024-02-29"),
    );
    add(r#"openedOn: { before: "2023-05-01" }"#, has("openedOn", move |on| on < day));
    add(r#"openedOn: { upTo: "2023-05-01" }"#, has("openedOn", move |on| on <= day));
    add(r#"openedOn: { after: "2023-05-01" }"#, has("openedOn", move |on| on > day));
    add(r#"openedOn: { from: "2023-05-01" }"#, has("openedOn", move |on| on >= day));
    add(
        r#"openedOn: { from: "2023-01-02", before: "2024-02-29" }"#,
        has("openedOn", move |on| on == day),
    );
    let at = "2026-04-01T08:00:00.500000Z";
    for name in ["createdAt", "updatedAt"] {
        add(&format!(r#"{name}: {{ eq: "{at}" }}"#), has(name, move |on| on == at));
        add(
            &format!(r#"{name}: {{ eq: "2026-04-01T09:00:00.5+01:00" }}"#),
            has(name, move |on| on == at),
        );
        add(&format!(r#"{name}: {{ in: ["{at}"] }}"#), has(name, move |on| on == at));
        add(&format!(r#"{name}: {{ before: "{at}" }}"#), has(name, move |on| on < at));
        add(&format!(r#"{name}: {{ upTo: "{at}" }}"#), has(name, move |on| on <= at));
        add(&format!(r#"{name}: {{ after: "{at}" }}"#), has(name, move |on| on > at));
        add(&format!(r#"{name}: {{ from: "{at}" }}"#), has(name, move |on| on >= at));
    }
    for name in ["id", "currentName", "kind", "openedOn", "createdAt"] {
        add(&format!("{name}: {{ in: [] }}"), plain(|_| false));
        add(&format!("{name}: {{ eq: null, in: null, isNull: null }}"), plain(|_| true));
        add(&format!("{name}: {{}}"), plain(|_| true));
        add(&format!("{name}: null"), plain(|_| true));
    }
    cases
}

/// `and`, `or` and `not`, around values that may be absent.
fn combinations() -> Vec<(&'static str, Plain)> {
    let opened = |row: &Value| text(row, "openedOn") == Some("2023-05-01");
    let closed = |row: &Value| text(row, "closedOn").is_some_and(|on| on < "2025-06-01");
    vec![
        ("", plain(|_| true)),
        ("and: []", plain(|_| true)),
        ("and: null, or: null, not: null", plain(|_| true)),
        ("or: []", plain(|_| false)),
        ("or: [{}]", plain(|_| true)),
        ("not: {}", plain(|_| false)),
        ("not: { or: [] }", plain(|_| true)),
        (r#"not: { openedOn: { eq: "2023-05-01" } }"#, plain(move |row| !opened(row))),
        (r#"not: { closedOn: { before: "2025-06-01" } }"#, plain(move |row| !closed(row))),
        ("not: { closedOn: { in: [] } }", plain(|_| true)),
        ("not: { not: { closedOn: { isNull: true } } }", null("closedOn", true)),
        (
            r#"or: [{ openedOn: { eq: "2023-05-01" } }, { closedOn: { before: "2025-06-01" } }]"#,
            plain(move |row| opened(row) || closed(row)),
        ),
        (
            r#"and: [{ openedOn: { eq: "2023-05-01" } }, { not: { closedOn: { before: "2025-06-01" } } }]"#,
            plain(move |row| opened(row) && !closed(row)),
        ),
        (
            r#"not: { or: [{ openedOn: { eq: "2023-05-01" } }, { closedOn: { before: "2025-06-01" } }] }"#,
            plain(move |row| !opened(row) && !closed(row)),
        ),
        (
            r#"openedOn: { eq: "2023-05-01" }, delivers: { eq: true }, or: [{ employs: { eq: true } }, { closedOn: { isNull: false } }]"#,
            plain(move |row| {
                opened(row)
                    && row["delivers"] == true
                    && (row["employs"] == true || !row["closedOn"].is_null())
            }),
        ),
    ]
}

on_both_databases! {
    async fn a_filter_keeps_the_rows_that_a_plain_filter_keeps(world: Wild) {
        throw(&world, &mut Dice::new(8), 60).await;
        let data = world.data(None, ALL, json!({})).await;
        let rows = list(&data["organisations"]["nodes"]);
        let known = |relation: &str| {
            rows.iter().filter_map(|row| row[relation]["id"].as_str()).next_back().expect("one of them")
        };
        let ids = texts(&data["organisations"]["nodes"], "id");
        let mut cases = comparisons(known("region"), known("integratedCareBoard"), &ids);
        cases.extend(combinations().into_iter().map(|(filter, plain)| (filter.to_owned(), plain)));
        let (mut some, mut none) = (0, 0);
        for (filter, holds) in cases {
            let document = format!("{{ organisations(first: 100, where: {{ {filter} }}) {{ totalCount nodes {{ id }} }} }}");
            let found = world.data(None, &document, json!({})).await;
            let kept: Vec<&str> = rows.iter().filter(|row| holds(row)).filter_map(|row| text(row, "id")).collect();
            assert_eq!(texts(&found["organisations"]["nodes"], "id"), kept, "{filter}");
            assert_eq!(found["organisations"]["totalCount"], kept.len(), "{filter}");
            (some, none) = if kept.is_empty() { (some, none + 1) } else { (some + 1, none) };
        }
        assert!(some > 70 && none < 20, "the filters do meet rows: {some} kept some, {none} kept none");
    }

    async fn a_filter_is_the_same_as_a_variable(world: Wild) {
        throw(&world, &mut Dice::new(9), 30).await;
        let literal = r#"{ organisations(first: 100, where: { kind: { in: [VCSE, HEI] }, or: [{ openedOn: { from: "2023-05-01" } }, { delivers: { eq: true } }] }) { nodes { id } } }"#;
        let whole = "query($w: OrganisationWhere) { organisations(first: 100, where: $w) { nodes { id } } }";
        let parts = "query($k: [OrganisationKind!], $d: Date, $b: Boolean = true) { organisations(first: 100, where: { kind: { in: $k }, or: [{ openedOn: { from: $d } }, { delivers: { eq: $b } }] }) { nodes { id } } }";
        let filter = json!({ "kind": { "in": ["VCSE", "HEI"] }, "or": [{ "openedOn": { "from": "2023-05-01" } }, { "delivers": { "eq": true } }] });
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            let expected = world.data(Some(&token), literal, json!({})).await;
            assert_ne!(expected["organisations"]["nodes"], json!([]));
            assert_eq!(world.data(Some(&token), whole, json!({ "w": filter })).await, expected);
            assert_eq!(world.data(Some(&token), parts, json!({ "k": ["VCSE", "HEI"], "d": "2023-05-01" })).await, expected);
        }
    }

    async fn a_filter_on_a_nested_list_keeps_the_rows_of_each_parent(world: Wild) {
        throw(&world, &mut Dice::new(10), 60).await;
        let all = "{ regions { nodes { id organisations(first: 100) { nodes { id delivers } } } } }";
        let kept = "{ regions { nodes { id organisations(first: 100, where: { delivers: { eq: true } }) { totalCount nodes { id delivers } } } } }";
        let (all, kept) = (world.data(None, all, json!({})).await, world.data(None, kept, json!({})).await);
        for (whole, kept) in list(&all["regions"]["nodes"]).iter().zip(list(&kept["regions"]["nodes"])) {
            let expected: Vec<&Value> = list(&whole["organisations"]["nodes"]).iter().filter(|row| row["delivers"] == true).collect();
            assert_eq!(list(&kept["organisations"]["nodes"]).iter().collect::<Vec<_>>(), expected);
            assert_eq!(kept["organisations"]["totalCount"], expected.len());
        }
    }

    async fn a_filter_beyond_its_limits_is_refused_with_the_limit(world: World) {
        let nested = |depth: usize, last: &str| format!("{}{last}{}", "not: { ".repeat(depth), " }".repeat(depth));
        let comparisons =
            |count: usize| format!("or: [{}]", "{ employs: { eq: true, isNull: false } } ".repeat(count / 2));
        let members = |count: usize| format!("or: [{}]", "{} ".repeat(count));
        let values = |count: usize| format!("currentName: {{ in: [{}] }}", r#""x" "#.repeat(count));
        let ask = async |token: &str, filter: &str| {
            let document = format!("{{ organisations(where: {{ {filter} }}) {{ nodes {{ id }} }} }}");
            world.query(Some(token), &document, json!({})).await
        };
        for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
            for (good, bad, limit) in [
                (nested(3, "delivers: { eq: true }"), nested(4, "delivers: { eq: true }"), "3 deep"),
                (comparisons(20), comparisons(22), "20 comparisons"),
                (members(20), members(21), "20 members"),
                (values(100), values(101), "100 values"),
            ] {
                assert_eq!(ask(&token, &good).await["errors"], Value::Null, "{good}");
                let refused = ask(&token, &bad).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "{bad}");
                assert!(message(&refused).contains(limit), "{refused}");
            }
        }
    }

    async fn a_filter_that_is_not_known_is_refused(world: World) {
        let tokens = [world.coordinator(&world.a), world.coordinator(&world.b)];
        for filter in [
            "shoeSize: { eq: 1 }",
            "currentName: { like: \"x\" }",
            "currentName: { eq: 1 }",
            "kind: { eq: SHOP }",
            "delivers: { eq: 1 }",
            "openedOn: { eq: \"yesterday\" }",
            "openedOn: { eq: \"2023-02-30\" }",
            "createdAt: { after: \"2026-04-01\" }",
            "id: { eq: \"reg_00000000000000000000000000000000\" }",
            "regionId: { eq: \"org_00000000000000000000000000000000\" }",
            "regionId: { in: [\"nonsense\"] }",
            "currentName: { eq: \"nul \\u0000\" }",
            "currentName: { startsWith: \"nul \\u0000\" }",
        ] {
            let document = format!("{{ organisations(where: {{ {filter} }}) {{ nodes {{ id }} }} }}");
            for token in &tokens {
                let refused = world.query(Some(token), &document, json!({})).await;
                let refused = codes(&refused);
                let known = ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"];
                assert!(refused.len() == 1 && known.contains(&refused[0]), "{filter}: {refused:?}");
            }
        }
        let whole = "query($w: OrganisationWhere) { organisations(where: $w) { nodes { id } } }";
        for filter in [json!({ "shoeSize": {} }), json!({ "kind": { "eq": "SHOP" } }), json!({ "currentName": { "eq": 1 } }), json!([]), json!("x")] {
            let refused = world.query(Some(&tokens[0]), whole, json!({ "w": filter })).await;
            assert_eq!(codes(&refused).len(), 1, "{filter}");
            assert!(codes(&refused)[0] != "INTERNAL", "{filter}");
        }
    }
}
