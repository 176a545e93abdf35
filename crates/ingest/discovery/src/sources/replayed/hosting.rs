//! DigitalOcean, Hetzner and Linode.

use config::DiscoveryConfig;

use super::super::digitalocean::DigitalOceanSource;
use super::super::fake::Reply;
use super::super::hetzner::HetznerSource;
use super::super::linode::LinodeSource;
use super::{bearer, check, configured, serve};

#[tokio::test]
async fn droplets_of_digitalocean() {
    let server = serve(|asked| {
        let page = asked.parameter("page")?;
        match (asked.path.as_str(), page) {
            ("/v2/droplets", "1") => bearer(
                asked,
                r#"{"droplets": [
                {"id": 3164444, "name": "example.com", "memory": 1024, "status": "active", "features": ["backups", "ipv6"],
                 "image": {"id": 7, "name": "20.04 (LTS) x64", "slug": "ubuntu-20-04-x64"}, "size_slug": "s-1vcpu-1gb",
                 "networks": {"v4": [{"ip_address": "10.128.192.124", "type": "private"}, {"ip_address": "192.241.165.154", "type": "public"}],
                              "v6": [{"ip_address": "2604:a880:0:1010::18a:a001", "type": "public"}]},
                 "region": {"name": "New York 3", "slug": "nyc3"}, "tags": ["web", "env:prod"], "vpc_uuid": "760e09ef"}],
                "links": {"pages": {"next": "https://api.digitalocean.com/v2/droplets?page=2", "last": "x"}}, "meta": {"total": 2}}"#,
            ),
            ("/v2/droplets", "2") => bearer(
                asked,
                r#"{"droplets": [
                {"id": 1, "networks": {"v4": []}},
                {"id": 2, "image": {"slug": null}, "networks": {"v4": [{"ip_address": "1.2.3.4", "type": "public"}]}}], "links": {}}"#,
            ),
            _ => None,
        }
    });
    let DiscoveryConfig::DigitalOcean(config) =
        configured("digitalocean_sd_configs: [{authorization: {credentials: word}}]")
    else {
        unreachable!()
    };
    let source = DigitalOceanSource::new(&config, &format!("http://{}", server.address));
    check(
        source,
        &[
            &[
                ("__address__", "192.241.165.154:80"),
                ("__meta_digitalocean_droplet_id", "3164444"),
                ("__meta_digitalocean_droplet_name", "example.com"),
                ("__meta_digitalocean_image", "ubuntu-20-04-x64"),
                ("__meta_digitalocean_image_name", "20.04 (LTS) x64"),
                ("__meta_digitalocean_private_ipv4", "10.128.192.124"),
                ("__meta_digitalocean_public_ipv4", "192.241.165.154"),
                (
                    "__meta_digitalocean_public_ipv6",
                    "2604:a880:0:1010::18a:a001",
                ),
                ("__meta_digitalocean_region", "nyc3"),
                ("__meta_digitalocean_size", "s-1vcpu-1gb"),
                ("__meta_digitalocean_status", "active"),
                ("__meta_digitalocean_features", ",backups,ipv6,"),
                ("__meta_digitalocean_tags", ",web,env:prod,"),
                ("__meta_digitalocean_vpc", "760e09ef"),
            ],
            &[
                ("__address__", "1.2.3.4:80"),
                ("__meta_digitalocean_droplet_id", "2"),
                ("__meta_digitalocean_public_ipv4", "1.2.3.4"),
            ],
        ],
    )
    .await;
}

#[tokio::test]
async fn databases_of_digitalocean() {
    let server = serve(|asked| {
        (asked.path == "/v2/databases").then(|| Reply::json(r#"{"databases": [
            {"id": "9cc10173", "name": "backend", "engine": "pg", "version": "14", "num_nodes": 2, "region": "nyc3", "status": "online", "size": "db-s-2vcpu-4gb", "tags": ["production"],
             "connection": {"host": "backend.b.db.ondigitalocean.com", "port": 25060}, "private_connection": {"host": "private-backend.b.db.ondigitalocean.com"}},
            {"id": "2", "name": "b", "connection": {"host": "b.example.com"}}]}"#))
    });
    let DiscoveryConfig::DigitalOcean(config) =
        configured("digitalocean_sd_configs: [{role: databases, port: 9273}]")
    else {
        unreachable!()
    };
    let source = DigitalOceanSource::new(&config, &format!("http://{}", server.address));
    check(
        source,
        &[
            &[
                (
                    "__address__",
                    "private-backend.b.db.ondigitalocean.com:9273",
                ),
                ("__meta_digitalocean_db_id", "9cc10173"),
                ("__meta_digitalocean_db_name", "backend"),
                ("__meta_digitalocean_db_engine", "pg"),
                ("__meta_digitalocean_db_version", "14"),
                ("__meta_digitalocean_db_status", "online"),
                ("__meta_digitalocean_db_region", "nyc3"),
                ("__meta_digitalocean_db_size", "db-s-2vcpu-4gb"),
                ("__meta_digitalocean_db_num_nodes", "2"),
                (
                    "__meta_digitalocean_db_host",
                    "backend.b.db.ondigitalocean.com",
                ),
                (
                    "__meta_digitalocean_db_private_host",
                    "private-backend.b.db.ondigitalocean.com",
                ),
                ("__meta_digitalocean_db_tag_production", "true"),
            ],
            &[
                ("__address__", "b.example.com:9273"),
                ("__meta_digitalocean_db_id", "2"),
                ("__meta_digitalocean_db_name", "b"),
                ("__meta_digitalocean_db_host", "b.example.com"),
                ("__meta_digitalocean_db_num_nodes", "0"),
            ],
        ],
    )
    .await;
}

#[tokio::test]
async fn servers_of_hetzners_cloud() {
    let server = serve(|asked| {
        match (
            asked.path.as_str(),
            asked.parameter("page")?,
            asked.parameter("label_selector"),
        ) {
            ("/servers", "1", Some("env%3Dprod")) => bearer(
                asked,
                r#"{"servers": [
                {"id": 42, "name": "my-server", "status": "running", "created": "2016-01-30T23:55:00+00:00",
                 "public_net": {"ipv4": {"ip": "1.2.3.4"}, "ipv6": {"ip": "2001:db8::/64"}},
                 "private_net": [{"network": 4711, "ip": "10.0.0.2"}, {"network": 9, "ip": "10.9.0.2"}],
                 "server_type": {"id": 1, "name": "cx11", "cores": 1, "cpu_type": "shared", "memory": 2.0, "disk": 20},
                 "datacenter": {"name": "fsn1-dc8", "location": {"name": "fsn1", "network_zone": "eu-central"}},
                 "image": {"name": "ubuntu-20.04", "description": "Ubuntu 20.04", "os_flavor": "ubuntu", "os_version": "20.04"}, "labels": {"my-key": "my-value", "bare": ""}}],
                "meta": {"pagination": {"page": 1, "next_page": 2}}}"#,
            ),
            ("/servers", "2", _) => bearer(
                asked,
                r#"{"servers": [
                {"id": 44, "name": "inner", "status": "off", "public_net": {"ipv4": null, "ipv6": null}, "private_net": [{"network": 4711, "ip": "10.0.0.3"}],
                 "server_type": {"name": "cx11", "cores": 1, "cpu_type": "shared", "memory": 0.5, "disk": 20}, "location": {"name": "nbg1", "network_zone": "eu"}, "image": null, "labels": {}}],
                "meta": {"pagination": {"page": 2, "next_page": null}}}"#,
            ),
            ("/networks", "1", None) => bearer(
                asked,
                r#"{"networks": [{"id": 4711, "name": "my net"}], "meta": {"pagination": {"next_page": null}}}"#,
            ),
            _ => None,
        }
    });
    let DiscoveryConfig::Hetzner(config) = configured(
        "hetzner_sd_configs: [{role: hcloud, label_selector: env=prod, authorization: {credentials: word}}]",
    ) else {
        unreachable!()
    };
    let source = HetznerSource::new(&config, &format!("http://{}", server.address));
    check(
        source,
        &[
            &[
                ("__address__", "1.2.3.4:80"),
                ("__meta_hetzner_role", "hcloud"),
                ("__meta_hetzner_server_id", "42"),
                ("__meta_hetzner_server_name", "my-server"),
                ("__meta_hetzner_server_status", "running"),
                ("__meta_hetzner_public_ipv4", "1.2.3.4"),
                ("__meta_hetzner_public_ipv6_network", "2001:db8::/64"),
                ("__meta_hetzner_hcloud_image_name", "ubuntu-20.04"),
                ("__meta_hetzner_hcloud_image_description", "Ubuntu 20.04"),
                ("__meta_hetzner_hcloud_image_os_flavor", "ubuntu"),
                ("__meta_hetzner_hcloud_image_os_version", "20.04"),
                ("__meta_hetzner_hcloud_location", "fsn1"),
                ("__meta_hetzner_hcloud_location_network_zone", "eu-central"),
                ("__meta_hetzner_hcloud_datacenter_location", "fsn1"),
                (
                    "__meta_hetzner_hcloud_datacenter_location_network_zone",
                    "eu-central",
                ),
                ("__meta_hetzner_hcloud_server_type", "cx11"),
                ("__meta_hetzner_hcloud_cpu_cores", "1"),
                ("__meta_hetzner_hcloud_cpu_type", "shared"),
                ("__meta_hetzner_hcloud_memory_size_gb", "2"),
                ("__meta_hetzner_hcloud_disk_size_gb", "20"),
                ("__meta_hetzner_hcloud_label_my_key", "my-value"),
                ("__meta_hetzner_hcloud_labelpresent_my_key", "true"),
                ("__meta_hetzner_hcloud_labelpresent_bare", "true"),
                ("__meta_hetzner_hcloud_private_ipv4_my_net", "10.0.0.2"),
            ],
            &[
                ("__address__", "10.0.0.3:80"),
                ("__meta_hetzner_role", "hcloud"),
                ("__meta_hetzner_server_id", "44"),
                ("__meta_hetzner_server_name", "inner"),
                ("__meta_hetzner_server_status", "off"),
                ("__meta_hetzner_hcloud_location", "nbg1"),
                ("__meta_hetzner_hcloud_location_network_zone", "eu"),
                ("__meta_hetzner_hcloud_datacenter_location", "nbg1"),
                (
                    "__meta_hetzner_hcloud_datacenter_location_network_zone",
                    "eu",
                ),
                ("__meta_hetzner_hcloud_server_type", "cx11"),
                ("__meta_hetzner_hcloud_cpu_cores", "1"),
                ("__meta_hetzner_hcloud_cpu_type", "shared"),
                ("__meta_hetzner_hcloud_memory_size_gb", "0"),
                ("__meta_hetzner_hcloud_disk_size_gb", "20"),
                ("__meta_hetzner_hcloud_private_ipv4_my_net", "10.0.0.3"),
            ],
        ],
    )
    .await;
}

#[tokio::test]
async fn machines_of_hetzners_robot() {
    let server = serve(|asked| {
        if asked.path != "/server" || asked.header("authorization") != "Basic bWU6d29yZA==" {
            return None;
        }
        Some(Reply::json(
            r#"[{"server": {"server_ip": "123.123.123.123", "server_number": 321, "server_name": "server1", "product": "DS 3000", "dc": "NBG1-DC1",
            "traffic": "5 TB", "status": "ready", "cancelled": false, "ip": ["123.123.123.123"],
            "subnet": [{"ip": "1.1.1.0", "mask": "24"}, {"ip": "2a01:4f8:111:4221::", "mask": "64"}]}}]"#,
        ))
    });
    let DiscoveryConfig::Hetzner(config) = configured(
        "hetzner_sd_configs: [{role: robot, basic_auth: {username: me, password: word}}]",
    ) else {
        unreachable!()
    };
    let source = HetznerSource::new(&config, &format!("http://{}", server.address));
    check(
        source,
        &[&[
            ("__address__", "123.123.123.123:80"),
            ("__meta_hetzner_role", "robot"),
            ("__meta_hetzner_server_id", "321"),
            ("__meta_hetzner_server_name", "server1"),
            ("__meta_hetzner_server_status", "ready"),
            ("__meta_hetzner_datacenter", "nbg1-dc1"),
            ("__meta_hetzner_public_ipv4", "123.123.123.123"),
            (
                "__meta_hetzner_public_ipv6_network",
                "2a01:4f8:111:4221::/64",
            ),
            ("__meta_hetzner_robot_datacenter", "nbg1-dc1"),
            ("__meta_hetzner_robot_product", "DS 3000"),
            ("__meta_hetzner_robot_cancelled", "false"),
        ]],
    )
    .await;
}

#[tokio::test]
async fn instances_of_linode() {
    let server = serve(|asked| {
        if asked.header("x-filter") != r#"{"region":"us-east"}"# {
            return None;
        }
        match (asked.path.as_str(), asked.parameter("page")?) {
            ("/linode/instances", "1") => bearer(
                asked,
                r#"{"data": [
                {"id": 26838044, "label": "prometheus-linode-sd-exporter-1", "group": "", "status": "running", "type": "g6-standard-2", "image": "linode/arch", "hypervisor": "kvm",
                 "ipv4": ["45.33.82.151", "192.168.170.51", "96.126.108.16"], "ipv6": "2600:3c03::f03c:92ff:fe1a:1382/128", "region": "us-east",
                 "specs": {"disk": 81920, "memory": 4096, "vcpus": 2, "gpus": 0, "transfer": 4000}, "backups": {"enabled": false}, "tags": ["monitoring"]}],
                "page": 1, "pages": 2, "results": 2}"#,
            ),
            ("/linode/instances", "2") => bearer(
                asked,
                r#"{"data": [{"id": 2, "ipv4": [], "ipv6": null}], "page": 2, "pages": 2, "results": 2}"#,
            ),
            ("/networking/ips", "1") => bearer(
                asked,
                r#"{"data": [
                {"address": "45.33.82.151", "public": true, "rdns": "li1028-151.members.linode.com", "type": "ipv4"},
                {"address": "192.168.170.51", "public": false, "rdns": null, "type": "ipv4"},
                {"address": "96.126.108.16", "public": true, "rdns": "li365-16.members.linode.com", "type": "ipv4"},
                {"address": "2600:3c03::f03c:92ff:fe1a:1382", "public": true, "rdns": "", "type": "ipv6"}], "page": 1, "pages": 1}"#,
            ),
            ("/networking/ipv6/ranges", "1") => bearer(
                asked,
                r#"{"data": [{"range": "2600:3c03:e000:123::", "prefix": 64, "region": "us-east", "route_target": "2600:3c03::f03c:92ff:fe1a:1382"}], "page": 1, "pages": 1}"#,
            ),
            _ => None,
        }
    });
    let DiscoveryConfig::Linode(config) = configured(
        "linode_sd_configs: [{region: us-east, tag_separator: ';', authorization: {credentials: word}}]",
    ) else {
        unreachable!()
    };
    let source = LinodeSource::new(&config, &format!("http://{}", server.address));
    check(
        source,
        &[&[
            ("__address__", "45.33.82.151:80"),
            ("__meta_linode_instance_id", "26838044"),
            (
                "__meta_linode_instance_label",
                "prometheus-linode-sd-exporter-1",
            ),
            ("__meta_linode_image", "linode/arch"),
            ("__meta_linode_private_ipv4", "192.168.170.51"),
            ("__meta_linode_public_ipv4", "45.33.82.151"),
            (
                "__meta_linode_public_ipv4_rdns",
                "li1028-151.members.linode.com",
            ),
            (
                "__meta_linode_public_ipv6",
                "2600:3c03::f03c:92ff:fe1a:1382",
            ),
            ("__meta_linode_region", "us-east"),
            ("__meta_linode_type", "g6-standard-2"),
            ("__meta_linode_status", "running"),
            ("__meta_linode_tags", ";monitoring;"),
            ("__meta_linode_gpus", "0"),
            ("__meta_linode_hypervisor", "kvm"),
            ("__meta_linode_backups", "disabled"),
            ("__meta_linode_specs_disk_bytes", "85899345920"),
            ("__meta_linode_specs_memory_bytes", "4294967296"),
            ("__meta_linode_specs_vcpus", "2"),
            ("__meta_linode_specs_transfer_bytes", "4194304000"),
            ("__meta_linode_extra_ips", ";96.126.108.16;"),
            ("__meta_linode_ipv6_ranges", ";2600:3c03:e000:123::/64;"),
        ]],
    )
    .await;
}
