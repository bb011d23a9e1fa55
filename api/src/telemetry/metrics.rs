//! What is counted and measured, and the page on which Prometheus reads it.

use std::sync::OnceLock;

use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use opentelemetry::{KeyValue, global};
use prometheus::{Encoder as _, Registry, TextEncoder};

/// Bounds of durations, in seconds.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Bounds of costs.
const COSTS: [f64; 9] = [1.0, 5.0, 20.0, 50.0, 100.0, 300.0, 1000.0, 3000.0, 5000.0];

/// The instruments.
pub struct Metrics {
    duration: Histogram<f64>,
    cost: Histogram<u64>,
    statements: Counter<u64>,
    rows: Counter<u64>,
    /// Open connections.
    pub connections: UpDownCounter<i64>,
    rounds: Counter<u64>,
    failures: Counter<u64>,
    mails: Counter<u64>,
}

/// The instruments of this process, made on first use: after [`start`](super::start), if it is called.
pub fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| {
        let meter = global::meter("alongside");
        Metrics {
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("How long requests to the endpoint took.")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            cost: meter
                .u64_histogram("alongside.request.cost")
                .with_description("What operations cost, by the document guard's measure.")
                .with_boundaries(COSTS.to_vec())
                .build(),
            statements: meter
                .u64_counter("alongside.database.statements")
                .with_description("Statements run for requests, BEGIN and COMMIT left out.")
                .build(),
            rows: meter
                .u64_counter("alongside.database.rows")
                .with_description("Rows read for requests.")
                .build(),
            connections: meter
                .i64_up_down_counter("alongside.connections")
                .with_description("Open connections of clients.")
                .build(),
            rounds: meter
                .u64_counter("alongside.job.rounds")
                .with_description("Rounds of periodic jobs, those that failed included.")
                .build(),
            failures: meter
                .u64_counter("alongside.job.failures")
                .with_description("Rounds of periodic jobs that failed.")
                .build(),
            mails: meter
                .u64_counter("alongside.mail.deliveries")
                .with_description("Attempts to hand over an e-mail, by what became of it.")
                .build(),
        }
    })
}

/// One answered request.
pub struct Answered {
    /// The status.
    pub status: u16,
    /// `query`, `mutation`, or nothing for what was not run.
    pub kind: Option<&'static str>,
    /// The code of the first error.
    pub code: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it cost.
    pub cost: u64,
    /// Statements that it ran.
    pub statements: u64,
    /// Rows that it read.
    pub rows: u64,
}

impl Metrics {
    /// Counts an answered request. Its labels have few values: nothing that clients choose.
    pub fn count(&self, answered: Answered) {
        let Answered { status, kind, code, seconds, cost, statements, rows } = answered;
        let mut labels = vec![KeyValue::new("http.response.status_code", i64::from(status))];
        labels.extend(kind.map(|kind| KeyValue::new("graphql.operation.type", kind)));
        labels.extend(code.map(|code| KeyValue::new("error.type", code)));
        self.duration.record(seconds, &labels);
        if kind.is_some() {
            self.cost.record(cost, &labels[1..2]);
            self.statements.add(statements, &labels[1..2]);
            self.rows.add(rows, &labels[1..2]);
        }
    }
}

impl Metrics {
    /// Counts a round of the job of this name.
    pub fn count_round(&self, job: &'static str, failed: bool) {
        let labels = [KeyValue::new("job", job)];
        self.rounds.add(1, &labels);
        // Told from the first round on, so that whoever watches it sees a change.
        self.failures.add(u64::from(failed), &labels);
    }

    /// Counts e-mails by what became of them: `sent`, `later` or `given_up`.
    pub fn count_mails(&self, outcome: &'static str, count: u64) {
        self.mails.add(count, &[KeyValue::new("outcome", outcome)]);
    }
}

/// Where the page's metrics are collected.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

/// The page for Prometheus.
#[must_use]
pub fn page() -> Vec<u8> {
    let mut text = Vec::new();
    let _ = TextEncoder::new().encode(&registry().gather(), &mut text);
    text
}
