//! The report: a line a server, and Argand's ratio to each peer.

/// What was measured of one server.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) cpu_micros_a_sample: f64,
    pub(crate) resident_a_series: f64,
    pub(crate) anonymous_a_series: f64,
    pub(crate) peak_a_series: f64,
    pub(crate) written_a_sample: f64,
    pub(crate) disk_a_sample: f64,
    /// Targets up at the end.
    pub(crate) up: f64,
    /// Scrapes that the worst target is short of.
    pub(crate) missed: f64,
}

type Column = (&'static str, fn(&Row) -> f64);

const COLUMNS: [Column; 6] = [
    ("CPU us/sample", |row| row.cpu_micros_a_sample),
    ("resident B/series", |row| row.resident_a_series),
    ("of it anonymous", |row| row.anonymous_a_series),
    ("peak B/series", |row| row.peak_a_series),
    ("written B/sample", |row| row.written_a_sample),
    ("disk B/sample", |row| row.disk_a_sample),
];

/// Prints figures and ratios as tables of Markdown.
pub(crate) fn print(rows: &[Row]) {
    let titles: Vec<&str> = COLUMNS.iter().map(|(title, _)| *title).collect();
    println!("| server | {} | targets up | missed |", titles.join(" | "));
    println!("|---|{}---|---|", "---|".repeat(COLUMNS.len()));
    for row in rows {
        let figures: Vec<String> = COLUMNS.iter().map(|(_, of)| figure(of(row))).collect();
        println!(
            "| {} | {} | {} | {} |",
            row.name,
            figures.join(" | "),
            row.up,
            row.missed
        );
    }
    let Some((ours, peers)) = rows.split_first() else {
        return;
    };
    println!();
    println!("| {} as a share of | {} |", ours.name, titles.join(" | "));
    println!("|---|{}", "---|".repeat(COLUMNS.len()));
    for peer in peers {
        let ratios: Vec<String> = COLUMNS
            .iter()
            .map(|(_, of)| format!("{:.2}", of(ours) / of(peer)))
            .collect();
        println!("| {} | {} |", peer.name, ratios.join(" | "));
    }
}

fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}
