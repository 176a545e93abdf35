//! A real API server with a store of its own.

use std::path::Path;
use std::process::Command;

use argand_tests::{Server, free_port, installed};
use serde_json::Value;
use tempfile::TempDir;

use crate::servers::PATIENCE;
use crate::source::Source;

const TOKEN: &str = "tests-only";

/// `kube-apiserver` and `etcd`; both end with the value.
pub(crate) struct Real {
    api: Server,
    _etcd: Server,
    url: String,
    _folder: TempDir,
}

impl Real {
    /// Starts one, where the machine has one; says so where it has not.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("ARGAND_KUBE_APISERVER") else {
            eprintln!("skipped: ARGAND_KUBE_APISERVER does not name a kube-apiserver");
            return None;
        };
        let etcd = installed("etcd")?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let (client, peer) = (free_port().unwrap(), free_port().unwrap());
        let local = |port: u16| format!("http://127.0.0.1:{port}");
        let mut command = Command::new(etcd);
        command
            .args(["--data-dir", &at("etcd"), "--log-level", "error"])
            .args(["--listen-client-urls", &local(client)])
            .args(["--advertise-client-urls", &local(client)])
            .args(["--listen-peer-urls", &local(peer)])
            .args(["--initial-advertise-peer-urls", &local(peer)])
            .args(["--initial-cluster", &format!("default={}", local(peer))]);
        let log = folder.path().join("etcd.log");
        let etcd = Server::start(command, local(client), "/health", &log).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(at("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(at("public.pem"), key.public_key_pem()).unwrap();
        let tokens = format!("{TOKEN},tester,1,system:masters\n");
        std::fs::write(at("tokens.csv"), tokens).unwrap();
        let port = free_port().unwrap();
        let mut command = Command::new(Path::new(&program));
        command
            .arg(format!("--etcd-servers={}", local(client)))
            .arg(format!("--cert-dir={}", at("certs")))
            .arg(format!("--secure-port={port}"))
            .arg(format!("--token-auth-file={}", at("tokens.csv")))
            .arg(format!("--service-account-key-file={}", at("public.pem")))
            .arg(format!(
                "--service-account-signing-key-file={}",
                at("key.pem")
            ))
            .args([
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--service-account-issuer=https://tests",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--authorization-mode=RBAC",
                "--endpoint-reconciler-type=none",
                "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority",
            ]);
        let log = folder.path().join("api.log");
        let url = format!("https://127.0.0.1:{port}");
        let api = Server::start(command, url.clone(), "", &log).unwrap();
        let real = Self {
            api,
            _etcd: etcd,
            url,
            _folder: folder,
        };
        let began = std::time::Instant::now();
        while real.ask("GET", "/readyz", None).is_err() {
            assert!(began.elapsed() < PATIENCE, "{}", real.api.log());
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        Some(real)
    }

    /// Asks by way of `curl`, which speaks TLS.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<String, String> {
        let mut command = Command::new("curl");
        command.args([
            "-sk",
            "--fail-with-body",
            "-X",
            method,
            "-H",
            "Content-Type: application/json",
        ]);
        command.args(["-H", &format!("Authorization: Bearer {TOKEN}")]);
        if let Some(body) = body {
            command.args(["-d", &body.to_string()]);
        }
        let output = command.arg(format!("{}{path}", self.url)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(said)
        } else {
            Err(said)
        }
    }

    fn must(&self, method: &str, path: &str, body: Option<&Value>) {
        let done = self.ask(method, path, body);
        assert!(done.is_ok(), "{method} {path}: {done:?}");
    }
}

/// Where the server keeps objects of a kind.
fn path(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap();
    let group = if version == "v1" {
        "/api/v1"
    } else {
        &format!("/apis/{version}")
    };
    let kind = object["kind"].as_str().unwrap().to_lowercase();
    let plural = match kind.as_str() {
        "endpoints" => kind,
        "ingress" => "ingresses".to_owned(),
        _ => format!("{kind}s"),
    };
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

impl Source for Real {
    fn access(&self) -> String {
        let (url, token) = (&self.url, TOKEN);
        format!(
            "api_server: '{url}', authorization: {{credentials: {token}}}, tls_config: {{insecure_skip_verify: true}}"
        )
    }

    fn put(&self, object: &Value) {
        let all = path(object);
        let one = format!("{all}/{}", object["metadata"]["name"].as_str().unwrap());
        if self.ask("GET", &one, None).is_ok() {
            self.must("PUT", &one, Some(object));
        } else {
            self.must("POST", &all, Some(object));
        }
        if object["status"].is_object() {
            self.must("PUT", &format!("{one}/status"), Some(object));
        }
    }

    fn delete(&self, object: &Value) {
        let name = object["metadata"]["name"].as_str().unwrap();
        let one = format!("{}/{name}?gracePeriodSeconds=0", path(object));
        self.must("DELETE", &one, None);
    }
}
