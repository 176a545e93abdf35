//! Time in which work waited for a resource.

use model::{Family, FamilyKind};

use super::{Failure, text};

/// (resource, row of its file, metric, help)
const ROWS: [(&str, &str, &str, &str); 5] = [
    (
        "cpu",
        "some",
        "cpu_waiting",
        "Seconds in which processes waited for a processor.",
    ),
    (
        "io",
        "some",
        "io_waiting",
        "Seconds in which processes waited for input or output.",
    ),
    (
        "io",
        "full",
        "io_stalled",
        "Seconds in which no process went on for input or output.",
    ),
    (
        "memory",
        "some",
        "memory_waiting",
        "Seconds in which processes waited for memory.",
    ),
    (
        "memory",
        "full",
        "memory_stalled",
        "Seconds in which no process went on for memory.",
    ),
];

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    for (resource, row, name, help) in ROWS {
        let state = text::read(format!("/proc/pressure/{resource}"))?;
        let Some(micros) = total(&state, row) else {
            continue;
        };
        let name = format!("node_pressure_{name}_seconds_total");
        let family = Family::new(&name, help, FamilyKind::Counter);
        families.push(family.with([("", ""); 0], micros / 1e6));
    }
    Ok(())
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=25488440`
fn total(state: &str, row: &str) -> Option<f64> {
    let line = state
        .lines()
        .find(|line| line.split(' ').next() == Some(row))?;
    line.split(' ')
        .find_map(|word| word.strip_prefix("total="))?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let state = "some avg10=1.00 avg60=0.00 avg300=0.00 total=25\nfull avg10=0 avg60=0 avg300=0 total=7\n";
        assert_eq!(total(state, "some"), Some(25.0));
        assert_eq!(total(state, "full"), Some(7.0));
        assert_eq!(total("", "full"), None);
    }
}
