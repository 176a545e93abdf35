//! What all objects that become scrape sections have in common.

use serde_json::{Map, Value, json};

use crate::convert::{fields_of, list, text};
use crate::references::Lookup;
use crate::relabelings::set;
use crate::settings::Settings;

/// Fields of an endpoint that say which targets are meant rather than how they are scraped.
const NOT_OF_SCRAPING: [&str; 5] = [
    "port",
    "targetPort",
    "portNumber",
    "filterRunning",
    "relabelings",
];

/// Fields of an object that hold for all its sections.
const OF_ALL: [&str; 14] = [
    "sampleLimit",
    "targetLimit",
    "labelLimit",
    "labelNameLengthLimit",
    "labelValueLengthLimit",
    "keepDroppedTargets",
    "bodySizeLimit",
    "scrapeProtocols",
    "fallbackScrapeProtocol",
    "scrapeNativeHistograms",
    "scrapeClassicHistograms",
    "nativeHistogramBucketLimit",
    "nativeHistogramMinBucketFactor",
    "convertClassicHistogramsToNHCB",
];

/// What an object is turned into.
pub(crate) struct Scope<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) lookup: &'a Lookup<'a>,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Scope<'_> {
    /// A section with all that an endpoint says of scraping, and an object of all its endpoints.
    pub(crate) fn section(
        &self,
        job: String,
        object: &Value,
        endpoint: &Value,
    ) -> Result<Map<String, Value>, String> {
        let mut chosen = Map::new();
        for name in OF_ALL {
            if let Some(value) = object.get(name) {
                chosen.insert(name.to_owned(), value.clone());
            }
        }
        for (name, value) in endpoint.as_object().into_iter().flatten() {
            if !NOT_OF_SCRAPING.contains(&name.as_str()) {
                chosen.insert(name.clone(), value.clone());
            }
        }
        self.check_files(&chosen)?;
        let mut section = fields_of(&chosen, self.lookup)?;
        self.finish(&mut section);
        section.insert("job_name".to_owned(), job.into());
        Ok(section)
    }

    /// Refuses files of this machine where the `Prometheus` object allows none: whoever may write
    /// a monitor could have their content sent to a server of their own.
    fn check_files(&self, fields: &Map<String, Value>) -> Result<(), String> {
        if self.settings.spec["arbitraryFSAccessThroughSMs"]["deny"] != true {
            return Ok(());
        }
        let tls = fields.get("tlsConfig").and_then(Value::as_object);
        let tls = tls.into_iter().flatten();
        for (name, value) in fields.iter().chain(tls) {
            if name.ends_with("File") && !text(value).is_empty() {
                return Err(format!(
                    "{name}: files are denied by arbitraryFSAccessThroughSMs"
                ));
            }
        }
        Ok(())
    }

    /// What the `Prometheus` object enforces.
    pub(crate) fn finish(&self, section: &mut Map<String, Value>) {
        if self.settings.is_on("overrideHonorLabels") {
            section.insert("honor_labels".to_owned(), false.into());
        }
        if self.settings.is_on("overrideHonorTimestamps") {
            section.insert("honor_timestamps".to_owned(), false.into());
        }
        for (enforced, ours) in [
            ("enforcedSampleLimit", "sample_limit"),
            ("enforcedTargetLimit", "target_limit"),
            ("enforcedLabelLimit", "label_limit"),
            ("enforcedLabelNameLengthLimit", "label_name_length_limit"),
            ("enforcedLabelValueLengthLimit", "label_value_length_limit"),
            ("enforcedKeepDroppedTargets", "keep_dropped_targets"),
        ] {
            let Some(most) = self.settings.spec[enforced]
                .as_u64()
                .filter(|most| *most > 0)
            else {
                continue;
            };
            let asked = section
                .get(ours)
                .and_then(Value::as_u64)
                .filter(|asked| *asked > 0);
            section.insert(
                ours.to_owned(),
                asked.map_or(most, |asked| asked.min(most)).into(),
            );
        }
    }

    /// Puts the steps of relabelling together: first `found`, then what the user wrote, then the
    /// namespace label that the `Prometheus` object enforces, on targets and on samples.
    pub(crate) fn relabel(
        &self,
        section: &mut Map<String, Value>,
        found: Vec<Value>,
        users: &Value,
    ) -> Result<(), String> {
        let mut steps = vec![json!({
            "source_labels": ["job"], "target_label": "__tmp_prometheus_job_name",
        })];
        steps.extend(found);
        steps.extend(self.steps(users)?);
        let enforced = self.settings.text("enforcedNamespaceLabel");
        if !enforced.is_empty() {
            let step = set(enforced, self.namespace);
            steps.push(step.clone());
            let of_samples = section.entry("metric_relabel_configs").or_insert(json!([]));
            if let Some(of_samples) = of_samples.as_array_mut() {
                of_samples.push(step);
            }
        }
        section.insert("relabel_configs".to_owned(), steps.into());
        Ok(())
    }

    /// The user's own steps.
    fn steps(&self, users: &Value) -> Result<Vec<Value>, String> {
        let fields = list(users).filter_map(Value::as_object);
        fields
            .map(|step| Ok(fields_of(step, self.lookup)?.into()))
            .collect()
    }

    /// Where a monitor's objects are looked for, and with what.
    pub(crate) fn kubernetes(&self, role: &str, object: &Value) -> Value {
        let selector = &object["namespaceSelector"];
        let mut section = Map::new();
        section.insert("role".to_owned(), role.into());
        let any = selector["any"].as_bool().unwrap_or_default();
        let own = self.settings.is_on("ignoreNamespaceSelectors");
        let mut names: Vec<&str> = list(&selector["matchNames"]).map(text).collect();
        if names.is_empty() || own {
            names = vec![self.namespace];
        }
        if own || !any {
            section.insert("namespaces".to_owned(), json!({"names": names}));
        }
        if let Some(attached) = object["attachMetadata"].as_object() {
            section.insert("attach_metadata".to_owned(), attached.clone().into());
        }
        if let config::KubernetesAccess::Kubeconfig(file) = &self.settings.access {
            let file = file.display().to_string();
            section.insert("kubeconfig_file".to_owned(), file.into());
        }
        json!([section])
    }
}

/// A port by name or number, as text; empty where there is none.
pub(crate) fn port(value: &Value) -> String {
    match value {
        Value::String(name) => name.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
