//! What objects become is what the operator is known to write for them.

use std::path::Path;

use serde_json::{Value, json};

use crate::follow::checked;
use crate::jobs::Scope;
use crate::references::Lookup;
use crate::{Settings, pod_monitor, probe, scrape_config, service_monitor};

type Turn = fn(&Scope<'_>, &Value) -> Result<Vec<Value>, String>;

/// Holds an object against the sections that are expected, by meaning: both are read as
/// configuration files are.
fn check(prometheus: Value, turn: Turn, spec: Value, expected: &str) {
    let settings = Settings {
        namespace: "monitoring".to_owned(),
        spec: prometheus,
        access: config::KubernetesAccess::InCluster,
    };
    let lookup = Lookup {
        references: None,
        namespace: "default",
    };
    let scope = Scope {
        settings: &settings,
        lookup: &lookup,
        namespace: "default",
        name: "test",
    };
    let found = checked(&settings, turn(&scope, &spec).unwrap()).unwrap();
    let text = format!("global: {{scrape_interval: 30s}}\nscrape_configs:\n{expected}");
    let wanted = config::parse(&text, Path::new("expected.yml"), &|_| None).unwrap();
    assert_eq!(found, wanted.scrape_configs);
}

const OF_SERVICE: &str = "
  - {source_labels: [__meta_kubernetes_endpoint_address_target_kind, __meta_kubernetes_endpoint_address_target_name], separator: ;, regex: 'Node;(.*)', replacement: '${1}', target_label: node}
  - {source_labels: [__meta_kubernetes_endpoint_address_target_kind, __meta_kubernetes_endpoint_address_target_name], separator: ;, regex: 'Pod;(.*)', replacement: '${1}', target_label: pod}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_service_name], target_label: service}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {source_labels: [__meta_kubernetes_pod_container_name], target_label: container}
  - {action: drop, source_labels: [__meta_kubernetes_pod_phase], regex: (Failed|Succeeded)}";

#[test]
fn service_monitors() {
    let spec = json!({
        "jobLabel": "k8s-app", "targetLabels": ["team"], "podTargetLabels": ["zone"],
        "selector": {
            "matchLabels": {"foo": "bar"},
            "matchExpressions": [
                {"key": "alpha", "operator": "In", "values": ["beta", "gamma"]},
                {"key": "x.y/z", "operator": "DoesNotExist"},
            ],
        },
        "sampleLimit": 9000,
        "endpoints": [
            {"port": "web", "interval": "15s", "scheme": "HTTPS", "path": "/m", "params": {"a": ["b"]},
             "tlsConfig": {"insecureSkipVerify": true}, "bearerTokenFile": "/token",
             "relabelings": [{"sourceLabels": ["__meta_kubernetes_pod_ready"], "regex": "(.*)", "replacement": "$1", "action": "Replace", "targetLabel": "r"}],
             "metricRelabelings": [{"sourceLabels": ["pod_name"], "targetLabel": "ns-key", "regex": "my-job-pod-.+", "action": "drop"}]},
            {"targetPort": 8080, "filterRunning": false, "honorLabels": true},
        ],
    });
    let selected = "
  - {source_labels: [job], target_label: __tmp_prometheus_job_name}
  - {action: keep, source_labels: [__meta_kubernetes_service_label_foo, __meta_kubernetes_service_labelpresent_foo], regex: (bar);true}
  - {action: keep, source_labels: [__meta_kubernetes_service_label_alpha, __meta_kubernetes_service_labelpresent_alpha], regex: (beta|gamma);true}
  - {action: drop, source_labels: [__meta_kubernetes_service_labelpresent_x_y_z], regex: 'true'}";
    let jobs = "
  - {source_labels: [__meta_kubernetes_service_label_team], target_label: team, regex: (.+), replacement: '${1}'}
  - {source_labels: [__meta_kubernetes_pod_label_zone], target_label: zone, regex: (.+), replacement: '${1}'}
  - {source_labels: [__meta_kubernetes_service_name], target_label: job, replacement: '${1}'}
  - {source_labels: [__meta_kubernetes_service_label_k8s_app], target_label: job, regex: (.+), replacement: '${1}'}";
    let of_all = OF_SERVICE;
    let not_dropped = OF_SERVICE.replace(
        "\n  - {action: drop, source_labels: [__meta_kubernetes_pod_phase], regex: (Failed|Succeeded)}",
        "",
    );
    let expected = format!(
        "
- job_name: serviceMonitor/default/test/0
  honor_labels: false
  kubernetes_sd_configs: [{{role: endpoints, namespaces: {{names: [default]}}}}]
  scrape_interval: 15s
  metrics_path: /m
  params: {{a: [b]}}
  scheme: https
  tls_config: {{insecure_skip_verify: true}}
  bearer_token_file: /token
  sample_limit: 9000
  relabel_configs:{selected}
  - {{action: keep, source_labels: [__meta_kubernetes_endpoint_port_name], regex: web}}{of_all}{jobs}
  - {{target_label: endpoint, replacement: web}}
  - {{source_labels: [__meta_kubernetes_pod_ready], regex: (.*), replacement: $1, action: replace, target_label: r}}
  - {{target_label: ns-key, replacement: default}}
  metric_relabel_configs:
  - {{source_labels: [pod_name], target_label: ns-key, regex: my-job-pod-.+, action: drop}}
  - {{target_label: ns-key, replacement: default}}
- job_name: serviceMonitor/default/test/1
  honor_labels: true
  kubernetes_sd_configs: [{{role: endpoints, namespaces: {{names: [default]}}}}]
  sample_limit: 9000
  relabel_configs:{selected}
  - {{action: keep, source_labels: [__meta_kubernetes_pod_container_port_number], regex: '8080'}}{not_dropped}{jobs}
  - {{target_label: endpoint, replacement: '8080'}}
  - {{target_label: ns-key, replacement: default}}
  metric_relabel_configs:
  - {{target_label: ns-key, replacement: default}}
"
    );
    let enforced = json!({"enforcedNamespaceLabel": "ns-key"});
    check(enforced, service_monitor::sections, spec, &expected);
}

#[test]
fn slices_and_limits_of_the_prometheus_object() {
    let expected = format!(
        "
- job_name: serviceMonitor/default/test/0
  kubernetes_sd_configs: [{{role: endpointslice, attach_metadata: {{node: true}}}}]
  sample_limit: 500
  honor_labels: false
  relabel_configs:
  - {{source_labels: [job], target_label: __tmp_prometheus_job_name}}{}
  - {{source_labels: [__meta_kubernetes_service_name], target_label: job, replacement: '${{1}}'}}
",
        OF_SERVICE.replace("_endpoint_", "_endpointslice_")
    );
    let prometheus = json!({
        "serviceDiscoveryRole": "EndpointSlice", "enforcedSampleLimit": 500, "overrideHonorLabels": true,
    });
    let spec = json!({
        "selector": {}, "namespaceSelector": {"any": true}, "attachMetadata": {"node": true},
        "sampleLimit": 1000, "endpoints": [{"honorLabels": true}],
    });
    check(prometheus, service_monitor::sections, spec, &expected);
}

#[test]
fn pod_monitors() {
    let expected = "
- job_name: podMonitor/default/test/0
  kubernetes_sd_configs: [{role: pod, namespaces: {names: [a, b]}}]
  relabel_configs:
  - {source_labels: [job], target_label: __tmp_prometheus_job_name}
  - {action: drop, source_labels: [__meta_kubernetes_pod_phase], regex: (Failed|Succeeded)}
  - {action: keep, source_labels: [__meta_kubernetes_pod_label_app, __meta_kubernetes_pod_labelpresent_app], regex: (web);true}
  - {action: keep, source_labels: [__meta_kubernetes_pod_container_port_name], regex: web}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_pod_container_name], target_label: container}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {source_labels: [__meta_kubernetes_pod_label_example], target_label: example, regex: (.+), replacement: '${1}'}
  - {target_label: job, replacement: default/test}
  - {target_label: endpoint, replacement: web}
";
    let spec = json!({
        "selector": {"matchLabels": {"app": "web"}}, "podTargetLabels": ["example"],
        "namespaceSelector": {"matchNames": ["a", "b"]},
        "podMetricsEndpoints": [{"port": "web"}],
    });
    check(json!({}), pod_monitor::sections, spec, expected);
}

#[test]
fn probes() {
    let expected = "
- job_name: probe/default/test
  metrics_path: /probe
  params: {module: [http_2xx]}
  kubernetes_sd_configs: [{role: ingress, namespaces: {names: [default]}}]
  relabel_configs:
  - {source_labels: [job], target_label: __tmp_prometheus_job_name}
  - {target_label: job, replacement: site}
  - {action: keep, source_labels: [__meta_kubernetes_ingress_label_a, __meta_kubernetes_ingress_labelpresent_a], regex: (b);true}
  - {source_labels: [__address__, __meta_kubernetes_ingress_scheme, __meta_kubernetes_ingress_host, __meta_kubernetes_ingress_path], separator: ;, regex: '(.+);(.+);(.+);(.+)', replacement: '${2}://${3}${4}', target_label: __param_target}
  - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
  - {source_labels: [__meta_kubernetes_ingress_name], target_label: ingress}
  - {source_labels: [__param_target], target_label: instance}
  - {target_label: __address__, replacement: 'blackbox:9115'}
";
    let spec = json!({
        "jobName": "site", "module": "http_2xx", "prober": {"url": "blackbox:9115"},
        "targets": {"ingress": {"selector": {"matchLabels": {"a": "b"}}}},
    });
    check(json!({}), probe::sections, spec, expected);
}

#[test]
fn scrape_configs() {
    let expected = "
- job_name: scrapeConfig/default/test
  metrics_path: /own
  enable_http2: false
  scrape_interval: 10s
  http_sd_configs: [{url: 'http://x/y', refresh_interval: 5s}]
  kubernetes_sd_configs: [{role: node, namespaces: {own_namespace: true}}]
  relabel_configs:
  - {source_labels: [job], target_label: __tmp_prometheus_job_name}
  - {target_label: job, replacement: mine}
  - {source_labels: [a], target_label: b}
";
    let spec = json!({
        "jobName": "mine", "metricsPath": "/own", "enableHTTP2": false, "scrapeInterval": "10s",
        "httpSDConfigs": [{"url": "http://x/y", "refreshInterval": "5s"}],
        "kubernetesSDConfigs": [{"role": "Node", "namespaces": {"ownNamespace": true}}],
        "relabelings": [{"sourceLabels": ["a"], "targetLabel": "b"}],
    });
    check(json!({}), scrape_config::sections, spec, expected);
}
