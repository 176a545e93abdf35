//! The operator's objects, and those that they refer to.

use std::collections::BTreeMap;

use kubernetes::{Meta, Object, Resource, Text, or_default};
use serde::Deserialize;
use serde_json::Value;

/// An object of the operator. Its fields are many and mostly handed on, so they stay as they came.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Custom {
    pub(crate) metadata: Meta,
    pub(crate) spec: Value,
}

/// A `Secret` or a `ConfigMap`.
#[derive(Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Store {
    pub(crate) metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    pub(crate) data: BTreeMap<Text, String>,
}

/// A namespace, which selectors look at.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Namespace {
    pub(crate) metadata: Meta,
}

macro_rules! objects {
    ($($kind:ident),*) => {$(
        impl Object for $kind {
            fn meta(&self) -> &Meta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.metadata
            }
        }
    )*};
}

objects!(Custom, Store, Namespace);

/// A kind of object of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    ServiceMonitor,
    PodMonitor,
    Probe,
    ScrapeConfig,
    PrometheusRule,
    AlertmanagerConfig,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::ServiceMonitor,
        Self::PodMonitor,
        Self::Probe,
        Self::ScrapeConfig,
        Self::PrometheusRule,
        Self::AlertmanagerConfig,
    ];

    /// As objects name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ServiceMonitor => "ServiceMonitor",
            Self::PodMonitor => "PodMonitor",
            Self::Probe => "Probe",
            Self::ScrapeConfig => "ScrapeConfig",
            Self::PrometheusRule => "PrometheusRule",
            Self::AlertmanagerConfig => "AlertmanagerConfig",
        }
    }

    /// What the selectors of a `Prometheus` object begin with.
    pub(crate) fn selector(self) -> &'static str {
        match self {
            Self::ServiceMonitor => "serviceMonitor",
            Self::PodMonitor => "podMonitor",
            Self::Probe => "probe",
            Self::ScrapeConfig => "scrapeConfig",
            Self::PrometheusRule => "rule",
            Self::AlertmanagerConfig => "alertmanagerConfig",
        }
    }

    /// Group and version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::ScrapeConfig | Self::AlertmanagerConfig => "monitoring.coreos.com/v1alpha1",
            _ => "monitoring.coreos.com/v1",
        }
    }

    /// Where a server has all of them.
    pub(crate) fn resource(self) -> Resource {
        let (role, plural) = match self {
            Self::ServiceMonitor => ("servicemonitor", "servicemonitors"),
            Self::PodMonitor => ("podmonitor", "podmonitors"),
            Self::Probe => ("probe", "probes"),
            Self::ScrapeConfig => ("scrapeconfig", "scrapeconfigs"),
            Self::PrometheusRule => ("prometheusrule", "prometheusrules"),
            Self::AlertmanagerConfig => ("alertmanagerconfig", "alertmanagerconfigs"),
        };
        let group = match self {
            Self::ScrapeConfig | Self::AlertmanagerConfig => "apis/monitoring.coreos.com/v1alpha1",
            _ => "apis/monitoring.coreos.com/v1",
        };
        Resource::all(role, group, plural)
    }
}
