//! Pages and cursors.

use std::cmp::Ordering;

use entities::organisation::{Column, Entity, Model};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::{World, on_both_databases};
use uuid::Uuid;

use crate::answers::{codes, list, message, texts};
use crate::network::{Dice, Wild, throw};

/// What organisations can be ordered by, with the column behind it.
const FIELDS: [(&str, Column); 5] = [
    ("CURRENT_NAME", Column::Name),
    ("OPENED_ON", Column::OpenedOn),
    ("CLOSED_ON", Column::ClosedOn),
    ("CREATED_AT", Column::CreatedAt),
    ("UPDATED_AT", Column::UpdatedAt),
];

type Order = Vec<(usize, bool)>;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $order: [OrganisationOrder!]) {
    organisations(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { id } }
        nodes { id }
    }
}";

fn argument(order: &Order) -> Value {
    let field = |&(field, descending): &(usize, bool)| json!({ "field": FIELDS[field].0, "direction": if descending { "DESC" } else { "ASC" } });
    order.iter().map(field).collect()
}

/// Nulls last in both directions.
fn compare<T: Ord>(a: Option<T>, b: Option<T>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn compare_by(a: &Model, b: &Model, field: usize, descending: bool) -> Ordering {
    match FIELDS[field].1 {
        Column::Name => compare(Some(&a.name), Some(&b.name), descending),
        Column::OpenedOn => compare(a.opened_on, b.opened_on, descending),
        Column::ClosedOn => compare(a.closed_on, b.closed_on, descending),
        Column::CreatedAt => compare(Some(a.created_at), Some(b.created_at), descending),
        _ => compare(Some(a.updated_at), Some(b.updated_at), descending),
    }
}

/// The ids of all organisations in an order whose ties the id breaks.
fn sorted(rows: &[Model], order: &Order) -> Vec<String> {
    let mut rows: Vec<&Model> = rows.iter().collect();
    rows.sort_by(|a, b| {
        let by = order.iter().map(|&(field, descending)| compare_by(a, b, field, descending));
        by.fold(Ordering::Equal, Ordering::then).then(a.id.cmp(&b.id))
    });
    rows.iter().map(|row| format!("org_{}", row.id.simple())).collect()
}

#[expect(clippy::disallowed_methods, reason = "the eye sees every row")]
async fn rows(world: &World) -> Vec<Model> {
    Entity::find().all(world.database.eye.connection()).await.expect("the rows")
}

/// Walks a whole list in pages and checks each; gives the ids in the order of the list.
async fn walk(
    world: &World,
    order: &Order,
    size: usize,
    backwards: bool,
    total: usize,
) -> Vec<String> {
    let (mut pages, mut seen, mut cursor) = (Vec::new(), 0, Value::Null);
    loop {
        let variables = if backwards {
            json!({ "last": size, "before": cursor, "order": argument(order) })
        } else {
            json!({ "first": size, "after": cursor, "order": argument(order) })
        };
        let data = world.data(None, PAGE, variables).await;
        let (page, info) = (&data["organisations"], &data["organisations"]["pageInfo"]);
        let edges = list(&page["edges"]);
        let ids: Vec<String> = edges
            .iter()
            .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(texts(&page["nodes"], "id"), ids, "nodes and edges are the same rows");
        assert_eq!(page["totalCount"], total);
        assert_eq!(info["startCursor"], edges.first().expect("a row")["cursor"]);
        assert_eq!(info["endCursor"], edges.last().expect("a row")["cursor"]);
        let first = seen == 0;
        seen += ids.len();
        let (ahead, behind) = if backwards {
            ("hasPreviousPage", "hasNextPage")
        } else {
            ("hasNextPage", "hasPreviousPage")
        };
        assert_eq!(info[behind], !first, "{behind} after {seen}");
        assert_eq!(info[ahead], seen < total, "{ahead} after {seen}");
        cursor = info[if backwards { "startCursor" } else { "endCursor" }].clone();
        pages.push(ids);
        if seen >= total {
            break;
        }
    }
    if backwards {
        pages.reverse();
    }
    pages.concat()
}

on_both_databases! {
    async fn pages_of_any_size_give_every_row_once_in_every_order(world: Wild) {
        throw(&world, &mut Dice::new(3), 17).await;
        let rows = rows(&world).await;
        let one = (0..FIELDS.len()).flat_map(|field| [vec![(field, false)], vec![(field, true)]]);
        let mut orders: Vec<Order> = one.collect();
        orders.push(Vec::new());
        orders.push(vec![(2, true), (1, false), (3, true)]);
        for (order, size) in orders.iter().flat_map(|order| [1, 3, 7].map(|size| (order, size))) {
            // Without an order, lists are ordered by the present name.
            let expected = sorted(&rows, if order.is_empty() { &orders[0] } else { order });
            for backwards in [false, true] {
                let walked = walk(&world, order, size, backwards, rows.len()).await;
                assert_eq!(walked, expected, "{order:?}, {size} a page, backwards: {backwards}");
            }
        }
    }

    async fn pages_give_every_row_once_in_every_order_of_two_fields(world: Wild) {
        throw(&world, &mut Dice::new(4), 17).await;
        let rows = rows(&world).await;
        for (first, second) in (0..5).flat_map(|first| (0..5).map(move |second| (first, second))) {
            if first == second {
                continue;
            }
            let order = vec![(first, second % 2 == 0), (second, first % 2 == 1)];
            for backwards in [false, true] {
                let walked = walk(&world, &order, 7, backwards, rows.len()).await;
                assert_eq!(walked, sorted(&rows, &order), "{order:?}, backwards: {backwards}");
            }
        }
    }

    async fn an_empty_list_has_no_cursors_and_no_neighbours(world: World) {
        let document = r#"{ organisations(where: { currentName: { eq: "nobody" } }) {
            totalCount nodes { id } edges { cursor }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"#;
        let data = world.data(None, document, json!({})).await;
        assert_eq!(data["organisations"], json!({
            "totalCount": 0, "nodes": [], "edges": [],
            "pageInfo": { "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null },
        }));
    }

    async fn a_page_without_a_size_holds_twenty_rows(world: Wild) {
        throw(&world, &mut Dice::new(5), 30).await;
        for arguments in ["", "(first: null, after: null)"] {
            let document = format!("{{ organisations{arguments} {{ totalCount nodes {{ id }} }} }}");
            let data = world.data(None, &document, json!({})).await;
            assert_eq!(data["organisations"]["totalCount"], 32);
            assert_eq!(list(&data["organisations"]["nodes"]).len(), 20);
        }
    }

    async fn nested_lists_are_paged_for_each_parent_alone(world: Wild) {
        throw(&world, &mut Dice::new(6), 12).await;
        let all = "{ organisations(first: 100) { nodes { id sites(first: 100) { totalCount nodes { id } } } } }";
        let all = world.data(None, all, json!({})).await;
        for node in list(&all["organisations"]["nodes"]) {
            let sites = texts(&node["sites"]["nodes"], "id");
            assert_eq!(node["sites"]["totalCount"], sites.len());
            let (mut walked, mut cursor) = (Vec::new(), Value::Null);
            let page = "query($id: ID!, $after: String) { organisation(by: { id: $id }) {
                sites(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } } }";
            loop {
                let data = world.data(None, page, json!({ "id": node["id"], "after": cursor })).await;
                let page = &data["organisation"]["sites"];
                walked.extend(texts(&page["nodes"], "id").into_iter().map(str::to_owned));
                cursor = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(walked, sites);
        }
        let last = "{ organisations(first: 100) { nodes { sites(last: 2) { nodes { id } } } } }";
        let last = world.data(None, last, json!({})).await;
        let nodes = list(&last["organisations"]["nodes"]).iter().zip(list(&all["organisations"]["nodes"]));
        for (node, whole) in nodes {
            let whole = list(&whole["sites"]["nodes"]);
            assert_eq!(list(&node["sites"]["nodes"]), &whole[whole.len().saturating_sub(2)..]);
        }
    }

    async fn a_short_list_ends_at_its_bound_beside_others_and_alone(world: World) {
        let regions = "{ regions(first: 20) { nodes { odsCode onsCodes { id } } } }";
        let codes_of = |data: &Value, region: &str| {
            let mut nodes = list(&data["regions"]["nodes"]).iter();
            let node = nodes.find(|node| node["odsCode"] == region).expect("the region");
            node["onsCodes"].clone()
        };
        let before = world.data(None, regions, json!({})).await;
        for number in 0..14_u128 {
            // Odd ones come before all others, even ones behind them.
            let id = Uuid::from_u128(if number % 2 == 0 { u128::MAX - number } else { number });
            let insert = format!(
                "insert into ons_code select {}, id, null, 'X{number}', null, null, false, null \
                   from region where ods_code = 'Y62'",
                world.uuid(id)
            );
            assert_eq!(world.database.eye.execute(&insert).await.expect("it is added"), 1);
        }
        let after = world.data(None, regions, json!({})).await;
        let long = codes_of(&after, "Y62");
        let ids = texts(&long, "id");
        assert!(ids.is_sorted() && ids.len() == 10, "{long}");
        assert!(ids[0].ends_with("00001") && ids[9].contains("_ffff"), "{long}");
        assert_eq!(codes_of(&after, "Y58"), codes_of(&before, "Y58"));
        let alone = "{ region(by: { odsCode: \"Y62\" }) { onsCodes { id } } }";
        assert_eq!(world.data(None, alone, json!({})).await["region"]["onsCodes"], long);
    }

    async fn a_cursor_is_good_for_its_own_list_alone(world: Wild) {
        throw(&world, &mut Dice::new(7), 8).await;
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        let own = |rest: &str| format!("organisations(first: 1{rest})");
        let order = ", orderBy: [{ field: OPENED_ON }]";
        let filter = ", where: { isReferenceOnly: { eq: true } }";
        let dated = r#", asOf: "2026-04-01""#;
        let ask = async |token: &str, list: &str| {
            let document = format!("{{ list: {list} {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}");
            world.query(Some(token), &document, json!({})).await
        };
        let with = |list: &str, cursor: &str| list.replacen(')', &format!(", after: \"{cursor}\")"), 1);
        for (mine, others) in [
            (own(""), [own(order), own(filter), own(dated)]),
            (own(order), [own(""), own(", orderBy: [{ field: OPENED_ON, direction: DESC }]"), own(", orderBy: [{ field: CLOSED_ON }]")]),
            (own(filter), [own(""), own(", where: { isReferenceOnly: { eq: false } }"), own(", where: { delivers: { eq: true } }")]),
            (own(dated), [own(""), own(r#", asOf: "2026-03-31""#), "regions(first: 1)".to_owned()]),
        ] {
            let first = ask(&a, &mine).await;
            let cursor = first["data"]["list"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
            let next = ask(&a, &with(&mine, cursor)).await;
            assert_eq!(next["errors"], Value::Null, "the list itself: {mine}");
            for other in others {
                let refused = ask(&a, &with(&other, cursor)).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "a cursor of {mine} in {other}");
                assert!(message(&refused).contains("cursor"), "{refused}");
            }
            let of_another = ask(&b, &with(&mine, cursor)).await;
            assert_eq!(codes(&of_another), ["BAD_USER_INPUT"], "a cursor of A's {mine} for B");
            for letter in 0..cursor.len() {
                let mut altered = cursor.to_owned().into_bytes();
                altered[letter] = if altered[letter] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(altered).expect("text");
                let refused = ask(&a, &with(&mine, &altered)).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "letter {letter} altered");
            }
            for nonsense in ["", "x", "%00", &cursor[1..], &cursor[..cursor.len() - 1], &cursor.repeat(50)] {
                let refused = ask(&a, &with(&mine, nonsense)).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "{nonsense}");
            }
        }
    }

    async fn a_cursor_of_a_long_filter_is_no_longer_than_others(world: World) {
        let document = "query($where: OrganisationWhere, $after: String) { organisations(first: 1, where: $where, after: $after) { nodes { name } pageInfo { endCursor } } }";
        let mut names: Vec<String> = (0..98).map(|number| format!("Nobody {number}")).collect();
        names.extend([world.a.name.clone(), world.b.name.clone()]);
        let long = json!({ "currentName": { "in": names } });
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let ask = async |filter: &Value, after: Value| {
                let data = world.data(Some(&token), document, json!({ "where": filter, "after": after })).await;
                let page = &data["organisations"];
                (page["nodes"][0]["name"].clone(), page["pageInfo"]["endCursor"].clone())
            };
            let (first, cursor) = ask(&long, Value::Null).await;
            let (_, short) = ask(&json!({ "currentName": { "eq": tenant.name } }), Value::Null).await;
            let length = |cursor: &Value| cursor.as_str().map_or(0, str::len);
            assert!(length(&cursor) > 0 && length(&cursor) <= length(&short) + 32, "{cursor} beside {short}");
            let (second, _) = ask(&long, cursor).await;
            assert_eq!([&world.a.name, &world.b.name].map(|name| [&first, &second].contains(&&json!(name))), [true, true]);
        }
    }

    async fn a_size_outside_the_limit_is_refused_with_the_limit(world: World) {
        let (a, b) = (world.coordinator(&world.a), world.coordinator(&world.b));
        for (token, size) in [&a, &b].into_iter().flat_map(|token| [0, -1, 101, i32::MAX, i32::MIN].map(|size| (token, size))) {
            for name in ["first", "last"] {
                for list in ["organisations(ARGUMENT) { nodes { id } }", "regions { nodes { organisations(ARGUMENT) { nodes { id } } } }"] {
                    let literal = format!("{{ {} }}", list.replace("ARGUMENT", &format!("{name}: {size}")));
                    let variable = format!("query($n: Int) {{ {} }}", list.replace("ARGUMENT", &format!("{name}: $n")));
                    for (document, variables) in [(literal, json!({})), (variable, json!({ "n": size }))] {
                        let before = world.app.core().db().statements();
                        let refused = world.query(Some(token), &document, variables).await;
                        assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "{document} {refused}");
                        let message = message(&refused);
                        assert!(message.contains(name) && message.contains("100"), "{document}: {message}");
                        assert!(world.app.core().db().statements() - before <= 2, "nothing but the grants is read");
                    }
                }
            }
        }
    }

    async fn a_page_is_counted_from_one_end_only(world: World) {
        let data = world.data(None, "{ organisations(first: 1) { pageInfo { endCursor } } }", json!({})).await;
        let cursor = data["organisations"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
        for arguments in [
            "first: 1, last: 1".to_owned(),
            format!("first: 1, before: \"{cursor}\""),
            format!("last: 1, after: \"{cursor}\""),
            format!("after: \"{cursor}\", before: \"{cursor}\""),
        ] {
            let document = format!("{{ organisations({arguments}) {{ nodes {{ id }} }} }}");
            for token in [None, Some(world.coordinator(&world.b))] {
                let refused = world.query(token.as_deref(), &document, json!({})).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "{arguments}");
                assert!(message(&refused).contains("first") && message(&refused).contains("last"));
            }
        }
    }

    async fn an_order_names_each_field_once_and_at_most_three(world: World) {
        for (order, word) in [
            ("[{ field: OPENED_ON }, { field: OPENED_ON, direction: DESC }]", "openedOn"),
            ("[{ field: OPENED_ON }, { field: CLOSED_ON }, { field: CREATED_AT }, { field: UPDATED_AT }]", "3"),
        ] {
            let document = format!("{{ organisations(orderBy: {order}) {{ nodes {{ id }} }} }}");
            for token in [world.coordinator(&world.a), world.coordinator(&world.b)] {
                let refused = world.query(Some(&token), &document, json!({})).await;
                assert_eq!(codes(&refused), ["BAD_USER_INPUT"], "{order}");
                assert!(message(&refused).contains(word), "{refused}");
            }
        }
        let nothing = world.data(None, "{ organisations(orderBy: []) { nodes { id } } }", json!({})).await;
        let default = world.data(None, "{ organisations { nodes { id } } }", json!({})).await;
        assert_eq!(nothing, default);
    }
}
