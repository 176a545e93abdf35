//! What is bounded, and by how much.

/// Limits of everything that grows with what others send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Alerts held at once. Each takes about a kilobyte; a new one beyond this is refused.
    pub alerts: usize,
    /// Alerts of one name held at once, ended ones among them until they are forgotten, which takes
    /// half a minute; a new one beyond this is refused. 0: no limit of its own.
    pub alerts_per_name: usize,
    /// Bytes of one alert: labels, annotations and URL.
    pub alert_bytes: usize,
    /// Groups held at once. An alert that would make one more is told to nobody by that route.
    pub groups: usize,
    /// Silences held at once, expired ones that are still kept among them.
    pub silences: usize,
    /// Bytes of one silence: matchers, creator and comment.
    pub silence_bytes: usize,
    /// Entries of the history, of alerts and of notifications each.
    pub history: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            alerts: 100_000,
            alerts_per_name: 0,
            alert_bytes: 256 << 10,
            groups: 50_000,
            silences: 20_000,
            silence_bytes: 64 << 10,
            history: 10_000,
        }
    }
}

/// Bytes of a silence's id as other nodes may send it; ours have 36.
pub(crate) const ID_BYTES: usize = 64;

/// Entries of the notification log that other nodes may send, for each group that may be held: the
/// integrations of a usual receiver.
pub(crate) const TOLD_PER_GROUP: usize = 4;

/// Milliseconds between two rounds of putting things in order: empty groups are dropped, what is
/// kept long enough is forgotten. The same as upstream's, since it decides when a group that was
/// empty begins anew with `group_wait`.
pub(crate) const MAINTENANCE: i64 = 30_000;

/// Milliseconds that an attempt to notify has at least, however short the group's interval is.
pub(crate) const SHORTEST_DEADLINE: i64 = 10_000;

/// Milliseconds before the second attempt to notify; each further wait is half as long again.
pub(crate) const FIRST_BACK_OFF: i64 = 500;

/// Milliseconds between attempts at most, unless the receiver asks for more.
pub(crate) const LONGEST_BACK_OFF: i64 = 60_000;

/// Attempts to notify that are under way at once: connections and templates take memory, and the
/// rest waits its turn until the deadline of its group.
pub(crate) const CONCURRENT_ATTEMPTS: usize = 256;

/// Bytes of log beyond which it is written anew as the state that it leads to, and twice what
/// that took the last time.
pub(crate) const COMPACT_BYTES: u64 = 16 << 20;

/// Bytes of a failed attempt's message that the history keeps.
pub(crate) const MESSAGE_BYTES: usize = 1 << 10;

/// Deliveries under way when the program ends have so many milliseconds.
pub(crate) const LAST_DELIVERIES: u64 = 5_000;
