//! Labels: what a resource, a library and a point give to a series.

use std::fmt::Write as _;

use config::OtlpConfig;
use model::{Labels, LabelsBuilder, METRIC_NAME};
use wire::otlp::{Attributes, Malformed, ResourceMetrics, ScopeMetrics};

use super::{Trouble, names};

/// Attributes that say which process it is: they become the labels `job` and `instance`.
const IDENTIFYING: [&str; 3] = [SERVICE_NAMESPACE, SERVICE_NAME, SERVICE_INSTANCE];
const SERVICE_NAME: &str = "service.name";
const SERVICE_NAMESPACE: &str = "service.namespace";
const SERVICE_INSTANCE: &str = "service.instance.id";
const JOB: &str = "job";
const INSTANCE: &str = "instance";
/// The label of the kind of a metric, and that of its unit.
pub(super) const KIND_LABEL: &str = "__type__";
pub(super) const UNIT_LABEL: &str = "__unit__";

/// The labels that all series of a resource share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ResourceLabels {
    job: String,
    instance: String,
    /// Attributes that become labels where a point has none of that name.
    promoted: Vec<(String, String)>,
}

fn text(attributes: Attributes<'_>, key: &str) -> Result<Option<String>, Malformed> {
    let Some(value) = attributes.get(key)? else {
        return Ok(None);
    };
    let mut text = String::new();
    value.write(&mut text)?;
    Ok(Some(text))
}

impl ResourceLabels {
    pub(super) fn read(
        resource: &ResourceMetrics<'_>,
        config: &OtlpConfig,
    ) -> Result<Self, Trouble> {
        let attributes = resource.attributes();
        let mut job = text(attributes, SERVICE_NAME)?.unwrap_or_default();
        if let Some(namespace) = text(attributes, SERVICE_NAMESPACE)?
            && attributes.get(SERVICE_NAME)?.is_some()
        {
            job = format!("{namespace}/{job}");
        }
        let mut promoted = Vec::new();
        for attribute in attributes.iter() {
            let attribute = attribute?;
            if config.promoted.takes(attribute.key) {
                let name = names::label(attribute.key, config)?;
                let mut value = String::new();
                attribute.value.write(&mut value)?;
                promoted.push((name, value));
            }
        }
        Ok(Self {
            job,
            instance: text(attributes, SERVICE_INSTANCE)?.unwrap_or_default(),
            promoted,
        })
    }

    /// Adds what tells the process apart.
    fn identify(&self, labels: &mut LabelsBuilder) {
        for (name, value) in [(JOB, &self.job), (INSTANCE, &self.instance)] {
            if !value.is_empty() {
                labels.set(name, value);
            }
        }
    }

    /// The labels of `target_info`, which carries the attributes that are no labels elsewhere;
    /// `None` where it would tell nothing, or nobody could join with it.
    pub(super) fn target_info(
        &self,
        resource: &ResourceMetrics<'_>,
        config: &OtlpConfig,
    ) -> Result<Option<Labels>, Trouble> {
        let mut tells = false;
        for attribute in resource.attributes().iter() {
            tells |= !IDENTIFYING.contains(&attribute?.key);
        }
        if !tells {
            return Ok(None);
        }
        let mut labels = LabelsBuilder::new();
        let left_out: &[&str] = if config.keep_identifying {
            &[]
        } else {
            &IDENTIFYING
        };
        put_attributes(resource.attributes(), left_out, config, &mut labels)?;
        self.identify(&mut labels);
        if labels.get(JOB).is_empty() && labels.get(INSTANCE).is_empty() {
            return Ok(None);
        }
        labels.set(METRIC_NAME, "target_info");
        Ok(Some(labels.build()))
    }
}

/// The labels that all series of a library share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ScopeLabels(Vec<(String, String)>);

impl ScopeLabels {
    pub(super) fn read(scope: &ScopeMetrics<'_>, config: &OtlpConfig) -> Result<Self, Trouble> {
        let mut labels = Vec::new();
        if !config.promote_scope || scope.name.is_empty() {
            return Ok(Self(labels));
        }
        for attribute in scope.attributes().iter() {
            let attribute = attribute?;
            let name = names::label(&format!("otel_scope_{}", attribute.key), config)?;
            let mut value = String::new();
            attribute.value.write(&mut value)?;
            labels.push((name, value));
        }
        for (name, value) in [
            ("otel_scope_name", scope.name),
            ("otel_scope_version", scope.version),
            ("otel_scope_schema_url", scope.schema_url),
        ] {
            labels.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self(labels))
    }
}

/// Puts all labels of a point but its name into `labels`, which is empty.
pub(super) fn of_point(
    attributes: Attributes<'_>,
    resource: &ResourceLabels,
    scope: &ScopeLabels,
    config: &OtlpConfig,
    labels: &mut LabelsBuilder,
) -> Result<(), Trouble> {
    put_attributes(attributes, &[METRIC_NAME], config, labels)?;
    let mut promoted: Vec<&(String, String)> = Vec::new();
    for pair in &resource.promoted {
        if labels.get(&pair.0).is_empty() {
            promoted.push(pair);
        }
    }
    for (name, value) in promoted {
        labels.set(name, value);
    }
    resource.identify(labels);
    for (name, value) in &scope.0 {
        labels.set(name, value);
    }
    Ok(())
}

/// Sets the attributes but those left out. Where several get one name, their values are joined in
/// the order of their keys.
fn put_attributes(
    attributes: Attributes<'_>,
    left_out: &[&str],
    config: &OtlpConfig,
    labels: &mut LabelsBuilder,
) -> Result<(), Trouble> {
    let mut sorted = Vec::new();
    for attribute in attributes.iter() {
        let attribute = attribute?;
        if !left_out.contains(&attribute.key) {
            sorted.push(attribute);
        }
    }
    sorted.sort_by_key(|attribute| attribute.key);
    let mut value = String::new();
    for attribute in sorted {
        value.clear();
        attribute.value.write(&mut value)?;
        let name = if config.strategy.escapes() {
            names::label(attribute.key, config)?
        } else if attribute.key.is_empty() {
            return Err(Trouble::Fault("label name is empty".to_owned()));
        } else {
            attribute.key.to_owned()
        };
        let before = labels.get(&name);
        if !before.is_empty() && config.strategy.escapes() {
            let mut joined = String::with_capacity(before.len() + 1 + value.len());
            let _ = write!(joined, "{before};{value}");
            std::mem::swap(&mut joined, &mut value);
        }
        labels.set(&name, &value);
    }
    Ok(())
}
