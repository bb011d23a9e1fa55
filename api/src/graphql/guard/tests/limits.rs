//! Each limit with a document just inside it and one just outside.

use serde_json::{Value, json};

use super::{boundless, defaults, guarded, limit, limit_with, shape};
use crate::config::ApiSettings;

/// Asserts that `inside` may run and that `outside` passes the limit of this name.
#[track_caller]
fn stands_between(name: &str, inside: &str, outside: &str, settings: &ApiSettings) {
    assert_eq!(limit(inside, settings), None, "inside {name}: {inside:.200}");
    assert_eq!(limit(outside, settings).as_deref(), Some(name), "outside {name}: {outside:.200}");
}

/// `times` copies of `text`, numbered where it says `#`.
fn copies(text: &str, times: usize) -> String {
    (0..times).map(|index| text.replace('#', &index.to_string()) + " ").collect()
}

/// A document of fields nested `depth` deep, with pages of one row.
fn deep(depth: usize) -> String {
    let levels = ["organisations(first: 1)", "nodes", "region"];
    let leaves = ["name", "totalCount", "id"];
    let last = levels.iter().cycle().take(depth - 1);
    let open: String = last.map(|level| format!("{level} {{ ")).collect();
    let leaf = if depth == 1 { "viewer" } else { leaves[(depth - 1) % 3] };
    format!("{{ {open}{leaf}{} }}", " }".repeat(depth - 1))
}

#[test]
fn a_document_has_so_many_bytes() {
    let of = |bytes: usize| format!("{{ __typename }}{}", " ".repeat(bytes - 14));
    stands_between("max_document", &of(16_384), &of(16_385), &defaults());
}

#[test]
fn a_document_has_so_many_tokens() {
    let settings =
        ApiSettings { max_selections: u64::MAX, max_query_fields: u64::MAX, ..defaults() };
    let of = |tokens: usize| format!("{{ {}}}", copies("a", tokens - 2));
    stands_between("max_tokens", &of(1500), &of(1501), &settings);
    let commented = format!("{} # {}\n , , ,", of(1500), "word ".repeat(500));
    assert_eq!(limit(&commented, &settings), None, "comments and commas are no tokens");
}

#[test]
fn brackets_nest_so_deep() {
    let settings = ApiSettings { max_depth: u64::MAX, ..defaults() };
    let lists =
        |deep: usize| format!("{{ viewer(x: {}1{}) }}", "[".repeat(deep - 2), "]".repeat(deep - 2));
    let objects = |deep: usize| {
        format!("{{ viewer(x: {}1{}) }}", "{ a: ".repeat(deep - 2), "}".repeat(deep - 2))
    };
    let fields = |deep: usize| format!("{}id{}", "{ a ".repeat(deep), "}".repeat(deep));
    for of in [lists as fn(usize) -> String, objects, fields] {
        stands_between("max_nesting", &of(50), &of(51), &settings);
        assert_eq!(limit(&of(1000), &settings).as_deref(), Some("max_nesting"));
    }
    let bytes = ApiSettings { max_document: usize::MAX, max_tokens: u64::MAX, ..settings };
    for of in [lists as fn(usize) -> String, objects, fields] {
        assert_eq!(
            limit(&of(1_000_000), &bytes).as_deref(),
            Some("max_nesting"),
            "no stack is used"
        );
    }
    let unclosed = "[".repeat(1_000_000);
    assert_eq!(limit(&unclosed, &bytes).as_deref(), Some("max_nesting"));
}

#[test]
fn fields_nest_so_deep() {
    stands_between("max_depth", &deep(12), &deep(13), &defaults());
    let by_fragments = |levels: usize| {
        let last = levels - 1;
        let parts = (0..last).map(|index| {
            format!("fragment F{index} on Region {{ region {{ ...F{} }} }} ", index + 1)
        });
        let parts: String = parts.collect();
        format!("{{ ...F0 }} {parts} fragment F{last} on Region {{ name }}")
    };
    stands_between("max_depth", &by_fragments(12), &by_fragments(13), &defaults());
    let unlimited =
        ApiSettings { max_nesting: 5000, max_document: 100_000, max_tokens: 20_000, ..defaults() };
    assert_eq!(limit(&deep(64), &unlimited).as_deref(), Some("max_depth"));
}

#[test]
fn selections_are_counted_with_fragments_expanded() {
    // Twenty spreads of 99 fields are 20 + 20 x 99.
    let of = |beside: usize| {
        let spreads = copies("...F", 20);
        format!(
            "{{ {spreads}{} }} fragment F on Query {{ {}}}",
            copies("__typename", beside),
            copies("__typename", 99)
        )
    };
    stands_between("max_selections", &of(0), &of(1), &defaults());
    let of = |beside: usize| {
        let inner = format!("... {{ {}}}", copies("__typename", 99));
        format!(
            "{{ ...F ...F ...F ...F {} }} fragment F on Query {{ {}}}",
            copies("__typename", beside),
            copies(&inner, 4)
        )
    };
    stands_between(
        "max_selections",
        &of(2000 - 4 - 16 * 100),
        &of(2001 - 4 - 16 * 100),
        &defaults(),
    );
}

#[test]
fn aliases_are_counted_wherever_they_stand() {
    let at_the_root = |times: usize| format!("{{ {}}}", copies("a#: __typename", times));
    let within =
        |times: usize| format!("{{ viewer {{ ... {{ {}}} }} }}", copies("a#: isSignedIn", times));
    let in_a_fragment = |times: usize| {
        format!("{{ ...F }} fragment F on Query {{ {}}}", copies("a#: __typename", times))
    };
    let elsewhere = |times: usize| {
        format!("query A {{ __typename }} query B {{ {}}}", copies("a#: __typename", times))
    };
    for of in [at_the_root as fn(usize) -> String, within, in_a_fragment, elsewhere] {
        stands_between("max_aliases", &of(30), &of(31), &defaults());
        assert_eq!(limit(&of(100), &defaults()).as_deref(), Some("max_aliases"));
    }
    let many = at_the_root(10_000);
    assert_eq!(limit(&many, &defaults()).as_deref(), Some("max_document"));
}

#[test]
fn directives_are_counted_in_every_place() {
    let places = [
        "{ viewer { isSignedIn * } }",
        "query * { viewer { isSignedIn } }",
        "{ ...F * } fragment F on Query { __typename }",
        "{ ... * { __typename } }",
        "{ ... on Query * { __typename } }",
        "query($a: Int *) { organisations(first: $a) { totalCount } }",
        "{ ...F } fragment F on Query * { __typename }",
        "{ __typename * }",
        "mutation * { a }",
        "query A { __typename } query B { __typename * }",
        "{ __typename } fragment Unused on Query { __typename * }",
    ];
    for place in places {
        for directive in ["@x ", "@include(if: true) "] {
            let of = |times: usize| place.replace('*', &directive.repeat(times));
            stands_between("max_directives", &of(20), &of(21), &defaults());
            let wide = ApiSettings { max_document: usize::MAX, ..defaults() };
            assert_eq!(limit(&of(10_000), &wide).as_deref(), Some("max_tokens"), "{place}");
        }
    }
    let spread_out: String =
        places.iter().take(1).map(|place| place.replace('*', &"@x ".repeat(7))).collect();
    let document = format!("query A {spread_out} query B {spread_out} query C {spread_out}");
    assert_eq!(limit(&document, &defaults()).as_deref(), Some("max_directives"), "in one document");
}

#[test]
fn root_fields_are_counted_with_fragments_expanded() {
    let queries = |times: usize| format!("{{ {}}}", copies("a#: viewer { isSignedIn }", times));
    stands_between("max_root_fields", &queries(10), &queries(11), &defaults());
    let spread = |times: usize| {
        format!(
            "{{ {}}} fragment F on Query {{ viewer {{ isSignedIn }} regions {{ totalCount }} }}",
            copies("...F", times)
        )
    };
    stands_between("max_root_fields", &spread(5), &spread(6), &defaults());
    let mutations = |times: usize| {
        format!("mutation {{ {}}}", copies("a#: organisationClose { impact }", times))
    };
    stands_between("max_root_fields", &mutations(5), &mutations(6), &defaults());
    assert_eq!(limit("subscription { a b }", &defaults()).as_deref(), Some("max_root_fields"));
}

/// Sites of organisations: 200 x `sites` + 201 is the cost, 100 x (`sites` + 1) the rows.
fn pages(sites: usize) -> String {
    format!(
        "{{ organisations(first: 100) {{ nodes {{ sites(first: {sites}) {{ nodes {{ id }} }} }} }} }}"
    )
}

#[test]
fn a_page_costs_its_size_times_its_rows() {
    stands_between("max_cost", &pages(23), &pages(24), &defaults());
    let cost = guarded(&pages(23), json!({}), &defaults()).expect("it may run").cost;
    assert_eq!(cost, 200 * 23 + 201);
    let exactly = |max_cost: u64| ApiSettings { max_cost, ..defaults() };
    assert_eq!(limit(&pages(23), &exactly(cost)), None);
    assert_eq!(limit(&pages(23), &exactly(cost - 1)).as_deref(), Some("max_cost"));
}

#[test]
fn rows_are_counted() {
    let settings = |max_nodes: u64| ApiSettings { max_nodes, ..boundless() };
    assert_eq!(limit(&pages(23), &settings(2400)), None);
    assert_eq!(limit(&pages(23), &settings(2399)).as_deref(), Some("max_nodes"));
    // A list that is always short is one field, but its rows count.
    let lists = |times: usize| {
        format!(
            "{{ organisations(first: 100) {{ nodes {{ {}}} }} }}",
            copies("a#: names { name }", times)
        )
    };
    stands_between("max_nodes", &lists(3), &lists(4), &defaults());
}

#[test]
fn lists_of_the_input_have_so_many_items() {
    let literal = |items: usize| {
        format!(
            "{{ regions(where: {{ odsCode: {{ in: [{}] }} }}) {{ totalCount }} }}",
            copies("1", items)
        )
    };
    stands_between("max_list", &literal(500), &literal(501), &defaults());
    let default = |items: usize| {
        format!(
            "query($x: [Int] = [{}]) {{ regions(where: $x) {{ totalCount }} }}",
            copies("1", items)
        )
    };
    stands_between("max_list", &default(500), &default(501), &defaults());
    let directive =
        |items: usize| format!("{{ __typename @x(y: {{ z: [{}] }}) }}", copies("1", items));
    stands_between("max_list", &directive(500), &directive(501), &defaults());
}

#[test]
fn lists_in_variables_have_so_many_items() {
    let document = "query($x: X) { regions(where: $x) { totalCount } }";
    let list = |items: usize| json!(vec![1; items]);
    for of in [|list: Value| list, |list: Value| json!({ "a": [[list]] })] {
        let limit = |items| limit_with(document, json!({ "x": of(list(items)) }), &defaults());
        assert_eq!(limit(500), None);
        assert_eq!(limit(501).as_deref(), Some("max_list"));
    }
    let unused = json!({ "nobody": list(501) });
    assert_eq!(limit_with("{ __typename }", unused, &defaults()).as_deref(), Some("max_list"));
}

#[test]
fn variables_nest_so_deep() {
    let nested =
        |deep: usize, wrap: fn(Value) -> Value| (1..deep).fold(json!(1), |value, _| wrap(value));
    for wrap in [(|value| json!([value])) as fn(Value) -> Value, |value| json!({ "a": value })] {
        let limit =
            |deep| limit_with("{ __typename }", json!({ "x": nested(deep, wrap) }), &defaults());
        assert_eq!(limit(50), None);
        assert_eq!(limit(51).as_deref(), Some("max_nesting"));
        assert_eq!(limit(120).as_deref(), Some("max_nesting"));
    }
}

#[test]
fn so_many_rows_are_asked_for_by_their_ids() {
    let literal = |ids: usize| format!("{{ nodes(ids: [{}]) {{ id }} }}", copies("\"org_#\"", ids));
    stands_between("max_page", &literal(100), &literal(101), &defaults());
    let variable = |ids: usize| {
        let ids: Vec<String> = (0..ids).map(|id| format!("org_{id}")).collect();
        limit_with(
            "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
            json!({ "ids": ids }),
            &defaults(),
        )
    };
    assert_eq!(variable(100), None);
    assert_eq!(variable(101).as_deref(), Some("max_page"));
    let default = |ids: usize| {
        format!(
            "query($ids: [ID!] = [{}]) {{ nodes(ids: $ids) {{ id }} }}",
            copies("\"org_#\"", ids)
        )
    };
    stands_between("max_page", &default(100), &default(101), &defaults());
}

/// The cost of a page of organisations with these arguments.
fn cost_of(arguments: &str, variables: Value) -> u64 {
    let text = format!(
        "query A($n: Int, $m: Int = 100) {{ organisations{arguments} {{ nodes {{ id }} }} }}"
    );
    guarded(&text, variables, &defaults()).expect("it may run").cost
}

#[test]
fn the_size_of_a_page_is_what_will_be_read() {
    let page = |rows: u64| 2 * rows + 1;
    for (arguments, rows) in [
        ("", 20),
        ("(first: 7)", 7),
        ("(last: 7)", 7),
        ("(first: null, last: 100)", 100),
        ("(last: 100, first: null)", 100),
        ("(first: $n, last: 100)", 100),
        ("(first: $n)", 20),
        ("(first: $m)", 100),
        ("(first: null)", 20),
    ] {
        assert_eq!(cost_of(arguments, json!({})), page(rows), "{arguments}");
    }
    assert_eq!(cost_of("(first: $n)", json!({ "n": 9 })), page(9));
    assert_eq!(cost_of("(first: $m)", json!({ "m": null })), page(20));
}

#[test]
fn the_defaults_of_another_operation_do_not_make_this_one_cheap() {
    let rows = "organisations(first: $n) { nodes { id } }";
    let text =
        format!("query Dear($n: Int = 100) {{ {rows} }} query Cheap($n: Int = 1) {{ {rows} }}");
    let document = async_graphql::parser::parse_query(text).expect("a document");
    let cost = |name| {
        let variables = async_graphql::Variables::default();
        super::check(&document, Some(name), &variables, super::shape(), &defaults())
            .expect("it may run")
            .cost
    };
    assert_eq!((cost("Dear"), cost("Cheap")), (201, 3));
}

#[test]
fn a_page_of_an_impossible_size_costs_nothing_and_overflows_nothing() {
    for size in ["2147483647", "99999999999999999999999", "-1", "-9223372036854775808", "101.5"] {
        let of = |field: &str| format!("({field}: {size})");
        assert!(cost_of(&of("first"), json!({})) <= 3, "{size} is refused for itself");
        assert!(cost_of(&of("last"), json!({})) <= 3, "{size}");
    }
    assert_eq!(cost_of("(first: 0)", json!({})), 1);
    assert!(cost_of("(first: 1, last: 100)", json!({})) <= 201, "both are refused together");
    let pages = |size: u32| {
        let step = format!("organisations(first: {size}) {{ nodes {{ region {{ ");
        format!("{{ {}id{} }}", step.repeat(12), " } } }".repeat(12))
    };
    let wide = ApiSettings { max_depth: 100, ..defaults() };
    for size in [100, 10_000] {
        assert_eq!(limit(&pages(size), &wide).as_deref(), Some("max_cost"));
        let costly = ApiSettings { max_cost: u64::MAX, ..wide.clone() };
        assert_eq!(limit(&pages(size), &costly).as_deref(), Some("max_nodes"));
    }
}

#[test]
fn skipping_a_field_does_not_make_it_cheaper() {
    let text = |directive: &str| {
        format!("{{ organisations(first: 100) {directive} {{ nodes {{ id }} }} }}")
    };
    let cost = |directive: &str| {
        guarded(&text(directive), json!({}), &defaults()).expect("it may run").cost
    };
    assert_eq!(cost("@skip(if: true)"), cost(""));
    assert_eq!(cost("@include(if: false)"), cost(""));
}

#[test]
fn questions_about_the_schema_have_their_own_allowance() {
    let cycle = |lists: usize| {
        format!(
            "{{ __schema {{ types {{ {}name{} }} }} }}",
            "fields { type { ".repeat(lists),
            " } }".repeat(lists)
        )
    };
    stands_between("max_introspection_lists", &cycle(3), &cycle(4), &defaults());
    let aliased = cycle(4).replacen("__schema", "harmless: __schema", 1);
    assert_eq!(limit(&aliased, &defaults()).as_deref(), Some("max_introspection_lists"));
    let by_fragment = format!("{{ ...F }} fragment F on Query {} ", cycle(4));
    assert_eq!(limit(&by_fragment, &defaults()).as_deref(), Some("max_introspection_lists"));
    let by_type = "query($n: String!) { __type(name: $n) { fields { type { interfaces { fields { type { possibleTypes { name } } } } } } } }";
    assert_eq!(limit(by_type, &defaults()).as_deref(), Some("max_introspection_lists"));
    // Ten spreads of a hundred, and what is around them.
    let many = |names: usize, beside: usize| {
        let names = copies("name", names);
        let beside = copies("name", beside);
        format!(
            "{{ __schema {{ queryType {{ {}{beside}}} }} }} fragment F on __Type {{ {names}}}",
            copies("...F", 10)
        )
    };
    stands_between("max_introspection", &many(98, 8), &many(98, 9), &defaults());
}

#[test]
fn lists_of_the_schema_multiply_what_is_asked_below_them() {
    let names = |count: u64| {
        let names = "name ".repeat(usize::try_from(count).expect("a few"));
        format!("{{ __schema {{ types {{ interfaces {{ fields {{ args {{ {names} }} }} }} }} }} }}")
    };
    let (told, settings) = (shape().told, defaults());
    let lists = told.types * told.fields_percent * told.arguments_percent / 10_000;
    let most = settings.max_introspection_each * told.things / lists;
    let allowed = |count: &u64| limit(&names(*count), &settings).is_none();
    let last = (1..900).take_while(allowed).last().expect("a few");
    assert!((most * 9 / 10..=most).contains(&last), "{last} of {most}");
    stands_between("max_introspection_each", &names(last), &names(last + 1), &settings);
}

#[test]
fn a_variable_counts_wherever_it_stands_with_all_that_was_sent() {
    let uses = |count: usize| {
        let uses = vec!["$w"; count].join(", ");
        format!(
            "query($w: OrganisationWhere!) {{ organisations(where: {{ and: [{uses}] }}) {{ totalCount }} }}"
        )
    };
    let sent = json!({ "w": { "and": vec![json!({}); 98] } });
    assert_eq!(limit_with(&uses(99), sent.clone(), &defaults()), None);
    assert_eq!(limit_with(&uses(101), sent.clone(), &defaults()).as_deref(), Some("max_values"));
    let spread = format!(
        "{} fragment F on Region {{ {} }}",
        "query($w: OrganisationWhere!) { regions(first: 1) { nodes { ...F ...F ...F } } }",
        "organisations(first: 1, where: $w) { totalCount } ".repeat(34)
    );
    assert_eq!(
        limit_with(&spread, sent, &defaults()).as_deref(),
        Some("max_values"),
        "by a fragment"
    );
    let long = json!({ "w": { "name": { "startsWith": "x".repeat(60_000) } } });
    assert_eq!(limit_with(&uses(9), long.clone(), &defaults()), None);
    assert_eq!(
        limit_with(&uses(11), long, &defaults()).as_deref(),
        Some("max_values"),
        "long text"
    );
}
