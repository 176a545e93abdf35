//! Documented answers of the clouds whose address is not configured, replayed by a server on this
//! machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;

use config::DiscoveryConfig;

use super::azure::{AzureSource, Cloud};
use super::digitalocean::DigitalOceanSource;
use super::fake::{Asked, Fake, Reply};
use super::gce::GceSource;
use super::hetzner::HetznerSource;
use super::linode::LinodeSource;
use crate::poll::Source;

/// The section as a user writes it.
fn configured(section: &str) -> DiscoveryConfig {
    let text = format!("scrape_configs: [{{job_name: job, {section}}}]");
    let config = config::parse(&text, Path::new("prometheus.yml"), &|_| None).unwrap();
    config.scrape_configs[0].discovery[0].clone()
}

fn serve(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        answer(asked).unwrap_or_else(|| Reply::of(404, "text/plain", asked.path.clone()))
    })
}

/// Every label but those that are wanted, line by line, must be absent.
async fn check(mut source: impl Source, want: &[&[(&str, &str)]]) {
    let groups = source.refresh().await.unwrap();
    let found: Vec<Vec<_>> = groups
        .iter()
        .flat_map(|group| &group.targets)
        .map(|target| target.iter().collect())
        .collect();
    let mut want: Vec<Vec<_>> = want.iter().map(|labels| labels.to_vec()).collect();
    want.iter_mut().for_each(|labels| labels.sort_unstable());
    assert_eq!(found, want);
}

fn bearer(asked: &Asked, body: &str) -> Option<Reply> {
    (asked.header("authorization") == "Bearer word").then(|| Reply::json(body))
}

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

#[tokio::test]
async fn instances_of_gce() {
    let server = serve(|asked| {
        if asked.path == "/computeMetadata/v1/instance/service-accounts/default/token" {
            let body = r#"{"access_token": "word", "expires_in": 3599, "token_type": "Bearer"}"#;
            return (asked.header("metadata-flavor") == "Google").then(|| Reply::json(body));
        }
        let here = "/projects/my-project/zones/us-central1-a/instances";
        match (
            asked.path == here,
            asked.parameter("filter")?,
            asked.parameter("pageToken"),
        ) {
            (true, "labels.a%3Db", None) => bearer(
                asked,
                r#"{"items": [
                {"id": "8087716956832600000", "name": "vm1", "status": "RUNNING", "machineType": "https://x/machineTypes/e2-micro", "zone": "https://x/zones/us-central1-a",
                 "networkInterfaces": [{"name": "nic0", "network": "https://x/networks/default", "subnetwork": "https://x/subnetworks/default", "networkIP": "10.128.0.2",
                    "accessConfigs": [{"type": "ONE_TO_ONE_NAT", "name": "External NAT", "natIP": "34.1.2.3"}]}, {"name": "nic-1", "networkIP": "10.0.1.2"}],
                 "tags": {"items": ["http-server", "https-server"]}, "metadata": {"items": [{"key": "enable-oslogin", "value": "TRUE"}, {"key": "none"}]}, "labels": {"env": "prod"}},
                {"id": "2", "networkInterfaces": []}], "nextPageToken": "next"}"#,
            ),
            (true, _, Some("next")) => bearer(asked, "{}"),
            _ => None,
        }
    });
    let DiscoveryConfig::Gce(config) = configured(
        "gce_sd_configs: [{project: my-project, zone: us-central1-a, filter: 'labels.a=b'}]",
    ) else {
        unreachable!()
    };
    let address = server.address.clone();
    let environment = move |name: &str| (name == "GCE_METADATA_HOST").then(|| address.clone());
    let source = GceSource::within(&config, &format!("http://{}", server.address), environment);
    check(
        source,
        &[&[
            ("__address__", "10.128.0.2:80"),
            ("__meta_gce_project", "my-project"),
            ("__meta_gce_zone", "https://x/zones/us-central1-a"),
            ("__meta_gce_instance_id", "8087716956832600000"),
            ("__meta_gce_instance_name", "vm1"),
            ("__meta_gce_instance_status", "RUNNING"),
            ("__meta_gce_machine_type", "https://x/machineTypes/e2-micro"),
            ("__meta_gce_network", "https://x/networks/default"),
            ("__meta_gce_subnetwork", "https://x/subnetworks/default"),
            ("__meta_gce_private_ip", "10.128.0.2"),
            ("__meta_gce_public_ip", "34.1.2.3"),
            ("__meta_gce_interface_ipv4_nic0", "10.128.0.2"),
            ("__meta_gce_interface_ipv4_nic_1", "10.0.1.2"),
            ("__meta_gce_tags", ",http-server,https-server,"),
            ("__meta_gce_metadata_enable_oslogin", "TRUE"),
            ("__meta_gce_label_env", "prod"),
        ]],
    )
    .await;
}

/// What Azure's management answers about a subscription.
fn azure(asked: &Asked) -> Option<Reply> {
    let nic = "/subscriptions/s/resourceGroups/group/providers/Microsoft.Network/networkInterfaces";
    let member = "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/0";
    let compute = "/subscriptions/s/providers/Microsoft.Compute";
    let path = asked.path.as_str();
    if path == "/tenant/oauth2/v2.0/token" {
        let fits = asked.parameter("client_secret") == Some("hush")
            && asked.parameter("grant_type") == Some("client_credentials");
        return fits.then(|| {
            Reply::json(r#"{"token_type": "Bearer", "expires_in": "3599", "access_token": "word"}"#)
        });
    }
    let body = if path == format!("{compute}/virtualMachines") {
        format!(
            r#"{{"value": [
            {{"id": "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/virtualMachines/one", "name": "one", "type": "Microsoft.Compute/virtualMachines", "location": "westeurope", "tags": {{"team-name": "x"}},
              "properties": {{"hardwareProfile": {{"vmSize": "Standard_D1"}}, "osProfile": {{"computerName": "host"}}, "storageProfile": {{"osDisk": {{"osType": "Linux"}}}},
                "networkProfile": {{"networkInterfaces": [{{"id": "{nic}/second"}}, {{"id": "{nic}/first"}}]}}}}}},
            {{"id": "/subscriptions/s/resourceGroups/group/x", "name": "stopped", "properties": {{"networkProfile": {{"networkInterfaces": [{{"id": "{nic}/stopped"}}]}}}}}},
            {{"id": "/subscriptions/s/resourceGroups/group/y", "name": "gone", "properties": {{"networkProfile": {{"networkInterfaces": [{{"id": "{nic}/gone"}}]}}}}}}]}}"#
        )
    } else if path == format!("{compute}/virtualMachineScaleSets") {
        r#"{"value": [{"id": "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/virtualMachineScaleSets/set", "name": "set"}]}"#.to_owned()
    } else if path.ends_with("/virtualMachineScaleSets/set/virtualMachines") {
        format!(
            r#"{{"value": [{{"id": "{member}", "name": "set_0", "instanceId": "0", "location": "westeurope",
            "properties": {{"networkProfile": {{"networkInterfaces": [{{"id": "{member}/networkInterfaces/nic"}}]}}}}}}]}}"#
        )
    } else if path == format!("{nic}/second") {
        r#"{"properties": {"primary": false}}"#.to_owned()
    } else if path == format!("{nic}/stopped") {
        r#"{"properties": {"ipConfigurations": []}}"#.to_owned()
    } else if path == format!("{nic}/first")
        && asked
            .query
            .contains("%24expand=IPConfigurations%2FPublicIPAddress")
    {
        r#"{"properties": {"primary": true, "ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.4", "publicIPAddress": {"properties": {"ipAddress": "20.1.2.3"}}}}]}}"#.to_owned()
    } else if path == format!("{member}/networkInterfaces/nic")
        && asked.query.contains("api-version=2018-10-01")
    {
        r#"{"properties": {"primary": true, "ipConfigurations": [{"properties": {"privateIPAddress": "10.0.0.5"}}]}}"#.to_owned()
    } else {
        return None;
    };
    bearer(asked, &body)
}

#[tokio::test]
async fn machines_of_azure() {
    let server = serve(azure);
    let DiscoveryConfig::Azure(config) = configured(
        "azure_sd_configs: [{subscription_id: s, tenant_id: tenant, client_id: c, client_secret: hush, port: 9182}]",
    ) else {
        unreachable!()
    };
    let url = format!("http://{}", server.address);
    let cloud = Cloud {
        login: url.clone(),
        manager: url,
    };
    let source = AzureSource::within(&config, Arc::default(), cloud, |_| None);
    check(
        source,
        &[
            &[
                ("__address__", "10.0.0.4:9182"),
                ("__meta_azure_subscription_id", "s"),
                ("__meta_azure_tenant_id", "tenant"),
                ("__meta_azure_machine_id", "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/virtualMachines/one"),
                ("__meta_azure_machine_resource_group", "group"),
                ("__meta_azure_machine_name", "one"),
                ("__meta_azure_machine_computer_name", "host"),
                ("__meta_azure_machine_os_type", "Linux"),
                ("__meta_azure_machine_location", "westeurope"),
                ("__meta_azure_machine_size", "Standard_D1"),
                ("__meta_azure_machine_private_ip", "10.0.0.4"),
                ("__meta_azure_machine_public_ip", "20.1.2.3"),
                ("__meta_azure_machine_tag_team_name", "x"),
            ],
            &[
                ("__address__", "10.0.0.5:9182"),
                ("__meta_azure_subscription_id", "s"),
                ("__meta_azure_tenant_id", "tenant"),
                ("__meta_azure_machine_id", "/subscriptions/s/resourceGroups/group/providers/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/0"),
                ("__meta_azure_machine_resource_group", "group"),
                ("__meta_azure_machine_name", "set_0"),
                ("__meta_azure_machine_location", "westeurope"),
                ("__meta_azure_machine_scale_set", "set"),
                ("__meta_azure_machine_private_ip", "10.0.0.5"),
            ],
        ],
    )
    .await;
}

/// The environment of a machine, in which a server plays its platform.
#[tokio::test]
async fn azure_is_asked_by_whoever_the_environment_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "federated\n").unwrap();
    let file = file.display().to_string();
    let server = serve(|asked| {
        let by = match asked.path.as_str() {
            "/t/oauth2/v2.0/token" => match asked.parameter("client_assertion") {
                Some("federated") => "workload",
                _ => asked.parameter("client_secret")?,
            },
            "/machine" if asked.header("x-identity-header") == "h" => "machine",
            path => {
                // Each list is empty; what counts is who asked for it.
                let by = asked.header("authorization").strip_prefix("Bearer ")?;
                return path.contains(by).then(|| Reply::json(r#"{"value": []}"#));
            }
        };
        let token = format!(r#"{{"access_token": "{by}", "expires_in": 3600}}"#);
        Some(Reply::json(token))
    });
    let url = format!("http://{}", server.address);
    let identity = format!("{url}/machine");
    let application = vec![("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
    let machine = vec![
        ("IDENTITY_ENDPOINT", identity.as_str()),
        ("IDENTITY_HEADER", "h"),
    ];
    let and = |more: (&'static str, String)| {
        let mut all: Vec<(&str, String)> = application
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        all.push(more);
        all
    };
    let machine: Vec<_> = machine
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    for (method, environment, by) in [
        (
            "SDK",
            and(("AZURE_CLIENT_SECRET", "secret".to_owned())),
            "secret",
        ),
        (
            "WorkloadIdentity",
            and(("AZURE_FEDERATED_TOKEN_FILE", file)),
            "workload",
        ),
        ("SDK", machine.clone(), "machine"),
        ("ManagedIdentity", machine, "machine"),
    ] {
        let section = format!(
            "azure_sd_configs: [{{subscription_id: {by}, authentication_method: {method}}}]"
        );
        let DiscoveryConfig::Azure(config) = configured(&section) else {
            unreachable!()
        };
        let cloud = Cloud {
            login: url.clone(),
            manager: url.clone(),
        };
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let mut source = AzureSource::within(&config, Arc::default(), cloud, variable);
        let groups = source.refresh().await.expect(method);
        assert!(groups[0].targets.is_empty());
    }
}

/// A service account signs what it asks with; the signature is checked with its public key.
#[tokio::test]
async fn google_is_asked_by_a_service_account() {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};

    let made = std::process::Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-quiet",
        ])
        .output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        eprintln!("skipped: openssl is not installed");
        return;
    };
    let pem = String::from_utf8(made.stdout).unwrap();
    let bare: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(bare).unwrap()).unwrap();
    let public = ring::signature::KeyPair::public_key(&pair)
        .as_ref()
        .to_vec();
    let server = serve(move |asked| {
        if asked.path != "/token" {
            return bearer(
                asked,
                r#"{"items": [{"networkInterfaces": [{"networkIP": "10.0.0.1"}]}]}"#,
            );
        }
        let assertion = asked.parameter("assertion")?;
        let (signed, signature) = assertion.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public);
        key.verify(signed.as_bytes(), &signature).ok()?;
        claims
            .contains("me@project")
            .then(|| Reply::json(r#"{"access_token": "word", "expires_in": 3599}"#))
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    let account = serde_json::json!({
        "type": "service_account",
        "client_email": "me@project",
        "private_key_id": "k",
        "private_key": pem,
        "token_uri": format!("http://{}/token", server.address),
    });
    std::fs::write(&file, account.to_string()).unwrap();
    let file = file.display().to_string();
    let environment = |name: &str| (name == "GOOGLE_APPLICATION_CREDENTIALS").then(|| file.clone());
    let DiscoveryConfig::Gce(config) = configured("gce_sd_configs: [{project: p, zone: z}]") else {
        unreachable!()
    };
    let source = GceSource::within(&config, &format!("http://{}", server.address), environment);
    check(
        source,
        &[&[
            ("__address__", "10.0.0.1:80"),
            ("__meta_gce_project", "p"),
            ("__meta_gce_private_ip", "10.0.0.1"),
            ("__meta_gce_interface_ipv4_", "10.0.0.1"),
        ]],
    )
    .await;
}
