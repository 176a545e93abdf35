//! Connections of this process' listeners, counted under the names that dashboards ask for.

use contract::Gather;
use model::instrument::Counter;
use model::{Family, FamilyKind};

/// What upstream calls its only listener.
const LISTENER: [(&str, &str); 1] = [("listener_name", "http")];

/// A process has one set of listeners.
static ACCEPTED: Counter = Counter::new();
static CLOSED: Counter = Counter::new();

/// A connection that was accepted; dropping it counts its end.
pub(crate) struct Connection(());

impl Connection {
    /// Counts one.
    pub(crate) fn accepted() -> Self {
        ACCEPTED.inc();
        Self(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        CLOSED.inc();
    }
}

/// Tells the counts at `/metrics`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectionMetrics;

impl Gather for ConnectionMetrics {
    fn gather(&self, families: &mut Vec<Family>) {
        for (name, help, count) in [
            (
                "net_conntrack_listener_conn_accepted_total",
                "Total number of connections opened to the listener of a given name.",
                &ACCEPTED,
            ),
            (
                "net_conntrack_listener_conn_closed_total",
                "Total number of connections closed that were made to the listener of a given name.",
                &CLOSED,
            ),
        ] {
            let family = Family::new(name, help, FamilyKind::Counter);
            families.push(family.with(LISTENER, count.get() as f64));
        }
    }
}
