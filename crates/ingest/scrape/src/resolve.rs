//! What would become of a target, for tools that only look.

use config::ScrapeConfig;
use model::Labels;

use crate::target::{Made, Target};

/// What labels begin with that only discovery says and only relabelling sees.
const META: &str = "__meta_";

/// What would become of a target that discovery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Labels before relabelling.
    pub discovered: Labels,
    /// Labels behind it, those that only say how to scrape among them; `None` where it is dropped,
    /// and why where it is not fit to be scraped.
    pub labels: Result<Option<Labels>, String>,
}

/// Says what would become of a target: `shared` are the labels of its group.
pub fn resolve(config: &ScrapeConfig, shared: &Labels, own: &Labels) -> Resolved {
    let (discovered, labels) = match Target::make(config, shared, own) {
        Made::Dropped(discovered) => (discovered, Ok(None)),
        Made::Broken(discovered, reason) => (discovered, Err(reason)),
        Made::Target(target) => {
            let discovered = target.discovered.lock().clone();
            let mut labels = discovered.to_builder();
            relabel::apply(&config.relabel, &mut labels);
            labels.retain(|name, _| !name.starts_with(META));
            labels.set(
                "instance",
                target.labels.get("instance").unwrap_or_default(),
            );
            (discovered, Ok(Some(labels.build())))
        }
    };
    Resolved { discovered, labels }
}
