//! `sns_configs`: a message to a topic, a telephone or an endpoint of Amazon SNS.
//!
//! Format: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.

use std::collections::BTreeMap;

use config::alertmanager::SnsConfig;
use contract::NotifyError;
use form_urlencoded::Serializer;
use http_client::aws::{Keys, element};
use url::Url;

use crate::aws;
use crate::error::{lasting, while_doing};
use crate::integration::Kind;
use crate::told::Told;
use crate::truncate;
use crate::web::Web;

/// Bytes of a message.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Bytes of a message to a telephone.
const MAX_SMS_BYTES: usize = 1600;

pub(crate) struct Sns {
    config: SnsConfig,
    web: Web,
    keys: Keys,
}

impl Sns {
    pub(crate) fn new(config: SnsConfig, web: Web) -> Self {
        let keys = Keys::new(config.sigv4.clone());
        Self { config, web, keys }
    }

    fn url(&self, told: &Told<'_>) -> Result<Url, NotifyError> {
        let text = match told.text(&self.config.api_url)? {
            given if !given.is_empty() => given,
            _ => format!("https://sns.{}.amazonaws.com/", self.keys.region()),
        };
        Url::parse(&text).map_err(|error| lasting(format!("api_url: {error}")))
    }

    /// The form, its members in upstream's order.
    fn form(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        let config = &self.config;
        let expanded = |name: &'static str, text: &str| {
            told.text(text)
                .map_err(|error| lasting(format!("execute '{name}' template: {}", error.message)))
        };
        let mut attributes = BTreeMap::new();
        for (name, value) in &config.attributes {
            attributes.insert(
                expanded("attributes", name)?,
                expanded("attributes", value)?,
            );
        }
        let telephone = expanded("phone_number", &config.phone_number)?;
        let limit = if telephone.is_empty() {
            MAX_MESSAGE_BYTES
        } else {
            MAX_SMS_BYTES
        };
        let message = expanded("message", &config.message)?;
        if message.len() > limit {
            attributes.insert("truncated".to_owned(), "true".to_owned());
        }
        let message = truncate::at_boundary(message, limit);
        let topic = expanded("topic_arn", &config.topic_arn)?;
        let target = expanded("target_arn", &config.target_arn)?;
        let subject = expanded("subject", &config.subject)?;

        let mut form = Serializer::new(String::new());
        form.append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("Message", &message);
        for (place, (name, value)) in attributes.iter().enumerate() {
            let prefix = format!("MessageAttributes.entry.{}", place + 1);
            form.append_pair(&format!("{prefix}.Name"), name)
                .append_pair(&format!("{prefix}.Value.DataType"), "String")
                .append_pair(&format!("{prefix}.Value.StringValue"), value);
        }
        // A topic in strict order wants to know what belongs together and what was said before.
        if topic.ends_with(".fifo") {
            let group = told.group_hash();
            form.append_pair("MessageDeduplicationId", &group)
                .append_pair("MessageGroupId", &group);
        }
        for (name, value) in [
            ("PhoneNumber", &telephone),
            ("Subject", &subject),
            ("TargetArn", &target),
            ("TopicArn", &topic),
        ] {
            if !value.is_empty() {
                form.append_pair(name, value);
            }
        }
        Ok(form.finish())
    }
}

impl Kind for Sns {
    const NAME: &'static str = "sns";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        if self.keys.region().is_empty() {
            return Err(lasting("region not configured in sns.sigv4.region"));
        }
        let url = self.url(told)?;
        let body = self.form(told)?.into_bytes();
        let asked = aws::signed(&self.web, &self.keys, &url, "sns", body).await?;
        let answer = self
            .web
            .ask(asked)
            .await
            .map_err(while_doing("publishing to SNS"))?;
        let said = answer.text();
        let message = element(&said, "Message").unwrap_or(said);
        answer.check_with(&[], &message)
    }
}
