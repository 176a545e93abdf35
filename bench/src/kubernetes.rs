//! `kubernetes`: a cluster whose pods come and go, watched from one API server by all.
//!
//! The API server is the tests' own, in this process, and answers all in JSON. Of the pods a part
//! is scraped, from one page that notes when a pod was asked for first; the others are dropped by
//! relabelling, as most pods of a cluster are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use argand_tests::kube::FakeKube;
use argand_tests::{Page, Target};
use clap::Args;
use serde_json::{Value, json};

use crate::report::Report;
use crate::servers::{Program, Server};
use crate::watch::{self, Usage};

/// Flags of the measurement.
#[derive(Args)]
pub(crate) struct KubernetesOptions {
    /// Pods of the cluster.
    #[arg(long, default_value_t = 10_000)]
    pods: usize,
    /// One in this many pods is scraped.
    #[arg(long, default_value_t = 100)]
    one_in: usize,
    /// Pods in a hundred that others take the place of, every ten seconds.
    #[arg(long, default_value_t = 1)]
    percent: usize,
    /// How long pods come and go, in seconds.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
}

const NAME: &str = "kubernetes";
/// Time between two changes.
const STEP: Duration = Duration::from_secs(10);
/// How long servers may take until they know all pods.
const START: Duration = Duration::from_secs(300);
/// How long a server is left alone once it knows them, so that what it still does is counted.
const REST: Duration = Duration::from_secs(10);

/// When each server asked for each pod first.
type Asked = Arc<Mutex<HashMap<String, Instant>>>;

impl KubernetesOptions {
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let kube = FakeKube::start()?;
        let asked: Asked = Arc::default();
        let noted = Arc::clone(&asked);
        let page = Target::start(move |path| {
            let mut asked = noted.lock().unwrap_or_else(PoisonError::into_inner);
            asked.entry(path.to_owned()).or_insert_with(Instant::now);
            Page::text("a 1\n")
        })?;
        let (_, port) = page
            .address
            .rsplit_once(':')
            .context("a page without a port")?;
        let port: u16 = port.parse()?;
        for number in 0..self.pods {
            kube.put(self.pod(number, port))?;
        }
        let folder = tempfile::tempdir()?;
        let mut servers = Vec::new();
        for program in programs {
            let name = program.kind.to_string();
            let text = configuration(&kube.url, &name);
            servers.push(Server::start(
                program,
                &folder.path().join(&name),
                &text,
                &[],
            )?);
        }
        for server in &servers {
            self.await_pods(server)?;
        }
        std::thread::sleep(REST);
        let begun = usages(&servers)?;
        let waits = self.churn(&kube, port, &servers, &asked)?;
        let ended = usages(&servers)?;
        self.tell(report, &servers, &begun, &ended, &waits);
        Ok(())
    }

    /// Replaces pods; answers how many seconds each server took to ask for each new one.
    fn churn(
        &self,
        kube: &FakeKube,
        port: u16,
        servers: &[Server],
        asked: &Asked,
    ) -> Result<Vec<Vec<f64>>> {
        let step = (self.pods * self.percent / 100).max(1);
        let began = Instant::now();
        let mut born: Vec<(usize, Instant)> = Vec::new();
        let mut next = self.pods;
        while began.elapsed() < Duration::from_secs(self.seconds) {
            for _ in 0..step {
                kube.delete("Pod", &namespace(next - self.pods), &name(next - self.pods))?;
                kube.put(self.pod(next, port))?;
                if self.is_scraped(next) {
                    born.push((next, Instant::now()));
                }
                next += 1;
            }
            std::thread::sleep(STEP);
        }
        let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = servers.iter().map(|server| {
            let waited = born.iter().filter_map(|(number, born)| {
                let path = format!("/{}?pod={}", server.kind, name(*number));
                asked
                    .get(&path)
                    .map(|at| at.duration_since(*born).as_secs_f64())
            });
            waited.collect()
        });
        Ok(waits.collect())
    }

    fn tell(
        &self,
        report: &mut Report,
        servers: &[Server],
        begun: &[Usage],
        ended: &[Usage],
        waits: &[Vec<f64>],
    ) {
        let mut row = |figure: &str, value: &dyn Fn(usize) -> Option<f64>| {
            let values = servers.iter().enumerate();
            report.row(
                NAME,
                figure,
                values.map(|(place, server)| (server.kind, value(place))),
            );
        };
        let of = |all: &[Usage], place: usize| all.get(place).copied();
        row("CPU until all pods are known, s", &|place| {
            Some(of(begun, place)?.cpu)
        });
        row("CPU a minute of change, s", &|place| {
            let taken = of(ended, place)?.cpu - of(begun, place)?.cpu;
            Some(taken * 60.0 / self.seconds as f64)
        });
        row("resident memory at the end, MB", &|place| {
            Some(of(ended, place)?.resident as f64 / 1e6)
        });
        row("peak of resident memory, MB", &|place| {
            Some(of(ended, place)?.peak as f64 / 1e6)
        });
        row("new pods that were scraped", &|place| {
            Some(waits.get(place)?.len() as f64)
        });
        row("until a new pod is scraped, median, s", &|place| {
            watch::median(waits.get(place)?)
        });
        row("until a new pod is scraped, longest, s", &|place| {
            waits.get(place)?.iter().copied().reduce(f64::max)
        });
        report.note(format!(
            "{NAME}: {} pods, {} % replaced every {} s, one in {} scraped every 2 s; the API server answers all in JSON.",
            self.pods,
            self.percent,
            STEP.as_secs(),
            self.one_in
        ));
    }

    fn await_pods(&self, server: &Server) -> Result<()> {
        let began = Instant::now();
        let wanted = self.pods.div_ceil(self.one_in);
        loop {
            let text = server.get("/api/v1/targets", &[("state", "active".to_owned())])?;
            let found: Value = serde_json::from_str(&text)?;
            let found = found
                .pointer("/data/activeTargets")
                .and_then(Value::as_array);
            if found.is_some_and(|found| found.len() == wanted) {
                return Ok(());
            }
            if began.elapsed() > START {
                bail!("{} does not find {wanted} pods", server.kind);
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn is_scraped(&self, number: usize) -> bool {
        number.is_multiple_of(self.one_in)
    }

    /// A pod as clusters have them: most of its text is of no use here.
    fn pod(&self, number: usize, port: u16) -> Value {
        let scraped = self.is_scraped(number).to_string();
        let (app, node) = (
            format!("app-{}", number % 97),
            format!("node-{}", number % 200),
        );
        let fields: Vec<Value> = (0..12)
            .map(|field| json!({"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1",
                "time": "2026-11-21T00:00:00Z", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:metadata": {"f:labels": {format!("f:label-{field}"): {}}}, "f:spec": {"f:containers": {}}}}))
            .collect();
        json!({
            "kind": "Pod",
            "metadata": {
                "name": name(number), "namespace": namespace(number),
                "labels": {"app": app, "pod-template-hash": format!("{:x}", number % 97 * 7919),
                    "app.kubernetes.io/part-of": "shop", "version": "v1"},
                "annotations": {"prometheus.io/scrape": scraped, "checksum/config": "d41d8cd98f00b204e9800998ecf8427e"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": app, "uid": "u", "controller": true, "apiVersion": "apps/v1"}],
                "managedFields": fields,
            },
            "spec": {
                "nodeName": node, "serviceAccountName": app, "restartPolicy": "Always",
                "containers": [{
                    "name": "main", "image": format!("registry.example.com/{app}:1.2.3"),
                    "ports": [{"name": "http", "containerPort": port, "protocol": "TCP"}],
                    "env": (0..10).map(|n| json!({"name": format!("VARIABLE_{n}"), "value": "x".repeat(40)})).collect::<Vec<_>>(),
                    "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
                    "volumeMounts": [{"name": "token", "mountPath": "/var/run/secrets"}],
                }],
                "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
            },
            "status": {
                "phase": "Running", "podIP": "127.0.0.1", "hostIP": "10.0.0.1",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-21T00:00:00Z"}],
                "containerStatuses": [{"name": "main", "containerID": format!("containerd://{number:064x}"),
                    "image": app, "imageID": app, "ready": true, "restartCount": 0}],
            },
        })
    }
}

fn name(number: usize) -> String {
    format!("pod-{number:06}")
}

fn namespace(number: usize) -> String {
    format!("namespace-{}", number % 40)
}

fn configuration(kube: &str, server: &str) -> String {
    format!(
        "global: {{scrape_interval: 2s, scrape_timeout: 2s}}
scrape_configs:
- job_name: pods
  metrics_path: /{server}
  kubernetes_sd_configs: [{{role: pod, api_server: '{kube}'}}]
  relabel_configs:
  - {{source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: 'true', action: keep}}
  - {{source_labels: [__meta_kubernetes_pod_name], target_label: __param_pod}}
  - {{source_labels: [__meta_kubernetes_pod_name], target_label: pod}}
  - {{source_labels: [__meta_kubernetes_namespace], target_label: namespace}}
"
    )
}

fn usages(servers: &[Server]) -> Result<Vec<Usage>> {
    servers.iter().map(Server::usage).collect()
}
