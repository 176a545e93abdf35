//! One target: from discovered labels to what is scraped, and how it is doing.

use std::time::Duration;

use config::ScrapeConfig;
use contract::{ActiveTarget, Health};
use model::{Labels, LabelsBuilder, duration};
use parking_lot::Mutex;
use url::Url;

use crate::metadata::{self, Rows};

const ADDRESS: &str = "__address__";
const SCHEME: &str = "__scheme__";
const PATH: &str = "__metrics_path__";
const INTERVAL: &str = "__scrape_interval__";
const TIMEOUT: &str = "__scrape_timeout__";
const PARAM: &str = "__param_";

/// A target that is scraped.
pub(crate) struct Target {
    /// Labels of its series.
    pub(crate) labels: Labels,
    /// What is asked.
    pub(crate) url: String,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    /// Labels before relabelling; discovery may come to say others of the same target.
    pub(crate) discovered: Mutex<Labels>,
    pub(crate) status: Mutex<Status>,
}

/// How a target's last scrape went.
pub(crate) struct Status {
    pub(crate) health: Health,
    pub(crate) last_error: String,
    /// Milliseconds since the epoch.
    pub(crate) last_scrape: Option<i64>,
    pub(crate) last_duration: Duration,
    pub(crate) metadata: Rows,
}

/// What becomes of discovered labels.
pub(crate) enum Made {
    /// To be scraped.
    Target(Box<Target>),
    /// Dropped by relabelling; the labels before.
    Dropped(Labels),
    /// Not fit to be scraped; the labels before, and why.
    Broken(Labels, String),
}

/// What tells one target from another within a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TargetKey {
    pub(crate) labels: Labels,
    pub(crate) url: String,
}

impl Target {
    /// Makes a target of what discovery found: `shared` are the labels of its group.
    pub(crate) fn make(config: &ScrapeConfig, shared: &Labels, own: &Labels) -> Made {
        let mut labels = shared.to_builder();
        for (name, value) in own.iter() {
            labels.set(name, value);
        }
        set_defaults(config, &mut labels);
        let discovered = labels.build();
        if !relabel::apply(&config.relabel, &mut labels) {
            return Made::Dropped(discovered);
        }
        match Self::finish(config, &discovered, labels) {
            Ok(target) => Made::Target(Box::new(target)),
            Err(reason) => Made::Broken(discovered, reason),
        }
    }

    fn finish(
        config: &ScrapeConfig,
        discovered: &Labels,
        mut labels: LabelsBuilder,
    ) -> Result<Self, String> {
        let address = labels.get(ADDRESS).to_owned();
        check_address(&address)?;
        let interval = positive(labels.get(INTERVAL), "interval")?;
        let timeout = positive(labels.get(TIMEOUT), "timeout")?;
        if timeout > interval {
            return Err(format!(
                "scrape timeout cannot be greater than scrape interval ({:?} > {:?})",
                labels.get(TIMEOUT),
                labels.get(INTERVAL)
            ));
        }
        let url = url(config, &address, &labels)?;
        labels.retain(|name, _| !name.starts_with("__"));
        if labels.get("instance").is_empty() {
            labels.set("instance", &address);
        }
        Ok(Self {
            labels: labels.build(),
            url,
            interval,
            timeout,
            discovered: Mutex::new(discovered.clone()),
            status: Mutex::new(Status::unknown()),
        })
    }

    pub(crate) fn key(&self) -> TargetKey {
        TargetKey {
            labels: self.labels.clone(),
            url: self.url.clone(),
        }
    }

    /// The target as pages show it.
    pub(crate) fn shown(&self, pool: &str) -> ActiveTarget {
        let status = self.status.lock();
        ActiveTarget {
            discovered: self.discovered.lock().clone(),
            labels: self.labels.clone(),
            pool: pool.to_owned(),
            url: self.url.clone(),
            last_error: status.last_error.clone(),
            last_scrape: status.last_scrape,
            last_duration: status.last_duration,
            health: status.health,
            interval: self.interval,
            timeout: self.timeout,
        }
    }
}

impl Status {
    pub(crate) fn unknown() -> Self {
        Self {
            health: Health::Unknown,
            last_error: String::new(),
            last_scrape: None,
            last_duration: Duration::ZERO,
            metadata: metadata::none(),
        }
    }
}

/// A target that cannot be scraped, as pages show it.
pub(crate) fn shown_broken(
    config: &ScrapeConfig,
    discovered: &Labels,
    reason: &str,
) -> ActiveTarget {
    ActiveTarget {
        discovered: discovered.clone(),
        labels: discovered.filtered(|name| !name.starts_with("__")),
        pool: config.job_name.clone(),
        url: String::new(),
        last_error: reason.to_owned(),
        last_scrape: None,
        last_duration: Duration::ZERO,
        health: Health::Down,
        interval: config.interval,
        timeout: config.timeout,
    }
}

/// Sets what the section says where discovery said nothing.
fn set_defaults(config: &ScrapeConfig, labels: &mut LabelsBuilder) {
    let mut default = |name: &str, value: &str| {
        if labels.get(name).is_empty() {
            labels.set(name, value);
        }
    };
    default("job", &config.job_name);
    default(INTERVAL, &duration::format(millis(config.interval)));
    default(TIMEOUT, &duration::format(millis(config.timeout)));
    default(PATH, &config.metrics_path);
    default(SCHEME, &config.scheme);
    for (name, values) in &config.params {
        if let Some(first) = values.first() {
            default(&format!("{PARAM}{name}"), first);
        }
    }
}

fn check_address(address: &str) -> Result<(), String> {
    if address.is_empty() {
        return Err("no address".to_owned());
    }
    let foreign = |c: char| matches!(c, '/' | '?' | '#' | '@' | '\\') || c.is_whitespace();
    if address.contains(foreign) {
        return Err(format!("{address:?} is not a valid hostname"));
    }
    Ok(())
}

fn positive(text: &str, what: &str) -> Result<Duration, String> {
    let parsed = duration::parse(text).map_err(|e| format!("error parsing scrape {what}: {e}"))?;
    match u64::try_from(parsed) {
        Ok(0) | Err(_) => Err(format!("scrape {what} cannot be 0")),
        Ok(millis) => Ok(Duration::from_millis(millis)),
    }
}

/// The URL: the section's parameters, of each the first value as the labels say it.
fn url(config: &ScrapeConfig, address: &str, labels: &LabelsBuilder) -> Result<String, String> {
    let scheme = labels.get(SCHEME);
    if scheme != "http" && scheme != "https" {
        return Err(format!("unsupported protocol scheme {scheme:?}"));
    }
    let mut params = config.params.clone();
    for (name, value) in labels.iter() {
        if let Some(param) = name.strip_prefix(PARAM) {
            let values = params.entry(param.to_owned()).or_default();
            match values.first_mut() {
                Some(first) => value.clone_into(first),
                None => values.push(value.to_owned()),
            }
        }
    }
    let mut url = Url::parse(&format!("{scheme}://{address}/"))
        .map_err(|e| format!("{address:?} is not a valid hostname: {e}"))?;
    // The path is set on its own, so that a `?` in it stays part of it.
    url.set_path(labels.get(PATH));
    let pairs: Vec<(&str, &str)> = params
        .iter()
        .flat_map(|(name, values)| values.iter().map(|v| (name.as_str(), v.as_str())))
        .collect();
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    // Written out by hand, because the parsed form leaves out a port that the scheme implies.
    let query = url.query().map(|query| format!("?{query}"));
    Ok(format!(
        "{scheme}://{address}{}{}",
        url.path(),
        query.unwrap_or_default()
    ))
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::section;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::from_pairs(pairs.iter().copied())
    }

    #[test]
    fn what_is_scraped() {
        let mut config = section("j");
        config.params = [("q".to_owned(), vec!["1".to_owned(), "2".to_owned()])].into();
        let check = |own: &[(&str, &str)], url: &str, stays: &[(&str, &str)]| {
            let shared = labels(&[("zone", "z"), ("__meta_x", "y")]);
            let Made::Target(target) = Target::make(&config, &shared, &labels(own)) else {
                panic!("a good target");
            };
            assert_eq!(target.url, url);
            assert_eq!(target.labels, labels(stays));
            let discovered = target.discovered.lock();
            assert_eq!(discovered.get("__meta_x"), Some("y"));
            assert_eq!(discovered.get("__scrape_interval__"), Some("100ms"));
        };
        check(
            &[("__address__", "h:1")],
            "http://h:1/metrics?q=1&q=2",
            &[("instance", "h:1"), ("job", "j"), ("zone", "z")],
        );
        check(
            &[
                ("__address__", "[::1]:80"),
                ("__scheme__", "https"),
                ("__metrics_path__", "/a b?c"),
                ("__param_q", "x&y"),
                ("instance", "i"),
                ("job", "k"),
            ],
            "https://[::1]:80/a%20b%3Fc?q=x%26y&q=2",
            &[("instance", "i"), ("job", "k"), ("zone", "z")],
        );
        let bare = [("__address__", "h:80")];
        let stays = [("instance", "h:80"), ("job", "j"), ("zone", "z")];
        check(&bare, "http://h:80/metrics?q=1&q=2", &stays);
    }

    #[test]
    fn what_cannot_be_scraped() {
        let check = |own: &[(&str, &str)], wanted: &str| {
            let made = Target::make(&section("j"), &Labels::empty(), &labels(own));
            let Made::Broken(_, reason) = made else {
                panic!("{wanted}");
            };
            assert!(reason.starts_with(wanted), "{reason}");
        };
        check(&[], "no address");
        check(
            &[("__address__", "http://h")],
            r#""http://h" is not a valid hostname"#,
        );
        check(
            &[("__address__", "h:x")],
            r#""h:x" is not a valid hostname"#,
        );
        let with = |name, value, wanted: &str| {
            check(&[("__address__", "h:1"), (name, value)], wanted);
        };
        with("__scheme__", "ftp", "unsupported protocol scheme");
        with("__scrape_interval__", "x", "error parsing scrape interval");
        with("__scrape_interval__", "0", "scrape interval cannot be 0");
        with(
            "__scrape_timeout__",
            "1h",
            "scrape timeout cannot be greater than scrape interval",
        );
    }
}
