//! The flags of a cluster, upstream's, and what they mean. They are those of the Alertmanager role,
//! and with `alertmanager.` before them those of the Alertmanager within the server.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cluster::{Options, ReadTls, Times, Tls};
use rustls::ServerConfig;

use crate::flags::Form::{List, Switch, Text};
use crate::flags::{Flag, Flags, active};
use crate::options::{address, any_length, length, required};

/// Where a cluster listens whose flags name peers and no address.
const LISTEN: &str = "0.0.0.0:9094";

/// The flags, with something before their names.
macro_rules! flags {
    ($prefix:literal) => {
        &[
            active(
                concat!($prefix, "cluster.listen-address"),
                Text,
                "",
                "Address to listen on for other nodes. Empty: 0.0.0.0:9094 where peers are named, and no cluster where none are.",
            ),
            active(
                concat!($prefix, "cluster.advertise-address"),
                Text,
                "",
                "Address that other nodes are told. Empty: the one listened on, or this machine's on the way to the first peer.",
            ),
            active(
                concat!($prefix, "cluster.peer"),
                List,
                "",
                "Another node, host:port; names are looked up again and again. May be given again.",
            ),
            active(
                concat!($prefix, "cluster.peer-name"),
                Text,
                "",
                "Name of this node, which no other may have. Empty: a new one at each start.",
            ),
            active(
                concat!($prefix, "cluster.peer-timeout"),
                Text,
                "15s",
                "Time that each node before this one has to notify before this one does.",
            ),
            active(
                concat!($prefix, "cluster.peers-resolve-timeout"),
                Text,
                "15s",
                "Time that a start waits for names of peers to be known.",
            ),
            active(
                concat!($prefix, "cluster.gossip-interval"),
                Text,
                "200ms",
                "Time between two rounds of telling others of changes among the nodes. Silences and notifications are told at once.",
            ),
            active(
                concat!($prefix, "cluster.pushpull-interval"),
                Text,
                "1m",
                "Time between two comparisons of everything with one other node.",
            ),
            active(
                concat!($prefix, "cluster.tcp-timeout"),
                Text,
                "10s",
                "Time that connecting, and sending or receiving one message, may take.",
            ),
            active(
                concat!($prefix, "cluster.probe-timeout"),
                Text,
                "500ms",
                "Time that another node may take to answer a probe before others are asked to help.",
            ),
            active(
                concat!($prefix, "cluster.probe-interval"),
                Text,
                "1s",
                "Time between two probes; a node that does not answer for five of them counts as gone.",
            ),
            active(
                concat!($prefix, "cluster.settle-timeout"),
                Text,
                "1m",
                "Longest time that nobody is notified after the start, while the others are looked for.",
            ),
            active(
                concat!($prefix, "cluster.reconnect-interval"),
                Text,
                "10s",
                "Time between two attempts to reach nodes that are gone.",
            ),
            active(
                concat!($prefix, "cluster.reconnect-timeout"),
                Text,
                "6h",
                "Time after which a node that is gone is not looked for any more.",
            ),
            active(
                concat!(
                    $prefix,
                    "cluster.allow-insecure-public-advertise-address-discovery"
                ),
                Switch,
                "false",
                "Lets an address of the whole internet be told to others where none is named.",
            ),
            active(
                concat!($prefix, "cluster.label"),
                Text,
                "",
                "Only nodes with the same label talk to each other.",
            ),
            active(
                concat!($prefix, "cluster.tls-config"),
                Text,
                "",
                "File with TLS between nodes, tls_server_config and tls_client_config; read again while the program runs.",
            ),
        ]
    };
}

/// Those of the Alertmanager role.
pub(crate) const FLAGS: &[Flag] = flags!("");

/// Those of the Alertmanager within the server.
pub(crate) const FLAGS_WITHIN: &[Flag] = flags!("alertmanager.");

/// What the flags say; `None` where they name neither an address nor peers.
pub(crate) fn options(flags: &Flags, prefix: &str) -> Result<Option<Options>> {
    let name = |flag: &str| format!("{prefix}cluster.{flag}");
    let text = |flag: &str| flags.text(&name(flag));
    let time = |flag: &str| required(flags, &name(flag), length);
    let peers: Vec<String> = flags
        .list(&name("peer"))
        .iter()
        .filter(|peer| !peer.is_empty())
        .cloned()
        .collect();
    let listen = match text("listen-address") {
        "" if peers.is_empty() => return Ok(None),
        "" => LISTEN,
        listen => listen,
    };
    for peer in &peers {
        let port = peer
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        if port.is_none_or(|port: u16| port == 0) {
            bail!("--{}={peer}: host:port was expected", name("peer"));
        }
    }
    let advertise = text("advertise-address");
    let peer_name = text("peer-name");
    Ok(Some(Options {
        name: match peer_name {
            // Later processes come later in the order of nodes: the others know more.
            "" => ulid::Ulid::generate().to_string(),
            given => given.to_owned(),
        },
        listen: address(&name("listen-address"), listen)?,
        advertise: match advertise {
            "" => None,
            given => Some(address(&name("advertise-address"), given)?),
        },
        public_address: flags.is_on(&name("allow-insecure-public-advertise-address-discovery")),
        peers,
        label: text("label").to_owned(),
        times: Times {
            peer_timeout: required(flags, &name("peer-timeout"), any_length)?,
            gossip_interval: time("gossip-interval")?,
            push_pull_interval: time("pushpull-interval")?,
            tcp_timeout: time("tcp-timeout")?,
            probe_timeout: time("probe-timeout")?,
            probe_interval: time("probe-interval")?,
            settle_timeout: required(flags, &name("settle-timeout"), any_length)?,
            reconnect_interval: time("reconnect-interval")?,
            reconnect_timeout: time("reconnect-timeout")?,
            resolve_timeout: time("peers-resolve-timeout")?,
        },
        tls: match text("tls-config") {
            "" => None,
            file => Some(Arc::new(TlsFile(PathBuf::from(file))) as Arc<dyn ReadTls>),
        },
    }))
}

/// The file of `--cluster.tls-config`.
#[derive(Debug)]
struct TlsFile(PathBuf);

impl TlsFile {
    fn load(&self) -> Result<Tls> {
        let file = config::load_cluster_tls(&self.0)?;
        let server: ServerConfig =
            guard::plain_server_config(&file.server).context("tls_server_config")?;
        let client = http_client::tls_client_config(&file.client).context("tls_client_config")?;
        let server_name =
            http_client::tls_server_name(&file.client).context("tls_client_config")?;
        Ok(Tls {
            server: Arc::new(server),
            client: Arc::new(client),
            server_name,
        })
    }
}

impl ReadTls for TlsFile {
    fn read(&self) -> Result<Tls, String> {
        self.load().map_err(|error| format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        let words = ["alertmanager"].iter().chain(arguments);
        let words = words.map(std::ffi::OsString::from);
        let flags = Flags::parse_for(&super::super::PROGRAM, words).unwrap();
        options(&flags, "")
    }

    #[test]
    fn a_cluster_is_asked_for() {
        assert!(parse(&[]).unwrap().is_none());
        assert!(parse(&["--cluster.peer-timeout=1s"]).unwrap().is_none());
        let found = parse(&["--cluster.peer=a.example:9094", "--cluster.peer=b:1"]);
        let found = found.unwrap().unwrap();
        assert_eq!(found.listen.to_string(), LISTEN);
        assert_eq!(found.peers, ["a.example:9094", "b:1"]);
        assert_eq!((found.name.len(), found.times), (26, Times::default()));
        let found = parse(&[
            "--cluster.listen-address=:23600",
            "--cluster.advertise-address=10.0.0.1:5",
            "--cluster.peer-timeout=0s",
            "--cluster.peer-name=me",
        ]);
        let found = found.unwrap().unwrap();
        assert_eq!(found.listen.to_string(), "0.0.0.0:23600");
        assert_eq!(found.advertise.unwrap().to_string(), "10.0.0.1:5");
        assert_eq!(found.times.peer_timeout, Duration::ZERO);
        assert_eq!(found.name, "me");
    }

    #[test]
    fn what_makes_no_sense_names_its_flag() {
        for (argument, flag) in [
            ("--cluster.peer=host", "--cluster.peer=host"),
            ("--cluster.peer=host:x", "--cluster.peer=host:x"),
            ("--cluster.gossip-interval=0s", "--cluster.gossip-interval"),
            (
                "--cluster.advertise-address=host:1",
                "--cluster.advertise-address",
            ),
        ] {
            let error = parse(&["--cluster.listen-address=:1", argument]).unwrap_err();
            assert!(format!("{error:#}").contains(flag), "{error:#}");
        }
    }

    #[test]
    fn the_server_has_the_same_flags() {
        let words = ["argand", "--alertmanager.cluster.peer=a:1"];
        let flags = Flags::parse(words.map(std::ffi::OsString::from)).unwrap();
        let found = options(&flags, "alertmanager.").unwrap().unwrap();
        assert_eq!(found.peers, ["a:1"]);
        assert_eq!(found.times, Times::default());
    }
}
