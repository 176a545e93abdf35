//! Nodes on this machine, in one process: they find each other, hold the same, and refuse
//! strangers.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Options, Times, Tls};
use contract::{Gather, Peers, Replica};
use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A set of texts: what is merged is held.
#[derive(Default)]
struct Texts(Mutex<BTreeSet<Vec<u8>>>);

impl Replica for Texts {
    fn visit(&self, take: &mut dyn FnMut(&[u8])) {
        self.0.lock().iter().for_each(|text| take(text));
    }

    fn merge(&self, records: &[&[u8]]) -> Vec<usize> {
        let mut texts = self.0.lock();
        let mut is_news = |place: &usize| texts.insert(records[*place].to_vec());
        (0..records.len()).filter(&mut is_news).collect()
    }
}

struct Node {
    cluster: Arc<Cluster>,
    texts: Arc<Texts>,
}

impl Node {
    async fn start(name: &str, peers: &[&Node], change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            name: name.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            advertise: None,
            public_address: false,
            peers: peers.iter().map(|peer| peer.address()).collect(),
            label: String::new(),
            times: Times {
                peer_timeout: Duration::from_secs(7),
                gossip_interval: Duration::from_millis(20),
                probe_interval: Duration::from_millis(200),
                probe_timeout: Duration::from_millis(100),
                reconnect_interval: Duration::from_millis(200),
                ..Times::default()
            },
            tls: None,
        };
        change(&mut options);
        let node = Self {
            cluster: Cluster::bind(options).await.unwrap(),
            texts: Arc::default(),
        };
        node.cluster
            .start(Arc::clone(&node.texts) as Arc<dyn Replica>);
        node
    }

    fn address(&self) -> String {
        self.cluster.address().to_string()
    }

    fn say(&self, text: &str) {
        self.texts.0.lock().insert(text.as_bytes().to_vec());
        self.cluster.tell(vec![text.as_bytes().to_vec()]);
    }

    fn knows(&self, texts: &[&str]) -> bool {
        let held = self.texts.0.lock();
        held.len() == texts.len() && texts.iter().all(|text| held.contains(text.as_bytes()))
    }

    fn sees(&self, names: &[&str]) -> bool {
        let peers = self.cluster.state().unwrap().peers;
        peers
            .iter()
            .map(|peer| peer.name.as_str())
            .eq(names.iter().copied())
    }

    fn metric(&self, name: &str) -> f64 {
        let mut families = Vec::new();
        self.cluster.gather(&mut families);
        let family = families.iter().find(|family| family.name == name).unwrap();
        let model::PointValue::Number(value) = family.points[0].value else {
            unreachable!("a number");
        };
        value
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(outcome.is_ok(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_find_each_other_and_hold_the_same() {
    let a = Node::start("a", &[], |_| {}).await;
    a.say("before");
    let large = "x".repeat(1 << 20);
    a.say(&large);
    let b = Node::start("b", &[&a], |_| {}).await;
    let c = Node::start("c", &[&a], |_| {}).await;
    let all = [&a, &b, &c];
    for node in all {
        until("everybody is seen", || node.sees(&["a", "b", "c"])).await;
        node.cluster.settled().await;
    }
    for (node, seconds) in all.into_iter().zip([0, 7, 14]) {
        assert_eq!(node.cluster.patience(), Duration::from_secs(seconds));
    }
    b.say("from b");
    c.say("from c");
    for node in all {
        let texts = ["before", &large, "from b", "from c"];
        until("all know the same", || node.knows(&texts)).await;
    }
    b.cluster.shutdown().await;
    until("b has said farewell", || {
        a.sees(&["a", "c"]) && c.sees(&["a", "c"])
    })
    .await;
    assert_eq!(c.cluster.patience(), Duration::from_secs(7));
    assert_eq!(a.metric("alertmanager_cluster_members"), 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_begins_again_learns_what_it_missed() {
    let a = Node::start("a", &[], |_| {}).await;
    let b = Node::start("b", &[&a], |_| {}).await;
    until("both are there", || a.sees(&["a", "b"])).await;
    let port = b.cluster.address();
    b.cluster.shutdown().await;
    until("b is gone", || a.sees(&["a"])).await;
    a.say("meanwhile");
    // It names nobody: a looks for what it has lost.
    let again = Node::start("later", &[], |options| options.listen = port).await;
    until("b is back", || a.sees(&["a", "later"])).await;
    until("it has caught up", || again.knows(&["meanwhile"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_state_is_caught_up_with() {
    let a = Node::start("a", &[], |_| {}).await;
    // More than one exchange carries.
    let large: Vec<String> = (0..200)
        .map(|n| format!("{n} {}", "x".repeat(100 << 10)))
        .collect();
    let many: Vec<String> = (0..10_000).map(|n| format!("{n} {:200}", "")).collect();
    let all: Vec<&str> = large.iter().chain(&many).map(String::as_str).collect();
    let bytes = |text: &&str| text.as_bytes().to_vec();
    a.texts.0.lock().extend(all.iter().map(bytes));
    let b = Node::start("b", &[&a], |_| {}).await;
    until("it is all there", || b.knows(&all)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_label_is_another_cluster() {
    let a = Node::start("a", &[], |options| options.label = "one".to_owned()).await;
    a.say("secret");
    let b = Node::start("b", &[&a], |options| options.label = "two".to_owned()).await;
    b.cluster.settled().await;
    assert!(a.sees(&["a"]) && b.sees(&["b"]) && b.knows(&[]));
    assert!(a.metric("alertmanager_cluster_connections_refused_total") > 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_bytes_do_no_harm() {
    let a = Node::start("a", &[], |_| {}).await;
    let hello = [
        b"\x1e\0\0\0\x01ARGC\x01\0\0\0\x01\0z\x04".as_slice(),
        &[10; 14],
    ]
    .concat();
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        // As large a frame as can be announced.
        vec![0xff; 64],
        // Less than was announced, and no more.
        [b"\x10\0\0\0\x01".as_slice(), &[0; 3]].concat(),
        [hello.clone(), vec![2, 0, 0, 0, 2, 0xff]].concat(),
        [hello, b"\x06\0\0\0\x03\x01\0\0\0\x02".to_vec()].concat(),
    ] {
        let mut stream = TcpStream::connect(a.cluster.address()).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let _ = stream.shutdown().await;
        // The end, or a reset: whatever it is, nothing is answered.
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty());
    }
    let b = Node::start("b", &[&a], |_| {}).await;
    a.say("still here");
    until("all goes on", || b.knows(&["still here"])).await;
}

/// An authority of its own, and TLS of a node that trusts it.
fn tls(authority: &CertifiedIssuer<'static, KeyPair>, has_certificate: bool) -> Tls {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["nodes".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let chain = vec![certificate.der().clone()];
    let key = || PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let roots = Arc::new(roots);
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain.clone(), key())
        .unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let client = if has_certificate {
        client.with_client_auth_cert(chain, key()).unwrap()
    } else {
        client.with_no_client_auth()
    };
    Tls {
        server: Arc::new(server),
        client: Arc::new(client),
        server_name: Some(ServerName::try_from("nodes").unwrap()),
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_say_who_may_come_in() {
    let ours = authority();
    let with = |tls: Tls| move |options: &mut Options| options.tls = Some(Arc::new(tls));
    let a = Node::start("a", &[], with(tls(&ours, true))).await;
    let b = Node::start("b", &[&a], with(tls(&ours, true))).await;
    let without = Node::start("c", &[&a], with(tls(&ours, false))).await;
    let foreign = Node::start("d", &[&a], with(tls(&authority(), true))).await;
    let plain = Node::start("e", &[&a], |_| {}).await;
    a.say("secret");
    until("b knows", || b.knows(&["secret"])).await;
    for stranger in [&without, &foreign, &plain] {
        stranger.cluster.settled().await;
        assert!(stranger.knows(&[]));
    }
    assert!(a.sees(&["a", "b"]));
}
