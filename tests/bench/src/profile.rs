//! Where the service's processor time goes, as perf samples it.

use std::future::Future;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::load::{self, Fault, Times};
use crate::process::Tree;

/// Layers by words in the names of symbols; the first that matches counts.
const LAYERS: [(&str, &[&str]); 14] = [
    ("kernel", &["[k]"]),
    ("allocator", &["mi_", "_mi_", "malloc", "free", "alloc::alloc"]),
    ("copying and hashing", &["memcpy", "memmove", "memset", "memcmp", "hash", "indexmap"]),
    (
        "signatures",
        &["aws_lc", "jsonwebtoken", "sha256", "sha2::", "ecp_", "p256", "hmac", "bignum"],
    ),
    ("our reads", &["alongside::read"]),
    ("our document work", &["alongside::graphql"]),
    (
        "our database door",
        &["alongside::db", "alongside::core", "alongside::actor", "sea_orm", "sea_query"],
    ),
    ("our other code", &["alongside::"]),
    ("async-graphql", &["async_graphql", "apollo_parser", "pest"]),
    ("sqlx", &["sqlx"]),
    ("logs and traces", &["tracing", "opentelemetry"]),
    ("HTTP", &["hyper", "axum", "tower", "http::", "httparse"]),
    ("runtime", &["tokio", "mio", "futures", "parking_lot", "moka", "crossbeam"]),
    ("JSON and text", &["serde", "core::fmt", "alloc::fmt", "core::str", "chrono", "uuid", "itoa"]),
];

/// The profile of `tree` while `work` is done.
pub async fn of(
    tree: Tree,
    question: &str,
    folder: &Path,
    seconds: u64,
    work: impl Future<Output = Result<Times, Fault>>,
) -> Result<String, Fault> {
    let data = folder.join(format!("perf-{question}.data"));
    let perf = Command::new("perf")
        .args(["record", "-F", "997", "-o"])
        .arg(&data)
        .args(["-p", &tree.0.to_string(), "--", "sleep", &seconds.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(perf) = perf else {
        work.await?;
        return Ok(format!("{question}: no profile, perf is not installed"));
    };
    let times = work.await?;
    let recorded = perf.wait_with_output()?;
    let report = Command::new("perf")
        .args([
            "report",
            "--stdio",
            "--no-children",
            "--sort",
            "symbol",
            "--percent-limit",
            "0.02",
            "-i",
        ])
        .arg(&data)
        .output()?;
    let text = String::from_utf8_lossy(&report.stdout).into_owned();
    let symbols: Vec<(f64, &str)> = text.lines().filter_map(symbol).collect();
    if symbols.is_empty() {
        let said = [recorded.stderr, report.stderr].map(|said| load::text(&said)).concat();
        return Ok(format!("{question}: no profile, perf took no sample: {said}"));
    }
    let mut layers: Vec<(&str, f64)> = LAYERS.iter().map(|(layer, _)| (*layer, 0.0)).collect();
    let mut rest = 0.0;
    for (share, name) in &symbols {
        match LAYERS.iter().position(|(_, words)| words.iter().any(|word| name.contains(word))) {
            Some(place) => layers[place].1 += share,
            None => rest += share,
        }
    }
    layers.push(("other", rest));
    layers.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let mut said = format!("profile of {question}, at {:.0} a second:\n", times.rate());
    for (layer, share) in layers {
        said.push_str(&format!("  {layer:<22}{share:>6.1} %\n"));
    }
    said.push_str("  the symbols in front:\n");
    for (share, name) in symbols.iter().take(25) {
        let name: String = name.chars().take(110).collect();
        said.push_str(&format!("  {share:>6.2} %  {name}\n"));
    }
    Ok(said)
}

/// The share and the name in a line of perf's report.
fn symbol(line: &str) -> Option<(f64, &str)> {
    let (share, name) = line.trim().split_once('%')?;
    // perf ends the line with empty columns.
    Some((share.parse().ok()?, name.trim_end_matches(['-', ' ']).trim()))
}
