//! A log in memory, and a server that takes and refuses samples as Prometheus does.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contract::{
    ActiveTarget, DroppedTarget, Follow, FollowError, LogKind, LogPosition, LogSink,
    MetricMetadata, Taken, Targets,
};
use model::Labels;
use parking_lot::Mutex;
use relabel::Rule;
use wire::remote::write::{Content, Request, Version};

/// Each record is a moment at which so many series have a sample.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) records: Mutex<Vec<(i64, u64)>>,
    pub(crate) kept_from: Mutex<Option<LogPosition>>,
}

/// Bytes that a record takes.
pub(crate) const RECORD_BYTES: u64 = 100;

fn at(record: usize) -> LogPosition {
    LogPosition {
        segment: record as u64,
        offset: 0,
    }
}

impl Follow for Log {
    fn end(&self) -> Result<LogPosition, FollowError> {
        Ok(at(self.records.lock().len()))
    }

    fn names(&self, _: LogPosition, sink: &mut dyn LogSink) -> Result<(), FollowError> {
        let series = self.records.lock().iter().map(|record| record.1).max();
        for number in 0..series.unwrap_or_default().max(100) {
            let number_text = number.to_string();
            sink.series(number, &[("__name__", "a"), ("n", &number_text)]);
        }
        Ok(())
    }

    fn read(
        &self,
        from: LogPosition,
        until: LogPosition,
        sink: &mut dyn LogSink,
    ) -> Result<LogPosition, FollowError> {
        let records = self.records.lock().clone();
        let records = records.iter().enumerate().take(until.segment as usize);
        for (place, &(time, series)) in records.skip(from.segment as usize) {
            sink.begin(at(place), LogKind::Samples);
            for number in 0..series {
                sink.sample(number, time, number as f64);
            }
            // One whose name is not there.
            sink.sample(u64::MAX, time, 0.0);
            if !sink.end() {
                return Ok(at(place + 1));
            }
        }
        Ok(until)
    }

    fn keep_from(&self, position: Option<LogPosition>) {
        *self.kept_from.lock() = position;
    }

    fn bytes_from(&self, position: LogPosition) -> Result<u64, FollowError> {
        let records = self.records.lock().len() as u64;
        Ok(records.saturating_sub(position.segment) * RECORD_BYTES)
    }

    fn names_version(&self) -> Result<u64, FollowError> {
        Ok(0)
    }

    fn taken(&self) -> Taken {
        Taken::default()
    }
}

/// Nothing is scraped.
pub(crate) struct NoTargets;

impl Targets for NoTargets {
    fn pools(&self) -> Vec<String> {
        Vec::new()
    }

    fn active(&self, _: Option<&str>) -> Vec<ActiveTarget> {
        Vec::new()
    }

    fn dropped(&self, _: Option<&str>) -> Vec<DroppedTarget> {
        Vec::new()
    }

    fn dropped_counts(&self) -> Vec<(String, u64)> {
        Vec::new()
    }

    fn metadata(&self, _: Option<&str>) -> Vec<(Labels, Vec<MetricMetadata>)> {
        Vec::new()
    }

    fn relabel_rules(&self, _: &str) -> Option<Vec<Rule>> {
        None
    }
}

/// The samples of each series, in the order they were taken.
pub(crate) type Stored = BTreeMap<String, Vec<(i64, u64)>>;

/// What the server does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes them, and refuses a whole request with a sample that is older than its series' newest.
    Sound,
    /// Takes every third, and hangs up after another.
    Shaky,
    /// Takes its time.
    Slow,
    /// Fails.
    Down,
}

/// The server; it ends with the process.
pub(crate) struct Far {
    pub(crate) url: String,
    pub(crate) stored: Mutex<Stored>,
    pub(crate) mood: Mutex<Mood>,
    pub(crate) refused: AtomicUsize,
    requests: AtomicUsize,
}

impl Far {
    pub(crate) fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let far = Arc::new(Self {
            url: format!("http://{}/w", listener.local_addr().unwrap()),
            stored: Mutex::default(),
            mood: Mutex::new(Mood::Sound),
            refused: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&far);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let far = Arc::clone(&shared);
                std::thread::spawn(move || far.serve(stream));
            }
        });
        far
    }

    pub(crate) fn count(&self) -> usize {
        self.stored.lock().values().map(Vec::len).sum()
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let (mut line, mut length) = (String::new(), 0);
            while line.trim_end() != "" || length == 0 {
                line.clear();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().ok()?;
                }
            }
            let mut packed = vec![0; length];
            reader.read_exact(&mut packed).ok()?;
            let body = snap::raw::Decoder::new().decompress_vec(&packed).ok()?;
            if *self.mood.lock() == Mood::Slow {
                std::thread::sleep(Duration::from_millis(20));
            }
            let number = self.requests.fetch_add(1, Ordering::Relaxed);
            let answer = match (*self.mood.lock(), number % 3) {
                (Mood::Down, _) | (Mood::Shaky, 1) => "500 Internal Server Error",
                (Mood::Shaky, 2) => {
                    self.take(&body);
                    return None;
                }
                _ if self.take(&body) => "204 No Content",
                _ => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    "400 Bad Request"
                }
            };
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(head.as_bytes()).ok()?;
        }
    }

    /// Stores all of a request or nothing.
    fn take(&self, body: &[u8]) -> bool {
        let mut request = Request::new(body, Version::V1, 0).unwrap();
        let mut stored = self.stored.lock();
        let mut new = Vec::new();
        while let Some(series) = request.next_series().unwrap() {
            let (mut name, mut content) = (String::new(), Content::default());
            series
                .each_label(|label, value| name += &format!("{label}={value},"))
                .unwrap();
            series.read(&mut content).unwrap();
            let known = stored.get(&name).and_then(|all| all.last().copied());
            for (time, value) in content.samples {
                let sample = (time, value.to_bits());
                match known {
                    Some(newest) if newest == sample => continue,
                    Some((newest, _)) if time <= newest => return false,
                    _ => new.push((name.clone(), sample)),
                }
            }
        }
        for (name, sample) in new {
            stored.entry(name).or_default().push(sample);
        }
        true
    }
}
