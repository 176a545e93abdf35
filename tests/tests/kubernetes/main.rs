//! The same objects of the same API server give Argand and the original the same targets.
//!
//! Each case runs against a server of the tests' own (`argand_tests::kube`), and where
//! `ARGAND_KUBE_APISERVER` names the program of a real one (with `etcd` on PATH) against that too.
//! Prometheus is the one on PATH, and a newer one in the folder `ARGAND_PROMETHEUS_NEXT`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod objects;
mod operator;
mod packs;
mod real;
mod servers;
mod source;

use std::time::Duration;

use argand_tests::kube::FakeKube;
use argand_tests::{Argand, Page, Target, installed};
use serde_json::json;

use servers::{agree, newer, original, targets, until};
use source::Source;

/// One job a role, with all that a section may say.
const ROLES: &str = "
global: {scrape_interval: 1m}
scrape_configs:
- job_name: node
  kubernetes_sd_configs: [{role: node, ACCESS}]
- job_name: some-nodes
  kubernetes_sd_configs: [{role: node, ACCESS, selectors: [{role: node, label: 'zone=a'}]}]
- job_name: pod
  kubernetes_sd_configs: [{role: pod, ACCESS, attach_metadata: {node: true}}]
- job_name: some-pods
  kubernetes_sd_configs: [{role: pod, ACCESS, namespaces: {names: [shop, ops]}, selectors: [{role: pod, label: 'app=web', field: 'spec.nodeName=node-a'}]}]
- job_name: service
  kubernetes_sd_configs: [{role: service, ACCESS}]
- job_name: endpoints
  kubernetes_sd_configs: [{role: endpoints, ACCESS, attach_metadata: {node: true}}]
- job_name: endpointslice
  kubernetes_sd_configs: [{role: endpointslice, ACCESS, attach_metadata: {node: true}}]
- job_name: ingress
  kubernetes_sd_configs: [{role: ingress, ACCESS}]
- job_name: relabelled
  kubernetes_sd_configs: [{role: pod, ACCESS}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_label_app], regex: web, action: keep}
  - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
  - {action: labelmap, regex: __meta_kubernetes_pod_label_(.+)}
";

/// What only newer originals know.
const NEWER_ROLES: &str = "
- job_name: owners
  kubernetes_sd_configs: [{role: pod, ACCESS, attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}}]
- job_name: namespaced
  kubernetes_sd_configs: [{role: service, ACCESS, attach_metadata: {namespace: true}}]
- job_name: namespaced-slices
  kubernetes_sd_configs: [{role: endpointslice, ACCESS, attach_metadata: {namespace: true}}]
- job_name: namespaced-ingresses
  kubernetes_sd_configs: [{role: ingress, ACCESS, attach_metadata: {namespace: true}}]
";

/// Runs a case against each kind of API server.
fn on_each(case: impl Fn(&dyn Source)) {
    case(&FakeKube::start().unwrap());
    if let Some(real) = real::Real::start() {
        case(&real);
    }
}

fn fill(source: &dyn Source) {
    for object in objects::all() {
        source.put(&object);
    }
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn all_roles_give_what_the_original_gives() {
    on_each(|source| {
        fill(source);
        let of = |text: &str| text.replace("ACCESS", &source.access());
        let older = installed("prometheus").and_then(|program| original(&program, &of(ROLES)));
        if let Some(original) = older {
            let argand = Argand::start(&of(ROLES), &[]).unwrap();
            agree(&argand.server, &original, &servers::without_newer);
            change(source);
            agree(&argand.server, &original, &servers::without_newer);
            restore(source);
        }
        let all = of(&format!("{ROLES}{NEWER_ROLES}"));
        if let Some(original) = newer().and_then(|program| original(&program, &all)) {
            let argand = Argand::start(&all, &[]).unwrap();
            agree(&argand.server, &original, &|targets| targets);
            change(source);
            agree(&argand.server, &original, &|targets| targets);
        }
    });
}

/// A pod goes, one comes, one is scaled to, a node is relabelled.
fn change(source: &dyn Source) {
    source.delete(&objects::pod("shop", "web-1"));
    source.put(&objects::pod("shop", "web-9"));
    source.delete(&objects::service("ops", "far"));
    // As their controllers would, a little later: the original looks at pods anew only when these
    // change, and each kind has a watch of its own.
    std::thread::sleep(Duration::from_secs(2));
    source.put(&objects::endpoints("after"));
    source.put(&objects::slice("after"));
}

fn restore(source: &dyn Source) {
    source.delete(&objects::pod("shop", "web-9"));
    source.put(&objects::pod("shop", "web-1"));
    source.put(&objects::service("ops", "far"));
}

const PODS: &str = "
global: {scrape_interval: 1m}
scrape_configs:
- job_name: pods
  kubernetes_sd_configs: [{role: pod, ACCESS}]
- job_name: others
  kubernetes_sd_configs: [{role: pod, ACCESS}]
- job_name: nodes
  kubernetes_sd_configs: [{role: node, ACCESS}]
- job_name: behind
  kubernetes_sd_configs: [{role: endpoints, ACCESS}]
";

fn pods(argand: &Argand) -> Vec<String> {
    let mut names: Vec<String> = targets(&argand.server)
        .into_iter()
        .filter(|target| target["pool"] == "pods")
        .map(|target| {
            let name = &target["discovered"]["__meta_kubernetes_pod_name"];
            name.as_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn broken_and_expired_watches_lose_nothing() {
    let kube = FakeKube::start().unwrap();
    kube.put(objects::pod("shop", "web-1")).unwrap();
    let configuration = PODS.replace("ACCESS", &kube.access());
    let argand = Argand::start(&configuration, &[]).unwrap();
    let sees = |wanted: &[&str]| until(&format!("{wanted:?}"), || pods(&argand) == wanted);
    sees(&["web-1"]);
    assert_eq!(
        kube.asked()["list /api/v1/pods"],
        1,
        "three jobs share what they watch: {:?}",
        kube.asked()
    );
    // What changes while nobody watches is seen by the next watch.
    kube.hang_up();
    kube.put(objects::pod("shop", "web-2")).unwrap();
    sees(&["web-1", "web-2"]);
    assert_eq!(
        kube.asked()["list /api/v1/pods"],
        1,
        "a new watch is enough"
    );
    // What was forgotten is found by a new list, also what is gone by then.
    kube.hang_up();
    kube.delete("Pod", "shop", "web-1").unwrap();
    kube.put(objects::pod("shop", "web-3")).unwrap();
    kube.forget();
    sees(&["web-2", "web-3"]);
    assert!(kube.asked()["list /api/v1/pods"] > 1);
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn what_is_refused_disturbs_nothing_else() {
    let kube = FakeKube::start().unwrap();
    kube.put(objects::pod("shop", "web-1")).unwrap();
    kube.put(objects::node("node-a", "a")).unwrap();
    kube.refuse("nodes", true);
    let argand = Argand::start(&PODS.replace("ACCESS", &kube.access()), &[]).unwrap();
    until("the pod", || pods(&argand) == ["web-1"]);
    let log = argand.server.log();
    assert!(
        log.contains("cannot list resource") && log.contains("/api/v1/nodes"),
        "{log}"
    );
    // A right that comes later is used; one that goes takes no target with it.
    kube.refuse("nodes", false);
    kube.refuse("pods", true);
    let nodes = || {
        targets(&argand.server)
            .iter()
            .filter(|one| one["pool"] == "nodes")
            .count()
    };
    until("the node", || nodes() == 1);
    assert_eq!(pods(&argand), ["web-1"]);
    let page = argand_tests::get(&argand.url("/metrics")).unwrap().text;
    assert!(!page.contains("prometheus_sd_kubernetes_failures_total 0\n"));
    assert!(page.contains("prometheus_sd_kubernetes_events_total{event=\"add\",role=\"pod\"} 1\n"));
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn long_lists_come_in_pages() {
    let kube = FakeKube::start().unwrap();
    for number in 0..620 {
        let mut pod = objects::pod("shop", &format!("web-{number:04}"));
        pod["status"]["podIP"] = format!("10.2.{}.{}", number / 250, number % 250).into();
        kube.put(pod).unwrap();
    }
    let argand = Argand::start(&PODS.replace("ACCESS", &kube.access()), &[]).unwrap();
    until("all pods", || pods(&argand).len() == 620);
    assert_eq!(kube.asked()["list /api/v1/pods"], 2);
}

#[test]
#[ignore = "waits for watches; cargo xtask test runs it beside the others"]
fn a_change_is_scraped_within_seconds() {
    let kube = FakeKube::start().unwrap();
    let page = Target::start(|_| Page::text("a 1\n")).unwrap();
    let port: u16 = page.address.rsplit(':').next().unwrap().parse().unwrap();
    let configuration = PODS.replace("ACCESS", &kube.access()).replace("1m", "1s");
    let argand = Argand::start(&configuration, &[]).unwrap();
    kube.put(json!({
        "kind": "Pod", "metadata": {"name": "late", "namespace": "shop"},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": port}]}]},
        "status": {"phase": "Running", "podIP": "127.0.0.1"},
    }))
    .unwrap();
    argand.wait_for("a{job=\"pods\"} == 1").unwrap();
    kube.delete("Pod", "shop", "late").unwrap();
    until("the end", || {
        argand.query("a{job=\"pods\"}").unwrap().is_empty()
    });
}
