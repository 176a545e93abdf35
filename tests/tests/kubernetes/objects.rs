//! A small cluster, with one of each peculiarity.

use serde_json::{Value, json};

/// Everything, in an order in which a server takes it.
pub(crate) fn all() -> Vec<Value> {
    let mut all = vec![
        named(
            "Namespace",
            "",
            "shop",
            json!({"metadata": {"labels": {"team": "a.b"}, "annotations": {"note": "x"}}}),
        ),
        named("Namespace", "", "ops", json!({})),
        node("node-a", "a"),
        node("node-b", "b"),
    ];
    all.extend([
        pod("shop", "web-1"),
        pod("shop", "web-2"),
        pod("ops", "web-3"),
    ]);
    all.extend(odd_pods());
    all.extend(owners());
    all.extend([
        service("shop", "web"),
        service("ops", "far"),
        service("ops", "alone"),
        endpoints("before"),
        slice("before"),
        ingress(),
    ]);
    all
}

fn named(kind: &str, namespace: &str, name: &str, mut rest: Value) -> Value {
    let version = match kind {
        "EndpointSlice" => "discovery.k8s.io/v1",
        "Ingress" => "networking.k8s.io/v1",
        "ReplicaSet" => "apps/v1",
        "Job" => "batch/v1",
        _ => "v1",
    };
    rest["kind"] = kind.into();
    rest["apiVersion"] = version.into();
    rest["metadata"]["name"] = name.into();
    if !namespace.is_empty() {
        rest["metadata"]["namespace"] = namespace.into();
    }
    rest
}

pub(crate) fn node(name: &str, zone: &str) -> Value {
    named(
        "Node",
        "",
        name,
        json!({
            "metadata": {"labels": {"zone": zone, "kubernetes.io/os": "linux"}, "annotations": {"a.b/c": "d"}},
            "spec": {"providerID": format!("aws:///{name}")},
            "status": {
                "addresses": [
                    {"type": "Hostname", "address": name},
                    {"type": "InternalIP", "address": format!("10.0.{}.1", zone.len())},
                    {"type": "InternalIP", "address": "fd00::1"},
                    {"type": "ExternalIP", "address": "203.0.113.1"},
                ],
                "conditions": [
                    {"type": "Ready", "status": "True"},
                    {"type": "MemoryPressure", "status": "False"},
                ],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            },
        }),
    )
}

/// A pod of two containers and one that starts them, on the first node.
pub(crate) fn pod(namespace: &str, name: &str) -> Value {
    let last: usize = name.bytes().map(usize::from).sum::<usize>() % 250;
    named(
        "Pod",
        namespace,
        name,
        json!({
            "metadata": {
                "labels": {"app": "web", "app.kubernetes.io/part-of": "shop"},
                "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"},
                "ownerReferences": [owner("ReplicaSet", "apps/v1", "web-abc")],
            },
            "spec": {
                "nodeName": "node-a",
                "containers": [
                    {"name": "main", "image": "web:1", "ports": [
                        {"name": "http", "containerPort": 8080, "protocol": "TCP"},
                        {"name": "admin", "containerPort": 9090, "protocol": "TCP"},
                    ]},
                    {"name": "side", "image": "side:2"},
                ],
                "initContainers": [{"name": "setup", "image": "setup:3"}],
            },
            "status": {
                "phase": "Running", "podIP": format!("10.1.0.{last}"), "hostIP": "10.0.1.1",
                "podIPs": [{"ip": format!("10.1.0.{last}")}], "hostIPs": [{"ip": "10.0.1.1"}],
                "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [
                    status("main", "web:1"),
                    status("side", "side:2"),
                ],
                "initContainerStatuses": [status("setup", "setup:3")],
            },
        }),
    )
}

fn status(name: &str, image: &str) -> Value {
    json!({
        "name": name, "image": image, "imageID": "", "ready": true, "restartCount": 0,
        "containerID": format!("containerd://{name}"),
    })
}

fn owner(kind: &str, version: &str, name: &str) -> Value {
    json!({"kind": kind, "apiVersion": version, "name": name, "uid": format!("u-{name}"), "controller": true})
}

/// One that is starting, one with an address of the other family, one on a node that nobody
/// lists, one of a cron job.
fn odd_pods() -> Vec<Value> {
    let containers =
        json!([{"name": "c", "image": "i", "ports": [{"containerPort": 80, "protocol": "UDP"}]}]);
    let one = |name: &str, node: &str, address: &str, owner: Option<Value>| {
        let mut pod = named(
            "Pod",
            "ops",
            name,
            json!({
                "spec": {"nodeName": node, "containers": containers},
                "status": {"phase": "Pending", "podIP": address},
            }),
        );
        if address.is_empty() {
            pod["status"] = json!({"phase": "Pending"});
        } else {
            pod["status"]["podIPs"] = json!([{"ip": address}]);
        }
        if let Some(owner) = owner {
            pod["metadata"]["ownerReferences"] = json!([owner]);
        }
        pod
    };
    vec![
        one("starting", "node-b", "", None),
        one("six", "node-b", "fd00::2", None),
        one("lost", "node-c", "10.1.1.1", None),
        one(
            "nightly-1-x",
            "node-b",
            "10.1.1.2",
            Some(owner("Job", "batch/v1", "nightly-1")),
        ),
    ]
}

fn owners() -> Vec<Value> {
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let mut job = template.clone();
    job["spec"]["restartPolicy"] = "Never".into();
    vec![
        named(
            "ReplicaSet",
            "shop",
            "web-abc",
            json!({
                "metadata": {"ownerReferences": [owner("Deployment", "apps/v1", "web")]},
                "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
            }),
        ),
        named(
            "Job",
            "ops",
            "nightly-1",
            json!({
                "metadata": {"ownerReferences": [owner("CronJob", "batch/v1", "nightly")]},
                "spec": {"template": job},
            }),
        ),
    ]
}

pub(crate) fn service(namespace: &str, name: &str) -> Value {
    let mut service = named(
        "Service",
        namespace,
        name,
        json!({
            "metadata": {"labels": {"app": name}, "annotations": {"prometheus.io/probe": "true"}},
            "spec": {
                "type": "ClusterIP", "selector": {"app": name},
                "ports": [
                    {"name": "http", "port": 80, "protocol": "TCP"},
                    {"name": "dns", "port": 53, "protocol": "UDP"},
                ],
            },
        }),
    );
    if name == "far" {
        service["spec"]["type"] = "ExternalName".into();
        service["spec"]["externalName"] = "far.example.com".into();
    }
    if name == "web" {
        service["spec"]["type"] = "LoadBalancer".into();
        service["spec"]["loadBalancerIP"] = "198.51.100.7".into();
    }
    service
}

fn reference(namespace: &str, name: &str) -> Value {
    json!({"kind": "Pod", "namespace": namespace, "name": name})
}

fn address(pod: &Value) -> Value {
    pod["status"]["podIP"].clone()
}

pub(crate) fn endpoints(note: &str) -> Value {
    let (one, other) = (pod("shop", "web-1"), pod("shop", "web-2"));
    named(
        "Endpoints",
        "shop",
        "web",
        json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"e": note}},
            "subsets": [{
                "addresses": [
                    {"ip": address(&one), "nodeName": "node-a", "targetRef": reference("shop", "web-1")},
                    {"ip": "10.9.9.9", "hostname": "outside"},
                    {"ip": "10.0.1.1", "targetRef": {"kind": "Node", "name": "node-a"}},
                ],
                "notReadyAddresses": [
                    {"ip": address(&other), "nodeName": "node-a", "targetRef": reference("shop", "web-2")},
                ],
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            }],
        }),
    )
}

pub(crate) fn slice(note: &str) -> Value {
    let (one, other) = (pod("shop", "web-1"), pod("shop", "web-2"));
    let conditions = |ready: bool| json!({"ready": ready, "serving": ready, "terminating": !ready});
    named(
        "EndpointSlice",
        "shop",
        "web-x1",
        json!({
            "metadata": {"labels": {"kubernetes.io/service-name": "web"}, "annotations": {"g": note}},
            "addressType": "IPv4",
            "endpoints": [
                {"addresses": [address(&one)], "nodeName": "node-a", "zone": "a", "conditions": conditions(true),
                 "targetRef": reference("shop", "web-1")},
                {"addresses": [address(&other)], "nodeName": "node-a", "conditions": conditions(false),
                 "targetRef": reference("shop", "web-2")},
                {"addresses": ["10.9.9.9"], "hostname": "outside", "conditions": {}},
            ],
            "ports": [
                {"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "http"},
                {"name": "other", "port": 8081, "protocol": "TCP"},
            ],
        }),
    )
}

fn ingress() -> Value {
    let path = |path: &str| json!({"path": path, "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}});
    named(
        "Ingress",
        "shop",
        "front",
        json!({
            "metadata": {"labels": {"front": "yes"}},
            "spec": {
                "ingressClassName": "nginx",
                "rules": [
                    {"host": "shop.example.com", "http": {"paths": [path("/"), path("/cart")]}},
                    {"host": "plain.example.org", "http": {"paths": [path("/")]}},
                    {"host": "bare.example.com"},
                ],
                "tls": [{"hosts": ["*.example.com"], "secretName": "cert"}],
            },
        }),
    )
}
