//! How long to wait after a failure.

use std::time::Duration;

/// The longest pause that a server can ask for. One that needs more is asked again in between.
const MOST_ASKED: Duration = Duration::from_secs(600);

/// Pauses that double from one failure to the next.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    most: Duration,
    next: Duration,
}

impl Backoff {
    /// The first pause and the longest.
    pub(super) fn new(least: Duration, most: Duration) -> Self {
        Self { most, next: least }
    }

    /// The pause after one failure more; what the server asked for wins.
    pub(super) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let pause = match asked.filter(|asked| !asked.is_zero()) {
            Some(asked) => asked.min(MOST_ASKED),
            None => self.next.min(self.most),
        };
        self.next = self.next.saturating_mul(2).min(self.most);
        pause
    }
}

/// What a header `Retry-After` asks for: seconds, or a moment.
pub(super) fn retry_after(header: &str, now: i64) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(header.trim()).ok()?;
    let left = moment.timestamp().as_millisecond().checked_sub(now)?;
    u64::try_from(left).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let milliseconds = Duration::from_millis;
        let mut backoff = Backoff::new(milliseconds(30), milliseconds(200));
        let pauses = [None; 5].map(|asked| backoff.pause(asked));
        assert_eq!(pauses, [30, 60, 120, 200, 200].map(milliseconds));
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(backoff.pause(asked(7)), Duration::from_secs(7));
        assert_eq!(backoff.pause(asked(0)), milliseconds(200));
        assert_eq!(backoff.pause(asked(u64::MAX)), MOST_ASKED);
    }

    #[test]
    fn servers_ask_in_seconds_or_with_a_moment() {
        let now = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let asked = retry_after(header, now);
            assert_eq!(asked.map(|asked| asked.as_secs()), seconds, "{header}");
        }
    }
}
