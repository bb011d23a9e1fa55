//! How the running service stops, and what a lost collector does to it: nothing.

use serde_json::{Value, json};
use tests::race::patiently;
use tests::{World, on_both_databases, on_sqlite};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::collector::Collector;
use crate::served::Served;

const STOPPING: &str = "the service is stopping";

/// A request whose body the service waits for.
struct Running {
    stream: TcpStream,
    body: String,
}

impl Running {
    /// Sends the head of a request, and waits until the service asks for its body.
    async fn start(served: &Served, token: &str) -> Self {
        let place = served.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(place).await.expect("a connection");
        let body = json!({ "query": "{ viewer { roles { scopeId } } }" }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {place}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let mut asked = [0; 25];
        let reading = stream.read_exact(&mut asked);
        patiently("the service asks for the body", reading).await.expect("an interim answer");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body; gives the whole answer.
    async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        let reading = self.stream.read_to_string(&mut answer);
        patiently("the answer ends", reading).await.expect("an answer");
        answer
    }
}

/// Waits until the service takes no more connections.
async fn closed(served: &Served) {
    let place = served.address.trim_start_matches("http://");
    let refused = async { while TcpStream::connect(place).await.is_ok() {} };
    patiently("the port is closed", refused).await;
}

/// The body of a whole answer.
fn body(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(head.to_ascii_lowercase().contains("\r\nconnection: close"), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

fn said(lines: &[Vec<u8>], text: &str) -> bool {
    lines.iter().any(|line| String::from_utf8_lossy(line).contains(text))
}

on_both_databases! {
    async fn the_first_signal_lets_running_requests_finish_and_takes_no_more(world: World) {
        let collector = Collector::start().await;
        // What is sent before the end is sent because it ends.
        let seldom = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("ALONGSIDE__TELEMETRY__INTERVAL_MS", "600000")];
        let served = Served::start(&world, &seldom).await;
        assert_eq!(served.page("/health/ready").await, (200, "ready".to_owned()));
        let a = Running::start(&served, &world.coordinator(&world.a)).await;
        let b = Running::start(&served, &world.coordinator(&world.b)).await;
        served.terminate().await;
        closed(&served).await;
        assert_eq!(served.page("/health/ready").await, (503, STOPPING.to_owned()));
        assert_eq!(served.page("/health/live").await, (200, "live".to_owned()));
        for (running, tenant) in [(a, &world.a), (b, &world.b)] {
            let answer = body(&running.finish().await);
            assert_eq!(answer["data"]["viewer"]["roles"], json!([{ "scopeId": tenant.global_id() }]));
        }
        let (status, lines) = served.end().await;
        assert_eq!(status.code(), Some(0));
        assert!(said(&lines, "\"stopped\"") && !said(&lines, "still running"));
        let spans = collector.spans();
        assert_eq!(spans.iter().filter(|span| span.name == "request").count(), 2, "the last spans were sent");
        assert!(collector.metrics().contains(&"http.server.request.duration".to_owned()), "and the last metrics");
    }

    async fn a_second_signal_cuts_off_what_still_runs(world: World) {
        let served = Served::start(&world, &[]).await;
        let mut running = Vec::new();
        for tenant in [&world.a, &world.b] {
            running.push(Running::start(&served, &world.coordinator(tenant)).await);
        }
        served.terminate().await;
        served.said("stopping: running requests may finish").await;
        served.terminate().await;
        let (status, lines) = served.end().await;
        assert_eq!(status.code(), Some(0));
        assert!(said(&lines, "second signal: requests are cut off"));
        for mut cut in running {
            let mut rest = Vec::new();
            // Ended or reset: nothing was answered.
            let _ = cut.stream.read_to_end(&mut rest).await;
            assert_eq!(rest, b"");
        }
    }

    async fn requests_that_do_not_finish_are_cut_off_when_their_time_is_over(world: World) {
        let served = Served::start(&world, &[("ALONGSIDE__SERVER__DRAIN_TIMEOUT_MS", "100")]).await;
        let mut running = Vec::new();
        for tenant in [&world.a, &world.b] {
            running.push(Running::start(&served, &world.coordinator(tenant)).await);
        }
        served.terminate().await;
        let (status, lines) = served.end().await;
        assert_eq!(status.code(), Some(0));
        assert!(said(&lines, "requests were still running when the time to finish was over"));
    }
}

on_sqlite! {
    async fn a_collector_that_is_dead_or_dumb_harms_nothing(world: World) {
        // One takes connections and never answers; behind the other address there is nobody.
        let dumb = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let dumb = format!("http://{}", dumb.local_addr().expect("an address"));
        for url in [dumb.as_str(), "http://127.0.0.1:1"] {
            let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_BSP_SCHEDULE_DELAY", "1"), ("ALONGSIDE__TELEMETRY__INTERVAL_MS", "100")];
            let served = Served::start(&world, &settings).await;
            for tenant in [&world.a, &world.b] {
                let token = world.coordinator(tenant);
                for _ in 0..50 {
                    let (_, body) = served.ask(Some(&token), "{ viewer { roles { scopeId } } }", json!({})).await;
                    assert_eq!(body["data"]["viewer"]["roles"], json!([{ "scopeId": tenant.global_id() }]), "{url}");
                }
            }
            assert_eq!(served.page("/health/ready").await.0, 200);
            let lines = served.stop().await;
            let lines = lines.iter().map(|line| serde_json::from_slice(line).expect("a line of JSON"));
            assert_eq!(lines.filter(|line: &Value| line["target"] == "alongside::request").count(), 100);
        }
    }
}
