//! A mutation, against the same statements sent by pgbench in one transaction.

use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::database::Amendable;
use crate::load::{self, Asked, Asking, Fault};
use crate::questions::organisation;
use crate::report::median;
use crate::{Bench, WARM_UP};

/// The mutation.
const DOCUMENT: &str = include_str!("../questions/write.graphql");

/// What an answer to a mutation that was done begins with.
const DONE: &str = "{\"data\":{\"courseAmend\":{\"course\":{\"version\":";

/// A coordinator who amends the open courses of the own organisation, one after the other.
struct Coordinator {
    token: String,
    courses: Vec<Amendable>,
    at: usize,
}

impl Asking for Coordinator {
    fn next(&mut self) -> Asked {
        self.at = (self.at + 1) % self.courses.len();
        let Amendable { id, version } = &self.courses[self.at];
        // Every version says the other mode, so that each amendment changes something.
        let mode = if version % 2 == 0 { "ONLINE" } else { "HYBRID" };
        let area = if version % 2 == 0 { "NN" } else { "LE" };
        let input = json!({
            "id": format!("crs_{}", id.simple()), "expectedVersion": version, "mode": mode, "postcodeArea": area,
        });
        let body = json!({ "query": DOCUMENT, "variables": { "input": input } });
        Asked {
            path: "/graphql".to_owned(),
            headers: vec![("authorization", format!("Bearer {}", self.token))],
            body: Bytes::from(body.to_string()),
            beginning: Bytes::from(format!("{DONE}{}}}", version + 1)),
        }
    }

    fn answered(&mut self, _: &Bytes) {
        self.courses[self.at].version += 1;
    }
}

impl Bench<'_> {
    /// Turns of both, their median rates and the ratio; `None` where the service is not measured.
    pub async fn write(&self) -> Result<Option<Value>, Fault> {
        let Some(target) = self.targets.iter().find(|target| target.name == "alongside") else {
            return Ok(None);
        };
        let mut coordinators = Vec::new();
        for n in 1..=self.options.connections {
            let courses = self.database.amendable(organisation(n as u64)).await?;
            let token = self.around.coordinator(n)?.to_owned();
            coordinators.push(Arc::new(Mutex::new(Coordinator { token, courses, at: 0 })));
        }
        self.database.forget_statements().await?;
        let warm = load::run(target.port, &coordinators, WARM_UP).await?;
        let (statements, _) = self.database.statements().await?;
        let statements = statements / warm.micros.len() as f64;
        let (mut ours, mut theirs, mut most) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.options.rounds {
            let times = load::run(target.port, &coordinators, self.options.long()).await?;
            ours.push(times.rate());
            most.push(times.within(0.99));
            self.database.tidy().await?;
            theirs.push(self.pgbench()?);
            self.database.tidy().await?;
        }
        let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a / b).collect();
        let written = json!({
            "alongsidePerSecond": ours, "pgbenchPerSecond": theirs, "ratios": ratios, "p99Ms": most,
            "statements": statements,
        });
        self.say(&format!(
            "\nwrite: courseAmend\nalongside {:.0} a second, pgbench {:.0} a second; {statements:.1} statements each\n  \
             alongside / pgbench {:.2} {ratios:.2?}, must be 0.6: {}\n",
            median(ours.clone()),
            median(theirs.clone()),
            median(ratios.clone()),
            if median(ratios.clone()) >= 0.6 { "reached" } else { "NOT reached" },
        ));
        Ok(Some(written))
    }

    /// Transactions a second of the same statements.
    fn pgbench(&self) -> Result<f64, Fault> {
        let script = self.around.bench.join("write.pgbench");
        let account = self.around.account()?;
        let done = Command::new("pgbench")
            .args(["-n", "-M", "prepared", "-j", "2", "-f"])
            .arg(script)
            .args(["-D", &format!("organisations={}", 300 * self.options.scale)])
            .args(["-D", &format!("account={account}")])
            // As many clients as the service has connections for writes.
            .args(["-c", "10", "-T", &self.options.seconds.to_string(), &self.around.app])
            .output()?;
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rate| rate.split_whitespace().next()?.parse().ok());
        rate.ok_or_else(|| {
            format!("pgbench failed: {text}{}", String::from_utf8_lossy(&done.stderr)).into()
        })
    }
}
