//! Docker and Docker Swarm.

use crate::fake::{Asked, Reply};

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

pub fn docker(asked: &Asked) -> Option<Reply> {
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

pub fn docker_some(asked: &Asked) -> Option<Reply> {
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

pub fn swarm(asked: &Asked) -> Option<Reply> {
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
