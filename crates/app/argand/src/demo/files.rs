//! What a demo writes and says: its configuration, rules and dashboards of `packs/`, addresses.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use fleet::Service;

use crate::tools::Out;

/// The configuration's name in the folder.
pub(super) const CONFIGURATION: &str = "prometheus.yml";

/// The configuration of Alertmanager in the folder.
pub(super) const ALERTMANAGER: &str = "alertmanager.yml";

/// Alerts are grouped, and shown; a receiver without an address sends nothing.
const ROUTES: &str = "\
# Written by `argand demo`: alerts are grouped and go nowhere. Give the receiver an address to be told.
route:
  receiver: somebody
  group_by: [alertname]
  group_wait: 5s
  routes:
    - receiver: on-call
      matchers: ['severity=\"critical\"']
inhibit_rules:
  - source_matchers: ['severity=\"critical\"']
    target_matchers: ['severity=~\"warning|info\"']
    equal: [service, instance]
receivers:
  - name: somebody
  - name: on-call
";

/// The folder of the dashboards in the folder.
pub(super) const DASHBOARDS: &str = "dashboards";

/// A file of a pack, and where it goes in the folder.
macro_rules! packed {
    ($($to:literal from $from:literal),* $(,)?) => {
        [$(($to, include_str!(concat!("../../../../../packs/", $from)))),*]
    };
}

/// What of the packs has something to show here.
const FILES: [(&str, &str); 12] = packed![
    "rules/agents.yml" from "agents/rules/agents.yml",
    "rules/argand.yml" from "argand/rules/argand.yml",
    "rules/batch.yml" from "batch/rules/batch.yml",
    "rules/node.yml" from "node/rules/node.yml",
    "rules/services-recording.yml" from "services/rules/recording.yml",
    "rules/services-alerts.yml" from "services/rules/alerts.yml",
    "dashboards/agents.json" from "agents/dashboards/agents.json",
    "dashboards/argand.json" from "argand/dashboards/argand.json",
    "dashboards/batch.json" from "batch/dashboards/batch.json",
    "dashboards/node.json" from "node/dashboards/node.json",
    "dashboards/services-overview.json" from "services/dashboards/overview.json",
    "dashboards/services-details.json" from "services/dashboards/service-details.json",
];

/// Writes everything that the server reads.
pub(super) fn write(
    folder: &Path,
    server: SocketAddr,
    fleet: &[(Service, SocketAddr)],
) -> Result<()> {
    let configuration = configuration(server, fleet);
    let own = [
        (CONFIGURATION, configuration.as_str()),
        (ALERTMANAGER, ROUTES),
    ];
    for (name, text) in FILES.into_iter().chain(own) {
        let path = folder.join(name);
        let context = || format!("writing {}", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(context)?;
        }
        std::fs::write(&path, text).with_context(context)?;
    }
    Ok(())
}

/// An address that clients on this machine can use, also where the server listens at all of them.
pub(super) fn reached(server: SocketAddr) -> SocketAddr {
    let ip = match server.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, server.port())
}

fn configuration(server: SocketAddr, fleet: &[(Service, SocketAddr)]) -> String {
    let server = reached(server);
    let mut text = format!(
        "\
# Written by `argand demo`: the fleet, this process and this machine.
global:
  scrape_interval: 2s
  scrape_timeout: 2s
  evaluation_interval: 5s
  external_labels:
    stack: demo
rule_files:
  - rules/*.yml
scrape_configs:
  - job_name: argand
    static_configs:
      - targets: ['{server}']
  - job_name: node
    metrics_path: /exporters/node
    static_configs:
      - targets: ['{server}']
"
    );
    for (service, address) in fleet {
        let job = service.job();
        text.push_str(&format!(
            "  \
  - job_name: {job}
    static_configs:
      - targets: ['{address}']
        labels: {{service: {job}}}
"
        ));
    }
    text
}

/// Says where everything is.
pub(super) fn tell(
    out: &mut Out,
    folder: &Path,
    server: SocketAddr,
    fleet: &[(Service, SocketAddr)],
) -> Result<()> {
    let server = reached(server);
    writeln!(out, "Argand with a fleet to look at; Ctrl-C ends it.\n")?;
    for (what, path) in [
        ("pages", "/"),
        ("dashboards", "/dashboards"),
        ("alerts", "/alerts"),
        ("targets", "/targets"),
        ("push gateway", "/pushgateway"),
    ] {
        writeln!(out, "  {what:<18} http://{server}{path}")?;
    }
    writeln!(out)?;
    for (service, address) in fleet {
        writeln!(out, "  {:<18} http://{address}/metrics", service.job())?;
    }
    writeln!(out, "\n  {:<18} {}", "files", folder.display())?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_one() {
        let fleet: Vec<(Service, SocketAddr)> = Service::ALL
            .into_iter()
            .map(|service| (service, SocketAddr::from(([127, 0, 0, 1], service.port()))))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            SocketAddr::from(([0, 0, 0, 0], 9090)),
            &fleet,
        )
        .unwrap();
        let file = folder.path().join(CONFIGURATION);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("['127.0.0.1:9090']"), "{text}");
        let config = config::load(&file).unwrap();
        let jobs: Vec<&str> = config
            .scrape_configs
            .iter()
            .map(|job| &*job.job_name)
            .collect();
        assert_eq!(jobs.len(), 7, "{jobs:?}");
        assert!(jobs.contains(&"application-agent"), "{jobs:?}");
    }
}
