//! Google and Azure.

use std::sync::Arc;

use config::DiscoveryConfig;

use super::super::azure::{AzureSource, Cloud};
use super::super::fake::{Asked, Reply};
use super::super::gce::GceSource;
use super::{bearer, check, configured, serve};
use crate::poll::Source;

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
    let (tenant, client) = (("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"));
    let machine = [
        ("IDENTITY_ENDPOINT", identity.as_str()),
        ("IDENTITY_HEADER", "h"),
    ];
    for (method, environment, by) in [
        (
            "SDK",
            &[tenant, client, ("AZURE_CLIENT_SECRET", "secret")][..],
            "secret",
        ),
        (
            "WorkloadIdentity",
            &[tenant, client, ("AZURE_FEDERATED_TOKEN_FILE", &file)],
            "workload",
        ),
        ("SDK", &machine, "machine"),
        ("ManagedIdentity", &machine, "machine"),
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
            found.map(|(_, value)| (*value).to_owned())
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
