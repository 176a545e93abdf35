//! The same configuration against the same servers: Argand and the originals find the same
//! targets, active and dropped, with the same labels.
//!
//! The servers answer as their documentation says (`answers`). An original that does not know a
//! mechanism is not asked about it. Newer ones are found by `ARGAND_PROMETHEUS_NEXT`, a folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests may stop at the first surprise"
)]

mod answers;
#[path = "../../../crates/ingest/discovery/tests/fake/mod.rs"]
mod fake;
#[path = "../../../crates/ingest/discovery/tests/fake/dns.rs"]
#[allow(dead_code, reason = "not every record is used")]
mod fake_dns;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use answers::{JOBS, Job};
use argand_tests::{Server, binary, free_port, get_json, installed};
use fake::{Asked, Fake, Reply};
use serde_json::Value;

/// How long two servers have to agree.
const PATIENCE: Duration = Duration::from_secs(30);

/// Differences that are shown.
const SHOWN: usize = 5;

/// What drops one target of each job, so that dropped ones can be compared too.
const RELABEL: &str = "relabel_configs: [{source_labels: [__address__], regex: '.*drop.*|10\\.0\\.0\\.66.*', action: drop}]";

/// An original on this machine.
struct Original {
    program: PathBuf,
    tool: PathBuf,
    newer: bool,
}

fn originals() -> Vec<Original> {
    let mut found = Vec::new();
    if let (Some(program), Some(tool)) = (installed("prometheus"), installed("promtool")) {
        let newer = false;
        found.push(Original {
            program,
            tool,
            newer,
        });
    }
    match std::env::var_os("ARGAND_PROMETHEUS_NEXT").map(PathBuf::from) {
        Some(folder) => found.push(Original {
            program: folder.join("prometheus"),
            tool: folder.join("promtool"),
            newer: true,
        }),
        None => {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: ARGAND_PROMETHEUS_NEXT is not set"
            );
        }
    }
    found
}

fn configuration(jobs: &[String]) -> String {
    let jobs = jobs.iter().map(|job| format!("- {{{job}, {RELABEL}}}\n"));
    format!("scrape_configs:\n{}", jobs.collect::<String>())
}

/// The jobs that an original takes.
fn known_to(tool: &Path, folder: &Path, jobs: &[String]) -> Vec<String> {
    let file = folder.join("one.yml");
    let takes = |job: &&String| {
        std::fs::write(&file, configuration(std::slice::from_ref(job))).unwrap();
        let checked = Command::new(tool)
            .args(["check", "config"])
            .arg(&file)
            .output();
        let fine = checked.unwrap().status.success();
        if !fine {
            let _ = writeln!(std::io::stderr(), "skipped for {}: {job}", tool.display());
        }
        fine
    };
    jobs.iter().filter(takes).cloned().collect()
}

/// Starts a server of either kind. `environment` says where it finds what no section names.
fn start(program: &Path, folder: &Path, text: &str, environment: &[(String, String)]) -> Server {
    let file = folder.join("prometheus.yml");
    std::fs::write(&file, text).unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .envs(environment.iter().cloned())
        // Newer originals refuse to be told of certificates in this way.
        .env_remove("AWS_CA_BUNDLE")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let url = format!("http://127.0.0.1:{port}");
    Server::start(command, url, "/-/ready", &folder.join("log")).unwrap()
}

/// Every target by what was discovered of it, and whether it is scraped.
fn targets(url: &str) -> BTreeSet<String> {
    let answer = get_json(&format!("{url}/api/v1/targets")).unwrap();
    let list = |pointer| answer.pointer(pointer).and_then(Value::as_array).cloned();
    let active = list("/data/activeTargets").unwrap_or_default();
    let active = active
        .iter()
        .map(|target| format!("active {} {}", target["scrapePool"], discovered(target)));
    let dropped = list("/data/droppedTargets").unwrap_or_default();
    let dropped = dropped
        .iter()
        .map(|target| format!("dropped {}", discovered(target)));
    active.chain(dropped).collect()
}

/// The labels before relabelling, without those by which newer originals show how a job scrapes.
fn discovered(target: &Value) -> Value {
    let mut labels = target["discoveredLabels"].clone();
    let how = ["__always_scrape_", "__convert_", "__scrape_native_"];
    let map = labels.as_object_mut().unwrap();
    map.retain(|name, _| !how.iter().any(|prefix| name.starts_with(prefix)));
    labels
}

/// Waits until both know the same targets, at least one active and one dropped of each job.
fn agree(ours: &Server, theirs: &Server, jobs: &[String]) {
    let began = Instant::now();
    loop {
        let (own, original) = (targets(&ours.url), targets(&theirs.url));
        let whole = jobs.iter().all(|job| {
            let name = job.split([' ', ',']).nth(1).unwrap();
            let has = |how: &str| {
                let of_job = format!("\"job\":\"{name}\"");
                own.iter()
                    .any(|t| t.starts_with(how) && t.contains(&of_job))
            };
            has("active") && has("dropped")
        });
        if whole && own == original {
            return;
        }
        if began.elapsed() > PATIENCE {
            let more: Vec<_> = own.difference(&original).take(SHOWN).collect();
            let less: Vec<_> = original.difference(&own).take(SHOWN).collect();
            let logged = [ours.log(), theirs.log()].concat();
            let complaints: Vec<_> = logged.lines().filter(|l| l.contains("err")).collect();
            panic!(
                "all jobs have targets: {whole}\nonly Argand: {more:#?}\nonly the original: {less:#?}\n{complaints:#?}"
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Jobs, each with whether older originals understand it in another way.
fn compare(jobs: &[(String, bool)], environment: &[(String, String)]) {
    for Original {
        program,
        tool,
        newer,
    } in originals()
    {
        let folder = tempfile::tempdir().unwrap();
        let fitting = jobs.iter().filter(|(_, for_newer)| newer || !for_newer);
        let jobs: Vec<String> = fitting.map(|(job, _)| job.clone()).collect();
        let jobs = known_to(&tool, folder.path(), &jobs);
        let text = configuration(&jobs);
        let theirs = start(&program, folder.path(), &text, environment);
        let own = tempfile::tempdir().unwrap();
        let ours = start(&binary().unwrap(), own.path(), &text, environment);
        agree(&ours, &theirs, &jobs);
    }
}

#[test]
fn servers_are_understood_alike() {
    let folder = tempfile::tempdir().unwrap();
    let mut servers = Vec::new();
    let mut jobs = Vec::new();
    let mut environment = Vec::new();
    for Job {
        name,
        section,
        entry,
        answer,
        newer,
    } in JOBS
    {
        let answer = move |asked: &Asked| {
            let reply = answer(asked);
            reply.unwrap_or_else(|| Reply::of(404, "text/plain", asked.path.clone()))
        };
        let server = if entry.contains("SOCKET") {
            Fake::on_socket(&folder.path().join(name), answer)
        } else {
            Fake::start(answer)
        };
        let entry = entry
            .replace("ADDRESS", &server.address)
            .replace("SOCKET", &server.address);
        jobs.push((format!("job_name: {name}, {section}: [{entry}]"), *newer));
        if *name == "ecs" {
            // Its section says where ECS is, but not where EC2 is.
            let url = format!("http://{}", server.address);
            environment.push(("AWS_ENDPOINT_URL_EC2".to_owned(), url));
        }
        servers.push(server);
    }
    compare(&jobs, &environment);
}

/// Name servers are asked at port 53, as the machine's file says: the test runs itself in
/// namespaces of its own, where it may have both.
#[test]
fn names_are_understood_alike() {
    let Some(unshare) = installed("unshare") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("resolv.conf");
    std::fs::write(&file, "nameserver 127.0.0.1\nsearch no.org org\n").unwrap();
    let inside =
        "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";
    let run = |what: &[&std::ffi::OsStr]| {
        let mut command = Command::new(&unshare);
        command.args(["--user", "--map-root-user", "--mount", "--net"]);
        command
            .args(["sh", "-c", inside, "sh"])
            .arg(&file)
            .args(what);
        command.output().unwrap()
    };
    if !run(&["true".as_ref()]).status.success() {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: no namespaces of one's own here"
        );
        return;
    }
    let this = std::env::current_exe().unwrap();
    let output = run(&[
        this.as_os_str(),
        "--exact".as_ref(),
        "names_inside".as_ref(),
        "--ignored".as_ref(),
        "--nocapture".as_ref(),
    ]);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(said.contains("1 passed"), "{said}{complained}");
}

#[test]
#[ignore = "runs within names_are_understood_alike"]
fn names_inside() {
    use fake_dns::{mx, name, srv};
    let many = (0..60).map(|n| ("_many._tcp.org.", 33, srv("many.org", 8000 + n)));
    let mut records: Vec<fake_dns::Record> = vec![
        ("_node._tcp.org.", 33, srv("One.org", 9100)),
        ("_node._tcp.org.", 33, srv("drop.org", 9101)),
        ("a.org.", 5, name("b.org")),
        ("a.org.", 1, vec![10, 0, 0, 1]),
        ("a.org.", 1, vec![10, 0, 0, 66]),
        (
            "six.org.",
            28,
            vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
        ("a.org.", 28, vec![0xfe; 16]),
        ("org.", 15, mx("mail.org")),
        ("org.", 15, mx("drop.org")),
        ("org.", 2, name("ns.org")),
        ("org.", 2, name("drop.org")),
    ];
    records.extend(many);
    let zone = Arc::new(Mutex::new(Some(records)));
    fake_dns::start(([127, 0, 0, 1], 53).into(), &zone);
    let jobs = [
        "job_name: srv, dns_sd_configs: [{names: [_node._tcp.org, _many._tcp, none.org]}]".to_owned(),
        "job_name: v4, dns_sd_configs: [{names: [a], type: A, port: 80}]".to_owned(),
        "job_name: v6, dns_sd_configs: [{names: [six, a.org.], type: AAAA, port: 80}], static_configs: [{targets: [drop]}]".to_owned(),
        "job_name: mail, dns_sd_configs: [{names: [org.], type: MX, port: 25}]".to_owned(),
        "job_name: names, dns_sd_configs: [{names: [org], type: NS, port: 53}]".to_owned(),
    ];
    compare(&jobs.map(|job| (job, false)), &[]);
}
