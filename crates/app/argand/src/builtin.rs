//! What is watched where nobody gave a configuration: this process and this machine.

/// The configuration as a file would hold it; `address` is where this process listens.
pub(crate) fn configuration(address: &str) -> String {
    format!(
        "\
global:
  scrape_interval: 5s
  scrape_timeout: 5s
scrape_configs:
  - job_name: argand
    static_configs:
      - targets: ['{address}']
  - job_name: node
    metrics_path: /exporters/node
    static_configs:
      - targets: ['{address}']
"
    )
}
