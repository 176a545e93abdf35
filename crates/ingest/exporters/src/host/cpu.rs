//! Seconds each processor spent in each mode.

use model::{Family, FamilyKind};

use super::{Failure, text};

/// The columns of a `cpuN` line of `/proc/stat`, in order.
const MODES: [&str; 8] = [
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal",
];

/// Columns behind those of [`MODES`]: time given to guests, also counted in `user` and `nice`.
const GUEST_MODES: [&str; 2] = ["user", "nice"];

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    let stat = text::read("/proc/stat")?;
    families.extend(seconds(&stat, procfs::ticks_per_second().max(1) as f64));
    Ok(())
}

fn seconds(stat: &str, ticks: f64) -> [Family; 2] {
    let mut guest = Family::new(
        "node_cpu_guest_seconds_total",
        "Seconds the processors spent in guests, by mode.",
        FamilyKind::Counter,
    );
    let mut all = Family::new(
        "node_cpu_seconds_total",
        "Seconds the processors spent, by mode.",
        FamilyKind::Counter,
    );
    for line in stat.lines() {
        let Some((cpu, columns)) = line.strip_prefix("cpu").and_then(|l| l.split_once(' ')) else {
            continue;
        };
        // The first line, without a number, is the sum of the others.
        if cpu.is_empty() {
            continue;
        }
        let mut columns = columns.split_whitespace().map_while(text::number);
        for (mode, spent) in MODES.iter().zip(columns.by_ref()) {
            all.push([("cpu", cpu), ("mode", mode)], spent / ticks);
        }
        for (mode, spent) in GUEST_MODES.iter().zip(columns) {
            guest.push([("cpu", cpu), ("mode", mode)], spent / ticks);
        }
    }
    [guest, all]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offline_processor_leaves_a_gap_in_the_numbers() {
        let stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 2 3 4 5 6 7 8 9 10\ncpu2 1 2 3 4 5 6 7 8 9 10\nintr 5\n";
        let [guest, all] = seconds(stat, 100.0);
        let cpus: Vec<_> = all
            .points
            .iter()
            .filter_map(|p| p.labels.get("cpu"))
            .collect();
        assert_eq!(cpus.len(), 16);
        assert_eq!((cpus[0], cpus[8]), ("0", "2"));
        assert_eq!(all.points[0].value, model::PointValue::Number(1.0));
        assert_eq!(guest.points.len(), 4);
    }
}
