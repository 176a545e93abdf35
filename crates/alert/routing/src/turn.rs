//! A group's turn: its alerts at one moment, on their way to each integration of the receiver.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Clock, Notification, NotificationReason, Notify, NotifyError, Peers};
use model::{Alert, Labels};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use crate::history::Delivery;
use crate::limits::{FIRST_BACK_OFF, LONGEST_BACK_OFF, MESSAGE_BYTES, SHORTEST_DEADLINE};
use crate::metrics::{GivenUp, Metrics};
use crate::notification_log::{NotificationLog, Target, Told};
use crate::plan::Plan;
use crate::routes::Node;
use crate::state::State;

/// An alert as its group's turn saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) fingerprint: u64,
    pub(crate) updated_at: i64,
    pub(crate) resolved: bool,
}

impl Seen {
    pub(crate) fn of(alert: &Alert, now: i64) -> Self {
        Self {
            fingerprint: alert.fingerprint(),
            updated_at: alert.updated_at,
            resolved: alert.is_resolved_at(now),
        }
    }
}

/// What there is to tell of a group.
pub(crate) struct Turn {
    /// The group's number.
    pub(crate) group: u64,
    /// All alerts of the group, muted ones among them.
    pub(crate) seen: Vec<Seen>,
    /// Those that somebody may be told of.
    pub(crate) alerts: Vec<Alert>,
    plan: Arc<Plan>,
    node: usize,
    key: String,
    labels: Labels,
    now: i64,
    deadline: i64,
}

impl Turn {
    #[expect(
        clippy::too_many_arguments,
        reason = "a turn is made in one place, of all that holds at that moment"
    )]
    pub(crate) fn new(
        group: u64,
        plan: Arc<Plan>,
        node: usize,
        key: String,
        labels: Labels,
        seen: Vec<Seen>,
        alerts: Vec<Alert>,
        now: i64,
    ) -> Option<Self> {
        let time = plan.routes.get(node)?.group_interval.max(SHORTEST_DEADLINE);
        Some(Self {
            group,
            seen,
            alerts,
            plan,
            node,
            key,
            labels,
            now,
            deadline: now.saturating_add(time),
        })
    }

    fn node(&self) -> Option<&Node> {
        self.plan.routes.get(self.node)
    }

    /// Gives the turn. Where other nodes are before this one, they have their time first: after
    /// that only what still has to be told is, of the alerts and silences of that moment. A turn
    /// that has not begun when the program ends is left to the others, and to the next start.
    pub(crate) async fn give(self, world: &World, mut ended: watch::Receiver<bool>) {
        let patience = world.peers.patience();
        let group = self.group;
        let mut turn = Some(self);
        if !patience.is_zero() && turn.as_ref().is_some_and(|turn| turn.is_news(world)) {
            tokio::select! {
                () = tokio::time::sleep(patience) => {}
                _ = ended.changed() => return,
            }
            turn = world.state.lock().turn_of(group, world.clock.now());
        }
        let Some(turn) = turn.map(Arc::new) else {
            return;
        };
        let done = turn.deliver(world).await;
        world.state.lock().end_turn(&turn, done);
    }

    /// Whether any integration has to be told.
    fn is_news(&self, world: &World) -> bool {
        let Some(node) = self.node() else {
            return false;
        };
        let state = world.state.lock();
        let integrations = self.plan.receivers.get(&*node.receiver);
        integrations.into_iter().flatten().any(|integration| {
            let errand = self.errand(node, &**integration);
            match errand.reason(&state.told) {
                Some(NotificationReason::Repeat) => {
                    !state.all_acknowledged(&errand.told.firing, self.now)
                }
                reason => reason.is_some(),
            }
        })
    }

    /// Tells every integration of the receiver, all at once, and answers whether all of them know
    /// what they should.
    pub(crate) async fn deliver(self: &Arc<Self>, world: &World) -> bool {
        let Some(node) = self.node() else {
            return false;
        };
        let integrations = self.plan.receivers.get(&*node.receiver);
        let mut under_way = tokio::task::JoinSet::new();
        for integration in integrations.into_iter().flatten() {
            let (turn, world) = (Arc::clone(self), world.clone());
            let integration = Arc::clone(integration);
            under_way.spawn(async move { turn.tell(&world, &*integration).await });
        }
        let mut all = true;
        while let Some(told) = under_way.join_next().await {
            all &= told.unwrap_or(false);
        }
        all
    }

    fn errand(&self, node: &Node, integration: &dyn Notify) -> Errand {
        let (resolved, firing): (Vec<&Alert>, Vec<&Alert>) = self
            .alerts
            .iter()
            .partition(|alert| alert.is_resolved_at(self.now));
        let remembered = node.repeat_interval.saturating_mul(2);
        Errand {
            target: Target {
                group_key: self.key.clone(),
                receiver: node.receiver.to_string(),
                kind: integration.kind().to_owned(),
                index: integration.index() as u64,
            },
            told: Told {
                firing: fingerprints(&firing),
                resolved: fingerprints(&resolved),
                at: self.now,
                expires: self.now.saturating_add(remembered),
            },
            sends_resolved: integration.sends_resolved(),
            repeat_since: self.now.saturating_sub(node.repeat_interval),
        }
    }

    /// Tells one integration, where it has to be told, and takes note of that.
    async fn tell(&self, world: &World, integration: &dyn Notify) -> bool {
        let Some(node) = self.node() else {
            return false;
        };
        let errand = self.errand(node, integration);
        world.metrics.nflog_queries.inc();
        let (reason, before) = {
            let mut state = world.state.lock();
            let mut reason = errand.reason(&state.told);
            let reminds = reason == Some(NotificationReason::Repeat);
            if reminds && state.all_acknowledged(&errand.told.firing, self.now) {
                state.remember(&errand.target, self.now, node.repeat_interval);
                reason = None;
            }
            (reason, state.told.last_of(&errand.target))
        };
        let Some(reason) = reason else {
            return true;
        };
        let Errand {
            target, mut told, ..
        } = errand;
        let is_told = |alert: &&Alert| errand.sends_resolved || !alert.is_resolved_at(self.now);
        let alerts: Vec<Alert> = self.alerts.iter().filter(is_told).cloned().collect();
        if alerts.is_empty() {
            // Ends that this integration is not told of: the next beginning must count as new.
            world.state.lock().delivered(target, Some(told), None);
            return true;
        }
        let request_key = request_key(&target, &alerts, self.now, before);
        let notification = Notification {
            request_key,
            receiver: target.receiver.clone(),
            group_key: self.key.clone(),
            group_labels: self.labels.clone(),
            route_labels: node.labels.clone(),
            alerts,
            reason,
            now: self.now,
            deadline: self.deadline,
        };
        let (outcome, attempts) = self.attempt(world, integration, &notification).await;
        told.at = world.clock.now().max(self.now);
        let delivery = Delivery {
            at: told.at,
            receiver: target.receiver.clone(),
            kind: target.kind.clone(),
            index: target.index,
            group_key: self.key.clone(),
            reason,
            firing: told.firing.len() as u64,
            resolved: told.resolved.len() as u64,
            attempts,
            error: outcome.as_ref().err().map(shortened).unwrap_or_default(),
        };
        let done = outcome.is_ok();
        if done {
            world.state.lock().keep_memory(&target, integration);
        }
        let told = done.then_some(told);
        world.state.lock().delivered(target, told, Some(delivery));
        done
    }

    /// Attempts until one succeeds, makes no sense to repeat, or the group's next turn comes.
    async fn attempt(
        &self,
        world: &World,
        integration: &dyn Notify,
        notification: &Notification,
    ) -> (Result<(), NotifyError>, u64) {
        let kind = integration.kind();
        let mut attempts = 0;
        let mut pause = FIRST_BACK_OFF;
        loop {
            attempts += 1;
            let left = world.until(self.deadline);
            let began = Instant::now();
            let attempt = async {
                let _place = world.attempts.acquire().await;
                integration.notify(notification).await
            };
            let outcome = tokio::time::timeout(left, attempt).await;
            let outcome = outcome.unwrap_or_else(|_| {
                Err(NotifyError {
                    message: "the group's next turn came before the receiver answered".to_owned(),
                    may_retry: true,
                    retry_after: None,
                })
            });
            let seconds = began.elapsed().as_secs_f64();
            world.metrics.request(kind, outcome.is_err(), seconds);
            let Err(error) = outcome else {
                world.metrics.notification(kind, None);
                return (Ok(()), attempts);
            };
            let asked = error.retry_after.map_or(0, millis);
            let wait = jittered(pause, &self.key, attempts).max(asked);
            let late = wait >= millis(world.until(self.deadline));
            let again = error.may_retry && !late;
            warn_of(world, integration, notification, (attempts, again), &error);
            if !error.may_retry || late {
                let why = if late {
                    GivenUp::Deadline
                } else {
                    GivenUp::Refused
                };
                world.metrics.notification(kind, Some(why));
                return (Err(error), attempts);
            }
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
            pause = (pause + pause / 2).min(LONGEST_BACK_OFF);
        }
    }
}

/// What one integration would be told.
struct Errand {
    target: Target,
    told: Told,
    sends_resolved: bool,
    /// Who was told of the same before this moment is told again.
    repeat_since: i64,
}

impl Errand {
    /// Why it has to be told; `None` where it need not be.
    fn reason(&self, log: &NotificationLog) -> Option<NotificationReason> {
        let Told {
            firing, resolved, ..
        } = &self.told;
        log.reason(
            &self.target,
            firing,
            resolved,
            self.sends_resolved,
            self.repeat_since,
        )
    }
}

/// What a turn works with beside its own.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) peers: Arc<dyn Peers>,
    /// Places for attempts under way.
    pub(crate) attempts: Arc<Semaphore>,
}

impl World {
    /// How long it is until a moment.
    pub(crate) fn until(&self, moment: i64) -> Duration {
        let left = moment.saturating_sub(self.clock.now());
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }
}

/// Says that an attempt failed; of those of one integration now and then one.
fn warn_of(
    world: &World,
    integration: &dyn Notify,
    notification: &Notification,
    (attempts, again): (u64, bool),
    error: &NotifyError,
) {
    let (receiver, kind) = (&notification.receiver, integration.kind());
    let index = integration.index();
    let subject = format!("{receiver}/{kind}/{index}");
    if let Some(left_out) = world.metrics.complaints.may_speak(&subject) {
        tracing::warn!(
            receiver,
            integration = kind,
            index,
            attempts,
            error = error.message,
            again,
            left_out,
            "an attempt to notify failed"
        );
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// Between half of a pause and the whole of it, by group and attempt: groups whose receiver failed
/// at once do not all come back at once.
fn jittered(pause: i64, key: &str, attempt: u64) -> i64 {
    let labels = Labels::from_pairs([(key, attempt.to_string())]);
    let half = pause / 2;
    let share = (model::fingerprint(&labels) % 1024) as i64;
    half + half * share / 1024
}

/// The name of what is told to whom, made of what the log holds before it is told: whoever died
/// before he could note that it was makes the same name of the same alerts after the next start.
fn request_key(target: &Target, alerts: &[Alert], now: i64, before: Option<i64>) -> String {
    let mut content = String::new();
    for alert in alerts {
        let state = if alert.is_resolved_at(now) { '-' } else { '+' };
        let (number, since) = (alert.fingerprint(), alert.starts_at);
        // Writing to a text cannot fail.
        let _ = write!(content, "{state}{number:016x}@{since}");
    }
    let named = Labels::from_pairs([
        ("alerts", content),
        ("before", before.unwrap_or(0).to_string()),
        ("group", target.group_key.clone()),
        ("index", target.index.to_string()),
        ("kind", target.kind.clone()),
        ("receiver", target.receiver.clone()),
    ]);
    format!("{:016x}", model::fingerprint(&named))
}

fn fingerprints(alerts: &[&Alert]) -> Vec<u64> {
    let mut list: Vec<u64> = alerts.iter().map(|alert| alert.fingerprint()).collect();
    list.sort_unstable();
    list
}

fn shortened(error: &NotifyError) -> String {
    let mut message = error.message.clone();
    let mut end = MESSAGE_BYTES.min(message.len());
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.truncate(end);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_name_until_it_is_noted() {
        let alert = |name: &str, starts_at, ends_at| Alert {
            labels: Labels::from_pairs([("alertname", name)]),
            annotations: Labels::empty(),
            starts_at,
            ends_at,
            updated_at: 0,
            generator_url: String::new(),
        };
        let target = |index| Target {
            group_key: "g".to_owned(),
            receiver: "r".to_owned(),
            kind: "webhook".to_owned(),
            index,
        };
        let key = |index, alerts: &[Alert], before| request_key(&target(index), alerts, 50, before);
        let first = key(0, &[alert("A", 1, 100)], None);
        // Said again since, and told of a little later: the same.
        assert_eq!(key(0, &[alert("A", 1, 200)], None), first);
        for (other, what) in [
            (key(1, &[alert("A", 1, 100)], None), "another integration"),
            (key(0, &[alert("A", 1, 100)], Some(9)), "a repetition"),
            (key(0, &[alert("A", 2, 100)], None), "it began anew"),
            (key(0, &[alert("A", 1, 40)], None), "it ended"),
            (key(0, &[alert("B", 1, 100)], None), "another alert"),
        ] {
            assert_ne!(other, first, "{what}");
        }
    }
}
