//! A collector of traces and metrics: what a service sends over OTLP, decoded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alongside::config::Config;
use alongside::connection;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span as Sent;
use prost::Message as _;
use tests::race::patiently;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A span, with its attributes as texts.
#[derive(Clone, Debug)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    /// Empty for the first span of a trace.
    pub parent: String,
    pub kind: i32,
    pub attributes: BTreeMap<String, String>,
}

#[derive(Default)]
struct Received {
    /// The signal and the bytes of each export.
    exports: Mutex<Vec<(String, Bytes)>>,
    came: Notify,
}

/// A collector at an address of its own. It stops when it is dropped.
pub struct Collector {
    pub url: String,
    received: Arc<Received>,
    _stop: DropGuard,
}

impl Collector {
    /// Starts one.
    pub async fn start() -> Self {
        let received = Arc::new(Received::default());
        let router =
            Router::new().route("/v1/{signal}", post(receive)).with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let settings = Config::defaults().expect("the defaults").server;
        let stop = CancellationToken::new();
        tokio::spawn(connection::accept(listener, router, settings, stop.clone()));
        Self { url, received, _stop: stop.drop_guard() }
    }

    /// Every byte that came.
    pub fn bytes(&self) -> Vec<u8> {
        self.exports().iter().flat_map(|(_, bytes)| bytes.to_vec()).collect()
    }

    fn exports(&self) -> Vec<(String, Bytes)> {
        self.received.exports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of(&self, signal: &str) -> Vec<Bytes> {
        let exports = self.exports().into_iter();
        exports.filter(|(name, _)| name == signal).map(|(_, bytes)| bytes).collect()
    }

    /// The spans that came so far.
    pub fn spans(&self) -> Vec<Span> {
        let exports = self.of("traces").into_iter();
        exports
            .map(|bytes| ExportTraceServiceRequest::decode(bytes).expect("an export of traces"))
            .flat_map(|export| export.resource_spans)
            .flat_map(|of_resource| of_resource.scope_spans)
            .flat_map(|of_scope| of_scope.spans)
            .map(Span::from)
            .collect()
    }

    /// The names of the metrics that came so far.
    pub fn metrics(&self) -> Vec<String> {
        let exports = self.of("metrics").into_iter();
        exports
            .map(|bytes| ExportMetricsServiceRequest::decode(bytes).expect("an export of metrics"))
            .flat_map(|export| export.resource_metrics)
            .flat_map(|of_resource| of_resource.scope_metrics)
            .flat_map(|of_scope| of_scope.metrics)
            .map(|metric| metric.name)
            .collect()
    }

    /// Waits until `found` finds what it looks for in what came.
    pub async fn wait<T>(&self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let waiting = async {
            loop {
                match found(self) {
                    Some(it) => return it,
                    None => self.received.came.notified().await,
                }
            }
        };
        patiently(what, waiting).await
    }

    /// Waits for the `request` span with this id of a request; gives its whole trace.
    pub async fn trace_of(&self, request_id: &str) -> (Span, Vec<Span>) {
        let found = |collector: &Self| {
            let spans = collector.spans();
            let request = spans.iter().find(|span| span.attribute("request_id") == request_id)?;
            let trace = spans.iter().filter(|span| span.trace == request.trace);
            Some((request.clone(), trace.cloned().collect()))
        };
        self.wait("the span of the request comes", found).await
    }
}

impl Span {
    /// The attribute of this name; empty if it has none.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

impl From<Sent> for Span {
    fn from(sent: Sent) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let attributes = sent.attributes.into_iter().map(|attribute| {
            let value = attribute.value.and_then(|value| value.value);
            let text = match value {
                Some(Any::StringValue(text)) => text,
                Some(Any::IntValue(number)) => number.to_string(),
                other => format!("{other:?}"),
            };
            (attribute.key, text)
        });
        Self {
            name: sent.name,
            trace: hex(&sent.trace_id),
            id: hex(&sent.span_id),
            parent: hex(&sent.parent_span_id),
            kind: sent.kind,
            attributes: attributes.collect(),
        }
    }
}

async fn receive(
    State(received): State<Arc<Received>>,
    Path(signal): Path<String>,
    bytes: Bytes,
) -> StatusCode {
    received.exports.lock().unwrap_or_else(PoisonError::into_inner).push((signal, bytes));
    received.came.notify_one();
    StatusCode::OK
}
