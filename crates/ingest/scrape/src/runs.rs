//! Comment lines known from the scrape before, passed without reading them.
//!
//! A body has nearly as many `# HELP` and `# TYPE` lines as samples, and they hardly ever change.
//! Lines in a row make a run. Of each run its length and a hash are kept, in the body's order; a
//! run that comes again costs one hash over its bytes. A parser remembers nothing from one line
//! to the next, so that equal bytes come to the same, whatever stands around them.

use rapidhash::v3::rapidhash_v3;
use wire::exposition::{Format, Parser};

/// A run as it stood in the body that was learned.
#[derive(Clone, Copy, Default)]
struct Run {
    hash: u64,
    /// What its lines add to the digest of the metadata.
    digest: u64,
    length: u32,
}

/// The runs of one target.
#[derive(Default)]
pub(crate) struct Runs {
    known: Vec<Run>,
    /// The form they are written in.
    format: Option<Format>,
    /// The run expected next.
    cursor: usize,
    /// How many runs of the body being read were not the expected ones.
    missed: usize,
    /// Where a line behind the run being read would stand; runs are looked up at their first line.
    behind: Option<usize>,
}

impl Runs {
    /// A body begins.
    pub(crate) fn begin(&mut self, format: Format) {
        if self.format != Some(format) {
            self.known.clear();
            self.format = Some(format);
        }
        self.cursor = 0;
        self.missed = 0;
        self.behind = None;
    }

    /// Passes the run that begins here, where it is the expected one; answers its digest.
    #[inline]
    pub(crate) fn pass(&mut self, parser: &mut Parser<'_>) -> Option<u64> {
        let at = parser.comment_at()?;
        if self.behind == Some(at) {
            return None;
        }
        let run = self.known.get(self.cursor).copied();
        self.cursor = self.cursor.saturating_add(1);
        if let Some(run) = run
            && parser.pass_comments(run.length as usize, |lines| rapidhash_v3(lines) == run.hash)
        {
            self.behind = Some(at.saturating_add(run.length as usize));
            return Some(run.digest);
        }
        self.missed = self.missed.saturating_add(1);
        None
    }

    /// A comment line has been read by itself; the parser stands behind it.
    pub(crate) fn read(&mut self, parser: &Parser<'_>) {
        self.behind = parser.place();
    }

    /// Whether learning anew is worth another walk over the body: one line that is another in
    /// each body is not.
    pub(crate) fn outdated(&self) -> bool {
        self.missed > self.cursor / 2
    }

    /// Forgets all, to learn from a body.
    pub(crate) fn relearn(&mut self) {
        self.known.clear();
        self.behind = None;
    }

    /// Learns of a comment line of a body, between two places in it.
    pub(crate) fn learn(&mut self, body: &[u8], start: usize, end: usize, digest: u64) {
        if self.behind != Some(start) {
            self.complete(body);
            self.known.push(Run::default());
        }
        if let Some(run) = self.known.last_mut() {
            // Bodies are far smaller than what a length can say.
            let length = u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX);
            run.length = run.length.saturating_add(length);
            run.digest = run.digest.wrapping_add(digest);
        }
        self.behind = Some(end);
    }

    /// The run learned last is at its end.
    fn complete(&mut self, body: &[u8]) {
        if let (Some(run), Some(end)) = (self.known.last_mut(), self.behind) {
            let start = end.saturating_sub(run.length as usize);
            run.hash = rapidhash_v3(body.get(start..end).unwrap_or_default());
        }
    }

    /// All of a body is learned.
    pub(crate) fn learned(&mut self, body: &[u8]) {
        self.complete(body);
        self.known.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body to its end; the runs passed, the entries read, and the error with its line.
    fn read(runs: &mut Runs, body: &str, format: Format) -> (usize, usize, Option<String>) {
        let mut parser = Parser::new(body.as_bytes(), format);
        runs.begin(format);
        let (mut passed, mut entries) = (0, 0);
        loop {
            if runs.pass(&mut parser).is_some() {
                passed += 1;
                continue;
            }
            match parser.next() {
                None => return (passed, entries, None),
                Some(Err(error)) => return (passed, entries, Some(error.to_string())),
                Some(Ok(wire::exposition::Entry::Series(_))) => {}
                Some(Ok(_)) => runs.read(&parser),
            }
            entries += 1;
        }
    }

    fn learn(runs: &mut Runs, body: &str, format: Format) {
        runs.begin(format);
        runs.relearn();
        let mut parser = Parser::new(body.as_bytes(), format);
        loop {
            let start = parser.place().unwrap();
            match parser.next() {
                None => break,
                Some(line) => {
                    if matches!(line.unwrap(), wire::exposition::Entry::Series(_)) {
                        continue;
                    }
                }
            }
            runs.learn(body.as_bytes(), start, parser.place().unwrap(), 1);
        }
        runs.learned(body.as_bytes());
    }

    #[test]
    fn known_runs_are_passed_and_all_else_is_read() {
        let known = "# HELP a A.\n# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# EOF\n";
        let text = Format::Text004;
        let strict = Format::OpenMetrics100;
        for (format, body, wanted) in [
            (strict, known, (2, 2, None)),
            // Another value, another series.
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\na 2\nc 1\n# TYPE b gauge\n# EOF\n",
                (2, 2, None),
            ),
            // A run that changes is read; the next one is known again.
            (
                strict,
                "# HELP a B.\n# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# EOF\n",
                (1, 4, None),
            ),
            // A run that goes on.
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\n# UNIT a \na 1\n# EOF\n",
                (1, 2, None),
            ),
            // The lines of errors count what was passed.
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\na x\n",
                (1, 0, Some("line 3")),
            ),
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\n# EOF\na 1\n",
                (1, 0, Some("line 4")),
            ),
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\n",
                (1, 0, Some("line 3")),
            ),
            (
                strict,
                "# HELP a A.\n# TYPE a gauge\na 1\n# TYPE b x\n",
                (1, 1, Some("line 4")),
            ),
            // Another form.
            (text, known, (0, 6, None)),
        ] {
            let mut runs = Runs::default();
            learn(&mut runs, known, strict);
            let (passed, entries, error) = read(&mut runs, body, format);
            assert_eq!((passed, entries), (wanted.0, wanted.1), "{body}");
            let plain = read(&mut Runs::default(), body, format).2;
            assert_eq!(error, plain, "{body}");
            let line = error.map(|error| error.split(':').next().unwrap().to_owned());
            assert_eq!(line.as_deref(), wanted.2, "{body}");
        }
    }

    #[test]
    fn one_line_that_always_changes_is_not_learned_again() {
        let body = |time: u32| {
            format!("# {time}\na 1\n# TYPE b gauge\nb 1\n\n# TYPE c gauge\nc 1\n# d\nd 1\n")
        };
        let mut runs = Runs::default();
        assert_eq!(read(&mut runs, &body(1), Format::Text004).0, 0);
        assert!(runs.outdated());
        learn(&mut runs, &body(1), Format::Text004);
        assert_eq!(read(&mut runs, &body(2), Format::Text004).0, 3);
        assert!(!runs.outdated());
    }
}
