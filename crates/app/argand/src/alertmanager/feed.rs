//! What rules find, on its way to the routing of this process: with the labels of this server, and
//! relabelled as `alerting` has it, exactly as another Alertmanager would be told.

use std::sync::{Arc, PoisonError, RwLock};

use config::Config;
use contract::AlertSink;
use model::{Alert, Labels};
use relabel::Rule;
use routing::Routing;

/// What is done to the labels of alerts.
#[derive(Default)]
struct Settings {
    /// `external_labels`: for alerts that have no such label of their own.
    external_labels: Labels,
    /// `alert_relabel_configs`.
    relabel: Vec<Rule>,
}

impl Settings {
    /// The alert as routing is told; `None` where relabelling drops it.
    fn told(&self, alert: &Alert) -> Option<Alert> {
        let mut labels = alert.labels.to_builder();
        for (name, value) in self.external_labels.iter() {
            if labels.get(name).is_empty() {
                labels.set(name, value);
            }
        }
        relabel::apply(&self.relabel, &mut labels).then(|| Alert {
            labels: labels.build(),
            ..alert.clone()
        })
    }
}

/// The way from rules to routing.
pub(crate) struct Feed {
    routing: Arc<Routing>,
    settings: RwLock<Arc<Settings>>,
}

impl Feed {
    pub(crate) fn new(routing: Arc<Routing>) -> Self {
        Self {
            routing,
            settings: RwLock::default(),
        }
    }

    /// What a configuration says holds from now on.
    pub(crate) fn apply(&self, config: &Config) {
        let settings = Settings {
            external_labels: config.global.external_labels.clone(),
            relabel: config.alerting.alert_relabel.clone(),
        };
        *self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

impl AlertSink for Feed {
    fn send(&self, alerts: &[Alert]) {
        let settings = Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner));
        let told: Vec<Alert> = alerts.iter().filter_map(|a| settings.told(a)).collect();
        self.routing.send(&told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use relabel::Action;

    #[test]
    fn alerts_get_the_labels_of_this_server_and_are_relabelled() {
        let mut drop = Rule::new(Action::Drop);
        drop.source_labels = vec!["severity".to_owned()];
        drop.pattern = model::Pattern::new("none").unwrap();
        let settings = Settings {
            external_labels: Labels::from_pairs([("site", "here"), ("team", "all")]),
            relabel: vec![drop],
        };
        for (labels, expected) in [
            (
                vec![("a", "b")],
                Some(vec![("a", "b"), ("site", "here"), ("team", "all")]),
            ),
            (
                vec![("team", "db")],
                Some(vec![("site", "here"), ("team", "db")]),
            ),
            (vec![("severity", "none")], None),
        ] {
            let alert = Alert {
                labels: Labels::from_pairs(labels),
                annotations: Labels::empty(),
                starts_at: 0,
                ends_at: 0,
                updated_at: 0,
                generator_url: String::new(),
            };
            let told = settings.told(&alert).map(|alert| alert.labels);
            assert_eq!(told, expected.map(Labels::from_pairs));
        }
    }
}
