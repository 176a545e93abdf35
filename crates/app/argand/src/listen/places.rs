//! Places: so many connections are served at once, and who only waits makes room for newcomers.
//!
//! Where all places are taken, the connection that has waited longest gives its place up: one on
//! which nothing is asked, or on which a request is still arriving, or whose client has stopped
//! taking its answer; first one of the address that has the most connections. So no number of idle
//! or slow clients keeps others out. Requests that are being answered are never given up.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// A client that has taken nothing of its answer for so long may lose its place.
const STALLED: Duration = Duration::from_secs(5);

/// All connections.
pub(super) struct Places {
    free: Arc<Semaphore>,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
    born: Instant,
    /// Bytes of all requests' bodies that are held.
    pub(super) bodies: AtomicUsize,
}

/// One connection, as far as it matters whether it may lose its place.
pub(super) struct Connection {
    address: Option<IpAddr>,
    born: Instant,
    /// Requests that have begun and not ended.
    asked: AtomicUsize,
    /// Those of them whose bodies are still arriving.
    arriving: AtomicUsize,
    /// How many requests there ever were.
    ever: AtomicUsize,
    /// When it began to wait, in milliseconds since `born`.
    since: AtomicU64,
    /// When its client stopped taking the answer, likewise, and 1 more; 0 while it takes it.
    stalled: AtomicU64,
    /// Cancelled where it has to go.
    pub(super) end: CancellationToken,
}

impl Connection {
    fn now(&self) -> u64 {
        // 2⁶⁴ milliseconds are half a billion years.
        self.born.elapsed().as_millis() as u64
    }

    fn touch(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    /// A request begins; `arriving` says whether its body is still to come.
    pub(super) fn begin(&self, arriving: bool) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.ever.fetch_add(1, Ordering::Relaxed);
        if arriving {
            self.arriving.fetch_add(1, Ordering::Relaxed);
        }
        self.touch();
    }

    /// A body has arrived.
    pub(super) fn arrived(&self) {
        self.arriving.fetch_sub(1, Ordering::Relaxed);
    }

    /// A request has been answered, or given up.
    pub(super) fn end(&self) {
        self.asked.fetch_sub(1, Ordering::Relaxed);
        self.touch();
    }

    /// Whether nothing is asked.
    pub(super) fn is_idle(&self) -> bool {
        self.asked.load(Ordering::Relaxed) == 0
    }

    /// How many requests there were so far.
    pub(super) fn ever(&self) -> usize {
        self.ever.load(Ordering::Relaxed)
    }

    /// Says whether its client takes the answer.
    pub(super) fn set_stalled(&self, is_stalled: bool) {
        if is_stalled {
            let now = self.now() + 1;
            let first = self.stalled.load(Ordering::Relaxed) == 0;
            if first {
                self.stalled.store(now, Ordering::Relaxed);
            }
        } else {
            self.stalled.store(0, Ordering::Relaxed);
        }
    }

    /// Since when it has waited; `None` where it may not lose its place.
    fn waiting_since(&self) -> Option<u64> {
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled > 0 && stalled + STALLED.as_millis() as u64 <= self.now() {
            return Some(stalled);
        }
        let asked = self.asked.load(Ordering::Relaxed);
        let waits = asked <= self.arriving.load(Ordering::Relaxed);
        waits.then(|| self.since.load(Ordering::Relaxed))
    }
}

/// A connection that has its place until this is dropped.
pub(super) struct Placed {
    pub(super) connection: Arc<Connection>,
    number: u64,
    places: Arc<Places>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Placed {
    fn drop(&mut self) {
        self.places.open.lock().remove(&self.number);
    }
}

impl Places {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(count)),
            open: Mutex::default(),
            next: AtomicU64::new(0),
            born: Instant::now(),
            bodies: AtomicUsize::new(0),
        })
    }

    /// Takes a place for a client; where there is none free, once another has given its place up.
    /// `None` when the server ends.
    pub(super) async fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Placed> {
        let free = Arc::clone(&self.free);
        let place = match Arc::clone(&free).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => loop {
                if let Some(connection) = self.longest_waiting() {
                    connection.end.cancel();
                }
                // Where all are busy now, one of them may wait by then.
                let freed = free.clone().acquire_owned();
                if let Ok(place) = tokio::time::timeout(Duration::from_millis(100), freed).await {
                    break place.ok()?;
                }
            },
        };
        let connection = Arc::new(Connection {
            address,
            born: self.born,
            asked: AtomicUsize::new(0),
            arriving: AtomicUsize::new(0),
            ever: AtomicUsize::new(0),
            since: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            end: CancellationToken::new(),
        });
        connection.touch();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().insert(number, Arc::clone(&connection));
        Some(Placed {
            connection,
            number,
            places: Arc::clone(self),
            _place: place,
        })
    }

    /// The connection that has to go first.
    fn longest_waiting(&self) -> Option<Arc<Connection>> {
        let open = self.open.lock();
        let mut by_address: HashMap<Option<IpAddr>, usize> = HashMap::new();
        for connection in open.values() {
            *by_address.entry(connection.address).or_default() += 1;
        }
        let waiting = open.values().filter(|one| !one.end.is_cancelled());
        let waiting = waiting.filter_map(|one| Some((one, one.waiting_since()?)));
        let first = waiting.max_by_key(|(one, since)| {
            let others = by_address.get(&one.address).copied().unwrap_or_default();
            (others, std::cmp::Reverse(*since))
        });
        first.map(|(one, _)| Arc::clone(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, last]))
    }

    async fn taken(places: &Arc<Places>, last: u8) -> Placed {
        let placed = places.take(address(last)).await.unwrap();
        a_moment().await;
        placed
    }

    /// What happened before it has waited longer than what happens after it.
    async fn a_moment() {
        tokio::time::sleep(Duration::from_millis(3)).await;
    }

    #[tokio::test]
    async fn who_waits_longest_of_the_most_makes_room_and_who_is_answered_stays() {
        let places = Places::new(5);
        let alone = taken(&places, 1).await;
        let answered = taken(&places, 2).await;
        answered.connection.begin(false);
        let first = taken(&places, 2).await;
        let arriving = taken(&places, 2).await;
        arriving.connection.begin(true);
        a_moment().await;
        let second = taken(&places, 2).await;
        let mut rest = vec![("first", first), ("arriving", arriving), ("second", second)];
        rest.push(("alone", alone));
        // `arriving` was touched after `first` and before `second`.
        for expected in ["first", "arriving", "second", "alone"] {
            let going = places.longest_waiting().unwrap();
            let at = rest
                .iter()
                .position(|(_, one)| Arc::ptr_eq(&one.connection, &going));
            let (name, placed) = rest.remove(at.unwrap());
            assert_eq!(name, expected);
            drop(placed);
        }
        assert!(places.longest_waiting().is_none());
        answered.connection.set_stalled(true);
        assert!(places.longest_waiting().is_none(), "not for long enough");
        answered.connection.set_stalled(false);
        answered.connection.end();
        assert!(places.longest_waiting().is_some());
    }

    #[tokio::test]
    async fn a_newcomer_gets_the_place_of_an_idle_one() {
        let places = Places::new(1);
        let idle = taken(&places, 1).await;
        let leaving = tokio::spawn(async move {
            idle.connection.end.cancelled().await;
            drop(idle);
        });
        let next = places.take(address(2)).await.unwrap();
        leaving.await.unwrap();
        assert_eq!(places.open.lock().len(), 1);
        next.connection.begin(true);
        assert!(!next.connection.is_idle() && next.connection.ever() == 1);
        next.connection.arrived();
        assert!(places.longest_waiting().is_none(), "it is being answered");
    }
}
