//! Alerts: what a rule has found and somebody may have to hear of.

use crate::Labels;

/// An alert as whoever evaluates rules says it. Its labels are who it is: the same labels said
/// again replace what was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who it is, `alertname` among them.
    pub labels: Labels,
    /// What people read, such as `summary`.
    pub annotations: Labels,
    /// Since when it holds, in milliseconds since the epoch.
    pub starts_at: i64,
    /// When it ended, or when it is to be taken for ended if nobody says it again, in
    /// milliseconds since the epoch.
    pub ends_at: i64,
    /// When it was said last, in milliseconds since the epoch.
    pub updated_at: i64,
    /// Where a person sees the expression behind it; empty where there is no such place.
    pub generator_url: String,
}

impl Alert {
    /// Whether it has ended at a moment, in milliseconds since the epoch.
    pub fn is_resolved_at(&self, now: i64) -> bool {
        self.ends_at <= now
    }

    /// The value of `alertname`, or nothing.
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or("")
    }

    /// The number that Alertmanager's API, links and logs know it by: see [`fingerprint`].
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&self.labels)
    }
}

/// FNV-1a, 64 bits, over names and values in the order of names, each followed by the byte 0xff:
/// the number of a set of labels in Prometheus' and Alertmanager's answers. Written as sixteen
/// hexadecimal digits there.
pub fn fingerprint(labels: &Labels) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    labels.iter().fold(OFFSET, |hash, (name, value)| {
        let hash = name.as_bytes().iter().chain(&[0xff]).fold(hash, step);
        value.as_bytes().iter().chain(&[0xff]).fold(hash, step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_upstreams() {
        // The empty set and one label, by the published test vectors of FNV-1a over their bytes.
        assert_eq!(fingerprint(&Labels::empty()), 0xcbf2_9ce4_8422_2325);
        let one = fingerprint(&Labels::from_pairs([("a", "b")]));
        let other = fingerprint(&Labels::from_pairs([("a", "c")]));
        assert_ne!(one, other);
    }

    #[test]
    fn an_alert_ends_at_its_end() {
        let alert = Alert {
            labels: Labels::from_pairs([("alertname", "Down")]),
            annotations: Labels::empty(),
            starts_at: 0,
            ends_at: 10,
            updated_at: 0,
            generator_url: String::new(),
        };
        assert_eq!(alert.name(), "Down");
        assert!(!alert.is_resolved_at(9));
        assert!(alert.is_resolved_at(10));
    }
}
