//! The monitors that come with the house find what they are for.

use std::path::Path;

use argand_tests::kube::FakeKube;
use serde_json::{Value, json};

use crate::operator::{Setting, labels};
use crate::servers::{targets, until};

/// The objects of a folder of the pack.
fn objects(folder: &str) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/kubernetes/monitors");
    let files = std::fs::read_dir(root.join(folder)).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    texts
        .map(|text| serde_saphyr::from_str(&text).unwrap())
        .collect()
}

/// A service of an application with one pod behind it, at a port of a name.
fn run(kube: &FakeKube, namespace: &str, app: &str, port: &str, annotations: &Value) {
    let meta = json!({
        "name": app, "namespace": namespace, "labels": {"app.kubernetes.io/name": app},
        "annotations": annotations,
    });
    let ports = json!([{"name": port, "port": 8000, "containerPort": 8000, "protocol": "TCP"}]);
    let reference = json!({"kind": "Pod", "namespace": namespace, "name": app});
    for object in [
        json!({"kind": "Service", "metadata": meta, "spec": {"ports": ports}}),
        json!({"kind": "Endpoints", "metadata": meta, "subsets": [
            {"addresses": [{"ip": "10.3.0.1", "targetRef": reference}], "ports": ports}]}),
        json!({"kind": "Pod", "metadata": meta,
            "spec": {"nodeName": "n", "containers": [{"name": "main", "ports": ports}]},
            "status": {"phase": "Running", "podIP": "10.3.0.1"}}),
    ] {
        kube.put(object).unwrap();
    }
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn monitors_of_the_pack_find_their_targets() {
    let setting = Setting::new();
    let monitors = objects("servicemonitors");
    assert_eq!(monitors.len(), 6);
    for monitor in &monitors {
        let spec = &monitor["spec"];
        let app = spec["selector"]["matchLabels"]["app.kubernetes.io/name"]
            .as_str()
            .unwrap();
        let namespace = spec["namespaceSelector"]["matchNames"][0].as_str().unwrap();
        let port = spec["endpoints"][0]["port"].as_str().unwrap();
        run(&setting.kube, namespace, app, port, &json!({}));
        run(
            &setting.kube,
            namespace,
            &format!("not-{app}"),
            port,
            &json!({}),
        );
        setting.kube.put(monitor.clone()).unwrap();
    }
    let annotated = json!({
        "prometheus.io/scrape": "true", "prometheus.io/port": "9999", "prometheus.io/path": "/own",
    });
    run(&setting.kube, "greenlang", "agent", "http", &annotated);
    for monitor in objects("podmonitors") {
        setting.kube.put(monitor).unwrap();
    }
    // Their namespace is not one of those that pods are taken from elsewhere.
    setting.kube.put(json!({"kind": "Namespace", "metadata": {"name": "monitoring", "labels": {"team": "a.b"}}})).unwrap();
    let argand = setting.argand();
    for monitor in &monitors {
        let name = monitor["metadata"]["name"].as_str().unwrap();
        let pool = format!("serviceMonitor/monitoring/{name}/0");
        until(&pool, || labels(&argand, &pool).len() == 1);
        let found = &labels(&argand, &pool)[0];
        let app = &monitor["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"];
        for label in ["job", "service", "pod"] {
            assert_eq!(&found[label], app, "{pool}: {found}");
        }
        assert_eq!(found["node"], "n");
        assert_eq!(found["endpoint"], monitor["spec"]["endpoints"][0]["port"]);
    }
    let pool = "podMonitor/monitoring/greenlang-pods/0";
    until(pool, || labels(&argand, pool).len() == 1);
    let all = targets(&argand.server);
    let found = all
        .iter()
        .find(|one| one["pool"] == pool && one["labels"] != "dropped")
        .unwrap();
    assert_eq!(found["url"], "http://10.3.0.1:9999/own");
    assert_eq!(found["labels"]["job"], "agent");
}
