//! The least that each kind of server answers about a few targets. Each answer carries a label
//! that the targets have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, Reply};

/// A mechanism as the suite sees it.
pub struct Kind {
    /// The section's name.
    pub section: &'static str,
    /// One entry of it; `ADDRESS` stands for the server.
    pub entry: &'static str,
    pub answer: About,
    /// A label of every target.
    pub label: (&'static str, &'static str),
    /// What counts failures.
    pub errors: &'static str,
}

const REFRESHES: &str = "prometheus_sd_refresh_failures_total";

pub const KINDS: &[Kind] = &[
    Kind {
        section: "http_sd_configs",
        entry: "{url: 'http://ADDRESS/targets', refresh_interval: 100ms}",
        answer: http,
        label: ("env", "test"),
        errors: "prometheus_sd_http_failures_total",
    },
    Kind {
        section: "consul_sd_configs",
        entry: "{server: 'ADDRESS', refresh_interval: 100ms}",
        answer: consul,
        label: ("__meta_consul_dc", "dc1"),
        errors: "prometheus_sd_consul_rpc_failures_total",
    },
    Kind {
        section: "docker_sd_configs",
        entry: "{host: 'tcp://ADDRESS', refresh_interval: 100ms}",
        answer: docker,
        label: ("__meta_docker_network_name", "bridge"),
        errors: REFRESHES,
    },
    Kind {
        section: "dockerswarm_sd_configs",
        entry: "{host: 'http://ADDRESS', role: services, refresh_interval: 100ms}",
        answer: swarm,
        label: ("__meta_dockerswarm_service_mode", "replicated"),
        errors: REFRESHES,
    },
    Kind {
        section: "nomad_sd_configs",
        entry: "{server: 'http://ADDRESS', refresh_interval: 100ms}",
        answer: nomad,
        label: ("__meta_nomad_service", "web"),
        errors: "prometheus_sd_nomad_failures_total",
    },
    Kind {
        section: "eureka_sd_configs",
        entry: "{server: 'http://ADDRESS', refresh_interval: 100ms}",
        answer: eureka,
        label: ("__meta_eureka_app_name", "web"),
        errors: REFRESHES,
    },
    Kind {
        section: "kuma_sd_configs",
        entry: "{server: 'http://ADDRESS', refresh_interval: 100ms}",
        answer: kuma,
        label: ("__meta_kuma_mesh", "default"),
        errors: "prometheus_sd_kuma_fetch_failures_total",
    },
    Kind {
        section: "puppetdb_sd_configs",
        entry: "{url: 'http://ADDRESS', query: q, port: 1, refresh_interval: 100ms}",
        answer: puppetdb,
        label: ("__meta_puppetdb_query", "q"),
        errors: REFRESHES,
    },
];

/// What a server answers about some hosts and ports.
type About = fn(&Asked, &[(String, u16)]) -> Option<Reply>;

/// A list with one entry a target.
fn each(targets: &[(String, u16)], entry: impl Fn(&str, u16) -> Value) -> Value {
    targets
        .iter()
        .map(|(host, port)| entry(host, *port))
        .collect()
}

fn found(body: &Value) -> Option<Reply> {
    Some(Reply::json(body.to_string()))
}

fn http(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let targets = each(targets, |host, port| json!(format!("{host}:{port}")));
    found(&json!([{"targets": targets, "labels": {"env": "test"}}]))
}

fn consul(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    // Something changes all the time.
    static INDEX: AtomicU64 = AtomicU64::new(1);
    let body = match asked.path.as_str() {
        "/v1/agent/self" => json!({"Config": {"Datacenter": "dc1"}}),
        "/v1/catalog/services" => json!({"web": []}),
        "/v1/health/service/web" => each(
            targets,
            |host, port| json!({"Node": {"Address": host}, "Service": {"Port": port}}),
        ),
        _ => return None,
    };
    let mut reply = Reply::json(body.to_string());
    let index = INDEX.fetch_add(1, Ordering::Relaxed);
    reply.headers.push(("X-Consul-Index", index.to_string()));
    reply.wait = Duration::from_millis(5);
    Some(reply)
}

fn docker(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    found(&match asked.path.as_str() {
        "/networks" => json!([{"Id": "n", "Name": "bridge"}]),
        "/containers/json" => each(targets, |host, port| {
            json!({
                "Id": host,
                "Names": ["/a"],
                "Ports": [{"PrivatePort": port, "Type": "tcp"}],
                "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "n", "IPAddress": host}}},
            })
        }),
        _ => return None,
    })
}

fn swarm(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    found(&match asked.path.as_str() {
        "/networks" => json!([]),
        "/services" => each(targets, |host, port| {
            json!({
                "ID": host,
                "Spec": {"Mode": {"Replicated": {"Replicas": 1}}},
                "Endpoint": {
                    "VirtualIPs": [{"NetworkID": "n", "Addr": format!("{host}/24")}],
                    "Ports": [{"Protocol": "tcp", "PublishedPort": port}],
                },
            })
        }),
        _ => return None,
    })
}

fn nomad(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    found(&match asked.path.as_str() {
        "/v1/services" => json!([{"Services": [{"ServiceName": "web"}]}]),
        "/v1/service/web" => each(
            targets,
            |host, port| json!({"ServiceName": "web", "Address": host, "Port": port}),
        ),
        _ => return None,
    })
}

fn eureka(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let instances = targets.iter().map(|(host, port)| {
        format!(
            "<instance><hostName>{host}</hostName><port enabled=\"true\">{port}</port></instance>"
        )
    });
    let instances: String = instances.collect();
    let body = format!(
        "<applications><application><name>web</name>{instances}</application></applications>"
    );
    Some(Reply::of(200, "application/xml", body))
}

fn kuma(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let targets = each(
        targets,
        |host, port| json!({"address": format!("{host}:{port}")}),
    );
    found(&json!({
        "typeUrl": "type.googleapis.com/kuma.observability.v1.MonitoringAssignment",
        "resources": [{"mesh": "default", "targets": targets}],
    }))
}

/// The port is configured: each target is told by a host that ends before it.
fn puppetdb(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    found(&each(targets, |host, _| json!({"certname": host})))
}
