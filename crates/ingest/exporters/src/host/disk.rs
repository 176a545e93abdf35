//! Block devices: what was read and written and how long it took.

use model::{Family, FamilyKind};
use procfs::DiskStat;

use super::{Failure, text};

/// Bytes of a sector in the kernel's counts, whatever the device's own are.
const SECTOR: f64 = 512.0;

/// The kernel counts these times in milliseconds.
const MILLI: f64 = 1000.0;

type Column = (
    &'static str,
    &'static str,
    FamilyKind,
    fn(&DiskStat) -> Option<f64>,
);

const COLUMNS: &[Column] = {
    use FamilyKind::{Counter, Gauge};
    &[
        ("reads_completed_total", "Reads completed.", Counter, |d| {
            Some(d.reads as f64)
        }),
        ("reads_merged_total", "Reads merged.", Counter, |d| {
            Some(d.merged as f64)
        }),
        ("read_bytes_total", "Bytes read.", Counter, |d| {
            Some(d.sectors_read as f64 * SECTOR)
        }),
        (
            "read_time_seconds_total",
            "Seconds spent by all reads.",
            Counter,
            |d| Some(d.time_reading as f64 / MILLI),
        ),
        (
            "writes_completed_total",
            "Writes completed.",
            Counter,
            |d| Some(d.writes as f64),
        ),
        ("writes_merged_total", "Writes merged.", Counter, |d| {
            Some(d.writes_merged as f64)
        }),
        ("written_bytes_total", "Bytes written.", Counter, |d| {
            Some(d.sectors_written as f64 * SECTOR)
        }),
        (
            "write_time_seconds_total",
            "Seconds spent by all writes.",
            Counter,
            |d| Some(d.time_writing as f64 / MILLI),
        ),
        ("io_now", "Requests under way.", Gauge, |d| {
            Some(d.in_progress as f64)
        }),
        (
            "io_time_seconds_total",
            "Seconds in which requests were under way.",
            Counter,
            |d| Some(d.time_in_progress as f64 / MILLI),
        ),
        (
            "io_time_weighted_seconds_total",
            "Seconds of requests under way, each counted.",
            Counter,
            |d| Some(d.weighted_time_in_progress as f64 / MILLI),
        ),
        (
            "discards_completed_total",
            "Discards completed.",
            Counter,
            |d| d.discards.map(|n| n as f64),
        ),
        ("discards_merged_total", "Discards merged.", Counter, |d| {
            d.discards_merged.map(|n| n as f64)
        }),
        (
            "discarded_sectors_total",
            "Sectors discarded.",
            Counter,
            |d| d.sectors_discarded.map(|n| n as f64),
        ),
        (
            "discard_time_seconds_total",
            "Seconds spent by all discards.",
            Counter,
            |d| d.time_discarding.map(|n| n as f64 / MILLI),
        ),
        (
            "flush_requests_total",
            "Flush requests completed.",
            Counter,
            |d| d.flushes.map(|n| n as f64),
        ),
        (
            "flush_requests_time_seconds_total",
            "Seconds spent by all flushes.",
            Counter,
            |d| d.time_flushing.map(|n| n as f64 / MILLI),
        ),
    ]
};

pub(super) fn collect(families: &mut Vec<Family>) -> Result<(), Failure> {
    let mut disks = procfs::diskstats()?;
    disks.retain(|disk| !is_ignored(&disk.name));
    for (name, help, kind, value) in COLUMNS {
        let points = disks
            .iter()
            .filter_map(|disk| Some((disk.name.clone(), value(disk)?)));
        families.push(text::family(
            &format!("node_disk_{name}"),
            help,
            *kind,
            points,
            "device",
        ));
    }
    let mut info = Family::new(
        "node_disk_info",
        "What is known of a block device; the value is 1.",
        FamilyKind::Gauge,
    );
    for disk in &disks {
        let (major, minor) = (disk.major.to_string(), disk.minor.to_string());
        // Where nothing manages devices, there is nothing more to know.
        let known = text::read(format!("/run/udev/data/b{major}:{minor}")).unwrap_or_default();
        let fixed = [
            ("device", disk.name.as_str()),
            ("major", &major),
            ("minor", &minor),
        ];
        info.push(fixed.into_iter().chain(device_labels(&known)), 1.0);
    }
    families.push(info);
    Ok(())
}

/// Labels of a device's properties as the device manager keeps them: `E:ID_MODEL=…`.
fn device_labels(known: &str) -> impl Iterator<Item = (&'static str, &str)> {
    const PROPERTIES: [(&str, &str); 5] = [
        ("model", "ID_MODEL"),
        ("path", "ID_PATH"),
        ("revision", "ID_REVISION"),
        ("serial", "ID_SERIAL_SHORT"),
        ("wwn", "ID_WWN"),
    ];
    known.lines().filter_map(|line| {
        let (property, value) = line.strip_prefix("E:")?.split_once('=')?;
        let (label, _) = PROPERTIES.iter().find(|(_, name)| *name == property)?;
        Some((*label, value))
    })
}

/// Memory disks, loops, floppies and partitions, as node_exporter leaves them out.
fn is_ignored(device: &str) -> bool {
    let stem = device.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == device.len() {
        return false;
    }
    if matches!(stem, "ram" | "loop" | "fd") {
        return true;
    }
    let is_letter_disk = ["hd", "sd", "vd", "xvd"].iter().any(|kind| {
        stem.strip_prefix(kind)
            .is_some_and(|l| l.len() == 1 && l.as_bytes().is_ascii())
    });
    // A partition of a disk with a number of its own: nvme0n1p2.
    let is_nvme_partition = stem.starts_with("nvme") && stem.ends_with('p');
    is_letter_disk || is_nvme_partition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_of_a_device() {
        let known = "S:disk/by-id/x\nE:ID_MODEL=Fast\nE:ID_BUS=ata\nE:ID_SERIAL_SHORT=S1\n";
        let labels: Vec<_> = device_labels(known).collect();
        assert_eq!(labels, [("model", "Fast"), ("serial", "S1")]);
    }

    #[test]
    fn partitions_and_loops_are_left_out() {
        for (device, ignored) in [
            ("sda", false),
            ("sda1", true),
            ("vda", false),
            ("xvdb2", true),
            ("nvme0n1", false),
            ("nvme0n1p1", true),
            ("loop3", true),
            ("ram0", true),
            ("dm-0", false),
            ("md0", false),
            ("sdaa1", false),
        ] {
            assert_eq!(is_ignored(device), ignored, "{device}");
        }
    }
}
