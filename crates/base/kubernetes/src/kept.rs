//! Objects as they are known, and who has to hear of their changes.

use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};
use rapidhash::{RapidHashMap, RapidHashSet};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use crate::{Object, Text};

/// Objects by key.
pub(crate) type Objects<T> = RapidHashMap<Text, Arc<T>>;

/// How far the first list of a resource is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    /// Under way.
    #[default]
    Asked,
    /// It failed, and is tried again.
    Refused,
    /// It came; what is known is what the server has, or had.
    Listed,
}

/// The objects of a resource, and those who follow them.
pub(crate) struct Kept<T> {
    objects: RwLock<Objects<T>>,
    standing: RwLock<(Standing, Option<String>)>,
    followers: Mutex<Vec<Weak<Pending>>>,
    role: &'static str,
    metrics: Arc<Metrics>,
}

/// What one follower has not taken yet. Bounded by the number of objects.
struct Pending {
    keys: Mutex<RapidHashSet<Text>>,
    signal: Arc<Notify>,
}

impl<T: Object> Kept<T> {
    pub(crate) fn new(role: &'static str, metrics: Arc<Metrics>) -> Self {
        Self {
            objects: RwLock::default(),
            standing: RwLock::default(),
            followers: Mutex::default(),
            role,
            metrics,
        }
    }

    /// From now on these are the objects. Those that are the same stay the same allocation.
    pub(crate) fn replace(&self, mut now: Objects<T>) {
        let mut changed = Vec::new();
        let (mut added, mut updated, mut deleted) = (0, 0, 0);
        let mut objects = self.objects.write();
        for (key, object) in &mut now {
            match objects.get(key) {
                Some(known) if **known == **object => *object = Arc::clone(known),
                Some(_) => {
                    updated += 1;
                    changed.push(key.clone());
                }
                None => {
                    added += 1;
                    changed.push(key.clone());
                }
            }
        }
        for key in objects.keys().filter(|key| !now.contains_key(*key)) {
            deleted += 1;
            changed.push(key.clone());
        }
        now.shrink_to_fit();
        *objects = now;
        drop(objects);
        *self.standing.write() = (Standing::Listed, None);
        self.metrics.count(self.role, "add", added);
        self.metrics.count(self.role, "update", updated);
        self.metrics.count(self.role, "delete", deleted);
        self.tell(&changed);
    }

    /// An object came or changed.
    pub(crate) fn put(&self, key: Text, object: T) {
        let mut objects = self.objects.write();
        let known = objects.get(&key);
        let event = if known.is_some() { "update" } else { "add" };
        self.metrics.count(self.role, event, 1);
        if known.is_some_and(|known| **known == object) {
            return;
        }
        objects.insert(key.clone(), Arc::new(object));
        drop(objects);
        self.tell(&[key]);
    }

    /// An object is gone.
    pub(crate) fn remove(&self, key: &Text) {
        self.metrics.count(self.role, "delete", 1);
        let gone = self.objects.write().remove(key.as_str());
        if gone.is_some() {
            self.tell(std::slice::from_ref(key));
        }
    }

    /// The server could not be asked; what is known stays. Whether that is news.
    pub(crate) fn failed(&self, reason: String) -> bool {
        let mut standing = self.standing.write();
        let news = standing.1.as_deref() != Some(reason.as_str());
        if standing.0 == Standing::Asked {
            standing.0 = Standing::Refused;
        }
        standing.1 = Some(reason);
        drop(standing);
        self.tell(&[]);
        news
    }

    /// The server answers again. Whether it did not before.
    pub(crate) fn recovered(&self) -> bool {
        self.standing.write().1.take().is_some()
    }

    fn tell(&self, changed: &[Text]) {
        self.followers.lock().retain(|follower| {
            let Some(follower) = follower.upgrade() else {
                return false;
            };
            follower.keys.lock().extend(changed.iter().cloned());
            follower.signal.notify_one();
            true
        });
    }
}

/// The objects of a resource, as long as somebody holds this.
pub struct Watched<T> {
    kept: Arc<Kept<T>>,
    task: JoinHandle<()>,
}

impl<T: Object> Watched<T> {
    pub(crate) fn new(kept: Arc<Kept<T>>, task: JoinHandle<()>) -> Self {
        Self { kept, task }
    }

    /// An object, as it was last seen.
    pub fn get(&self, key: &str) -> Option<Arc<T>> {
        self.kept.objects.read().get(key).cloned()
    }

    /// All objects, in no order.
    pub fn all(&self) -> Vec<Arc<T>> {
        self.kept.objects.read().values().cloned().collect()
    }

    /// Whether the server has answered once, or refused once.
    pub fn is_settled(&self) -> bool {
        self.kept.standing.read().0 != Standing::Asked
    }

    /// Whether the objects have been listed.
    pub fn is_listed(&self) -> bool {
        self.kept.standing.read().0 == Standing::Listed
    }

    /// Why the server cannot be asked at present.
    pub fn trouble(&self) -> Option<String> {
        self.kept.standing.read().1.clone()
    }

    /// Follows the objects from now on: `signal` is given whenever there is something to take.
    /// Those that are known already are the first to be taken.
    pub fn follow(self: &Arc<Self>, signal: Arc<Notify>) -> Changes<T> {
        let pending = Arc::new(Pending {
            keys: Mutex::default(),
            signal,
        });
        self.kept.followers.lock().push(Arc::downgrade(&pending));
        // Behind the registration, so that nothing is missed between the two.
        let known: Vec<Text> = self.kept.objects.read().keys().cloned().collect();
        pending.keys.lock().extend(known);
        pending.signal.notify_one();
        Changes {
            watched: Arc::clone(self),
            pending,
        }
    }
}

impl<T> Drop for Watched<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a follower has not taken yet.
pub struct Changes<T> {
    /// The objects themselves.
    pub watched: Arc<Watched<T>>,
    pending: Arc<Pending>,
}

impl<T> Changes<T> {
    /// The keys of what came, changed or went since the last call.
    pub fn take(&self) -> Vec<Text> {
        self.pending.keys.lock().drain().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Meta;

    #[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
    struct Thing {
        metadata: Meta,
        size: u32,
    }

    impl Object for Thing {
        fn meta(&self) -> &Meta {
            &self.metadata
        }

        fn meta_mut(&mut self) -> &mut Meta {
            &mut self.metadata
        }
    }

    fn thing(size: u32) -> Thing {
        Thing {
            size,
            ..Thing::default()
        }
    }

    #[tokio::test]
    async fn followers_hear_of_changes_and_of_nothing_else() {
        let kept = Arc::new(Kept::new("thing", Arc::default()));
        let list = |sizes: &[(&str, u32)]| -> Objects<Thing> {
            let pairs = sizes.iter();
            pairs
                .map(|(key, size)| (Text::new(key), Arc::new(thing(*size))))
                .collect()
        };
        let watched = Watched::new(Arc::clone(&kept), tokio::spawn(async {}));
        let watched = Arc::new(watched);
        assert!(!watched.is_settled());
        assert!(kept.failed("no".to_owned()) && !kept.failed("no".to_owned()));
        assert!(watched.is_settled() && !watched.is_listed());
        kept.replace(list(&[("a", 1), ("b", 1), ("c", 1)]));
        assert!(watched.is_listed() && watched.trouble().is_none());
        let changes = watched.follow(Arc::default());
        let taken = |wanted: &[&str]| {
            let mut keys = changes.take();
            keys.sort();
            assert_eq!(keys.iter().map(Text::as_str).collect::<Vec<_>>(), wanted);
        };
        taken(&["a", "b", "c"]);
        kept.put(Text::new("a"), thing(1));
        taken(&[]);
        kept.put(Text::new("a"), thing(2));
        kept.put(Text::new("d"), thing(2));
        kept.remove(&Text::new("b"));
        kept.remove(&Text::new("b"));
        taken(&["a", "b", "d"]);
        let before = watched.get("a").unwrap();
        kept.replace(list(&[("a", 2), ("c", 5)]));
        taken(&["c", "d"]);
        assert!(Arc::ptr_eq(&before, &watched.get("a").unwrap()));
    }
}
