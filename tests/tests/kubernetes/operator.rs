//! Prometheus Operator's objects without the operator.

use std::collections::BTreeSet;

use argand_tests::kube::FakeKube;
use argand_tests::{Argand, get_json};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::objects::{all, service};
use crate::servers::{targets, until};

const PROMETHEUS: &str = "
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
spec:
  serviceMonitorSelector: {matchLabels: {release: prometheus}}
  serviceMonitorNamespaceSelector: {}
  podMonitorSelector: {}
  podMonitorNamespaceSelector: {matchLabels: {team: a.b}}
  probeSelector: {}
  probeNamespaceSelector: {}
  scrapeConfigSelector: {}
  scrapeConfigNamespaceSelector: {}
  ruleSelector: {}
  ruleNamespaceSelector: {}
  alertmanagerConfigSelector: {}
  alertmanagerConfigNamespaceSelector: {}
";

/// Argand beside an API server, with the files that say where it is.
pub(crate) struct Setting {
    pub(crate) kube: FakeKube,
    folder: TempDir,
}

impl Setting {
    pub(crate) fn new() -> Self {
        let kube = FakeKube::start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = json!({
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k"}}],
            "clusters": [{"name": "k", "cluster": {"server": kube.url}}],
        });
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("kubeconfig", &kubeconfig.to_string());
        write("prometheus-object.yaml", PROMETHEUS);
        write(
            "alertmanager.yml",
            "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
        );
        Self { kube, folder }
    }

    pub(crate) fn argand(&self) -> Argand {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let configuration = "global: {scrape_interval: 1m}\nscrape_configs: [{job_name: own, static_configs: [{targets: ['127.0.0.1:1']}]}]";
        Argand::start(
            configuration,
            &[
                &format!("--kubernetes.operator={}", file("prometheus-object.yaml")),
                &format!("--kubernetes.kubeconfig={}", file("kubeconfig")),
                &format!("--alertmanager.config.file={}", file("alertmanager.yml")),
            ],
        )
        .unwrap()
    }

    fn put(&self, kind: &str, namespace: &str, name: &str, spec: Value) {
        let labels = json!({"release": "prometheus"});
        let meta = json!({"name": name, "namespace": namespace, "labels": labels});
        let object = json!({"kind": kind, "metadata": meta, "spec": spec});
        self.kube.put(object).unwrap();
    }
}

fn pools(argand: &Argand) -> BTreeSet<String> {
    let all = targets(&argand.server);
    all.iter()
        .map(|one| one["pool"].as_str().unwrap().to_owned())
        .collect()
}

/// The labels of a pool's active targets.
pub(crate) fn labels(argand: &Argand, pool: &str) -> Vec<Value> {
    let all = targets(&argand.server);
    let own = all
        .into_iter()
        .filter(|one| one["pool"] == pool && one["labels"] != "dropped");
    own.map(|one| one["labels"].clone()).collect()
}

fn metrics(argand: &Argand) -> String {
    argand_tests::get(&argand.url("/metrics")).unwrap().text
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn objects_become_what_the_operator_writes() {
    let setting = Setting::new();
    for object in all() {
        setting.kube.put(object).unwrap();
    }
    setting.put("ServiceMonitor", "shop", "web", json!({
        "selector": {"matchLabels": {"app": "web"}}, "jobLabel": "app",
        "endpoints": [{"port": "http", "interval": "15s", "honorLabels": true,
            "relabelings": [{"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "on"}]}],
    }));
    setting.put("PodMonitor", "shop", "annotated", json!({
        "selector": {}, "namespaceSelector": {"any": true},
        "podMetricsEndpoints": [{"relabelings": [
            {"sourceLabels": ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"], "action": "Keep", "regex": "true"},
            {"sourceLabels": ["__address__", "__meta_kubernetes_pod_annotation_prometheus_io_port"],
             "regex": "(.+?)(?::\\d+)?;(\\d+)", "replacement": "$1:$2", "targetLabel": "__address__"},
        ]}],
    }));
    setting.put(
        "PodMonitor",
        "ops",
        "elsewhere",
        json!({"selector": {}, "podMetricsEndpoints": [{}]}),
    );
    setting.put("Probe", "shop", "site", json!({
        "prober": {"url": "127.0.0.1:9115"}, "module": "http_2xx",
        "targets": {"staticConfig": {"static": ["https://shop.example.com"], "labels": {"env": "live"}}},
    }));
    setting.put("ScrapeConfig", "shop", "fixed", json!({
        "staticConfigs": [{"targets": ["127.0.0.1:2"], "labels": {"a": "b"}}], "metricsPath": "/m",
    }));
    setting.put(
        "PrometheusRule",
        "shop",
        "rules",
        json!({"groups": [
        {"name": "g", "rules": [{"record": "one", "expr": 1}]}]}),
    );
    let argand = setting.argand();
    until("all sections", || {
        let wanted = [
            "own",
            "podMonitor/shop/annotated/0",
            "probe/shop/site",
            "scrapeConfig/shop/fixed",
            "serviceMonitor/shop/web/0",
        ];
        pools(&argand) == wanted.map(ToOwned::to_owned).into()
    });
    let web = labels(&argand, "serviceMonitor/shop/web/0");
    let one = web.iter().find(|one| one["pod"] == "web-1").unwrap();
    assert_eq!(
        *one,
        json!({
            "instance": "10.1.0.162:8080", "job": "web", "namespace": "shop", "service": "web",
            "pod": "web-1", "container": "main", "endpoint": "http", "on": "node-a",
        })
    );
    // The outside address, the node's, the ready pod's and the other pod's.
    assert_eq!(web.len(), 4, "{web:?}");
    let annotated = labels(&argand, "podMonitor/shop/annotated/0");
    let all = |name: &str| {
        annotated
            .iter()
            .map(|one| one[name].as_str().unwrap())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(all("pod"), ["web-1", "web-2", "web-3"].into());
    assert_eq!(all("job"), ["shop/annotated"].into());
    let probe = labels(&argand, "probe/shop/site");
    assert_eq!(
        probe,
        [
            json!({"instance": "https://shop.example.com", "job": "probe/shop/site", "namespace": "shop", "env": "live"})
        ]
    );
    argand.wait_for("one").unwrap();
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn what_is_wrong_is_named_and_the_others_go_on() {
    let setting = Setting::new();
    let good = json!({"staticConfigs": [{"targets": ["127.0.0.1:2"]}]});
    setting.put("ScrapeConfig", "shop", "good", good.clone());
    setting.put(
        "ScrapeConfig",
        "shop",
        "bad",
        json!({"scrapeInterval": "soon"}),
    );
    setting.put(
        "PrometheusRule",
        "shop",
        "bad",
        json!({"groups": [
        {"name": "g", "rules": [{"record": "r", "expr": "sum("}]}]}),
    );
    setting.put(
        "AlertmanagerConfig",
        "shop",
        "bad",
        json!({"route": {"receiver": "nobody"}}),
    );
    setting.put("ScrapeConfig", "shop", "secret", json!({
        "staticConfigs": [{"targets": ["127.0.0.1:2"]}],
        "basicAuth": {"username": {"name": "login", "key": "user"}, "password": {"name": "login", "key": "password"}},
    }));
    setting.put(
        "AlertmanagerConfig",
        "shop",
        "odd",
        json!({"receivers": [{"name": "r", "webhookConfigs": [{"url": "not a URL"}]}]}),
    );
    let argand = setting.argand();
    until("the good one", || {
        pools(&argand).contains("scrapeConfig/shop/good")
    });
    let page = metrics(&argand);
    let count = |kind: &str, state: &str, wanted: usize| {
        let line =
            format!("argand_operator_objects{{kind=\"{kind}\",state=\"{state}\"}} {wanted}\n");
        assert!(page.contains(&line), "{line}");
    };
    count("ScrapeConfig", "rejected", 2);
    count("PrometheusRule", "rejected", 1);
    count("AlertmanagerConfig", "rejected", 2);
    count("ScrapeConfig", "selected", 1);
    let events = setting.kube.posted();
    let told = |name: &str, word: &str| {
        let own = |event: &&Value| event["involvedObject"]["name"] == name;
        let mut all = events.iter().filter(own);
        assert!(
            all.any(|event| event["message"].as_str().unwrap().contains(word)),
            "{events:#?}"
        );
    };
    told("bad", "soon");
    told("bad", "receiver");
    told("secret", "secret shop/login does not exist");
    assert!(argand.server.log().contains("this object is left out"));
    // A secret that comes later is used at once, and is not shown.
    setting
        .kube
        .put(json!({
            "kind": "Secret", "metadata": {"namespace": "shop", "name": "login"},
            "data": {"user": "bWU=", "password": "aHVudGVyMg=="},
        }))
        .unwrap();
    until("the secret", || {
        pools(&argand).contains("scrapeConfig/shop/secret")
    });
    let shown = get_json(&argand.url("/api/v1/status/config"))
        .unwrap()
        .to_string();
    assert!(!shown.contains("hunter2") && !argand.server.log().contains("hunter2"));
    // One that goes takes its targets along.
    setting.kube.delete("ScrapeConfig", "shop", "good").unwrap();
    until("the end", || {
        !pools(&argand).contains("scrapeConfig/shop/good")
    });
    assert!(pools(&argand).contains("own"));
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn routes_of_a_namespace_are_its_own() {
    let setting = Setting::new();
    setting.put("AlertmanagerConfig", "shop", "team", json!({
        "route": {"receiver": "hook", "groupBy": ["alertname"], "matchers": [{"name": "severity", "value": "critical", "matchType": "="}]},
        "receivers": [{"name": "hook", "webhookConfigs": [{"urlSecret": {"name": "hook", "key": "url"}, "sendResolved": true}]}],
        "inhibitRules": [{"sourceMatch": [{"name": "a", "value": "b"}], "targetMatch": [{"name": "c", "value": "d"}], "equal": ["e"]}],
    }));
    setting
        .kube
        .put(json!({
            "kind": "Secret", "metadata": {"namespace": "shop", "name": "hook"},
            "data": {"url": "aHR0cDovLzEyNy4wLjAuMTo5L2hvb2s="},
        }))
        .unwrap();
    setting.kube.put(service("shop", "web")).unwrap();
    let argand = setting.argand();
    let shown =
        || get_json(&argand.url("/api/v2/status")).unwrap()["config"]["original"].to_string();
    until("the route", || shown().contains("shop/team/hook"));
    let shown = shown();
    assert!(
        shown.contains("namespace=\\\"shop\\\"") || shown.contains("namespace="),
        "{shown}"
    );
    assert!(
        !shown.contains("127.0.0.1:9"),
        "a URL by reference is a secret: {shown}"
    );
    assert!(shown.contains("continue: true"), "{shown}");
}
