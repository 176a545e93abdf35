//! What is watched where nobody gave a configuration: this process and this machine.

/// The configuration as a file would hold it; `address` is where this process listens and
/// `prefix` what its paths begin with. What StatsD says is watched where it is received.
pub(crate) fn configuration(address: &str, prefix: &str, statsd: bool) -> String {
    let mut text = format!(
        "\
global:
  scrape_interval: 5s
  scrape_timeout: 5s
scrape_configs:
  - job_name: argand
    metrics_path: {prefix}/metrics
    static_configs:
      - targets: ['{address}']
  - job_name: node
    metrics_path: {prefix}/exporters/node
    static_configs:
      - targets: ['{address}']
"
    );
    if statsd {
        text.push_str(&format!(
            "  - job_name: statsd
    metrics_path: {prefix}/exporters/statsd
    static_configs:
      - targets: ['{address}']
"
        ));
    }
    text
}
