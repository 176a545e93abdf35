//! Sockets and protocols: `/proc/net/{snmp,snmp6,netstat,sockstat,sockstat6,softnet_stat}`.

use model::{Family, FamilyKind};

use super::{Failure, text};

const NO_LABELS: [(&str, &str); 0] = [];

pub(super) fn netstat(families: &mut Vec<Family>) -> Result<(), Failure> {
    let mut fields = table(&text::read("/proc/net/snmp")?);
    fields.extend(table(&text::read("/proc/net/netstat")?));
    // A kernel without IPv6 has no such file.
    fields.extend(
        text::read("/proc/net/snmp6")
            .map(|list| list6(&list))
            .unwrap_or_default(),
    );
    for (protocol, field, value) in fields {
        if is_shown(&protocol, &field) {
            let help = format!("Statistic {protocol}{field}.");
            let family = Family::new(
                &format!("node_netstat_{protocol}_{field}"),
                &help,
                FamilyKind::Unknown,
            );
            families.push(family.with(NO_LABELS, value));
        }
    }
    Ok(())
}

/// Pairs of lines, names and then values: `Tcp: InSegs OutSegs` and `Tcp: 5 6`.
fn table(text: &str) -> Vec<(String, String, f64)> {
    let mut fields = Vec::new();
    let mut lines = text.lines();
    while let (Some(names), Some(values)) = (lines.next(), lines.next()) {
        let (Some((protocol, names)), Some((_, values))) =
            (names.split_once(':'), values.split_once(':'))
        else {
            continue;
        };
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            fields.extend(text::number(value).map(|v| (protocol.to_owned(), name.to_owned(), v)));
        }
    }
    fields
}

/// Lines of one name and value: `Ip6InOctets 5`.
fn list6(text: &str) -> Vec<(String, String, f64)> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, value) = (words.next()?, text::number(words.next()?)?);
            let (protocol, field) = name.split_at_checked(name.find('6')? + 1)?;
            Some((protocol.to_owned(), field.to_owned(), value))
        })
        .collect()
}

/// Whether node_exporter shows this field where nothing is configured.
fn is_shown(protocol: &str, field: &str) -> bool {
    let any = |fields: &[&str]| fields.contains(&field);
    if any(&["InErrors", "InErrs"]) {
        return true;
    }
    match protocol {
        "Ip" => any(&["Forwarding"]),
        "Ip6" | "IpExt" => any(&["InOctets", "OutOctets"]),
        "Icmp" | "Icmp6" => any(&["InMsgs", "OutMsgs"]),
        "TcpExt" => {
            field.starts_with("Listen")
                || field.starts_with("Syncookies")
                || any(&["TCPSynRetrans", "TCPTimeouts"])
        }
        "Tcp" => any(&[
            "ActiveOpens",
            "InSegs",
            "OutSegs",
            "OutRsts",
            "PassiveOpens",
            "RetransSegs",
            "CurrEstab",
        ]),
        "Udp" | "Udp6" => any(&[
            "InDatagrams",
            "OutDatagrams",
            "NoPorts",
            "RcvbufErrors",
            "SndbufErrors",
        ]),
        _ => false,
    }
}

pub(super) fn sockstat(families: &mut Vec<Family>) -> Result<(), Failure> {
    let mut lines = text::read("/proc/net/sockstat")?;
    lines.push_str(&text::read("/proc/net/sockstat6").unwrap_or_default());
    for (protocol, state, value) in socket_counts(&lines) {
        let (name, help) = if protocol == "sockets" {
            (
                "node_sockstat_sockets_used".to_owned(),
                "Number of sockets in use.".to_owned(),
            )
        } else {
            (
                format!("node_sockstat_{protocol}_{state}"),
                format!("Number of {protocol} sockets in state {state}."),
            )
        };
        families.push(Family::gauge(&name, &help, value));
    }
    Ok(())
}

/// `TCP: inuse 13 mem 227`; memory is in pages and said in bytes too.
fn socket_counts(lines: &str) -> Vec<(&str, String, f64)> {
    let mut counts = Vec::new();
    for line in lines.lines() {
        let Some((protocol, rest)) = line.split_once(':') else {
            continue;
        };
        let mut words = rest.split_whitespace();
        while let (Some(state), Some(value)) = (words.next(), words.next().and_then(text::number)) {
            counts.push((protocol, state.to_owned(), value));
            if state == "mem" {
                let bytes = value * procfs::page_size() as f64;
                counts.push((protocol, "mem_bytes".to_owned(), bytes));
            }
        }
    }
    counts
}

pub(super) fn softnet(families: &mut Vec<Family>) -> Result<(), Failure> {
    let rows = text::read("/proc/net/softnet_stat")?;
    let columns = [
        ("processed", "Packets processed."),
        ("dropped", "Packets dropped."),
        (
            "times_squeezed",
            "Times that processing packets ran out of its share.",
        ),
    ];
    for (place, (name, help)) in columns.into_iter().enumerate() {
        let points = rows.lines().enumerate().filter_map(|(cpu, row)| {
            let value = u64::from_str_radix(row.split_whitespace().nth(place)?, 16).ok()?;
            Some((cpu.to_string(), value as f64))
        });
        let name = format!("node_softnet_{name}_total");
        families.push(text::family(
            &name,
            help,
            FamilyKind::Counter,
            points,
            "cpu",
        ));
    }
    Ok(())
}

pub(super) fn conntrack(families: &mut Vec<Family>) -> Result<(), Failure> {
    let folder = "/proc/sys/net/netfilter";
    families.extend([
        Family::gauge(
            "node_nf_conntrack_entries",
            "Connections tracked.",
            text::read_number(format!("{folder}/nf_conntrack_count"))?,
        ),
        Family::gauge(
            "node_nf_conntrack_entries_limit",
            "Connections that can be tracked.",
            text::read_number(format!("{folder}/nf_conntrack_max"))?,
        ),
    ]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_lists() {
        let found = table("Tcp: InSegs CurrEstab\nTcp: 5 -1\nUdp: NoPorts\nUdp: 7\n");
        let names: Vec<_> = found
            .iter()
            .map(|(p, f, v)| format!("{p}_{f} {v}"))
            .collect();
        assert_eq!(names, ["Tcp_InSegs 5", "Tcp_CurrEstab -1", "Udp_NoPorts 7"]);
        let found = list6("Ip6InOctets  5\nUdpLite6InErrors 2\nodd\n");
        let names: Vec<_> = found
            .iter()
            .map(|(p, f, v)| format!("{p}_{f} {v}"))
            .collect();
        assert_eq!(names, ["Ip6_InOctets 5", "UdpLite6_InErrors 2"]);
    }

    #[test]
    fn sockets() {
        let found = socket_counts("sockets: used 49\nTCP: inuse 13 mem 2\n");
        let names: Vec<_> = found.iter().map(|(p, s, _)| format!("{p}_{s}")).collect();
        assert_eq!(
            names,
            ["sockets_used", "TCP_inuse", "TCP_mem", "TCP_mem_bytes"]
        );
    }
}
