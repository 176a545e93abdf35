//! Three Alertmanagers of Argand that are told of the same alerts: receivers hear of each once,
//! whatever becomes of the nodes and the network between them, and silences hold on all.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use argand_tests::alerting::{CLUSTER_FLAGS, Hook, LAST_TURN, Network, Nodes};
use argand_tests::{Argand, delete, free_port, get_json, installed};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};

/// Each value of `n` is a group of its own.
const CONFIG: &str = "
route: {receiver: hook, group_by: [n], group_wait: 2s, group_interval: 3s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: 'HOOK/hook'}]}]
";

/// How long anything may take that must come.
const PATIENCE: Duration = Duration::from_secs(120);

/// One cluster at a time: three programs that wait for each other's silence are enough for a
/// machine.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers that are the same in every run, unless `ARGAND_TEST_SEED` says another beginning.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("ARGAND_TEST_SEED").ok();
        Self(seed.map_or(23, |seed| seed.parse().unwrap()))
    }

    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn shuffled(&mut self, mut nodes: Vec<usize>) -> Vec<usize> {
        for last in (1..nodes.len()).rev() {
            nodes.swap(last, self.below(last + 1));
        }
        nodes
    }
}

#[track_caller]
fn until(nodes: &Nodes, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}\n{}", nodes.logs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How often each group was told of.
fn told(hook: &Hook) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for told in hook.told() {
        *counts.entry(told.alerts()).or_default() += 1;
    }
    counts
}

/// Waits until all of these have been told of, then as long as whoever comes last would have
/// waited before he told again, and checks that each was told of once and nothing else was.
#[track_caller]
fn told_once(nodes: &Nodes, hook: &Hook, names: &[String]) {
    until(nodes, "all are told of", || told(hook).len() >= names.len());
    std::thread::sleep(Duration::from_secs(LAST_TURN + 6));
    let expected: BTreeMap<String, usize> = names.iter().map(|n| (format!("A/{n}"), 1)).collect();
    assert_eq!(told(hook), expected, "{}", nodes.logs());
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

fn all_see_all(nodes: &Nodes) {
    let running = nodes.running();
    until(nodes, "all see all", || {
        running.iter().all(|node| nodes.sees(*node, running.len()))
    });
}

/// The node that is first.
fn first(nodes: &Nodes) -> usize {
    let place = |node: &usize| nodes.metric(*node, "alertmanager_peer_position").unwrap();
    let running = nodes.running();
    let mut places: Vec<f64> = running.iter().map(place).collect();
    let first = running.into_iter().find(|node| place(node) == 0.0);
    places.sort_by(f64::total_cmp);
    assert_eq!(places, [0.0, 1.0, 2.0]);
    first.unwrap()
}

fn silence(n: &str) -> Value {
    json!({
        "matchers": [{"name": "n", "value": n, "isRegex": false}],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2100-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "work",
    })
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn three_nodes_tell_once_and_share_silences() -> Result<()> {
    let (_turn, mut chance) = (turn(), Chance::new());
    let hook = Hook::start()?;
    let nodes = Nodes::start(&CONFIG.replace("HOOK", &hook.url))?;
    all_see_all(&nodes);
    first(&nodes);
    for node in 0..3 {
        assert_eq!(nodes.metric(node, "alertmanager_cluster_members")?, 3.0);
        assert_eq!(nodes.metric(node, "alertmanager_cluster_enabled")?, 1.0);
    }
    cluster_is_shown(&nodes);

    // A silence that is made on one node holds on all, and ends on all.
    let (one, other) = (chance.below(3), chance.below(3));
    let made = nodes.post(one, "silences", &silence("quiet"))?;
    let id = made["silenceID"].as_str().unwrap();
    let state = |node: usize| nodes.ask(node, &format!("silence/{id}")).ok();
    let all_are = |expected: &str| {
        let is = |node| state(node).is_some_and(|s| s["status"]["state"] == expected);
        (0..3).all(is)
    };
    until(&nodes, "the silence holds", || all_are("active"));
    let mut fired = names("", 50);
    let mut with_quiet = fired.clone();
    with_quiet.push("quiet".to_owned());
    nodes.fire(&chance.shuffled(nodes.running()), &with_quiet)?;
    told_once(&nodes, &hook, &fired);
    let ended = delete(&nodes.url(other, &format!("/api/v2/silence/{id}")))?;
    assert_eq!(ended.status, 200);
    until(&nodes, "the silence is over", || all_are("expired"));
    fired.push("quiet".to_owned());
    told_once(&nodes, &hook, &fired);
    Ok(())
}

/// What amtool shows of the cluster.
fn cluster_is_shown(nodes: &Nodes) {
    let Some(amtool) = installed("amtool") else {
        return;
    };
    let output = Command::new(amtool)
        .arg(format!("--alertmanager.url={}", nodes.url(0, "")))
        .args(["cluster", "show", "--output=extended"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let status = nodes.ask(0, "status").unwrap();
    let cluster = &status["cluster"];
    assert!(text.contains("ready"), "{text}");
    assert!(text.contains(cluster["name"].as_str().unwrap()), "{text}");
    for peer in cluster["peers"].as_array().unwrap() {
        for field in ["name", "address"] {
            assert!(text.contains(peer[field].as_str().unwrap()), "{text}");
        }
    }
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn the_next_node_takes_over() -> Result<()> {
    let _turn = turn();
    let hook = Hook::start()?;
    let mut nodes = Nodes::start(&CONFIG.replace("HOOK", &hook.url))?;
    all_see_all(&nodes);
    let fired = names("", 10);
    nodes.fire(&nodes.running(), &fired)?;
    // Its groups still wait for more alerts.
    let first = first(&nodes);
    nodes.end(first, true)?;
    assert!(hook.told().is_empty(), "nothing was told yet");
    told_once(&nodes, &hook, &fired);
    // What it had not told before its end it does not tell after it either.
    nodes.begin(first)?;
    all_see_all(&nodes);
    told_once(&nodes, &hook, &fired);
    Ok(())
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn all_begin_again_one_after_the_other() -> Result<()> {
    let (_turn, mut chance) = (turn(), Chance::new());
    let hook = Hook::start()?;
    let mut nodes = Nodes::start(&CONFIG.replace("HOOK", &hook.url))?;
    all_see_all(&nodes);
    let mut fired = names("before", 10);
    nodes.fire(&nodes.running(), &fired)?;
    for (round, node) in chance.shuffled(vec![0, 1, 2]).into_iter().enumerate() {
        nodes.end(node, false)?;
        fired.extend(names(&format!("without{round}-"), 5));
        nodes.fire(&chance.shuffled(nodes.running()), &fired)?;
        nodes.begin(node)?;
        // As Prometheus does, again and again.
        nodes.fire(&chance.shuffled(nodes.running()), &fired)?;
        all_see_all(&nodes);
        fired.extend(names(&format!("with{round}-"), 5));
        nodes.fire(&chance.shuffled(nodes.running()), &fired)?;
    }
    told_once(&nodes, &hook, &fired);
    Ok(())
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn a_node_that_is_cut_off_tells_and_catches_up() -> Result<()> {
    let (_turn, mut chance) = (turn(), Chance::new());
    let Some(network) = Network::new(3)? else {
        return Ok(());
    };
    let hook = Hook::start_at(network.test())?;
    let nodes = Nodes::start_with(&CONFIG.replace("HOOK", &hook.url), &[], Some(&network))?;
    all_see_all(&nodes);
    let mut fired = names("before", 5);
    nodes.fire(&nodes.running(), &fired)?;
    told_once(&nodes, &hook, &fired);

    let cut = chance.below(3);
    let others: Vec<usize> = (0..3).filter(|node| *node != cut).collect();
    network.connect(u8::try_from(cut)?, false)?;
    until(&nodes, "both sides know", || {
        nodes.sees(cut, 1) && others.iter().all(|node| nodes.sees(*node, 2))
    });
    let meanwhile = names("meanwhile", 5);
    nodes.fire(&nodes.running(), &meanwhile)?;
    let apart = nodes.post(others[0], "silences", &silence("apart"))?;
    until(&nodes, "all are told of meanwhile", || {
        let told = told(&hook);
        meanwhile
            .iter()
            .all(|n| told.contains_key(&format!("A/{n}")))
    });
    // Each side tells of what it has, once.
    std::thread::sleep(Duration::from_secs(LAST_TURN + 6));
    let before = told(&hook);
    for (group, count) in &before {
        let most = if group.contains("meanwhile") { 2 } else { 1 };
        assert!((1..=most).contains(count), "{group}: {count}");
    }

    network.connect(u8::try_from(cut)?, true)?;
    all_see_all(&nodes);
    let id = apart["silenceID"].as_str().unwrap();
    until(&nodes, "it has caught up", || {
        nodes.ask(cut, &format!("silence/{id}")).is_ok()
    });
    let after = names("after", 5);
    fired.extend(meanwhile);
    fired.extend(after.clone());
    nodes.fire(&chance.shuffled(nodes.running()), &fired)?;
    until(&nodes, "what comes now is told of", || {
        told(&hook).len() == fired.len()
    });
    std::thread::sleep(Duration::from_secs(LAST_TURN + 6));
    let mut expected = before;
    expected.extend(after.iter().map(|n| (format!("A/{n}"), 1)));
    assert_eq!(told(&hook), expected, "{}", nodes.logs());
    Ok(())
}

/// An authority and a certificate of it for this machine, and a file that names them.
fn tls(folder: &Path) -> Result<PathBuf> {
    let mut params = CertificateParams::new([])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Or it would have the name of those it signs.
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let params = CertificateParams::new(["127.0.0.1".to_owned()])?;
    let certificate = params.signed_by(&key, &authority)?;
    std::fs::write(folder.join("ca.crt"), authority.pem())?;
    std::fs::write(folder.join("node.crt"), certificate.pem())?;
    std::fs::write(folder.join("node.key"), key.serialize_pem())?;
    let file = folder.join("tls.yml");
    std::fs::write(
        &file,
        "
tls_server_config:
  cert_file: node.crt
  key_file: node.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
tls_client_config: {cert_file: node.crt, key_file: node.key, ca_file: ca.crt}
",
    )?;
    Ok(file)
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn nodes_speak_tls() -> Result<()> {
    let _turn = turn();
    let folder = tempfile::tempdir()?;
    let flags = [
        format!("--cluster.tls-config={}", tls(folder.path())?.display()),
        "--cluster.label=ours".to_owned(),
    ];
    let config = CONFIG.replace("HOOK", "http://127.0.0.1:9");
    let nodes = Nodes::start_with(&config, &flags, None)?;
    all_see_all(&nodes);
    let made = nodes.post(0, "silences", &silence("x"))?;
    let id = made["silenceID"].as_str().unwrap();
    until(&nodes, "the silence holds", || {
        (0..3).all(|node| nodes.ask(node, &format!("silence/{id}")).is_ok())
    });
    Ok(())
}

#[test]
#[ignore = "waits for minutes; cargo xtask test runs it beside the others"]
fn the_alertmanagers_of_two_servers_tell_once() -> Result<()> {
    let _turn = turn();
    let hook = Hook::start()?;
    let folder = tempfile::tempdir()?;
    let own = |name: &str| folder.path().join(name);
    std::fs::write(own("am.yml"), CONFIG.replace("HOOK", &hook.url))?;
    std::fs::write(
        own("rules.yml"),
        "groups: [{name: g, interval: 1s, rules: [{alert: A, expr: vector(1), labels: {n: one}}]}]",
    )?;
    let config = format!("rule_files: ['{}']", own("rules.yml").display());
    let ports = [free_port()?, free_port()?];
    let mut servers = Vec::new();
    for port in ports {
        let mut flags = vec![
            format!("--alertmanager.config.file={}", own("am.yml").display()),
            format!("--alertmanager.cluster.listen-address=127.0.0.1:{port}"),
        ];
        let within = |flag: &&str| flag.replace("--", "--alertmanager.");
        flags.extend(CLUSTER_FLAGS.iter().map(within));
        for peer in ports {
            flags.push(format!("--alertmanager.cluster.peer=127.0.0.1:{peer}"));
        }
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        servers.push(Argand::start(&config, &flags)?);
    }
    let wait_for = |what: &str, holds: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    for server in &servers {
        wait_for("both see both", &|| {
            let status = get_json(&server.url("/api/v2/status"));
            status.is_ok_and(|s| s["cluster"]["peers"].as_array().unwrap().len() == 2)
        });
    }
    wait_for("it is told of", &|| !hook.told().is_empty());
    std::thread::sleep(Duration::from_secs(LAST_TURN + 6));
    assert_eq!(told(&hook), BTreeMap::from([("A/one".to_owned(), 1)]));
    Ok(())
}
