//! Medians, spreads and ratios.

use serde_json::{Value, json};

/// One turn of a target.
pub struct Turn {
    /// Answers a second.
    pub rate: f64,
    /// The time within which half of the answers came, in milliseconds.
    pub half: f64,
    /// The time within which 99 of 100 answers came, in milliseconds.
    pub most: f64,
    /// Processor time of the target for each answer, in microseconds.
    pub own: f64,
    /// Processor time of PostgreSQL for each answer, in microseconds.
    pub database: f64,
    /// Largest resident memory, in MiB.
    pub memory: f64,
}

/// What was found of one target and question.
pub struct Found {
    /// The target.
    pub target: &'static str,
    /// Its turns, one for each round.
    pub turns: Vec<Turn>,
    /// Bytes of an answer.
    pub bytes: usize,
    /// Statements for each answer, BEGIN and ROLLBACK among them.
    pub statements: f64,
    /// Time that PostgreSQL spent executing them, in milliseconds.
    pub executing: f64,
}

impl Found {
    /// The median of one figure of the turns.
    pub fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(figure).collect())
    }

    fn line(&self) -> String {
        let rates = self.turns.iter().map(|turn| turn.rate);
        let (least, most) = (rates.clone().fold(f64::MAX, f64::min), rates.fold(0.0, f64::max));
        format!(
            "{:<15}{:>9.0}  ({:>6.0}-{:>6.0}){:>9.2}{:>9.2}{:>9.0}{:>9.0}{:>8.0}{:>7.1}{:>9.3}{:>9}",
            self.target,
            self.median(|turn| turn.rate),
            least,
            most,
            self.median(|turn| turn.half),
            self.median(|turn| turn.most),
            self.median(|turn| turn.own),
            self.median(|turn| turn.database),
            self.turns.iter().map(|turn| turn.memory).fold(0.0, f64::max),
            self.statements,
            self.executing,
            self.bytes,
        )
    }

    fn json(&self) -> Value {
        json!({
            "target": self.target, "bytes": self.bytes, "statements": self.statements,
            "executingMs": self.executing,
            "turns": self.turns.iter().map(|turn| json!({
                "perSecond": turn.rate, "p50Ms": turn.half, "p99Ms": turn.most, "cpuUs": turn.own,
                "databaseCpuUs": turn.database, "peakMiB": turn.memory,
            })).collect::<Vec<_>>(),
        })
    }
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// What Alongside must reach: question, target, times the target's throughput.
const MUSTS: [(&str, &str, f64); 13] = [
    ("q1", "json", 0.8),
    ("q1", "postgraphile", 5.0),
    ("q1", "postgraphile-2", 1.0),
    ("q2", "json", 1.0),
    ("q2", "postgraphile", 3.0),
    ("q2", "postgraphile-2", 1.0),
    ("q2-relay", "json", 1.0),
    ("q2-relay", "postgraphile", 3.0),
    ("q2-relay", "postgraphile-2", 1.0),
    ("q4", "json", 1.5),
    ("q4", "postgraphile", 8.0),
    ("q4", "postgraphile-2", 1.0),
    ("entities", "json", 1.0),
];

/// The table of a question.
pub fn table(question: &str, title: &str, found: &[Found]) -> String {
    let mut text = format!(
        "\n{question}: {title}\n{:<15}{:>9}  {:>15}{:>9}{:>9}{:>9}{:>9}{:>8}{:>7}{:>9}{:>9}\n",
        "target",
        "req/s",
        "(least-most)",
        "p50 ms",
        "p99 ms",
        "cpu us",
        "db us",
        "MiB",
        "stmts",
        "exec ms",
        "bytes"
    );
    for found in found {
        text.push_str(&found.line());
        text.push('\n');
    }
    let Some(ours) = found.iter().find(|found| found.target == "alongside") else { return text };
    for other in found.iter().filter(|found| found.target != "alongside") {
        let ratios = ratios(ours, other);
        let (least, most) = (
            ratios.iter().copied().fold(f64::MAX, f64::min),
            ratios.iter().copied().fold(0.0, f64::max),
        );
        let middle = median(ratios);
        let must =
            MUSTS.iter().find(|(asked, target, _)| *asked == question && *target == other.target);
        let verdict = must.map_or_else(String::new, |(_, _, must)| {
            format!(", must be {must}: {}", if middle >= *must { "reached" } else { "NOT reached" })
        });
        text.push_str(&format!(
            "  alongside / {:<15}{middle:>6.2} ({least:.2}-{most:.2}){verdict}\n",
            other.target
        ));
    }
    text
}

/// The ratios of throughput, round by round: what disturbs a round disturbs both.
fn ratios(ours: &Found, other: &Found) -> Vec<f64> {
    ours.turns.iter().zip(&other.turns).map(|(ours, other)| ours.rate / other.rate).collect()
}

/// The figures of a question for the file.
pub fn json(question: &str, title: &str, found: &[Found]) -> Value {
    json!({
        "question": question, "title": title,
        "targets": found.iter().map(Found::json).collect::<Vec<_>>(),
    })
}
