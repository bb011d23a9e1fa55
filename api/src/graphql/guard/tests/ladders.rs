//! Fragments that spread fragments: what is written in a few lines and expands to more than there is time.

use super::{boundless, defaults, limit, walked};

/// Fragments on `ty`, each spreading the next one `times` times through `spread`; the first is `F0`.
fn ladder(ty: &str, steps: usize, times: usize, spread: &str) -> String {
    let mut text = String::new();
    for step in 0..steps {
        let next = spread.replace('#', &format!("F{}", step + 1)).repeat(times);
        text += &format!("fragment F{step} on {ty} {{ {next}}} ");
    }
    format!("{text} fragment F{steps} on {ty} {{ __typename }}")
}

/// Ladders of thirty steps, as they can be put into a document.
fn ladders() -> Vec<String> {
    let mut documents = Vec::new();
    for times in [2, 3, 10] {
        for spread in
            ["...# ", "... { ...# } ", "... on Query { ... @include(if: true) { ...# } } "]
        {
            let parts = ladder("Query", 30, times, spread);
            documents.extend([
                format!("{{ ...F0 }} {parts}"),
                format!("query Runs {{ __typename }} query Idle {{ ...F0 }} {parts}"),
                format!("{{ __typename }} {parts}"),
                format!("mutation {{ ...F0 }} {parts}"),
            ]);
        }
        let described = ladder("__Type", 30, times, "...# ");
        documents.extend([
            format!("{{ __schema {{ types {{ ...F0 }} }} }} {described}"),
            format!("{{ __typename }} {described}"),
        ]);
    }
    documents
}

#[test]
fn a_ladder_is_refused_in_time_that_is_linear_in_its_text() {
    for text in ladders() {
        let limit = limit(&text, &defaults());
        assert!(
            limit.as_deref().is_some_and(|limit| limit.starts_with("max_")),
            "{limit:?}: {text:.300}"
        );
        for settings in [defaults(), boundless()] {
            let (walked, tokens) = walked(&text, &settings);
            assert!(walked.visits <= 4 * tokens, "{} visits of {tokens} tokens", walked.visits);
        }
    }
}

#[test]
fn fragments_in_a_circle_are_refused() {
    for text in [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
        "{ organisations { nodes { ...A } } } fragment A on Organisation { names { organisation { ... { ...A } } } }",
        "{ __typename } fragment A on Query { ...A }",
        "query Runs { __typename } query Idle { ...A } fragment A on Query { ...A }",
    ] {
        let (walked, tokens) = walked(text, &defaults());
        let error = walked.cost.expect_err("a circle");
        assert!(error.message.contains("spreads itself"), "{text}: {error:?}");
        assert!(walked.visits <= 4 * tokens, "{text}");
    }
}

#[test]
fn every_limit_is_reached_within_four_visits_for_each_token() {
    let documents = [
        format!("{{ {} }}", "__typename ".repeat(1400)),
        format!("{{ {} }}", "a: viewer { isSignedIn } ".repeat(200)),
        format!("query {} {{ __typename }}", "@x ".repeat(700)),
        format!("{{ organisations(first: [{}]) {{ totalCount }} }}", "1 ".repeat(1400)),
        format!(
            "{{ organisations(first: {}1{}) {{ totalCount }} }}",
            "{ a: ".repeat(40),
            "}".repeat(40)
        ),
        format!("query({}) {{ __typename }}", "$a: [Int] = [1 2 3] @x ".repeat(90)),
        format!("{{ {} }}", "... { __typename } ".repeat(300)),
        "{ __schema { types { fields { type { fields { type { name } } } } } } }".to_owned(),
        "{".repeat(10) + "a" + &"}".repeat(10),
    ];
    for text in &documents {
        if async_graphql::parser::parse_query(text).is_err() {
            continue;
        }
        for settings in [defaults(), boundless()] {
            let (walked, tokens) = walked(text, &settings);
            assert!(
                walked.visits <= 4 * tokens,
                "{} visits of {tokens}: {text:.100}",
                walked.visits
            );
        }
    }
}
