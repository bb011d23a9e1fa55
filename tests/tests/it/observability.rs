//! What operators see of the service: traces, metrics and logs; and what they never see.

use std::collections::{BTreeMap, BTreeSet};

use alongside::clock::{Source as _, SystemSource};
use alongside::graphql::prepare::{digest, hash};
use serde_json::{Value, json};
use tests::world::mutation;
use tests::{Tenant, World, on_both_databases, on_sqlite};

use crate::collector::{Collector, Span};
use crate::served::{Served, told};

const BOARDS: &str = "query Boards($code: String) { organisation(by: { odsCode: $code }) { name \
     integratedCareBoard { name } auditEvents(first: 2) { totalCount nodes { action } } } }";

/// Exports at once, so that a test need not wait.
fn prompt(collector: &Collector) -> [(&str, &str); 3] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("ALONGSIDE__TELEMETRY__INTERVAL_MS", "100"),
    ]
}

/// A line of the log as an object, of which it holds one and nothing else.
fn object(line: &[u8]) -> Value {
    let text = String::from_utf8(line.to_vec()).expect("UTF-8");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| unreachable!("{text}"));
    assert!(value.is_object(), "{text}");
    value
}

/// Every span stands below another of its trace, or is `top`.
fn stands_below(top: &Span, trace: &[Span]) {
    let ids: BTreeSet<&str> = trace.iter().map(|span| span.id.as_str()).collect();
    for span in trace.iter().filter(|span| span.id != top.id) {
        assert!(ids.contains(span.parent.as_str()), "{span:?}");
    }
}

fn statements(trace: &[Span]) -> usize {
    trace.iter().filter(|span| span.name == "db.statement").count()
}

/// The metrics of a page for Prometheus: names without labels, with their samples.
type Samples = BTreeMap<String, Vec<(BTreeMap<String, String>, f64)>>;

/// Reads a page as Prometheus does; fails where it would.
fn samples(page: &str) -> Samples {
    let (mut samples, mut typed) = (Samples::new(), BTreeSet::new());
    for line in page.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            assert!(["HELP", "TYPE"].contains(&words[0]) && words.len() == 3, "{line}");
            assert!(words[0] == "HELP" || typed.insert(words[1]), "{line}: told twice");
            continue;
        }
        let (metric, value) = line.rsplit_once(' ').expect("a value");
        let value: f64 = value.parse().unwrap_or_else(|_| unreachable!("{line}"));
        let (name, labels) = match metric.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect("a bracket")),
            None => (metric, ""),
        };
        let plain =
            |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b));
        assert!(plain(name), "{line}");
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        assert!(typed.contains(family.unwrap_or(name)) || typed.contains(name), "{line}: no TYPE");
        let labels = labels.split(',').filter(|label| !label.is_empty()).map(|label| {
            let (name, value) = label.split_once("=\"").expect("a label");
            assert!(plain(name), "{line}");
            (name.to_owned(), value.strip_suffix('"').expect("a quote").to_owned())
        });
        samples.entry(name.to_owned()).or_default().push((labels.collect(), value));
    }
    samples
}

on_both_databases! {
    async fn a_request_is_a_span_with_its_statements_below(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let (id, body) = served.ask(Some(&token), BOARDS, json!({ "code": tenant.ods })).await;
            assert_eq!(body["data"]["organisation"]["name"], tenant.name, "{body}");
            let (request, trace) = collector.trace_of(&id).await;
            assert_eq!((request.name.as_str(), request.parent.as_str(), request.kind), ("request", "", 2));
            let line = served.told(&id).await;
            for (attribute, expected) in [
                ("graphql.operation.name", json!("Boards")),
                ("graphql.operation.type", json!("query")),
                ("graphql.document.hash", json!(hash(&digest(BOARDS)))),
                ("http.response.status_code", json!(200)),
                ("alongside.cost", body["extensions"]["cost"]["requested"].clone()),
                ("alongside.statements", line["statements"].clone()),
                ("alongside.rows", line["rows"].clone()),
                ("error.type", json!("")),
            ] {
                let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
                assert_eq!(request.attribute(attribute), expected, "{attribute}");
            }
            stands_below(&request, &trace);
            assert_eq!(json!(statements(&trace)), line["statements"]);
            assert!(line["statements"].as_u64() >= Some(4) && line["rows"].as_u64() >= Some(4), "{line}");
        }
        served.stop().await;
    }

    async fn the_statements_of_a_mutation_stand_below_its_request(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        let officer = world.officer();
        for tenant in [&world.a, &world.b] {
            let input = json!({ "id": tenant.global_id(), "expectedVersion": 1, "name": "Another name" });
            let document = mutation("organisationRename", "organisation { name }");
            let (id, body) = served.ask(Some(&officer), &document, json!({ "input": input })).await;
            assert_eq!(body["data"]["organisationRename"]["organisation"]["name"], "Another name", "{body}");
            let (request, trace) = collector.trace_of(&id).await;
            assert_eq!(request.attribute("graphql.operation.type"), "mutation");
            stands_below(&request, &trace);
            assert_eq!(statements(&trace).to_string(), request.attribute("alongside.statements"));
            assert!(statements(&trace) >= 5, "{trace:?}");
        }
        served.stop().await;
    }

    async fn a_request_joins_the_trace_of_its_caller(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for (tenant, parent) in [(&world.a, "00f067aa0ba902b7"), (&world.b, "00f067aa0ba902b8")] {
            let token = world.coordinator(tenant);
            let ask = async |traceparent: &str| {
                let request = served.post(Some(&token)).header("traceparent", traceparent);
                let request = request.json(&json!({ "query": BOARDS, "variables": { "code": tenant.ods } }));
                told(request.send().await.expect("an answer")).await.0
            };
            let left_out = ask(&format!("00-{trace}-{parent}-00")).await;
            let (request, _) = collector.trace_of(&ask(&format!("00-{trace}-{parent}-01")).await).await;
            assert_eq!((request.trace.as_str(), request.parent.as_str()), (trace, parent));
            for nonsense in ["nonsense", "", "00-0-0-01", "00-00000000000000000000000000000000-0000000000000000-01"] {
                let (request, _) = collector.trace_of(&ask(nonsense).await).await;
                assert_eq!(request.parent, "", "{nonsense}");
            }
            let spans = collector.spans();
            assert!(!spans.iter().any(|span| span.attribute("request_id") == left_out), "the caller keeps no trace");
        }
        served.stop().await;
    }

    async fn metrics_come_over_otlp_and_stand_on_a_page_for_prometheus(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        for tenant in [&world.a, &world.b] {
            served.ask(Some(&world.coordinator(tenant)), BOARDS, json!({ "code": tenant.ods })).await;
            served.ask(Some("nonsense"), BOARDS, json!({})).await;
            served.ask(None, "{ nothing }", json!({})).await;
        }
        for name in ["http.server.request.duration", "alongside.request.cost", "alongside.database.statements", "alongside.database.rows", "alongside.connections"] {
            collector.wait(name, |collector| collector.metrics().iter().any(|metric| metric == name).then_some(())).await;
        }
        let (status, page) = served.page("/metrics").await;
        assert_eq!(status, 200);
        let samples = samples(&page);
        let counts = &samples["http_server_request_duration_seconds_count"];
        let count = |status: &str| counts.iter().filter(|(labels, _)| labels["http_response_status_code"] == status).map(|(_, value)| value).sum::<f64>();
        assert_eq!((count("401"), counts.iter().map(|(_, value)| value).sum::<f64>()), (2.0, 6.0), "{page}");
        for (labels, total) in counts {
            let buckets = &samples["http_server_request_duration_seconds_bucket"];
            let own = buckets.iter().filter(|(bucket, _)| labels.iter().all(|(name, value)| bucket.get(name) == Some(value)));
            let own: Vec<f64> = own.filter(|(bucket, _)| bucket.len() == labels.len() + 1).map(|(_, value)| *value).collect();
            assert!(own.is_sorted() && own.last() == Some(total), "{own:?}, {total}");
        }
        let known = ["error_type", "graphql_operation_type", "http_response_status_code", "job", "le", "otel_scope_name", "outcome", "service_name", "service_version"];
        let labels = samples.values().flatten().flat_map(|(labels, _)| labels.keys());
        let unknown: Vec<&String> = labels.filter(|label| !known.contains(&label.as_str()) && !label.starts_with("telemetry_sdk")).collect();
        assert_eq!(unknown, [] as [&String; 0]);
        served.stop().await;
    }

    async fn each_request_is_one_line_of_the_log_with_these_fields(world: World) {
        let served = Served::start(&world, &[]).await;
        let common = ["cost", "document", "duration_us", "level", "message", "operation", "request_id", "role", "rows", "statements", "status", "target", "timestamp"];
        let mut sent = 0;
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            for (token, query, more, role, operation) in [
                (Some(token.as_str()), BOARDS, &["kind"][..], "PCO", "Boards"),
                (None, "{ viewer { isSignedIn } }", &["kind"], "PUBLIC", ""),
                (Some("nonsense"), BOARDS, &["code"], "", ""),
                (Some(token.as_str()), "query Broken {", &["code"], "", ""),
                (Some(token.as_str()), "query Unknown { nothing }", &["code", "kind"], "", "Unknown"),
            ] {
                let (id, body) = served.ask(token, query, json!({ "code": tenant.ods })).await;
                let line = served.told(&id).await;
                assert_eq!(line.get("code"), body["errors"][0]["extensions"].get("code"), "{line}: {body}");
                let fields: BTreeSet<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
                assert_eq!(fields, common.into_iter().chain(more.iter().copied()).collect(), "{line}");
                assert_eq!((&line["role"], &line["operation"]), (&json!(role), &json!(operation)), "{line}");
                sent += 1;
            }
        }
        assert_eq!(served.requests().len(), sent);
        for line in served.stop().await {
            object(&line);
        }
    }
}

/// Texts that try to end a line of the log, to colour it, or to be read as something else.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "a\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
        "a\nb",
        "\u{1b}[31mred\u{1b}[0m\u{7}",
        "\",\"message\":\"forged\",\"x\":\"",
        "}{",
        "%s%n%x{}{0}$(id)`id`",
        "\u{2028}\u{2029}\u{85}\u{202e}\0",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(["x".repeat(20_000), "y".repeat(1 << 20)]);
    texts
}

/// The text as a header can carry it: what HTTP itself refuses is left out.
fn for_header(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~')).take(20_000).collect()
}

/// Requests that carry `text` wherever a client can put something.
fn carriers(served: &Served, token: &str, text: &str) -> Vec<reqwest::RequestBuilder> {
    let header = for_header(text);
    let literal = Value::from(text).to_string();
    let search =
        format!("{{ organisations(where: {{ name: {{ eq: {literal} }} }}) {{ totalCount }} }}");
    let by_variable = "query($code: String) { organisation(by: { odsCode: $code }) { name } }";
    let named = json!({ "query": "query A { viewer { isSignedIn } }", "operationName": text });
    let wrong_kind = json!({ "query": "query($first: Int) { organisations(first: $first) { totalCount } }", "variables": { "first": text } });
    let variable = json!({ "query": by_variable, "variables": { "code": text, text: text }, "extensions": { "x": text } });
    let plain = json!({ "query": "{ viewer { isSignedIn } }" });
    let with = |body: &Value| served.post(Some(token)).json(body);
    vec![
        with(&variable),
        with(&wrong_kind),
        with(&named),
        with(&json!({ "query": search })),
        with(&json!({ "query": text })),
        with(&json!({ "query": format!("{{ viewer {{ isSignedIn }} }} # {text}") })),
        with(&json!({ "query": by_variable, "variables": { "code": [text] } })),
        with(&plain).header("x-request-id", &header).header("user-agent", &header),
        with(&plain)
            .header("traceparent", &header)
            .header("tracestate", format!("a={header}"))
            .header("baggage", &header),
        with(&plain).header("x-forwarded-for", &header).header("alongside-gateway", &header),
        served.post(Some(&header)).json(&plain),
        served.post(Some(token)).header("content-type", &header).body(text.to_owned()),
    ]
}

on_sqlite! {
    async fn a_collector_that_does_not_answer_is_told_in_the_log_and_harms_nothing(world: World) {
        let collector = Collector::start().await;
        let mut settings = prompt(&collector);
        settings[0].1 = "http://127.0.0.1:9";
        let served = Served::start(&world, &settings).await;
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            let (_, body) = served.ask(Some(&token), BOARDS, json!({ "code": tenant.ods })).await;
            assert_eq!(body["data"]["organisation"]["name"], json!(tenant.name));
        }
        let of_export = |line: &Value| {
            let of = |key: &str| line[key].as_str().unwrap_or_default();
            of("target").starts_with("opentelemetry") && ["WARN", "ERROR"].contains(&of("level"))
        };
        served.line("it tells that nothing was exported", of_export).await;
        served.stop().await;
    }

    async fn nothing_that_a_client_sends_makes_a_second_line_of_the_log(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        let mut answered = BTreeSet::new();
        for tenant in [&world.a, &world.b] {
            let token = world.coordinator(tenant);
            for text in hostile() {
                for request in carriers(&served, &token, &text) {
                    // Some of these are cut off while they are sent: that is an answer too.
                    let Ok(answer) = request.send().await else { continue };
                    let id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok());
                    answered.extend(id.map(str::to_owned));
                }
            }
        }
        assert!(answered.len() > 150, "{}", answered.len());
        for id in &answered {
            served.told(id).await;
        }
        let mut told = BTreeMap::<String, usize>::new();
        for line in served.stop().await {
            let line = object(&line);
            assert_ne!(line["message"], "forged");
            if line["target"] == "alongside::request" {
                *told.entry(line["request_id"].as_str().expect("an id").to_owned()).or_default() += 1;
            }
        }
        assert!(answered.iter().all(|id| told.get(id) == Some(&1)), "one line each");
    }
}

/// A name that stands nowhere else.
fn canary(place: &str) -> String {
    format!("canary{place}{}", SystemSource.id().simple())
}

/// Sends canaries in every place where something personal can stand; gives them all.
async fn release_canaries(served: &Served, world: &World, tenant: &Tenant) -> Vec<String> {
    let places = [
        "subject", "variable", "literal", "alias", "header", "comment", "id", "cursor", "input",
        "name",
    ];
    let canaries = places.map(canary);
    let [subject, variable, literal, alias, header, comment, id, cursor, input, name] = &canaries;
    let unknown = world.token_of(subject);
    let officer = world.officer();
    let coordinator = world.coordinator(tenant);
    let rename = mutation("organisationRename", "organisation { name }");
    let query = format!(
        "query Canaries($v: String) {{ # {comment}\n {alias}: organisation(by: {{ odsCode: $v }}) {{ name }} \
         organisations(where: {{ name: {{ eq: \"{literal}\" }} }}) {{ totalCount }} }}"
    );
    let wrong = [
        format!("{{ organisations(first: \"{literal}\") {{ totalCount }} }}"),
        format!("{{ organisation(by: {{ id: \"{id}\" }}) {{ name }} }}"),
        format!("{{ organisations(after: \"{cursor}\") {{ totalCount }} }}"),
        format!("{{ organisations(where: {{ kind: {{ eq: {literal} }} }}) {{ totalCount }} }}"),
        format!("{{ organisations(where: {{ name: {{ eq: \"{literal} }} }}"),
        format!(
            "{{ {alias}: organisation(by: {{ odsCode: 7 }}) {{ auditEvents {{ totalCount }} }} }}"
        ),
    ];
    let mut bodies = Vec::new();
    for token in [&unknown, &coordinator, &officer] {
        let request =
            served.post(Some(token)).header("x-request-id", header).header("user-agent", header);
        let request = request
            .header("tracestate", format!("vendor={header}"))
            .header("baggage", format!("k={header}"));
        let request = request.json(&json!({ "query": query, "variables": { "v": variable } }));
        bodies.push(told(request.send().await.expect("an answer")).await.1);
        for query in &wrong {
            bodies.push(served.ask(Some(token), query, json!({})).await.1);
        }
        for variables in
            [json!({ "v": [variable] }), json!({ "v": { variable.as_str(): variable } })]
        {
            bodies.push(served.ask(Some(token), &query, variables).await.1);
        }
        for (id, version, text) in [
            (id.as_str(), 1, input),
            (&tenant.global_id(), 1, name),
            (&tenant.global_id(), 999, input),
        ] {
            let input = json!({ "id": id, "expectedVersion": version, "name": text });
            bodies.push(served.ask(Some(token), &rename, json!({ "input": input })).await.1);
        }
        let input = json!({ "id": tenant.global_id(), "expectedVersion": input, "name": "x" });
        bodies.push(served.ask(Some(token), &rename, json!({ "input": input })).await.1);
    }
    bodies.push(
        served.ask(Some(&format!("ey{subject}.{subject}.{subject}")), &query, json!({})).await.1,
    );
    for body in &bodies {
        let messages = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| error["message"].to_string());
        for message in messages {
            assert!(!canaries.iter().any(|canary| message.contains(canary)), "{message}");
        }
    }
    assert!(bodies.iter().filter(|body| body["errors"].is_array()).count() > 15, "{bodies:?}");
    canaries.to_vec()
}

on_both_databases! {
    async fn nothing_personal_stands_in_a_log_a_trace_a_metric_or_an_error(world: World) {
        let collector = Collector::start().await;
        let served = Served::start(&world, &prompt(&collector)).await;
        let mut canaries = Vec::new();
        for tenant in [&world.a, &world.b] {
            canaries.extend(release_canaries(&served, &world, tenant).await);
            canaries.push(tenant.ods.clone());
        }
        let (_, page) = served.page("/metrics").await;
        let log = served.stop().await.join(&b'\n');
        let seen = [("the log", log), ("the page of metrics", page.into_bytes()), ("what was exported", collector.bytes())];
        for (place, bytes) in seen {
            assert!(bytes.len() > 1000, "{place} is not empty");
            let text = String::from_utf8_lossy(&bytes);
            for canary in &canaries {
                assert!(!text.contains(canary.as_str()), "{canary} stands in {place}");
            }
        }
    }
}
