//! What became of tests, in the form that build servers read (JUnit's XML).

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

/// The results of all files.
#[derive(Default)]
pub(super) struct Report {
    suites: Vec<Suite>,
}

/// The results of one file.
#[derive(Default)]
pub(super) struct Suite {
    name: String,
    /// When it was run, local time; empty where it could not be read.
    time: String,
    /// Why it could not be run.
    error: Option<String>,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    failures: Vec<String>,
}

impl Suite {
    pub(super) fn new(file: &Path) -> Self {
        Self {
            name: file.display().to_string(),
            ..Self::default()
        }
    }

    /// The file could be read, and its tests begin.
    pub(super) fn begins(&mut self) {
        self.time = jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    }

    /// The file is wrong as a whole.
    pub(super) fn broken(&mut self, error: &str) {
        self.error = Some(error.to_owned());
    }

    /// A test was run.
    pub(super) fn case(&mut self, name: String, failures: Vec<String>) {
        self.cases.push(Case { name, failures });
    }
}

impl Report {
    pub(super) fn add(&mut self, suite: Suite) {
        self.suites.push(suite);
    }

    /// Writes all of it to a file.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let mut open = File::create(file).with_context(|| format!("--junit={}", file.display()))?;
        Ok(open.write_all(self.text().as_bytes())?)
    }

    fn text(&self) -> String {
        let mut text = String::from("<testsuites>");
        for suite in &self.suites {
            let failures: usize = suite.cases.iter().map(|case| case.failures.len()).sum();
            // A file that cannot be run has one test, which nobody knows.
            let unknown = usize::from(suite.error.is_some());
            let _ = write!(
                text,
                "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{unknown}\" skipped=\"0\" timestamp=\"{}\">",
                escaped(&suite.name),
                suite.cases.len() + unknown,
                suite.time
            );
            for case in &suite.cases {
                let _ = write!(text, "<testcase name=\"{}\">", escaped(&case.name));
                for failure in &case.failures {
                    let _ = write!(text, "<failure>{}</failure>", escaped(failure));
                }
                text.push_str("</testcase>");
            }
            if let Some(error) = &suite.error {
                let error = escaped(error);
                let _ = write!(
                    text,
                    "<testcase name=\"unknown\"><error>{error}</error></testcase>"
                );
            }
            text.push_str("</testsuite>");
        }
        text.push_str("</testsuites>");
        text
    }
}

/// A text as XML holds it, in Go's way of escaping.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' => escaped.push_str("&#x9;"),
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            // XML has no other control characters.
            c if c < ' ' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let mut suite = Suite::new(Path::new("a&b.yml"));
        suite.case("one".to_owned(), vec!["<1>\n".to_owned(), "2".to_owned()]);
        suite.case("two".to_owned(), Vec::new());
        let mut broken = Suite::new(Path::new("c.yml"));
        broken.broken("no \"file\"");
        let mut report = Report::default();
        report.add(suite);
        report.add(broken);
        assert_eq!(
            report.text(),
            "<testsuites><testsuite name=\"a&amp;b.yml\" tests=\"2\" failures=\"2\" errors=\"0\" skipped=\"0\" timestamp=\"\"><testcase name=\"one\"><failure>&lt;1&gt;&#xA;</failure><failure>2</failure></testcase><testcase name=\"two\"></testcase></testsuite><testsuite name=\"c.yml\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" timestamp=\"\"><testcase name=\"unknown\"><error>no &#34;file&#34;</error></testcase></testsuite></testsuites>"
        );
    }
}
