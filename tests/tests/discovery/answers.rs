//! What the servers of each mechanism answer, in the shapes that their documentation shows. Each
//! tells of at least one target that is dropped: at a host with `drop` in its name, or at
//! 10.0.0.66.

use std::time::Duration;

use super::fake::{Asked, Reply};

/// A job that finds targets by one mechanism.
pub struct Job {
    pub name: &'static str,
    pub section: &'static str,
    /// `ADDRESS` stands for the server, `SOCKET` for one that listens on a socket.
    pub entry: &'static str,
    pub answer: fn(&Asked) -> Option<Reply>,
}

const fn job(
    name: &'static str,
    section: &'static str,
    entry: &'static str,
    answer: fn(&Asked) -> Option<Reply>,
) -> Job {
    Job {
        name,
        section,
        entry,
        answer,
    }
}

pub const JOBS: &[Job] = &[
    job(
        "http",
        "http_sd_configs",
        "{url: 'http://ADDRESS/list?of=targets', basic_auth: {username: me, password: word}}",
        http,
    ),
    job(
        "consul",
        "consul_sd_configs",
        "{server: 'ADDRESS', token: word, path_prefix: /below}",
        consul,
    ),
    job(
        "consul_some",
        "consul_sd_configs",
        "{server: 'ADDRESS', path_prefix: /below, token: word, datacenter: dc2, tags: [a], tag_separator: '|', services: [web, db], node_meta: {rack: r1}, allow_stale: false}",
        consul,
    ),
    job(
        "docker",
        "docker_sd_configs",
        "{host: 'unix://SOCKET', port: 9000}",
        docker,
    ),
    job(
        "docker_some",
        "docker_sd_configs",
        "{host: 'tcp://ADDRESS', host_networking_host: 10.0.0.66, filters: [{name: status, values: [running, paused]}, {name: name, values: [x]}]}",
        docker_some,
    ),
    job(
        "swarm_nodes",
        "dockerswarm_sd_configs",
        "{host: 'http://ADDRESS', role: nodes}",
        swarm,
    ),
    job(
        "swarm_services",
        "dockerswarm_sd_configs",
        "{host: 'tcp://ADDRESS', role: services, port: 81}",
        swarm,
    ),
    job(
        "swarm_tasks",
        "dockerswarm_sd_configs",
        "{host: 'unix://SOCKET', role: tasks}",
        swarm,
    ),
    job(
        "nomad",
        "nomad_sd_configs",
        "{server: 'http://ADDRESS', namespace: '*', region: north}",
        nomad,
    ),
    job(
        "nomad_fresh",
        "nomad_sd_configs",
        "{server: 'http://ADDRESS', allow_stale: false, tag_separator: ';'}",
        nomad,
    ),
    job(
        "eureka",
        "eureka_sd_configs",
        "{server: 'http://ADDRESS/eureka'}",
        eureka,
    ),
    job(
        "kuma",
        "kuma_sd_configs",
        "{server: 'http://ADDRESS', client_id: me, fetch_timeout: 1s}",
        kuma,
    ),
    job(
        "puppetdb",
        "puppetdb_sd_configs",
        "{url: 'http://ADDRESS/below', query: 'resources { x = 1 }', port: 9100}",
        puppetdb,
    ),
    job(
        "puppetdb_all",
        "puppetdb_sd_configs",
        "{url: 'http://ADDRESS/below', query: 'resources { x = 1 }', include_parameters: true, tls_config: {}}",
        puppetdb,
    ),
];

fn http(asked: &Asked) -> Option<Reply> {
    if (asked.path.as_str(), asked.query.as_str()) != ("/list", "of=targets")
        || asked.header("authorization") != "Basic bWU6d29yZA=="
        || asked.header("x-prometheus-refresh-interval-seconds") != "60"
    {
        return None;
    }
    Some(Reply::of(
        200,
        "application/json; charset=utf-8",
        r#"[{"targets": ["a:1", "[::1]:2", "drop:3"], "labels": {"__meta_datacenter": "london", "__meta_prometheus_job": "node", "empty": ""}},
            {"targets": ["b:1"]}, {"targets": []}]"#,
    ))
}

/// The catalog of an agent below a prefix. Nothing ever changes: who asks behind the first answer
/// waits.
fn consul(asked: &Asked) -> Option<Reply> {
    if asked.header("x-consul-token") != "word" {
        return None;
    }
    let some = asked.query.contains("dc=dc2");
    let has = |parameter: &str| asked.query.contains(parameter);
    if asked.path != "/below/v1/agent/self"
        && (has("stale") == some || has("node-meta=rack") != some)
    {
        return None;
    }
    let body = match asked.path.as_str() {
        "/below/v1/agent/self" => {
            r#"{"Config": {"Datacenter": "dc1", "NodeName": "n", "Server": true}, "Member": {"Name": "n"}}"#
        }
        "/below/v1/catalog/services" => r#"{"consul": [], "web": ["a", "b"], "db": ["b"]}"#,
        "/below/v1/health/service/consul" => "[]",
        "/below/v1/health/service/db" if some => return None,
        "/below/v1/health/service/db" => {
            r#"[
            {"Node": {"Node": "n2", "Address": "10.0.0.66"}, "Service": {"ID": "db-1", "Service": "db", "Tags": ["b"], "Address": "", "Port": 5432}, "Checks": []}
        ]"#
        }
        "/below/v1/health/service/web" if some && !has("tag=a") => return None,
        "/below/v1/health/service/web" => {
            r#"[
            {"Node": {"ID": "40e4a748", "Node": "n1", "Address": "10.1.10.12", "Datacenter": "dc1",
                "TaggedAddresses": {"lan": "10.1.10.12", "wan": "10.1.10.13"}, "Meta": {"instance-type": "m3.large"}},
             "Service": {"ID": "web-1", "Service": "web", "Tags": ["a", "b"], "Address": "10.1.10.14",
                "TaggedAddresses": {"lan": {"address": "10.1.10.14", "port": 8000}}, "Meta": {"version.major": "4"}, "Port": 8000, "Namespace": "default", "Partition": "p1"},
             "Checks": [{"Node": "n1", "CheckID": "serfHealth", "Status": "passing"}, {"Node": "n1", "CheckID": "service:web", "Status": "warning"}]},
            {"Node": {"Node": "n2", "Address": "fd00::1"}, "Service": {"ID": "web-2", "Service": "web", "Tags": null, "Address": "", "Port": 80},
             "Checks": [{"CheckID": "_node_maintenance", "Status": "critical"}]},
            {"Node": {"Node": "n2", "Address": "10.0.0.66"}, "Service": {"ID": "web-3", "Service": "web", "Tags": [], "Address": "", "Port": 80},
             "Checks": [{"CheckID": "service:web", "Status": "critical"}]}
        ]"#
        }
        _ => return None,
    };
    let mut reply = Reply::json(body);
    reply.headers.push(("X-Consul-Index", "17".to_owned()));
    if asked.query.contains("index=17") {
        reply.wait = Duration::from_secs(3);
    }
    Some(reply)
}

/// A path without the version before it, and the answer to what an engine is asked before
/// anything else.
fn versioned(asked: &Asked) -> Result<&str, Option<Reply>> {
    if asked.path == "/_ping" {
        let mut reply = Reply::of(200, "text/plain", "OK");
        reply.headers.push(("Api-Version", "1.44".to_owned()));
        return Err(Some(reply));
    }
    let path = asked.path.as_str();
    match path
        .strip_prefix("/v1.")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
    {
        Some(path) => Ok(path),
        None => Ok(path),
    }
}

const NETWORKS: &str = r#"[
    {"Name": "bridge", "Id": "7d86d31b1478e7cca9ebed7e73aa0fdeec46c5ca29497431d3007d2d9e15ed99", "Scope": "local", "Driver": "bridge", "Internal": false, "Ingress": false, "Labels": {}},
    {"Name": "front", "Id": "8e", "Scope": "swarm", "Internal": true, "Ingress": true, "Labels": {"com.example.some-label": "some-value"}},
    {"Name": "host", "Id": "9f", "Scope": "local", "Internal": false, "Ingress": false, "Labels": null}
]"#;

fn docker(asked: &Asked) -> Option<Reply> {
    let body = match versioned(asked) {
        Err(reply) => return reply,
        Ok("/networks") => NETWORKS,
        Ok("/containers/json") => {
            r#"[
            {"Id": "8dfafdbc3a40", "Names": ["/boring_feynman", "/other/name"], "Image": "ubuntu:latest",
             "Ports": [{"PrivatePort": 2222, "PublicPort": 3333, "Type": "tcp", "IP": "0.0.0.0"}, {"PrivatePort": 53, "Type": "udp"}, {"PrivatePort": 9100, "Type": "tcp"}],
             "Labels": {"com.example.vendor": "Acme", "com.example.license": "GPL"},
             "HostConfig": {"NetworkMode": "default"},
             "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "7d86d31b1478e7cca9ebed7e73aa0fdeec46c5ca29497431d3007d2d9e15ed99", "IPAddress": "172.17.0.2"}}}},
            {"Id": "9cd87474be90", "Names": ["/no_ports"], "Ports": [], "Labels": {}, "HostConfig": {"NetworkMode": "front"},
             "NetworkSettings": {"Networks": {"front": {"NetworkID": "8e", "IPAddress": "10.0.0.66"}}}},
            {"Id": "3176a2479c92", "Names": ["/shares"], "Ports": [{"PrivatePort": 53, "Type": "udp"}], "Labels": {}, "HostConfig": {"NetworkMode": "host"},
             "NetworkSettings": {"Networks": {"host": {"NetworkID": "9f", "IPAddress": ""}}}},
            {"Id": "4cb07b47f9fb", "Names": [], "Ports": [], "HostConfig": {"NetworkMode": "default"}, "NetworkSettings": {"Networks": {}}}
        ]"#
        }
        Ok(_) => return None,
    };
    Some(Reply::json(body))
}

fn docker_some(asked: &Asked) -> Option<Reply> {
    let body = match versioned(asked) {
        Err(reply) => return reply,
        Ok("/networks") => NETWORKS,
        Ok("/containers/json") => {
            let filters = "%7B%22name%22%3A%7B%22x%22%3Atrue%7D%2C%22status%22%3A%7B%22paused%22%3Atrue%2C%22running%22%3Atrue%7D%7D";
            if asked.parameter("filters") != Some(filters) {
                return None;
            }
            r#"[
                {"Id": "a", "Names": ["/in_host"], "Ports": [], "Labels": {}, "HostConfig": {"NetworkMode": "host"},
                 "NetworkSettings": {"Networks": {"host": {"NetworkID": "9f", "IPAddress": ""}}}},
                {"Id": "b", "Names": ["/b"], "Ports": [{"PrivatePort": 1, "Type": "tcp"}], "Labels": {}, "HostConfig": {"NetworkMode": "default"},
                 "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "other", "IPAddress": "172.17.0.9"}}}}
            ]"#
        }
        Ok(_) => return None,
    };
    Some(Reply::json(body))
}

fn swarm(asked: &Asked) -> Option<Reply> {
    let body = match versioned(asked) {
        Err(reply) => return reply,
        Ok("/networks") => NETWORKS,
        Ok("/nodes") => {
            r#"[
            {"ID": "24ifsmvkjbyhk", "Spec": {"Name": "my-node", "Role": "manager", "Availability": "active", "Labels": {"foo.bar": "x"}},
             "Description": {"Hostname": "bf3067039e47", "Platform": {"Architecture": "x86_64", "OS": "linux"}, "Engine": {"EngineVersion": "17.06.0"}},
             "Status": {"State": "ready", "Addr": "172.17.0.2"}, "ManagerStatus": {"Leader": true, "Reachability": "reachable", "Addr": "172.17.0.2:2377"}},
            {"ID": "worker", "Spec": {"Role": "worker", "Availability": "drain", "Labels": {}},
             "Description": {"Hostname": "w", "Platform": {"Architecture": "x86_64", "OS": "linux"}, "Engine": {"EngineVersion": "17.06.0"}},
             "Status": {"State": "down", "Addr": "10.0.0.66"}}
        ]"#
        }
        Ok("/services") => {
            r#"[
            {"ID": "9mnpnzenvg8p8tdbtq4wvbkcz", "Spec": {"Name": "hopeful_cori", "Labels": {"a.b": "c"},
                "TaskTemplate": {"ContainerSpec": {"Image": "redis", "Hostname": "h"}}, "Mode": {"Replicated": {"Replicas": 1}}},
             "Endpoint": {"Ports": [{"Name": "web", "Protocol": "tcp", "TargetPort": 6379, "PublishedPort": 30001, "PublishMode": "ingress"}, {"Protocol": "udp", "TargetPort": 53, "PublishedPort": 53}],
                "VirtualIPs": [{"NetworkID": "8e", "Addr": "10.255.0.2/16"}, {"NetworkID": "no", "Addr": "10.255.0.3/16"}]},
             "UpdateStatus": {"State": "completed", "Message": "done"}},
            {"ID": "everywhere", "Spec": {"Name": "drop", "Labels": {}, "TaskTemplate": {"ContainerSpec": {"Image": "i"}}, "Mode": {"Global": {}}},
             "Endpoint": {"VirtualIPs": [{"NetworkID": "8e", "Addr": "10.0.0.66/24"}]}}
        ]"#
        }
        Ok("/tasks") => {
            r#"[
            {"ID": "0kzzo1i0y4jz6027t0k7aezc7", "ServiceID": "9mnpnzenvg8p8tdbtq4wvbkcz", "NodeID": "24ifsmvkjbyhk", "Slot": 1,
             "Spec": {"ContainerSpec": {"Image": "redis", "Labels": {"org.x": "y"}}}, "DesiredState": "running",
             "Status": {"State": "running", "ContainerStatus": {"ContainerID": "e5d62702a1b4"},
                "PortStatus": {"Ports": [{"Protocol": "tcp", "TargetPort": 6379, "PublishedPort": 3000, "PublishMode": "host"}]}},
             "NetworksAttachments": [{"Network": {"ID": "8e"}, "Addresses": ["10.255.0.10/16"]}]},
            {"ID": "1yljwbmlr8er2waf8orvqpwms", "ServiceID": "everywhere", "NodeID": "worker",
             "Spec": {"ContainerSpec": {"Image": "i"}}, "DesiredState": "shutdown",
             "Status": {"State": "shutdown", "PortStatus": {}},
             "NetworksAttachments": [{"Network": {"ID": "8e"}, "Addresses": ["10.0.0.66/16"]}]}
        ]"#
        }
        Ok(_) => return None,
    };
    Some(Reply::json(body))
}

fn nomad(asked: &Asked) -> Option<Reply> {
    let here = asked
        .query
        .replace("%2A", "*")
        .contains("namespace=*&region=north")
        && asked.query.contains("stale");
    let fresh =
        asked.query.contains("namespace=default&region=global") && !asked.query.contains("stale");
    if !here && !fresh {
        return None;
    }
    let body = match asked.path.as_str() {
        "/v1/services" => {
            r#"[{"Namespace": "default", "Services": [{"ServiceName": "redis", "Tags": ["cache"]}, {"ServiceName": "gone", "Tags": []}]}, {"Namespace": "platform", "Services": []}]"#
        }
        "/v1/service/gone" => "[]",
        "/v1/service/redis" => {
            r#"[
            {"ID": "_nomad-task-1", "ServiceName": "redis", "Namespace": "default", "NodeID": "177160af", "Datacenter": "dc1", "JobID": "redis-job", "AllocID": "09ffb1d3", "Tags": ["linux", "amd64"], "Address": "127.0.0.1", "Port": 30826},
            {"ID": "_nomad-task-2", "ServiceName": "redis", "Namespace": "default", "NodeID": "177160af", "Datacenter": "dc1", "JobID": "redis-job", "AllocID": "09ffb1d4", "Tags": [], "Address": "10.0.0.66", "Port": 1}
        ]"#
        }
        _ => return None,
    };
    let mut reply = Reply::json(body);
    reply.headers.push(("X-Nomad-Index", "7".to_owned()));
    reply.headers.push(("X-Nomad-LastContact", "0".to_owned()));
    reply
        .headers
        .push(("X-Nomad-KnownLeader", "true".to_owned()));
    Some(reply)
}

fn eureka(asked: &Asked) -> Option<Reply> {
    if asked.path != "/eureka/apps" {
        return None;
    }
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<applications>
  <versions__delta>1</versions__delta>
  <apps__hashcode>UP_2_</apps__hashcode>
  <application>
    <name>CONFIG &amp; SERVICE</name>
    <instance>
      <instanceId>config:8080</instanceId>
      <hostName>config.example.org</hostName>
      <app>CONFIG</app>
      <ipAddr>192.133.87.237</ipAddr>
      <status>UP</status>
      <overriddenstatus>UNKNOWN</overriddenstatus>
      <port enabled="true">8080</port>
      <securePort enabled="false">8443</securePort>
      <countryId>1</countryId>
      <dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo">
        <name>MyOwn</name>
        <metadata><zone>north-1</zone></metadata>
      </dataCenterInfo>
      <leaseInfo><renewalIntervalInSecs>30</renewalIntervalInSecs></leaseInfo>
      <metadata>
        <prometheus.scrape>true</prometheus.scrape>
        <path>/a?b&amp;c</path>
        <nested><x>1</x></nested>
      </metadata>
      <homePageUrl>http://config.example.org:8080/</homePageUrl>
      <statusPageUrl>http://config.example.org:8080/info</statusPageUrl>
      <healthCheckUrl>http://config.example.org:8080/health</healthCheckUrl>
      <vipAddress>config</vipAddress>
      <secureVipAddress>config</secureVipAddress>
      <actionType>ADDED</actionType>
    </instance>
    <instance><instanceId>two</instanceId><hostName>drop.example.org</hostName></instance>
  </application>
</applications>"#;
    Some(Reply::of(200, "application/xml", body))
}

fn kuma(asked: &Asked) -> Option<Reply> {
    if asked.path != "/v3/discovery:monitoringassignments"
        || !asked.query.starts_with("fetch-timeout=1")
    {
        return None;
    }
    let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
    let is =
        |pointer: &str, text: &str| question.pointer(pointer).is_some_and(|found| found == text);
    if !is("/node/id", "me")
        || !is(
            "/type_url",
            "type.googleapis.com/kuma.observability.v1.MonitoringAssignment",
        )
    {
        return None;
    }
    if is("/version_info", "42") {
        return is("/response_nonce", "n1").then(|| Reply::of(304, "application/json", ""));
    }
    Some(Reply::json(
        r#"{"versionInfo": "42", "nonce": "n1", "typeUrl": "type.googleapis.com/kuma.observability.v1.MonitoringAssignment", "resources": [
            {"@type": "type.googleapis.com/kuma.observability.v1.MonitoringAssignment", "mesh": "metrics", "service": "prometheus",
             "targets": [
                {"name": "prometheus-01", "scheme": "http", "address": "10.1.4.32:9090", "metricsPath": "/custom-metrics", "labels": {"commit_hash": "620506a88", "a/b": "c", "both": "target"}},
                {"name": "prometheus-02", "scheme": "https", "address": "10.0.0.66:9090", "labels": {}}],
             "labels": {"kuma_io_zone": "us-east-1", "team": "infra", "both": "assignment"}},
            {"@type": "type.googleapis.com/kuma.observability.v1.MonitoringAssignment", "mesh": "metrics", "service": "nobody", "targets": []}
        ]}"#,
    ))
}

fn puppetdb(asked: &Asked) -> Option<Reply> {
    let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
    if asked.method != "POST"
        || asked.path != "/below/pdb/query/v4"
        || question["query"] != "resources { x = 1 }"
    {
        return None;
    }
    Some(Reply::json(
        r#"[
            {"certname": "edinburgh.example.com", "resource": "49af83866dc5a1518968b68e58a25319107afe11", "type": "Apache::Vhost", "title": "static",
             "exported": false, "tags": ["roles::hypervisor", "apache"], "file": "/etc/puppetlabs/code/a.pp", "line": 384, "environment": "prod",
             "parameters": {"port": 22, "bytes": 8080000, "ratio": 0.5, "ssl": true, "access_log": true, "access_log_file": "ssl_access_log", "additional_includes": [], "directories": [{"path": "/x"}],
                "labels": {"alias": "edin burgh", "deep": {"er": 1}}, "list": ["a", 1, true, null], "none": null}},
            {"certname": "drop.example.com", "resource": "x", "type": "T", "title": "t", "exported": true, "tags": [], "file": "f", "environment": "e", "parameters": {}}
        ]"#,
    ))
}
