//! A server of target lists, Consul, Nomad, Eureka, Kuma and PuppetDB.

use std::time::Duration;

use crate::fake::{Asked, Reply};

pub fn http(asked: &Asked) -> Option<Reply> {
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
pub fn consul(asked: &Asked) -> Option<Reply> {
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

pub fn nomad(asked: &Asked) -> Option<Reply> {
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

pub fn eureka(asked: &Asked) -> Option<Reply> {
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

pub fn kuma(asked: &Asked) -> Option<Reply> {
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

pub fn puppetdb(asked: &Asked) -> Option<Reply> {
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
