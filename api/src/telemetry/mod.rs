//! Logs, traces and metrics. They hold ids, codes, counts and durations; never names, query text or
//! variables.
//!
//! Logs go to standard error. Traces and metrics go to a collector over OTLP when one is named; metrics
//! are also shown on the admin port, for Prometheus. Losing a collector loses telemetry, nothing else.

pub mod metrics;
pub mod request;

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use thiserror::Error;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{LogFormat, LogSettings, TelemetrySettings};

/// Longest wait for a collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Traces or metrics cannot be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The collector's address.
    #[error("telemetry.otlp_endpoint cannot be used: {0}")]
    Collector(#[from] ExporterBuildError),
    /// The page of metrics.
    #[error("metrics cannot be collected: {0}")]
    Metrics(String),
}

/// What has to be sent before the process ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: SdkMeterProvider,
}

impl Telemetry {
    /// Sends what is left.
    pub fn finish(self) {
        if let Some(traces) = self.traces {
            let _ = traces.shutdown_with_timeout(EXPORT_TIMEOUT);
        }
        let _ = self.metrics.shutdown_with_timeout(EXPORT_TIMEOUT);
    }
}

/// Starts logging at the level of `RUST_LOG` (default: `info`), and traces and metrics as set.
///
/// # Errors
///
/// [`TelemetryError`] names the setting.
pub fn start(log: &LogSettings, settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let traces = traces(settings)?;
    let metrics = metrics_provider(settings)?;
    global::set_meter_provider(metrics.clone());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("info,sqlx=warn,sea_orm_migration=warn,opentelemetry=warn")
    });
    // A filter that gave no level would let every library make out its lines, down to the last.
    let level = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    let events = filter_fn(|meta| meta.is_event()).with_max_level_hint(level);
    let layer =
        fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = vec![match log.format {
        LogFormat::Text => layer.with_target(false).with_filter(filter).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            // Its lines name no span: those that nobody traces then cost nothing.
            .with_filter(filter.and(events))
            .boxed(),
    }];
    // Only spans, and only our own: an event may hold the text of somebody else's error. No layer that is empty
    // takes part: it would keep every span alive.
    layers.extend(traces.as_ref().map(|traces| {
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("alongside"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(
                filter_fn(|meta| meta.is_span() && meta.target().starts_with("alongside"))
                    .with_max_level_hint(LevelFilter::INFO),
            )
            .boxed()
    }));
    // A second start in one process keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(Telemetry { traces, metrics })
}

fn resource() -> Resource {
    Resource::builder()
        .with_service_name("alongside")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

fn endpoint(settings: &TelemetrySettings, signal: &str) -> String {
    format!("{}/v1/{signal}", settings.otlp_endpoint.trim_end_matches('/'))
}

fn traces(settings: &TelemetrySettings) -> Result<Option<SdkTracerProvider>, TelemetryError> {
    if settings.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint(settings, "traces"))
        .with_timeout(EXPORT_TIMEOUT)
        .build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample)));
    Ok(Some(
        SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource())
            .build(),
    ))
}

fn metrics_provider(settings: &TelemetrySettings) -> Result<SdkMeterProvider, TelemetryError> {
    let page = opentelemetry_prometheus::exporter()
        .with_registry(metrics::registry().clone())
        .build()
        .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
    let mut builder = SdkMeterProvider::builder().with_resource(resource()).with_reader(page);
    if !settings.otlp_endpoint.is_empty() {
        let exporter = MetricExporter::builder()
            .with_http()
            .with_endpoint(endpoint(settings, "metrics"))
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        let interval = Duration::from_millis(settings.interval_ms.max(100));
        builder =
            builder.with_reader(PeriodicReader::builder(exporter).with_interval(interval).build());
    }
    Ok(builder.build())
}
