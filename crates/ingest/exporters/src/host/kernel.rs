//! The kernel's own counts: load, interrupts, forks, paging, open files, entropy.

use model::Family;
use model::FamilyKind::{Counter, Gauge, Unknown};

use super::{Failure, text};

const NO_LABELS: [(&str, &str); 0] = [];

pub(super) fn load(families: &mut Vec<Family>) -> Result<(), Failure> {
    let averages = text::read("/proc/loadavg")?;
    let names = [
        ("node_load1", "1m"),
        ("node_load5", "5m"),
        ("node_load15", "15m"),
    ];
    for ((name, span), value) in names.into_iter().zip(averages.split_whitespace()) {
        let value = text::number(value).ok_or("/proc/loadavg: no number")?;
        families.push(Family::gauge(name, &format!("{span} load average."), value));
    }
    Ok(())
}

/// Lines of `/proc/stat`: (first word, metric, kind, help).
const STAT: [(&str, &str, model::FamilyKind, &str); 6] = [
    (
        "btime",
        "node_boot_time_seconds",
        Gauge,
        "When the machine started, in Unix time.",
    ),
    (
        "ctxt",
        "node_context_switches_total",
        Counter,
        "Context switches.",
    ),
    ("intr", "node_intr_total", Counter, "Interrupts serviced."),
    ("processes", "node_forks_total", Counter, "Forks."),
    (
        "procs_blocked",
        "node_procs_blocked",
        Gauge,
        "Processes that wait for input or output.",
    ),
    (
        "procs_running",
        "node_procs_running",
        Gauge,
        "Processes that can run.",
    ),
];

pub(super) fn stat(families: &mut Vec<Family>) -> Result<(), Failure> {
    let stat = text::read("/proc/stat")?;
    for line in stat.lines() {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let known = STAT.iter().find(|(word, ..)| *word == first);
        if let (Some((_, name, kind, help)), Some(value)) =
            (known, words.next().and_then(text::number))
        {
            families.push(Family::new(name, help, *kind).with(NO_LABELS, value));
        }
    }
    Ok(())
}

/// Whether node_exporter shows this field where nothing is configured.
fn is_shown_by_vmstat(field: &str) -> bool {
    field.starts_with("oom_kill")
        || field.starts_with("pgpg")
        || field.starts_with("pswp")
        || (field.starts_with("pg") && field.contains("fault"))
}

pub(super) fn vmstat(families: &mut Vec<Family>) -> Result<(), Failure> {
    let vmstat = text::read("/proc/vmstat")?;
    for line in vmstat.lines() {
        let Some((field, value)) = line.split_once(' ') else {
            continue;
        };
        if let Some(value) = text::number(value).filter(|_| is_shown_by_vmstat(field)) {
            let name = format!("node_vmstat_{field}");
            let help = format!("/proc/vmstat information field {field}.");
            families.push(Family::new(&name, &help, Unknown).with(NO_LABELS, value));
        }
    }
    Ok(())
}

pub(super) fn file_descriptors(families: &mut Vec<Family>) -> Result<(), Failure> {
    let counts = text::read("/proc/sys/fs/file-nr")?;
    let mut counts = counts.split_whitespace().map(text::number);
    let (Some(Some(allocated)), Some(_), Some(Some(maximum))) =
        (counts.next(), counts.next(), counts.next())
    else {
        return Err("/proc/sys/fs/file-nr: three numbers expected".into());
    };
    families.extend([
        Family::gauge(
            "node_filefd_allocated",
            "File descriptor statistics: allocated.",
            allocated,
        ),
        Family::gauge(
            "node_filefd_maximum",
            "File descriptor statistics: maximum.",
            maximum,
        ),
    ]);
    Ok(())
}

pub(super) fn entropy(families: &mut Vec<Family>) -> Result<(), Failure> {
    let folder = "/proc/sys/kernel/random";
    families.extend([
        Family::gauge(
            "node_entropy_available_bits",
            "Bits of available entropy.",
            text::read_number(format!("{folder}/entropy_avail"))?,
        ),
        Family::gauge(
            "node_entropy_pool_size_bits",
            "Bits of the entropy pool.",
            text::read_number(format!("{folder}/poolsize"))?,
        ),
    ]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paging_fields() {
        for (field, shown) in [
            ("oom_kill", true),
            ("pgfault", true),
            ("pgmajfault", true),
            ("pgpgin", true),
            ("pswpout", true),
            ("pgalloc_dma", false),
            ("nr_free_pages", false),
        ] {
            assert_eq!(is_shown_by_vmstat(field), shown, "{field}");
        }
    }
}
