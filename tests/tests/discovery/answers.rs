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
    /// Whether older originals tell less of these targets.
    pub newer: bool,
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
        newer: false,
    }
}

/// A job that older originals understand in another way.
const fn newer(job: Job) -> Job {
    Job { newer: true, ..job }
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
    newer(job(
        "ec2",
        "ec2_sd_configs",
        "{region: us-east-1, endpoint: 'http://ADDRESS', access_key: AKID, secret_key: word, port: 9100, filters: [{name: 'tag:Env', values: [a, b]}]}",
        ec2,
    )),
    job(
        "lightsail",
        "lightsail_sd_configs",
        "{region: us-east-1, endpoint: 'http://ADDRESS', access_key: AKID, secret_key: word}",
        lightsail,
    ),
    job(
        "ecs",
        "ecs_sd_configs",
        "{region: us-east-1, endpoint: 'http://ADDRESS', access_key: AKID, secret_key: word}",
        ecs,
    ),
    newer(job(
        "openstack_instances",
        "openstack_sd_configs",
        "{identity_endpoint: 'http://ADDRESS/v3', username: me, password: word, domain_name: Default, project_name: p, role: instance, region: RegionOne, all_tenants: true}",
        openstack,
    )),
    newer(job(
        "openstack_hypervisors",
        "openstack_sd_configs",
        "{identity_endpoint: 'http://ADDRESS/v3', application_credential_id: id, application_credential_secret: word, role: hypervisor, region: RegionOne, port: 9100}",
        openstack,
    )),
    job(
        "openstack_loadbalancers",
        "openstack_sd_configs",
        "{identity_endpoint: 'http://ADDRESS/v3', userid: me, password: word, project_id: p, role: loadbalancer, region: RegionOne, availability: internal}",
        openstack,
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

/// Whether a request is signed for a service.
fn signed(asked: &Asked, service: &str) -> bool {
    let authorization = asked.header("authorization");
    authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/")
        && authorization.contains(&format!("/us-east-1/{service}/aws4_request"))
        && !asked.header("x-amz-date").is_empty()
}

fn xml(body: &str) -> Option<Reply> {
    Some(Reply::of(200, "text/xml;charset=UTF-8", body))
}

fn ec2(asked: &Asked) -> Option<Reply> {
    if !signed(asked, "ec2") {
        return None;
    }
    match asked.parameter("Action")? {
        "DescribeAvailabilityZones" => xml(
            r#"<DescribeAvailabilityZonesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><availabilityZoneInfo>
                <item><zoneName>us-east-1a</zoneName><zoneState>available</zoneState><zoneId>use1-az1</zoneId></item>
            </availabilityZoneInfo></DescribeAvailabilityZonesResponse>"#,
        ),
        "DescribeInstances" => {
            let filter = ["Filter.1.Name", "Filter.1.Value.1", "Filter.1.Value.2"];
            let filter = filter.map(|name| asked.parameter(name).unwrap_or(""));
            if filter != ["tag%3AEnv", "a", "b"] {
                return None;
            }
            if asked.parameter("NextToken") == Some("more%3D") {
                return xml(r#"<DescribeInstancesResponse><reservationSet>
                        <item><ownerId>1</ownerId><instancesSet>
                            <item><instanceId>i-3</instanceId><imageId>ami-3</imageId><instanceState><code>16</code><name>running</name></instanceState><privateDnsName/><dnsName/>
                                <instanceType>t2.micro</instanceType><placement><availabilityZone>us-east-1a</availabilityZone></placement><privateIpAddress>10.0.0.66</privateIpAddress></item>
                        </instancesSet></item></reservationSet></DescribeInstancesResponse>"#);
            }
            xml(r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>8f7724cf</requestId><nextToken>more=</nextToken>
<reservationSet><item><reservationId>r-1</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet>
<item><instanceId>i-1234567890abcdef0</instanceId><imageId>ami-bff32ccc</imageId><instanceState><code>16</code><name>running</name></instanceState>
<privateDnsName>ip-192-168-1-88.ec2.internal</privateDnsName><dnsName>ec2-54-194-252-215.compute-1.amazonaws.com</dnsName><instanceType>t2.micro</instanceType>
<placement><availabilityZone>us-east-1a</availabilityZone><tenancy>default</tenancy></placement><platform>windows</platform><subnetId>subnet-56f5f633</subnetId><vpcId>vpc-11112222</vpcId>
<privateIpAddress>192.168.1.88</privateIpAddress><ipAddress>54.194.252.215</ipAddress><architecture>x86_64</architecture><instanceLifecycle>spot</instanceLifecycle>
<tagSet><item><key>Name</key><value>Server &amp; 1</value></item><item><key>aws:autoscaling:groupName</key><value>g</value></item></tagSet>
<networkInterfaceSet>
<item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-56f5f633</subnetId><attachment><attachmentId>a</attachmentId><deviceIndex>0</deviceIndex></attachment>
<ipv6AddressesSet><item><ipv6Address>2001:db8::1</ipv6Address><isPrimaryIpv6>false</isPrimaryIpv6></item></ipv6AddressesSet></item>
<item><networkInterfaceId>eni-2</networkInterfaceId><subnetId>subnet-2</subnetId><attachment><attachmentId>b</attachmentId><deviceIndex>2</deviceIndex></attachment>
<ipv6AddressesSet><item><ipv6Address>2001:db8::2</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item></ipv6AddressesSet></item>
<item><networkInterfaceId>eni-3</networkInterfaceId><subnetId>subnet-2</subnetId><attachment><attachmentId>c</attachmentId><deviceIndex>3</deviceIndex></attachment><ipv6AddressesSet/></item>
</networkInterfaceSet></item>
<item><instanceId>i-none</instanceId><imageId>ami</imageId><instanceState><code>48</code><name>terminated</name></instanceState><instanceType>t2.micro</instanceType><placement><availabilityZone>us-east-1b</availabilityZone></placement></item>
</instancesSet></item></reservationSet></DescribeInstancesResponse>"#)
        }
        _ => None,
    }
}

fn lightsail(asked: &Asked) -> Option<Reply> {
    if !signed(asked, "lightsail")
        || asked.header("x-amz-target") != "Lightsail_20161128.GetInstances"
    {
        return None;
    }
    Some(Reply::of(
        200,
        "application/x-amz-json-1.1",
        r#"{"instances": [
            {"name": "WordPress-1", "arn": "arn:aws:lightsail:us-east-1:1:Instance/x", "supportCode": "6EXAMPLE3362/i-05EXAMPLE407c97d3", "createdAt": 1.5, "location": {"availabilityZone": "us-east-1a", "regionName": "us-east-1"},
             "resourceType": "Instance", "tags": [{"key": "team name", "value": "x"}, {"key": "only"}], "blueprintId": "wordpress", "bundleId": "nano_2_0", "privateIpAddress": "172.26.1.2", "publicIpAddress": "3.4.5.6",
             "ipv6Addresses": ["2600:1f14::1"], "state": {"code": 16, "name": "running"}},
            {"name": "none", "supportCode": "s", "location": {"availabilityZone": "us-east-1a"}, "blueprintId": "b", "bundleId": "n", "state": {"code": 0, "name": "pending"}},
            {"name": "two", "supportCode": "s", "location": {"availabilityZone": "us-east-1a"}, "blueprintId": "b", "bundleId": "n", "privateIpAddress": "10.0.0.66", "state": {"code": 80, "name": "stopped"}}
        ]}"#,
    ))
}

/// Both ECS and, for what its tasks run on, EC2.
fn ecs(asked: &Asked) -> Option<Reply> {
    if signed(asked, "ec2") {
        return match asked.parameter("Action")? {
            "DescribeInstances" if asked.parameter("InstanceId.1") == Some("i-9") => xml(
                r#"<DescribeInstancesResponse><reservationSet><item><ownerId>1</ownerId><instancesSet><item><instanceId>i-9</instanceId><instanceType>m5.large</instanceType>
                    <privateIpAddress>10.0.9.9</privateIpAddress><ipAddress>52.1.1.1</ipAddress><subnetId>subnet-ec2</subnetId><tagSet><item><key>Name</key><value>host</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"#,
            ),
            "DescribeNetworkInterfaces" => xml(
                r#"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><association><publicIp>52.2.2.2</publicIp></association></item></networkInterfaceSet></DescribeNetworkInterfacesResponse>"#,
            ),
            _ => None,
        };
    }
    if !signed(asked, "ecs") {
        return None;
    }
    let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
    let cluster = "arn:aws:ecs:us-east-1:1:cluster/main";
    let of_cluster = question["cluster"] == cluster;
    let action = asked
        .header("x-amz-target")
        .strip_prefix("AmazonEC2ContainerServiceV20141113.")?;
    let body = match action {
        "ListClusters" if question["nextToken"] == "more" => format!(r#"{{"clusterArns": ["{cluster}"]}}"#),
        "ListClusters" => r#"{"clusterArns": [], "nextToken": "more"}"#.to_owned(),
        "DescribeClusters" => format!(r#"{{"clusters": [{{"clusterArn": "{cluster}", "clusterName": "main", "status": "ACTIVE", "tags": [{{"key": "Owner", "value": "c"}}]}}], "failures": []}}"#),
        "ListServices" if of_cluster => r#"{"serviceArns": ["arn:aws:ecs:us-east-1:1:service/main/web"]}"#.to_owned(),
        "DescribeServices" if of_cluster => r#"{"services": [{"serviceArn": "arn:aws:ecs:us-east-1:1:service/main/web", "serviceName": "web", "status": "ACTIVE", "tags": [{"key": "Tier", "value": "s"}]}]}"#.to_owned(),
        "ListTasks" if of_cluster => r#"{"taskArns": ["t1", "t2", "t3", "t4"]}"#.to_owned(),
        "DescribeTasks" if of_cluster => r#"{"tasks": [
            {"taskArn": "t1", "group": "service:web", "taskDefinitionArn": "d:1", "availabilityZone": "us-east-1a", "launchType": "FARGATE", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "HEALTHY",
             "platformFamily": "Linux", "platformVersion": "1.4.0", "tags": [{"key": "a.b", "value": "t"}],
             "attachments": [{"id": "x", "type": "other", "details": []}, {"id": "y", "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [
                {"name": "subnetId", "value": "subnet-1"}, {"name": "networkInterfaceId", "value": "eni-1"}, {"name": "privateIPv4Address", "value": "10.0.1.1"}]}]},
            {"taskArn": "t2", "group": "family:batch", "taskDefinitionArn": "d:2", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "PENDING", "healthStatus": "UNKNOWN",
             "containerInstanceArn": "ci-1", "attachments": []},
            {"taskArn": "t3", "group": "service:gone", "taskDefinitionArn": "d:3", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN",
             "containerInstanceArn": "ci-1", "attachments": [{"type": "ElasticNetworkInterface", "details": [{"name": "privateIPv4Address", "value": "10.0.0.66"}]}]},
            {"taskArn": "t4", "group": "family:none", "taskDefinitionArn": "d:4", "availabilityZone": "us-east-1b", "launchType": "EC2", "desiredStatus": "RUNNING", "lastStatus": "RUNNING", "healthStatus": "UNKNOWN", "attachments": []}
        ]}"#.to_owned(),
        "DescribeContainerInstances" if of_cluster => r#"{"containerInstances": [{"containerInstanceArn": "ci-1", "ec2InstanceId": "i-9"}]}"#.to_owned(),
        _ => return None,
    };
    Some(Reply::of(200, "application/x-amz-json-1.1", body))
}

/// A cloud whose services all stand below one address.
fn openstack(asked: &Asked) -> Option<Reply> {
    let here = format!("http://{}", asked.header("host"));
    if asked.path == "/v3/auth/tokens" {
        let question: serde_json::Value = serde_json::from_str(&asked.body).ok()?;
        let identity = &question["auth"]["identity"];
        let user = &identity["password"]["user"];
        let project = &question["auth"]["scope"]["project"];
        let fits = match identity["methods"][0].as_str()? {
            "application_credential" => identity["application_credential"]["secret"] == "word",
            _ if user["id"] == "me" => user["password"] == "word" && project["id"] == "p",
            _ => {
                user["domain"]["name"] == "Default"
                    && project["name"] == "p"
                    && project["domain"]["name"] == "Default"
            }
        };
        if !fits {
            return Some(Reply::of(401, "application/json", asked.body.clone()));
        }
        let service = |kind: &str, path: &str| {
            let endpoint = |interface: &str, region: &str, path: &str| {
                format!(
                    r#"{{"interface": "{interface}", "region": "{region}", "region_id": "{region}", "url": "{here}{path}", "id": "x"}}"#
                )
            };
            format!(
                r#"{{"type": "{kind}", "name": "{kind}", "id": "{kind}", "endpoints": [{}, {}, {}]}}"#,
                endpoint("public", "RegionTwo", "/elsewhere"),
                endpoint("public", "RegionOne", path),
                endpoint("internal", "RegionOne", path)
            )
        };
        let body = format!(
            r#"{{"token": {{"methods": ["password"], "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2013-11-06T14:32:17.893797Z", "catalog": [{}, {}, {}]}}}}"#,
            service("compute", "/compute/v2.1"),
            service("network", "/network"),
            service("load-balancer", "/balancing")
        );
        let mut reply = Reply::of(201, "application/json", body);
        reply.headers.push(("X-Subject-Token", "token".to_owned()));
        return Some(reply);
    }
    if asked.header("x-auth-token") != "token" {
        return None;
    }
    let more = format!("{here}/compute/v2.1/servers/detail?all_tenants=true&marker=two");
    let body = match (asked.path.as_str(), asked.query.contains("marker=two")) {
        // Newer originals ask for versions first.
        ("/network/" | "/balancing/", _) => format!(
            r#"{{"versions": [{{"id": "v2.0", "status": "CURRENT", "links": [{{"rel": "self", "href": "{here}{}v2.0/"}}]}}]}}"#,
            asked.path
        ),
        ("/network/v2.0/ports", _) => r#"{"ports": [{"id": "port-1", "device_id": "one"}, {"id": "port-2", "device_id": "other"}]}"#.to_owned(),
        ("/network/v2.0/floatingips", _) => r#"{"floatingips": [
            {"floating_ip_address": "172.24.4.228", "fixed_ip_address": "10.0.0.32", "port_id": "port-1"},
            {"floating_ip_address": "172.24.4.42", "fixed_ip_address": null, "port_id": null},
            {"floating_ip_address": "172.24.4.99", "fixed_ip_address": "10.0.0.99", "port_id": "vip-port"}]}"#.to_owned(),
        ("/compute/v2.1/servers/detail", false) if asked.query.contains("all_tenants=true") => format!(
            r#"{{"servers": [{{"id": "one", "name": "herp", "status": "ACTIVE", "tenant_id": "fcad67a6", "user_id": "9349aff8", "image": {{"id": "f90f6034"}}, "flavor": {{"id": "1", "links": []}}, "metadata": {{"env-name": "prod"}},
                "addresses": {{"private": [{{"version": 4, "addr": "10.0.0.32", "OS-EXT-IPS:type": "fixed"}}, {{"version": 4, "addr": "172.24.4.228", "OS-EXT-IPS:type": "floating"}}, {{"version": 6, "addr": "fd00::2"}}]}}}},
                {{"id": "empty", "name": "e", "status": "ERROR", "tenant_id": "f", "user_id": "9", "image": "", "flavor": {{"id": "1"}}, "metadata": {{}}, "addresses": {{}}}}],
                "servers_links": [{{"rel": "next", "href": "{more}"}}]}}"#
        ),
        ("/compute/v2.1/servers/detail", true) => r#"{"servers": [{"id": "two", "name": "derp", "status": "ACTIVE", "tenant_id": "f", "user_id": "9", "image": "", "flavor": {"original_name": "m1.tiny"}, "metadata": {}, "addresses": {"private": [{"version": 4, "addr": "10.0.0.66"}]}}]}"#.to_owned(),
        ("/compute/v2.1/os-hypervisors/detail", _) => r#"{"hypervisors": [
            {"id": 1, "hypervisor_hostname": "nc14", "host_ip": "172.16.70.14", "status": "enabled", "state": "up", "hypervisor_type": "QEMU", "hypervisor_version": 2008000, "cpu_info": "{}"},
            {"id": 2, "hypervisor_hostname": "nc15", "host_ip": "10.0.0.66", "status": "disabled", "state": "down", "hypervisor_type": "QEMU", "hypervisor_version": 2008000, "cpu_info": ""}]}"#.to_owned(),
        ("/balancing/v2.0/lbaas/loadbalancers", _) => r#"{"loadbalancers": [
            {"id": "lb1", "name": "web", "operating_status": "ONLINE", "provisioning_status": "ACTIVE", "availability_zone": "az1", "vip_address": "10.0.0.99", "vip_port_id": "vip-port", "provider": "amphora", "project_id": "p1", "tags": ["a", "b"]},
            {"id": "lb2", "name": "bare", "vip_address": "10.0.0.66", "vip_port_id": "x", "project_id": "p1", "tags": []},
            {"id": "lb3", "name": "none", "vip_address": "10.0.0.98", "vip_port_id": "y", "project_id": "p1", "tags": []}]}"#.to_owned(),
        ("/balancing/v2.0/lbaas/listeners", _) => r#"{"listeners": [
            {"id": "l1", "protocol": "HTTP", "protocol_port": 80, "loadbalancers": [{"id": "lb1"}, {"id": "lb3"}]},
            {"id": "l2", "protocol": "PROMETHEUS", "protocol_port": 9100, "loadbalancers": [{"id": "lb1"}]},
            {"id": "l3", "protocol": "PROMETHEUS", "protocol_port": 9101, "loadbalancers": [{"id": "lb2"}]}]}"#.to_owned(),
        _ => return None,
    };
    Some(Reply::json(body))
}
