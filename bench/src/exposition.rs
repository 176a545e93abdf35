//! What a synthetic target says: a machine's metrics and a service's histograms, with values that
//! move as real ones do.

use std::fmt::Write as _;

/// How a value moves from scrape to scrape.
#[derive(Clone, Copy)]
enum Motion {
    /// Never.
    Constant(f64),
    /// By about so much a second, in steps of `grain`.
    Counter { rate: f64, grain: f64 },
    /// Around a middle, by a share of it, in steps of `grain`.
    Gauge { middle: f64, share: f64, grain: f64 },
}

/// One series: its text up to the value, and its motion.
struct Line {
    text: String,
    motion: Motion,
}

/// What all targets say, ready to be filled with the values of any target at any moment.
pub(crate) struct Page {
    lines: Vec<Line>,
}

/// A cheap, reproducible random number from 0 to 1.
fn noise(seed: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^= x >> 32;
    (x >> 11) as f64 / (1u64 << 53) as f64
}

struct Builder {
    lines: Vec<Line>,
    wanted: usize,
}

impl Builder {
    fn header(&mut self, name: &str, kind: &str) {
        if self.lines.len() < self.wanted {
            let text = format!("# HELP {name} Synthetic metric {name}.\n# TYPE {name} {kind}\n");
            self.pending(text);
        }
    }

    /// A header goes before the next series' text.
    fn pending(&mut self, text: String) {
        self.lines.push(Line {
            text,
            motion: Motion::Constant(f64::NAN),
        });
        self.wanted += 1;
    }

    fn series(&mut self, text: String, motion: Motion) {
        if self.lines.len() < self.wanted {
            self.lines.push(Line { text, motion });
        }
    }
}

impl Page {
    /// A page of exactly `series` series.
    pub(crate) fn new(series: usize) -> Self {
        let mut page = Builder {
            lines: Vec::new(),
            wanted: series,
        };
        processors(&mut page);
        memory(&mut page);
        devices(&mut page);
        file_systems(&mut page);
        histograms(&mut page);
        fill(&mut page);
        Self { lines: page.lines }
    }

    /// Writes the page of a target as it is `seconds` after the start.
    pub(crate) fn write(&self, target: usize, seconds: f64, out: &mut String) {
        for (place, line) in self.lines.iter().enumerate() {
            out.push_str(&line.text);
            if !line.is_header() {
                let _ = writeln!(out, " {}", line.value(target, place, seconds));
            }
        }
    }

    /// The series as they stand in the page: name and labels.
    pub(crate) fn series(&self) -> impl Iterator<Item = &str> {
        let series = self.lines.iter().filter(|line| !line.is_header());
        series.map(|line| line.text.as_str())
    }

    /// The values of a target's series, in the order of [`Page::series`], to the bit those that
    /// [`Page::write`] writes.
    pub(crate) fn values(&self, target: usize, seconds: f64) -> impl Iterator<Item = f64> {
        let series = self.lines.iter().enumerate();
        let series = series.filter(|(_, line)| !line.is_header());
        series.map(move |(place, line)| line.value(target, place, seconds))
    }
}

impl Line {
    fn is_header(&self) -> bool {
        matches!(self.motion, Motion::Constant(value) if value.is_nan())
    }

    fn value(&self, target: usize, place: usize, seconds: f64) -> f64 {
        let own = (target as u64).wrapping_mul(1_000_003);
        let own = own.wrapping_add(place as u64);
        let moment = own.wrapping_mul(31).wrapping_add(seconds as u64);
        match self.motion {
            Motion::Constant(value) => value,
            Motion::Counter { rate, grain } => {
                let grown = rate * (0.5 + noise(own)) * seconds + rate * noise(moment);
                (grown / grain).floor() * grain
            }
            Motion::Gauge {
                middle,
                share,
                grain,
            } => {
                let value = middle * (1.0 + share * (noise(moment) - 0.5));
                (value / grain).round() * grain
            }
        }
    }
}

fn processors(page: &mut Builder) {
    page.header("node_cpu_seconds_total", "counter");
    for cpu in 0..8 {
        for mode in [
            "idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user",
        ] {
            let motion = match mode {
                "idle" => Motion::Counter {
                    rate: 0.8,
                    grain: 0.01,
                },
                "irq" | "nice" | "steal" => Motion::Constant(0.0),
                _ => Motion::Counter {
                    rate: 0.05,
                    grain: 0.01,
                },
            };
            let text = format!("node_cpu_seconds_total{{cpu=\"{cpu}\",mode=\"{mode}\"}}");
            page.series(text, motion);
        }
    }
    for name in [
        "node_load1",
        "node_load5",
        "node_load15",
        "node_procs_running",
    ] {
        page.header(name, "gauge");
        page.series(
            name.to_owned(),
            Motion::Gauge {
                middle: 3.0,
                share: 0.8,
                grain: 0.01,
            },
        );
    }
    for name in [
        "node_intr_total",
        "node_context_switches_total",
        "node_forks_total",
    ] {
        page.header(name, "counter");
        page.series(
            name.to_owned(),
            Motion::Counter {
                rate: 900.0,
                grain: 1.0,
            },
        );
    }
}

fn memory(page: &mut Builder) {
    const MOVING: [&str; 14] = [
        "MemFree",
        "MemAvailable",
        "Buffers",
        "Cached",
        "Active",
        "Inactive",
        "Dirty",
        "AnonPages",
        "Mapped",
        "Slab",
        "KernelStack",
        "PageTables",
        "Committed_AS",
        "Writeback",
    ];
    const STILL: [&str; 16] = [
        "MemTotal",
        "SwapTotal",
        "SwapFree",
        "SwapCached",
        "Unevictable",
        "Mlocked",
        "Bounce",
        "CommitLimit",
        "VmallocTotal",
        "VmallocChunk",
        "HugePages_Total",
        "HugePages_Free",
        "Hugepagesize",
        "DirectMap4k",
        "DirectMap2M",
        "DirectMap1G",
    ];
    for field in MOVING {
        let name = format!("node_memory_{field}_bytes");
        page.header(&name, "gauge");
        page.series(
            name,
            Motion::Gauge {
                middle: 2e9,
                share: 0.002,
                grain: 4096.0,
            },
        );
    }
    for field in STILL {
        let name = format!("node_memory_{field}_bytes");
        page.header(&name, "gauge");
        page.series(name, Motion::Constant(16_777_216_000.0));
    }
}

fn devices(page: &mut Builder) {
    for what in ["bytes", "packets", "errs", "drop", "fifo", "compressed"] {
        for direction in ["receive", "transmit"] {
            let name = format!("node_network_{direction}_{what}_total");
            page.header(&name, "counter");
            for device in ["eth0", "eth1", "docker0", "lo"] {
                let motion = match what {
                    "bytes" => Motion::Counter {
                        rate: 150_000.0,
                        grain: 1.0,
                    },
                    "packets" => Motion::Counter {
                        rate: 200.0,
                        grain: 1.0,
                    },
                    _ => Motion::Constant(0.0),
                };
                page.series(format!("{name}{{device=\"{device}\"}}"), motion);
            }
        }
    }
    for what in [
        "reads_completed",
        "reads_merged",
        "read_bytes",
        "read_time_seconds",
        "writes_completed",
        "writes_merged",
        "written_bytes",
        "write_time_seconds",
        "io_time_seconds",
        "io_time_weighted_seconds",
        "discards_completed",
        "discards_merged",
        "flush_requests",
    ] {
        let name = format!("node_disk_{what}_total");
        page.header(&name, "counter");
        for device in ["sda", "sdb", "nvme0n1"] {
            let motion = match what {
                _ if what.contains("discard") || device != "sda" => Motion::Constant(512.0),
                _ if what.contains("bytes") => Motion::Counter {
                    rate: 40_000.0,
                    grain: 4096.0,
                },
                _ if what.contains("seconds") => Motion::Counter {
                    rate: 0.02,
                    grain: 0.001,
                },
                _ => Motion::Counter {
                    rate: 8.0,
                    grain: 1.0,
                },
            };
            page.series(format!("{name}{{device=\"{device}\"}}"), motion);
        }
    }
}

fn file_systems(page: &mut Builder) {
    for what in [
        "size_bytes",
        "free_bytes",
        "avail_bytes",
        "files",
        "files_free",
        "readonly",
    ] {
        let name = format!("node_filesystem_{what}");
        page.header(&name, "gauge");
        for (device, point) in [
            ("sda1", "/"),
            ("sda2", "/boot"),
            ("sdb1", "/var"),
            ("nvme0n1p1", "/data"),
        ] {
            let motion = match what {
                "free_bytes" | "avail_bytes" => Motion::Gauge {
                    middle: 5e10,
                    share: 1e-5,
                    grain: 4096.0,
                },
                "readonly" => Motion::Constant(0.0),
                _ => Motion::Constant(1e11),
            };
            let labels = format!("device=\"/dev/{device}\",fstype=\"ext4\",mountpoint=\"{point}\"");
            page.series(format!("{name}{{{labels}}}"), motion);
        }
    }
}

fn histograms(page: &mut Builder) {
    const BOUNDS: [&str; 12] = [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
    ];
    // Requests a second: one busy service, and others that are asked now and then.
    for (service, requests) in [
        ("api", 20.0),
        ("auth", 2.0),
        ("billing", 0.2),
        ("search", 0.2),
        ("mail", 0.02),
    ] {
        let name = format!("{service}_request_duration_seconds");
        page.header(&name, "histogram");
        for method in ["GET", "POST", "PUT"] {
            for (place, bound) in BOUNDS.iter().enumerate() {
                let rate = requests * (place + 1) as f64 / BOUNDS.len() as f64;
                page.series(
                    format!("{name}_bucket{{method=\"{method}\",status=\"200\",le=\"{bound}\"}}"),
                    Motion::Counter { rate, grain: 1.0 },
                );
            }
            let labels = format!("method=\"{method}\",status=\"200\"");
            let sum = Motion::Counter {
                rate: requests * 0.14,
                grain: 0.137_291,
            };
            page.series(format!("{name}_sum{{{labels}}}"), sum);
            let count = Motion::Counter {
                rate: requests,
                grain: 1.0,
            };
            page.series(format!("{name}_count{{{labels}}}"), count);
        }
    }
}

/// Protocol counters until the page is full.
fn fill(page: &mut Builder) {
    let mut number = 0;
    while page.lines.len() < page.wanted {
        let name = format!("node_netstat_TcpExt_Counter{number}");
        page.header(&name, "untyped");
        let motion = if number % 3 == 0 {
            Motion::Counter {
                rate: 5.0,
                grain: 1.0,
            }
        } else {
            Motion::Constant(0.0)
        };
        page.series(name, motion);
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_as_many_series_as_asked_for_and_counters_never_fall() {
        for series in [1, 100, 577, 1000] {
            let page = Page::new(series);
            let mut out = String::new();
            page.write(3, 10.0, &mut out);
            assert_eq!(
                out.lines().filter(|line| !line.starts_with('#')).count(),
                series
            );
            let written: Vec<f64> = out
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
                .collect();
            assert!(written.iter().copied().eq(page.values(3, 10.0)));
            assert_eq!(page.series().count(), series);
        }
        let value = |seconds| {
            let mut out = String::new();
            Page::new(577).write(1, seconds, &mut out);
            let line = out
                .lines()
                .find(|l| l.starts_with("node_intr_total "))
                .unwrap();
            line.split_once(' ').unwrap().1.parse::<f64>().unwrap()
        };
        for second in 0..100 {
            assert!(value(f64::from(second)) <= value(f64::from(second + 5)));
        }
    }
}
