//! Several Alertmanagers of Argand that know each other, and a client that tells all of them of the
//! same alerts, as Prometheus does.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::network::Network;
use crate::server::{Server, binary, free_port};
use crate::{get, get_json, post};

/// Lengths of time of a cluster in tests, as flags. Each node has six seconds before the next one takes over:
/// more than a busy machine is late.
pub const CLUSTER_FLAGS: [&str; 5] = [
    "--cluster.peer-timeout=6s",
    "--cluster.gossip-interval=100ms",
    "--cluster.pushpull-interval=2s",
    "--cluster.reconnect-interval=1s",
    "--cluster.tcp-timeout=3s",
];

/// The time that the last of three nodes waits before it notifies, in seconds.
pub const LAST_TURN: u64 = 12;

/// Where a node is.
struct Place {
    folder: PathBuf,
    web: SocketAddr,
    cluster: SocketAddr,
}

/// The nodes, of which some run.
pub struct Nodes<'a> {
    places: Vec<Place>,
    running: Vec<Option<Server>>,
    network: Option<&'a Network>,
    config: String,
    more: Vec<String>,
    _folder: TempDir,
}

impl<'a> Nodes<'a> {
    /// Starts three nodes on this machine.
    ///
    /// # Errors
    /// Where one does not start.
    pub fn start(config: &str) -> Result<Self> {
        Self::start_with(config, &[], None)
    }

    /// Starts three nodes with more flags, on this machine, or each on one of a network's.
    ///
    /// # Errors
    /// Where one does not start.
    pub fn start_with(config: &str, more: &[String], network: Option<&'a Network>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut places = Vec::new();
        for node in 0..3 {
            let own = folder.path().join(node.to_string());
            std::fs::create_dir(&own)?;
            places.push(Place {
                folder: own,
                web: address(network.map(|network| network.seen(node)))?,
                cluster: address(network.map(|network| network.among(node)))?,
            });
        }
        let mut nodes = Self {
            running: places.iter().map(|_| None).collect(),
            places,
            network,
            config: config.to_owned(),
            more: more.to_vec(),
            _folder: folder,
        };
        for node in 0..3 {
            nodes.begin(node)?;
        }
        Ok(nodes)
    }

    /// Starts a node that does not run, in the folder that it had.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn begin(&mut self, node: usize) -> Result<()> {
        let place = self.places.get(node).context("a node")?;
        let file = place.folder.join("am.yml");
        std::fs::write(&file, &self.config)?;
        let program = binary()?;
        let mut command = match self.network {
            Some(network) => network.command(u8::try_from(node)?, &program),
            None => Command::new(program),
        };
        command
            .current_dir(&place.folder)
            .arg("alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", place.folder.display()))
            .arg(format!("--web.listen-address={}", place.web))
            .arg(format!("--cluster.listen-address={}", place.cluster))
            .arg("--log.level=debug")
            .args(CLUSTER_FLAGS)
            .args(&self.more);
        // Its own address is among them, as in a list that all nodes share.
        for peer in &self.places {
            command.arg(format!("--cluster.peer={}", peer.cluster));
        }
        let url = format!("http://{}", place.web);
        let log = place.folder.join("log");
        let server = Server::start(command, url, "/-/ready", &log)?;
        *self.running.get_mut(node).context("a node")? = Some(server);
        Ok(())
    }

    /// Ends a node: at once as `kill -9` does, or in order.
    ///
    /// # Errors
    /// Where it does not run, or does not end well.
    pub fn end(&mut self, node: usize, at_once: bool) -> Result<()> {
        let server = self.running.get_mut(node).and_then(Option::take);
        let mut server = server.context("it runs")?;
        if at_once {
            server.kill();
            return Ok(());
        }
        server.signal("TERM")?;
        ensure!(server.wait()?, "it ended well: {}", server.log());
        Ok(())
    }

    /// A node's URL.
    pub fn url(&self, node: usize, path: &str) -> String {
        let web = self.places.get(node).map(|place| place.web.to_string());
        format!("http://{}{path}", web.unwrap_or_default())
    }

    /// The nodes that run.
    pub fn running(&self) -> Vec<usize> {
        let runs = |node: &usize| matches!(self.running.get(*node), Some(Some(_)));
        (0..self.places.len()).filter(runs).collect()
    }

    /// Tells nodes that alerts fire, which differ in their label `n`.
    ///
    /// # Errors
    /// Where one does not take them.
    pub fn fire(&self, nodes: &[usize], names: &[String]) -> Result<()> {
        let alert = |n: &String| json!({"labels": {"alertname": "A", "n": n}});
        let alerts: Vec<Value> = names.iter().map(alert).collect();
        for node in nodes {
            self.post(*node, "alerts", &json!(alerts))?;
        }
        Ok(())
    }

    /// Posts to a node's API.
    ///
    /// # Errors
    /// Where it does not answer 200.
    pub fn post(&self, node: usize, path: &str, body: &Value) -> Result<Value> {
        let url = self.url(node, &format!("/api/v2/{path}"));
        let answer = post(&url, "application/json", body.to_string().as_bytes())?;
        let text = &answer.text;
        ensure!(answer.status == 200, "{url}: {} {text}", answer.status);
        Ok(serde_json::from_str(text).unwrap_or(Value::Null))
    }

    /// What a node answers of its API.
    ///
    /// # Errors
    /// Where it answers no JSON.
    pub fn ask(&self, node: usize, path: &str) -> Result<Value> {
        get_json(&self.url(node, &format!("/api/v2/{path}")))
    }

    /// Whether a node has settled and sees so many, itself among them.
    pub fn sees(&self, node: usize, count: usize) -> bool {
        self.ask(node, "status").is_ok_and(|status| {
            let peers = status.pointer("/cluster/peers").and_then(Value::as_array);
            let ready = status.pointer("/cluster/status") == Some(&json!("ready"));
            ready && peers.is_some_and(|peers| peers.len() == count)
        })
    }

    /// A metric of a node that has no labels.
    ///
    /// # Errors
    /// Where it has none of that name.
    pub fn metric(&self, node: usize, name: &str) -> Result<f64> {
        let text = get(&self.url(node, "/metrics"))?.text;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value
            .with_context(|| format!("{name} in {text}"))?
            .parse()?)
    }

    /// All logs, for a test that fails.
    pub fn logs(&self) -> String {
        let log = |place: &Place| read(&place.folder.join("log"));
        self.places.iter().map(log).collect()
    }
}

/// An address with a port that is free on this machine, and so on one where nothing runs.
fn address(ip: Option<Ipv4Addr>) -> Result<SocketAddr> {
    let ip = ip.unwrap_or(Ipv4Addr::LOCALHOST);
    Ok(SocketAddr::from((ip, free_port()?)))
}

fn read(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    format!("== {}\n{text}\n", file.display())
}
