//! What every mechanism must do, run on each of them: with real files, and with servers on this
//! machine that answer as documented.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests may stop at the first surprise"
)]

mod fake;
#[path = "fake/minimal.rs"]
mod minimal;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use config::{DiscoveryConfig, FileDiscovery, StaticGroup};
use contract::{Gather, TargetGroup, TargetSink};
use discovery::Manager;
use fake::{Asked, Fake, Reply};
use minimal::{KINDS, Kind};
use model::{Labels, PointValue};
use tokio::sync::watch;

/// What the scraper was last told.
struct Seen {
    jobs: watch::Sender<BTreeMap<String, Vec<Arc<TargetGroup>>>>,
}

impl TargetSink for Seen {
    fn replace(&self, job: &str, groups: Vec<Arc<TargetGroup>>) {
        self.jobs.send_modify(|jobs| {
            jobs.insert(job.to_owned(), groups);
        });
    }
}

impl Seen {
    fn new() -> Arc<Self> {
        let (jobs, _) = watch::channel(BTreeMap::new());
        Arc::new(Self { jobs })
    }

    fn addresses(groups: &[Arc<TargetGroup>]) -> Vec<String> {
        let targets = groups.iter().flat_map(|group| &group.targets);
        let mut found: Vec<_> = targets
            .map(|t| t.get("__address__").unwrap().to_owned())
            .collect();
        found.sort();
        found
    }

    /// Waits until the job has these targets.
    async fn wait_for(&self, job: &str, want: &[&str]) -> Vec<Arc<TargetGroup>> {
        let mut jobs = self.jobs.subscribe();
        let fits = |jobs: &BTreeMap<String, Vec<Arc<TargetGroup>>>| {
            jobs.get(job)
                .is_some_and(|groups| Self::addresses(groups) == want)
        };
        let waiting = jobs.wait_for(fits);
        match tokio::time::timeout(Duration::from_secs(30), waiting).await {
            Ok(jobs) => jobs.unwrap()[job].clone(),
            Err(_) => panic!("{job}: wanted {want:?}, have {:?}", self.jobs.borrow()),
        }
    }

    fn now(&self, job: &str) -> Vec<String> {
        Self::addresses(&self.jobs.borrow()[job])
    }
}

/// A place where targets can be set, for any mechanism.
trait Place {
    /// Sets the targets; gives what to apply now.
    fn set(&mut self, targets: &[&str]) -> DiscoveryConfig;
    /// Takes the place away; gives what to apply now.
    fn remove(&mut self) -> Vec<DiscoveryConfig>;
    /// Makes the place unreadable, where it can be; what counts errors must grow.
    fn damage(&mut self) -> Option<&'static str>;
    /// A label that all targets have.
    fn label(&self) -> (&'static str, &'static str) {
        ("env", "test")
    }
}

struct Written(Vec<StaticGroup>);

impl Place for Written {
    fn set(&mut self, targets: &[&str]) -> DiscoveryConfig {
        self.0 = vec![StaticGroup {
            targets: targets.iter().map(ToString::to_string).collect(),
            labels: Labels::from_pairs([("env", "test")]),
        }];
        DiscoveryConfig::Static(self.0.clone())
    }

    fn remove(&mut self) -> Vec<DiscoveryConfig> {
        Vec::new()
    }

    fn damage(&mut self) -> Option<&'static str> {
        None
    }
}

struct InFile {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl InFile {
    fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, name }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    fn config(&self) -> DiscoveryConfig {
        DiscoveryConfig::File(FileDiscovery {
            files: vec![self.folder.path().join("targets*")],
            refresh_interval: Duration::from_millis(200),
        })
    }

    /// Writes as careful programs do: beside, then renamed.
    fn write(&self, text: &str) {
        let beside = self.folder.path().join("new");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.path()).unwrap();
    }
}

impl Place for InFile {
    fn set(&mut self, targets: &[&str]) -> DiscoveryConfig {
        // JSON is YAML too.
        let list: Vec<String> = targets.iter().map(|t| format!("{t:?}")).collect();
        let list = list.join(",");
        self.write(&format!(
            r#"[{{"targets": [{list}], "labels": {{"env": "test"}}}}]"#
        ));
        self.config()
    }

    fn remove(&mut self) -> Vec<DiscoveryConfig> {
        fs::remove_file(self.path()).unwrap();
        vec![self.config()]
    }

    fn damage(&mut self) -> Option<&'static str> {
        self.write("[{\"targets\": [");
        Some("prometheus_sd_file_read_errors_total")
    }
}

/// What a server answers about.
struct State {
    targets: Vec<(String, u16)>,
    damaged: bool,
}

/// A server of some kind.
struct Served {
    kind: &'static Kind,
    state: Arc<Mutex<State>>,
    server: Fake,
}

impl Served {
    fn new(kind: &'static Kind) -> Self {
        let (targets, damaged) = (Vec::new(), false);
        let state = Arc::new(Mutex::new(State { targets, damaged }));
        let known = Arc::clone(&state);
        let server = Fake::start(move |asked: &Asked| {
            let state = known.lock().unwrap();
            if state.damaged {
                return Reply::of(503, "text/plain", "out of order");
            }
            let answer = (kind.answer)(asked, &state.targets);
            answer.unwrap_or_else(|| Reply::of(404, "text/plain", asked.path.clone()))
        });
        Self {
            kind,
            state,
            server,
        }
    }

    fn config(&self) -> DiscoveryConfig {
        let Kind { section, entry, .. } = self.kind;
        let entry = entry.replace("ADDRESS", &self.server.address);
        configured(&format!("{section}: [{entry}]"))
    }
}

/// The mechanism of a section as a user writes it.
fn configured(section: &str) -> DiscoveryConfig {
    let text = format!("scrape_configs: [{{job_name: job, {section}}}]");
    let config = config::parse(&text, Path::new("prometheus.yml"), &|_| None).unwrap();
    config.scrape_configs[0].discovery[0].clone()
}

impl Place for Served {
    fn set(&mut self, targets: &[&str]) -> DiscoveryConfig {
        let split = |target: &&str| {
            let (host, port) = target.split_once(':').unwrap();
            (host.to_owned(), port.parse().unwrap())
        };
        let targets = targets.iter().map(split).collect();
        let damaged = false;
        *self.state.lock().unwrap() = State { targets, damaged };
        self.config()
    }

    fn remove(&mut self) -> Vec<DiscoveryConfig> {
        vec![self.set(&[])]
    }

    fn damage(&mut self) -> Option<&'static str> {
        self.state.lock().unwrap().damaged = true;
        Some(self.kind.errors)
    }

    fn label(&self) -> (&'static str, &'static str) {
        self.kind.label
    }
}

fn metric(manager: &Manager, name: &str) -> f64 {
    let mut families = Vec::new();
    manager.gather(&mut families);
    let family = families.iter().find(|f| f.name == name).unwrap();
    let values = family.points.iter().map(|p| match p.value {
        PointValue::Number(value) => value,
        _ => panic!("{name} is a number"),
    });
    values.sum()
}

async fn wait_for_metric(manager: &Manager, name: &str, least: f64) {
    let waiting = async {
        while metric(manager, name) < least {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap_or_else(|_| panic!("{name} stays below {least}"));
}

/// The suite for all mechanisms that ask a server.
#[tokio::test]
async fn servers() {
    let mut running = tokio::task::JoinSet::new();
    for kind in KINDS {
        running.spawn(async move {
            suite(Served::new(kind)).await;
        });
    }
    running.join_all().await;
}

async fn suite(mut place: impl Place) {
    let seen = Seen::new();
    let sink: Arc<dyn TargetSink> = Arc::clone(&seen) as _;
    let manager = Manager::with_throttle(sink, Duration::from_millis(1));
    let job = |configs| vec![("job".to_owned(), configs)];

    let config = place.set(&["a:1", "b:1"]);
    manager.apply(job(vec![config]));
    let groups = seen.wait_for("job", &["a:1", "b:1"]).await;
    let (name, value) = place.label();
    for group in &groups {
        for target in &group.targets {
            let found = target.get(name).or(group.labels.get(name));
            assert_eq!(found, Some(value), "{target}");
        }
    }
    assert!((metric(&manager, "prometheus_sd_discovered_targets") - 2.0).abs() < 0.1);

    let config = place.set(&["c:1"]);
    manager.apply(job(vec![config.clone()]));
    seen.wait_for("job", &["c:1"]).await;

    if let Some(counter) = place.damage() {
        // Two errors: the state behind the first is certainly settled.
        let errors = metric(&manager, counter);
        wait_for_metric(&manager, counter, errors + 2.0).await;
        assert_eq!(seen.now("job"), ["c:1"], "the last good answer stays");
        place.set(&["d:1"]);
        seen.wait_for("job", &["d:1"]).await;
    }

    manager.apply(job(place.remove()));
    seen.wait_for("job", &[]).await;

    // Many reloads leave one mechanism and one entry a job.
    for _ in 0..50 {
        let config = place.set(&["e:1"]);
        manager.apply(job(vec![config]));
    }
    let groups = seen.wait_for("job", &["e:1"]).await;
    assert_eq!(groups.len(), 1);

    manager.shutdown().await;
    place.set(&["f:1"]);
    manager.shutdown().await;
    assert_eq!(
        seen.now("job"),
        ["e:1"],
        "a mechanism that ended says nothing more"
    );
    assert!(Arc::strong_count(&seen) <= 2, "tasks let go of the sink");
}

#[tokio::test]
async fn static_groups() {
    suite(Written(Vec::new())).await;
}

#[tokio::test]
async fn json_files() {
    suite(InFile::new("targets.json")).await;
}

#[tokio::test]
async fn yaml_files() {
    suite(InFile::new("targets.yml")).await;
}

#[tokio::test]
async fn groups_of_a_file_name_it() {
    let place = InFile::new("targets.yaml");
    place
        .write("- targets: ['a:1']\n- targets: ['b:2']\n  labels:\n    zone: north\n    rack: 7\n");
    let seen = Seen::new();
    let manager = Manager::new("scrape", Arc::clone(&seen) as _);
    manager.apply(vec![("job".to_owned(), vec![place.config()])]);
    let groups = seen.wait_for("job", &["a:1", "b:2"]).await;
    let path = place.path().display().to_string();
    assert_eq!(groups[1].source, format!("{path}:1"));
    assert_eq!(groups[1].labels.get("__meta_filepath"), Some(path.as_str()));
    assert_eq!(groups[1].labels.get("zone"), Some("north"));
    assert_eq!(groups[1].labels.get("rack"), Some("7"));
    wait_for_metric(&manager, "prometheus_sd_file_mtime_seconds", 1.0).await;
}

#[tokio::test]
async fn a_change_is_noticed_long_before_the_refresh() {
    let place = InFile::new("targets.json");
    place.write("[]");
    let config = DiscoveryConfig::File(FileDiscovery {
        files: vec![place.path()],
        refresh_interval: Duration::from_secs(3600),
    });
    let seen = Seen::new();
    let manager = Manager::with_throttle(Arc::clone(&seen) as _, Duration::from_millis(1));
    manager.apply(vec![("job".to_owned(), vec![config])]);
    seen.wait_for("job", &[]).await;
    place.write(r#"[{"targets": ["a:1"]}]"#);
    seen.wait_for("job", &["a:1"]).await;
}

#[tokio::test]
async fn mechanisms_of_a_job_come_together() {
    let place = InFile::new("targets.json");
    place.write(r#"[{"targets": ["file:1"]}]"#);
    let configs = vec![
        Written(Vec::new()).set(&["static:1"]),
        DiscoveryConfig::Inactive {
            section: "vultr_sd_configs",
        },
        place.config(),
        place.config(),
    ];
    let seen = Seen::new();
    let manager = Manager::new("scrape", Arc::clone(&seen) as _);
    let mut jobs = seen.jobs.subscribe();
    manager.apply(vec![("job".to_owned(), configs)]);
    jobs.changed().await.unwrap();
    assert_eq!(
        seen.now("job"),
        ["file:1", "file:1", "static:1"],
        "the first sending is whole"
    );
    assert!((metric(&manager, "prometheus_sd_failed_configs") - 1.0).abs() < 0.1);
    manager.apply(Vec::new());
    seen.wait_for("job", &[]).await;
    assert!(metric(&manager, "prometheus_sd_discovered_targets") < 0.1);
}

#[tokio::test(start_paused = true)]
async fn sendings_of_a_job_are_throttled_but_not_across_jobs() {
    let place = |target: &str| vec![Written(Vec::new()).set(&[target])];
    let seen = Seen::new();
    let manager = Manager::new("scrape", Arc::clone(&seen) as _);
    let start = tokio::time::Instant::now();
    let jobs = ["a", "b", "c"].map(|job| (job.to_owned(), place(job)));
    manager.apply(jobs.to_vec());
    for job in ["a", "b", "c"] {
        seen.wait_for(job, &[job]).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "start-up is immediate");
}

/// A server that is asked and does not answer holds nobody else up.
#[tokio::test(start_paused = true)]
async fn a_slow_server_does_not_hold_up_its_job() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = format!(
        "http_sd_configs: [{{url: 'http://{}'}}]",
        silent.local_addr().unwrap()
    );
    let configs = vec![Written(Vec::new()).set(&["static:1"]), configured(&slow)];
    let seen = Seen::new();
    let manager = Manager::new("scrape", Arc::clone(&seen) as _);
    manager.apply(vec![("job".to_owned(), configs)]);
    seen.wait_for("job", &["static:1"]).await;
    manager.shutdown().await;
}

/// The services of a catalog that changes, with the index of its last change.
struct Catalog {
    index: u64,
    services: Vec<&'static str>,
}

/// What Consul answers: at once where something changed since the index that is named, and
/// otherwise later with the same index.
fn consul(asked: &Asked, catalog: &Catalog) -> Reply {
    let body = if asked.path == "/v1/catalog/services" {
        let services = catalog.services.iter();
        let services = services.map(|name| format!(r#""{name}": ["tag"]"#));
        format!("{{{}}}", services.collect::<Vec<_>>().join(","))
    } else {
        let name = asked.path.rsplit('/').next().unwrap_or("");
        format!(
            r#"[{{"Node": {{"Address": "{name}"}}, "Service": {{"Port": 1, "Tags": ["tag"]}}}}]"#
        )
    };
    let mut reply = Reply::json(body);
    reply
        .headers
        .push(("X-Consul-Index", catalog.index.to_string()));
    if asked.parameter("index") == Some(catalog.index.to_string().as_str()) {
        reply.wait = Duration::from_millis(20);
    }
    reply
}

#[tokio::test]
async fn services_of_consul_come_and_go() {
    let catalog = Arc::new(Mutex::new(Catalog {
        index: 5,
        services: vec!["web", "db"],
    }));
    let known = Arc::clone(&catalog);
    let server = Fake::start(move |asked| consul(asked, &known.lock().unwrap()));
    let section = "consul_sd_configs: [{server: 'ADDRESS', datacenter: dc1, tags: [tag], refresh_interval: 10ms}]";
    let config = configured(&section.replace("ADDRESS", &server.address));
    let seen = Seen::new();
    let manager = Manager::with_throttle(Arc::clone(&seen) as _, Duration::from_millis(1));
    manager.apply(vec![("job".to_owned(), vec![config])]);
    let groups = seen.wait_for("job", &["db:1", "web:1"]).await;
    assert_eq!(groups.len(), 2, "a group a service");
    for (index, services, want) in [
        (6, vec!["web", "cache"], &["cache:1", "web:1"][..]),
        // A server that began anew counts from the beginning.
        (2, vec!["db"], &["db:1"]),
        (3, Vec::new(), &[]),
        (4, vec!["web"], &["web:1"]),
    ] {
        *catalog.lock().unwrap() = Catalog { index, services };
        seen.wait_for("job", want).await;
    }
    manager.shutdown().await;
}

#[tokio::test]
async fn counters_of_a_section_go_with_it() {
    let mut place = Served::new(&KINDS[0]);
    let config = place.set(&["a:1"]);
    let seen = Seen::new();
    let manager = Manager::with_throttle(Arc::clone(&seen) as _, Duration::from_millis(1));
    manager.apply(vec![("job".to_owned(), vec![config.clone(), config])]);
    seen.wait_for("job", &["a:1", "a:1"]).await;
    let count = || {
        let mut families = Vec::new();
        manager.gather(&mut families);
        let name = "prometheus_sd_refresh_failures_total";
        families
            .iter()
            .find(|family| family.name == name)
            .unwrap()
            .points
            .len()
    };
    assert_eq!(count(), 1, "sections of a job share an entry");
    manager.apply(Vec::new());
    seen.wait_for("job", &[]).await;
    let waiting = async {
        while count() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .unwrap();
}
