//! Processes of this machine as /proc tells of them: time, memory, children.

use std::collections::HashMap;
use std::fs;

/// Ticks of the clock in /proc, a second.
const TICKS: f64 = 100.0;

/// A process with all that it started.
#[derive(Clone, Copy)]
pub struct Tree(pub u32);

impl Tree {
    /// The process and its descendants.
    fn members(self) -> Vec<u32> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let names = fs::read_dir("/proc").into_iter().flatten().flatten();
        for name in names.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
            if let Some(parent) = stat(name).and_then(|fields| fields.get(1)?.parse().ok()) {
                children.entry(parent).or_default().push(name);
            }
        }
        let mut members = vec![self.0];
        let mut at = 0;
        while let Some(member) = members.get(at) {
            members.extend(children.remove(member).unwrap_or_default());
            at += 1;
        }
        members
    }

    /// Processor time so far, in seconds; that of children that ended stays with their parent.
    pub fn seconds(self) -> f64 {
        let ticks = |process: u32| -> Option<f64> {
            let fields = stat(process)?;
            fields.get(11..15)?.iter().map(|ticks| ticks.parse::<f64>().ok()).sum()
        };
        self.members().into_iter().filter_map(ticks).sum::<f64>() / TICKS
    }

    /// Forgets the largest memory so far.
    pub fn forget_peak(self) {
        for member in self.members() {
            // Where the system refuses, the peak is that of the whole run.
            let _ = fs::write(format!("/proc/{member}/clear_refs"), "5");
        }
    }

    /// Largest resident memory of each process since then, summed, in MiB.
    pub fn peak(self) -> f64 {
        let peak = |process| -> Option<f64> {
            let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
            let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        self.members().into_iter().filter_map(peak).sum::<f64>() / 1024.0
    }
}

/// The fields of /proc/PID/stat after the name, which may hold anything.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
