//! Plays a case on a running Alertmanager.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::case::{Case, Step};
use super::hook::{Hook, Told};
use crate::server::{Server, binary};

/// A program of Alertmanager's flags, running in a folder.
pub struct Alertmanager {
    /// The running program.
    pub server: Server,
    folder: PathBuf,
}

impl Alertmanager {
    /// Starts Argand's Alertmanager in a folder, with `am.yml` there as its configuration.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn argand(folder: &Path, config: &str) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.arg("alertmanager");
        Self::start(command, folder, config)
    }

    /// Starts the original.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn original(program: &Path, folder: &Path, config: &str) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("--cluster.listen-address=");
        Self::start(command, folder, config)
    }

    fn start(mut command: Command, folder: &Path, config: &str) -> Result<Self> {
        let file = folder.join("am.yml");
        std::fs::write(&file, config)?;
        let port = crate::free_port()?;
        command
            .current_dir(folder)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let url = format!("http://127.0.0.1:{port}");
        let server = Server::start(command, url, "/-/ready", &folder.join("log"))?;
        Ok(Self {
            server,
            folder: folder.to_owned(),
        })
    }

    /// Posts JSON to a path of the API.
    ///
    /// # Errors
    /// Where the answer is not 200.
    pub fn post(&self, path: &str, body: &Value) -> Result<String> {
        let url = format!("{}/api/v2/{path}", self.server.url);
        let answer = crate::post(&url, "application/json", body.to_string().as_bytes())?;
        ensure!(
            answer.status == 200,
            "{url}: {} {}",
            answer.status,
            answer.text
        );
        Ok(answer.text)
    }

    /// Puts another configuration in force.
    ///
    /// # Errors
    /// Where it is refused.
    pub fn reload(&self, config: &str) -> Result<()> {
        std::fs::write(self.folder.join("am.yml"), config)?;
        let answer = crate::post(&format!("{}/-/reload", self.server.url), "text/plain", b"")?;
        ensure!(
            answer.status == 200,
            "reload: {} {}",
            answer.status,
            answer.text
        );
        Ok(())
    }
}

/// How late a notification may be beyond the span that a case says: a busy machine is late, and
/// never early.
const LATE: Duration = Duration::from_secs(4);

/// Plays a case from its beginning to its end; answers when it began.
///
/// # Errors
/// Where a step fails.
pub fn play(case: &Case, alertmanager: &Alertmanager, hook: &Hook) -> Result<Instant> {
    let began = Instant::now();
    let mut silences = HashMap::new();
    for (at, step) in &case.steps {
        sleep_until(began + *at);
        take(step, case, alertmanager, hook, &mut silences)
            .with_context(|| format!("{at:?} {step:?}\n{}", alertmanager.server.log()))?;
    }
    sleep_until(began + case.until);
    while hook.told().len() < case.expected.len() && began.elapsed() < case.until + LATE {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(began)
}

fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}

fn take(
    step: &Step,
    case: &Case,
    alertmanager: &Alertmanager,
    hook: &Hook,
    silences: &mut HashMap<String, String>,
) -> Result<()> {
    match step {
        Step::Alert(labels) => {
            alertmanager.post("alerts", &json!([{"labels": object(labels)}]))?;
        }
        Step::End(labels) => {
            let alert = json!([{"labels": object(labels), "endsAt": time(0)?}]);
            alertmanager.post("alerts", &alert)?;
        }
        Step::Silence(name, seconds, matchers) => {
            let matchers: Vec<Value> = matchers
                .iter()
                .map(|(name, value)| json!({"name": name, "value": value, "isRegex": false}))
                .collect();
            let silence = json!({
                "matchers": matchers,
                "startsAt": time(0)?,
                "endsAt": time(*seconds)?,
                "createdBy": "test",
                "comment": "test",
            });
            let made: Value = serde_json::from_str(&alertmanager.post("silences", &silence)?)?;
            let id = made.get("silenceID").and_then(Value::as_str);
            silences.insert(name.clone(), id.context("an id")?.to_owned());
        }
        Step::Expire(name) => {
            let id = silences.get(name).context("a silence of that name")?;
            let url = format!("{}/api/v2/silence/{id}", alertmanager.server.url);
            let answer = crate::delete(&url)?;
            ensure!(answer.status == 200, "{} {}", answer.status, answer.text);
        }
        Step::Config(name) => {
            let config = case.configs.iter().find(|(other, _)| other == name);
            let (_, text) = config.context("a configuration of that name")?;
            alertmanager.reload(&text.replace("HOOK", &hook.url))?;
        }
        Step::Fail(receiver, times) => hook.fail(receiver, *times),
    }
    Ok(())
}

fn object(labels: &[(String, String)]) -> Value {
    let pairs = labels.iter();
    pairs
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect()
}

/// A moment so many seconds from now, as the API reads it.
fn time(seconds: u64) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(seconds);
    let (days, rest) = (now.as_secs() / 86_400, now.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    let millis = now.subsec_millis();
    Ok(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
    ))
}

/// The date of a day since the epoch, counting years from March.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// Checks that what came is what was expected: nothing is missing, nothing came beside it until the
/// end, and each came in its span of time, or a little later.
///
/// # Errors
/// Where that is not so; says what came.
pub fn check(case: &Case, told: &[Told], began: Instant) -> Result<()> {
    let mut list = String::new();
    for one in told {
        let at = one.at.saturating_duration_since(began).as_secs_f64();
        let _ = writeln!(list, "{at:6.2} {} {}", one.receiver, one.alerts());
    }
    let mut left: Vec<&Told> = told.iter().collect();
    for one in &case.expected {
        let fits = |told: &&Told| {
            let at = told.at.saturating_duration_since(began);
            told.receiver == one.receiver
                && told.alerts() == one.alerts
                && one.from <= at
                && at <= one.to + LATE
        };
        let Some(place) = left.iter().position(fits) else {
            bail!("this did not come: {one:?}; there came:\n{list}");
        };
        left.remove(place);
    }
    let strays = left.iter().filter(|told| told.at < began + case.until);
    if let Some(stray) = strays.into_iter().next() {
        bail!(
            "nobody expected {} {}; there came:\n{list}",
            stray.receiver,
            stray.alerts()
        );
    }
    Ok(())
}

/// Waits until something holds.
///
/// # Panics
/// Where it does not within half a minute, with `what` should have come.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_778, (2026, 11, 21)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }
}
