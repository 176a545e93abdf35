//! `dns_sd_configs`: names that stand for targets.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use config::DnsDiscovery;
use contract::TargetGroup;
use model::Labels;
use tokio::task::JoinSet;

use crate::ask::AskError;
use crate::dns::{Record, Resolver};
use crate::fields::{Target, host_port};
use crate::metrics::Metrics;
use crate::poll::Source;

/// Where machines write down their name servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The port of name servers.
const PORT: u16 = 53;
/// How many names are looked up at the same time.
const AT_ONCE: usize = 32;

pub(crate) struct DnsSource {
    config: DnsDiscovery,
    resolver: Resolver,
    metrics: Arc<Metrics>,
    /// Targets by name, as last found.
    known: HashMap<String, Vec<Labels>>,
}

impl DnsSource {
    pub(crate) fn new(config: DnsDiscovery, metrics: Arc<Metrics>) -> Self {
        let resolver = Resolver::new(PathBuf::from(RESOLV_CONF), PORT);
        Self::asking(config, metrics, resolver)
    }

    pub(crate) fn asking(config: DnsDiscovery, metrics: Arc<Metrics>, resolver: Resolver) -> Self {
        Self {
            config,
            resolver,
            metrics,
            known: HashMap::new(),
        }
    }
}

impl Source for DnsSource {
    const NAME: &'static str = "dns";

    /// Names that cannot be looked up keep what they last stood for, each by itself.
    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        for names in self.config.names.chunks(AT_ONCE) {
            let mut asked = JoinSet::new();
            for name in names.iter().cloned() {
                let (resolver, kind) = (self.resolver.clone(), self.config.kind);
                asked.spawn(async move {
                    let found = resolver.look_up(&name, kind).await;
                    (name, found)
                });
            }
            while let Some(found) = asked.join_next().await {
                let (name, found) = found.map_err(|error| AskError::Other(error.to_string()))?;
                self.metrics.dns_lookups.inc();
                match found {
                    Ok(records) => {
                        let targets = targets(&name, &records, self.config.port);
                        self.known.insert(name, targets);
                    }
                    Err(error) => {
                        self.metrics.dns_lookup_failures.inc();
                        tracing::error!(%error, "name not looked up; what it last stood for stays");
                    }
                }
            }
        }
        let names = self.config.names.iter();
        let known = names.filter_map(|name| Some((name, self.known.get(name)?)));
        let group = |(name, targets): (&String, &Vec<Labels>)| TargetGroup {
            source: name.clone(),
            labels: Labels::empty(),
            targets: targets.clone(),
        };
        Ok(known.map(group).collect())
    }
}

/// The targets that a name stands for.
fn targets(name: &str, records: &[Record], port: i64) -> Vec<Labels> {
    let bare = |name: &str| name.trim_end_matches('.').to_owned();
    let found = records.iter().filter_map(|record| {
        let mut target = Target::new();
        let address = match record {
            Record::A(address) => host_port(&address.to_string(), port),
            Record::Aaaa(address) => host_port(&address.to_string(), port),
            Record::Srv { target: host, port } => {
                target.set("__meta_dns_srv_record_target", host);
                target.set("__meta_dns_srv_record_port", &port.to_string());
                host_port(&bare(host), port)
            }
            Record::Mx(host) => {
                target.set("__meta_dns_mx_record_target", host);
                host_port(&bare(host), port)
            }
            Record::Ns(host) => {
                target.set("__meta_dns_ns_record_target", host);
                host_port(&bare(host), port)
            }
            Record::Alias => return None,
            Record::Other(kind) => {
                tracing::warn!(name, kind, "a DNS record of a type that was not asked for");
                return None;
            }
        };
        target.set("__meta_dns_name", name).address(&address);
        Some(target.labels())
    });
    found.collect()
}

#[cfg(test)]
#[path = "../../tests/fake/dns.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]
mod fake;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use config::RecordType;

    use super::*;

    fn source(port: u16, file: &std::path::Path, kind: RecordType, names: &[&str]) -> DnsSource {
        let config = DnsDiscovery {
            names: names.iter().map(ToString::to_string).collect(),
            kind,
            port: 9100,
            refresh_interval: Duration::from_secs(30),
        };
        let resolver = Resolver::new(file.to_owned(), port);
        DnsSource::asking(config, Arc::default(), resolver)
    }

    fn shown(groups: &[TargetGroup]) -> Vec<String> {
        let targets = groups.iter().flat_map(|group| &group.targets);
        targets.map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn names_are_found_kept_and_forgotten() {
        let records = vec![
            ("a.org.", 5, fake::name("b.org")),
            ("a.org.", 1, vec![10, 0, 0, 1]),
            ("a.org.", 28, vec![0; 16]),
        ];
        let zone: fake::Zone = Arc::new(Mutex::new(Some(records)));
        let port = fake::start(([127, 0, 0, 1], 0).into(), &zone).port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("resolv.conf");
        std::fs::write(&file, "nameserver 127.0.0.1\nsearch no.org org\n").unwrap();

        let mut v4 = source(port, &file, RecordType::A, &["a", "none.org"]);
        let want = [r#"{__address__="10.0.0.1:9100", __meta_dns_name="a"}"#];
        let groups = v4.refresh().await.unwrap();
        assert_eq!(shown(&groups), want);
        assert_eq!(groups.len(), 2, "a name that does not exist has no targets");

        let known = zone.lock().unwrap().take();
        assert_eq!(
            shown(&v4.refresh().await.unwrap()),
            want,
            "a failure keeps what is known"
        );
        assert_eq!(
            (
                v4.metrics.dns_lookups.get(),
                v4.metrics.dns_lookup_failures.get()
            ),
            (4, 2)
        );
        *zone.lock().unwrap() = Some(Vec::new());
        assert!(shown(&v4.refresh().await.unwrap()).is_empty());

        *zone.lock().unwrap() = known;
        let mut v6 = source(port, &file, RecordType::Aaaa, &["a.org."]);
        let found = shown(&v6.refresh().await.unwrap());
        assert_eq!(
            found,
            [r#"{__address__="[::]:9100", __meta_dns_name="a.org."}"#]
        );
    }

    #[tokio::test]
    async fn what_is_too_long_for_a_datagram_is_asked_for_again() {
        let records = (0..100).map(|n| ("_many._tcp.org.", 33, fake::srv("h.org", 8000 + n)));
        let zone: fake::Zone = Arc::new(Mutex::new(Some(records.collect())));
        let port = fake::start(([127, 0, 0, 1], 0).into(), &zone).port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("resolv.conf");
        std::fs::write(&file, "nameserver 127.0.0.1\n").unwrap();
        let mut many = source(port, &file, RecordType::Srv, &["_many._tcp.org"]);
        let found = shown(&many.refresh().await.unwrap());
        assert_eq!(found.len(), 100);
        assert_eq!(
            found[0],
            r#"{__address__="h.org:8000", __meta_dns_name="_many._tcp.org", __meta_dns_srv_record_port="8000", __meta_dns_srv_record_target="h.org."}"#
        );
    }
}
