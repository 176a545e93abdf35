//! What the servers of each mechanism answer, in the shapes that their documentation shows. Each
//! tells of at least one target that is dropped: at a host with `drop` in its name, or at
//! 10.0.0.66.

mod clouds;
mod containers;
mod registries;

use super::fake::{Asked, Reply};
use clouds::{ec2, ecs, lightsail, openstack};
use containers::{docker, docker_some, swarm};
use registries::{consul, eureka, http, kuma, nomad, puppetdb};

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
