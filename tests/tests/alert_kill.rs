//! `kill -9` at random moments between a rule's evaluation and the receiver: every alert that goes
//! on firing is told of, none is told of twice, and nobody hears of an end that was none.
//!
//! A receiver that heard a request whose answer Argand did not live to note hears it again. Such a
//! request carries the same `Idempotency-Key`, and only such a one does.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use argand_tests::alerting::{Hook, Told};
use argand_tests::{Argand, Page, Target};

/// Kills in one run; the long sweep sets `ARGAND_KILLS`.
const KILLS: usize = 6;

/// How long the last start may take to set everything right: ends that a kill swallowed come when
/// the alert has not been said again for four times the resend delay.
const PATIENCE: Duration = Duration::from_secs(120);

const PROMETHEUS: &str = "
global: {scrape_interval: 150ms, scrape_timeout: 150ms, evaluation_interval: 300ms}
rule_files: [rules.yml]
scrape_configs:
  - job_name: load
    static_configs: [{targets: ['TARGET']}]
";

const RULES: &str = "
groups:
  - name: g
    rules:
      - alert: Held
        expr: load == 1
";

/// One receiver hears of each alert alone, the other of twenty at a time.
const ALERTMANAGER: &str = "
global: {resolve_timeout: 20s}
route:
  receiver: each
  group_wait: 200ms
  group_interval: 500ms
  repeat_interval: 1h
  routes:
    - {receiver: each, group_by: [n], continue: true}
    - {receiver: shard, group_by: [shard]}
receivers:
  - {name: each, webhook_configs: [{url: 'HOOK/each'}]}
  - {name: shard, webhook_configs: [{url: 'HOOK/shard'}]}
";

/// Alerts of one group of the second receiver.
const SHARD: usize = 20;

/// A random number from a seed: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What holds of each alert by number: whether it fires, and whether it ever ends.
#[derive(Clone, Default)]
struct World(Vec<bool>);

impl World {
    fn page(&self) -> String {
        let mut page = String::new();
        for (n, fires) in self.0.iter().enumerate() {
            let value = u8::from(*fires);
            writeln!(page, "load{{n=\"{n}\",shard=\"{}\"}} {value}", n / SHARD).unwrap();
        }
        page
    }

    /// One more alert begins, and now and then one of the last few ends.
    fn step(&mut self, random: &mut Random) {
        self.0.push(true);
        if random.below(2) == 0 {
            let back = random.below(10) as usize;
            let place = self.0.len().saturating_sub(back + 1);
            self.0[place] = false;
        }
    }
}

fn start(folder: &Path, configuration: &str) -> Argand {
    let flags = [
        "--alertmanager.config.file=alertmanager.yml",
        "--rules.alert.resend-delay=5s",
    ];
    Argand::start_in(folder, configuration, &flags).unwrap()
}

/// Lets the world go on until a moment comes that was chosen beforehand: after some time, or with
/// the next notification, whose answer is then on its way.
fn live(world: &Mutex<World>, hook: &Hook, random: &mut Random) {
    let began = Instant::now();
    let heard = hook.told().len();
    let at_notification = random.below(2) == 0;
    let time = Duration::from_millis(200 + random.below(1500));
    let grace = Duration::from_micros(random.below(2000));
    let mut stepped = began;
    loop {
        if at_notification && began.elapsed() > time / 2 && hook.told().len() > heard {
            return std::thread::sleep(grace);
        }
        if began.elapsed() > time * (1 + u32::from(at_notification)) {
            return;
        }
        if stepped.elapsed() > Duration::from_millis(150) {
            stepped = Instant::now();
            world.lock().unwrap().step(random);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The notifications of a receiver without those that were said again under the same key, by
/// `part`, and how many of those there were.
fn once(told: &[Told], receiver: &str, part: &str) -> (BTreeMap<String, Vec<String>>, usize) {
    let mut by_part: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last_key: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut again = 0;
    for one in told.iter().filter(|one| one.receiver == receiver) {
        let of = one.body["groupLabels"][part].as_str().unwrap().to_owned();
        let before = last_key.insert(of.clone(), one.key.clone());
        if one.key.is_some() && before == Some(one.key.clone()) {
            again += 1;
        } else {
            by_part.entry(of).or_default().push(one.alerts());
        }
    }
    (by_part, again)
}

/// What is wrong with what was told of each alert alone.
fn wrong_of_each(world: &World, told: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (n, fires) in world.0.iter().enumerate() {
        let told = told.get(&n.to_string()).map_or(&[][..], Vec::as_slice);
        let (firing, ended) = (format!("Held/{n}"), format!("-Held/{n}"));
        let good = match told {
            [] => !fires,
            [first] => *fires && *first == firing,
            [first, last] => !fires && *first == firing && *last == ended,
            _ => false,
        };
        if !good {
            wrong.push(format!("{n}, which fires: {fires}: {told:?}"));
        }
    }
    wrong
}

/// Groups of which the same was told twice in a row.
fn told_twice(told: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut twice = Vec::new();
    for (shard, told) in told {
        for pair in told.windows(2).filter(|pair| pair[0] == pair[1]) {
            twice.push(format!("shard {shard}: {}", pair[0]));
        }
    }
    twice
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_alert_is_told_of_once() {
    let kills = number("ARGAND_KILLS").map_or(KILLS, |kills| kills as usize);
    let seed = number("ARGAND_SEED").unwrap_or_else(|| u64::from(std::process::id()) | 1 << 40);
    println!("ARGAND_SEED={seed}");
    let mut random = Random(seed);
    let world = Arc::new(Mutex::new(World::default()));
    let shown = Arc::clone(&world);
    let target = Target::start(move |_| Page::text(shown.lock().unwrap().page())).unwrap();
    let hook = Hook::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    file("alertmanager.yml", ALERTMANAGER.replace("HOOK", &hook.url));
    file("rules.yml", RULES.to_owned());
    let configuration = PROMETHEUS.replace("TARGET", &target.address);

    for _ in 0..kills {
        let mut argand = start(folder.path(), &configuration);
        live(&world, &hook, &mut random);
        argand.server.kill();
    }
    let _argand = start(folder.path(), &configuration);
    // Nothing changes any more.
    let world = world.lock().unwrap().clone();
    let began = Instant::now();
    let (mut wrong, mut again) = (Vec::new(), 0);
    while began.elapsed() < PATIENCE {
        let told = hook.told();
        let (each, of_each) = once(&told, "each", "n");
        let (shards, of_shards) = once(&told, "shard", "shard");
        again = of_each + of_shards;
        wrong = wrong_of_each(&world, &each);
        let twice = told_twice(&shards);
        assert!(twice.is_empty(), "seed {seed}: told twice: {twice:#?}");
        if wrong.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    assert!(
        again <= kills * 2 * SHARD,
        "{again} said again after {kills} kills"
    );
    let log = std::fs::read_to_string(folder.path().join("argand.log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    println!(
        "{kills} kills, {} alerts, {} notifications, {again} of them again under the same key",
        world.0.len(),
        hook.told().len()
    );
}
