//! Network devices: traffic, errors and what each device is.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Family, FamilyKind};

use super::{Failure, text};

const DEVICES: &str = "/sys/class/net";

/// The columns of `/proc/net/dev`, in order: (direction, what).
const TRAFFIC: [(&str, &str); 16] = [
    ("receive", "bytes"),
    ("receive", "packets"),
    ("receive", "errs"),
    ("receive", "drop"),
    ("receive", "fifo"),
    ("receive", "frame"),
    ("receive", "compressed"),
    ("receive", "multicast"),
    ("transmit", "bytes"),
    ("transmit", "packets"),
    ("transmit", "errs"),
    ("transmit", "drop"),
    ("transmit", "fifo"),
    ("transmit", "colls"),
    ("transmit", "carrier"),
    ("transmit", "compressed"),
];

pub(super) fn devices(families: &mut Vec<Family>) -> Result<(), Failure> {
    let table = text::read("/proc/net/dev")?;
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    for (place, (direction, what)) in TRAFFIC.into_iter().enumerate() {
        let points = rows.iter().filter_map(|(device, columns)| {
            let value = text::number(columns.split_whitespace().nth(place)?)?;
            Some((device.trim().to_owned(), value))
        });
        let name = format!("node_network_{direction}_{what}_total");
        let help = format!("Network device statistic {direction}_{what}.");
        families.push(text::family(
            &name,
            &help,
            FamilyKind::Counter,
            points,
            "device",
        ));
    }
    Ok(())
}

/// Files of a device with a number: (file, metric, kind).
const NUMBERS: &[(&str, &str, FamilyKind)] = &[
    (
        "statistics/rx_nohandler",
        "receive_nohandler_total",
        FamilyKind::Counter,
    ),
    ("addr_assign_type", "address_assign_type", FamilyKind::Gauge),
    ("carrier", "carrier", FamilyKind::Gauge),
    (
        "carrier_changes",
        "carrier_changes_total",
        FamilyKind::Counter,
    ),
    (
        "carrier_down_count",
        "carrier_down_changes_total",
        FamilyKind::Counter,
    ),
    (
        "carrier_up_count",
        "carrier_up_changes_total",
        FamilyKind::Counter,
    ),
    ("dev_id", "device_id", FamilyKind::Gauge),
    ("dormant", "dormant", FamilyKind::Gauge),
    ("flags", "flags", FamilyKind::Gauge),
    ("ifindex", "iface_id", FamilyKind::Gauge),
    ("iflink", "iface_link", FamilyKind::Gauge),
    ("link_mode", "iface_link_mode", FamilyKind::Gauge),
    ("mtu", "mtu_bytes", FamilyKind::Gauge),
    ("name_assign_type", "name_assign_type", FamilyKind::Gauge),
    ("netdev_group", "net_dev_group", FamilyKind::Gauge),
    ("tx_queue_len", "transmit_queue_length", FamilyKind::Gauge),
    ("type", "protocol_type", FamilyKind::Gauge),
];

/// Bytes a second for a megabit a second, the unit of the file `speed`.
const MEGABIT: f64 = 1e6 / 8.0;

pub(super) fn classes(families: &mut Vec<Family>) -> Result<(), Failure> {
    let mut devices: Vec<String> = std::fs::read_dir(DEVICES)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(DEVICES).join(name).is_dir())
        .collect();
    devices.sort();
    // A file that cannot be read says that the device has no such thing.
    let number =
        |device: &str, file: &str| text::read_number(format!("{DEVICES}/{device}/{file}")).ok();
    let word = |device: &str, file: &str| {
        text::read(format!("{DEVICES}/{device}/{file}"))
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    };
    for (file, metric, kind) in NUMBERS {
        let points = devices
            .iter()
            .filter_map(|d| Some((d.clone(), number(d, file)?)));
        let help = format!("Network device property: {metric}");
        let name = format!("node_network_{metric}");
        families.push(text::family(&name, &help, *kind, points, "device"));
    }
    let speeds = devices
        .iter()
        .filter_map(|d| Some((d.clone(), number(d, "speed")? * MEGABIT)));
    families.push(text::family(
        "node_network_speed_bytes",
        "Network device property: speed_bytes",
        FamilyKind::Gauge,
        speeds,
        "device",
    ));
    let mut up = Family::new(
        "node_network_up",
        "Whether the device's operational state is up.",
        FamilyKind::Gauge,
    );
    let mut info = Family::new(
        "node_network_info",
        "What a device says of itself in words; the value is 1.",
        FamilyKind::Gauge,
    );
    for device in &devices {
        let state = word(device, "operstate");
        up.push([("device", device)], f64::from(u8::from(state == "up")));
        let (address, broadcast) = (word(device, "address"), word(device, "broadcast"));
        let (duplex, alias) = (word(device, "duplex"), word(device, "ifalias"));
        info.push(
            [
                ("address", &address),
                ("broadcast", &broadcast),
                ("device", device),
                ("duplex", &duplex),
                ("ifalias", &alias),
                ("operstate", &state),
            ],
            1.0,
        );
    }
    families.extend([up, info]);
    Ok(())
}

pub(super) fn arp(families: &mut Vec<Family>) -> Result<(), Failure> {
    let table = text::read("/proc/net/arp")?;
    let mut entries: BTreeMap<String, f64> = BTreeMap::new();
    for device in table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next_back())
    {
        *entries.entry(device.to_owned()).or_default() += 1.0;
    }
    families.push(text::family(
        "node_arp_entries",
        "ARP entries by device",
        FamilyKind::Gauge,
        entries,
        "device",
    ));
    Ok(())
}
