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
    Kind {
        section: "ec2_sd_configs",
        entry: "{endpoint: 'http://ADDRESS', region: us-east-1, access_key: a, secret_key: b, port: 1, refresh_interval: 100ms}",
        answer: ec2,
        label: ("__meta_ec2_region", "us-east-1"),
        errors: REFRESHES,
    },
    Kind {
        section: "lightsail_sd_configs",
        entry: "{endpoint: 'http://ADDRESS', region: us-east-1, access_key: a, secret_key: b, port: 1, refresh_interval: 100ms}",
        answer: lightsail,
        label: ("__meta_lightsail_region", "us-east-1"),
        errors: REFRESHES,
    },
    Kind {
        section: "ecs_sd_configs",
        entry: "{endpoint: 'http://ADDRESS', region: us-east-1, access_key: a, secret_key: b, port: 1, refresh_interval: 100ms}",
        answer: ecs,
        label: ("__meta_ecs_cluster", "main"),
        errors: REFRESHES,
    },
    Kind {
        section: "openstack_sd_configs",
        entry: "{identity_endpoint: 'http://ADDRESS', username: a, password: b, domain_id: c, role: hypervisor, region: r, port: 1, refresh_interval: 100ms}",
        answer: openstack,
        label: ("__meta_openstack_hypervisor_state", "up"),
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

fn kuma(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    if asked.method != "POST" {
        return None;
    }
    let targets = each(
        targets,
        |host, port| json!({"address": format!("{host}:{port}")}),
    );
    found(&json!({
        "typeUrl": "type.googleapis.com/kuma.observability.v1.MonitoringAssignment",
        "resources": [{"mesh": "default", "targets": targets}],
    }))
}

/// Where the port is configured, a target is told by its host alone.
fn puppetdb(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    found(&each(targets, |host, _| json!({"certname": host})))
}

fn ec2(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let instances = targets.iter().map(|(host, _)| {
        format!(
            "<item><instanceId>i</instanceId><privateIpAddress>{host}</privateIpAddress></item>"
        )
    });
    let instances: String = instances.collect();
    let body = match asked.parameter("Action")? {
        "DescribeInstances" => format!(
            "<r><reservationSet><item><instancesSet>{instances}</instancesSet></item></reservationSet></r>"
        ),
        _ => "<r/>".to_owned(),
    };
    Some(Reply::of(200, "text/xml", body))
}

fn lightsail(_: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let instances = each(targets, |host, _| json!({"privateIpAddress": host}));
    found(&json!({"instances": instances}))
}

fn ecs(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let (_, action) = asked.header("x-amz-target").split_once('.')?;
    found(&match action {
        "ListClusters" => json!({"clusterArns": ["c"]}),
        "DescribeClusters" => json!({"clusters": [{"clusterArn": "c", "clusterName": "main"}]}),
        "ListServices" => json!({"serviceArns": []}),
        "ListTasks" => json!({"taskArns": each(targets, |host, _| json!(host))}),
        "DescribeTasks" => json!({"tasks": each(targets, |host, _| {
            let details = json!([{"name": "privateIPv4Address", "value": host}]);
            json!({"attachments": [{"type": "ElasticNetworkInterface", "details": details}]})
        })}),
        _ => return None,
    })
}

fn openstack(asked: &Asked, targets: &[(String, u16)]) -> Option<Reply> {
    let url = format!("http://{}/compute", asked.header("host"));
    match asked.path.as_str() {
        "/v3/auth/tokens" => {
            let endpoints = json!([{"interface": "public", "region": "r", "url": url}]);
            let catalog = json!([{"type": "compute", "endpoints": endpoints}]);
            let mut reply = found(&json!({"token": {"catalog": catalog}}))?;
            reply.headers.push(("X-Subject-Token", "t".to_owned()));
            Some(reply)
        }
        "/compute/os-hypervisors/detail" => {
            let hypervisors = each(targets, |host, _| json!({"host_ip": host, "state": "up"}));
            found(&json!({"hypervisors": hypervisors}))
        }
        _ => None,
    }
}
