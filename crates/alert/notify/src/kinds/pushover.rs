//! `pushover_configs`: a message to telephones, all of it in the URL's query.
//!
//! Format: <https://pushover.net/api>.

use config::alertmanager::PushoverConfig;
use contract::NotifyError;
use form_urlencoded::Serializer;

use crate::integration::Kind;
use crate::told::Told;
use crate::web::{Asked, Web};
use crate::{secret, truncate};

const URL: &str = "https://api.pushover.net/1/messages.json";
/// Characters of a title.
const MAX_TITLE_CHARS: usize = 250;
/// Characters of a message.
const MAX_MESSAGE_CHARS: usize = 1024;
/// Characters of the URL that a message leads to.
const MAX_URL_CHARS: usize = 512;
/// Pushover takes no message without text.
const NO_MESSAGE: &str = "(no details)";

pub(crate) struct Pushover {
    config: PushoverConfig,
    web: Web,
}

impl Pushover {
    pub(crate) fn new(config: PushoverConfig, web: Web) -> Self {
        Self { config, web }
    }

    fn message(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        let text = &self.config.message;
        let text = if self.config.html {
            told.html(text)?
        } else {
            told.text(text)?
        };
        let text = truncate::chars(text, MAX_MESSAGE_CHARS);
        Ok(match text.trim() {
            "" => NO_MESSAGE.to_owned(),
            text => text.to_owned(),
        })
    }

    /// The query, its names in order.
    fn query(&self, told: &Told<'_>, token: &str, user: &str) -> Result<String, NotifyError> {
        let config = &self.config;
        let ttl = config.ttl.as_secs();
        let mut pairs: Vec<(&str, String)> = vec![
            ("token", token.to_owned()),
            ("user", user.to_owned()),
            (
                "title",
                truncate::chars(told.text(&config.title)?, MAX_TITLE_CHARS),
            ),
            ("message", self.message(told)?),
            (
                "url",
                truncate::chars(told.text(&config.url)?, MAX_URL_CHARS),
            ),
            ("url_title", told.text(&config.url_title)?),
            ("priority", told.text(&config.priority)?),
            ("retry", config.retry.as_secs().to_string()),
            ("expire", config.expire.as_secs().to_string()),
            ("device", told.text(&config.device)?),
            ("sound", told.text(&config.sound)?),
        ];
        if config.html {
            pairs.push(("html", "1".to_owned()));
        }
        if config.monospace {
            pairs.push(("monospace", "1".to_owned()));
        }
        if ttl > 0 {
            pairs.push(("ttl", ttl.to_string()));
        }
        pairs.sort_by_key(|(name, _)| *name);
        Ok(Serializer::new(String::new()).extend_pairs(pairs).finish())
    }
}

impl Kind for Pushover {
    const NAME: &'static str = "pushover";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let token = told.text(&secret::read(&self.config.token, "token_file")?)?;
        let user = told.text(&secret::read(&self.config.user_key, "user_key_file")?)?;
        let url = format!("{URL}?{}", self.query(told, &token, &user)?);
        let asked = Asked::post(url, "text/plain", Vec::new())
            .hiding(token)
            .hiding(user);
        self.web.ask(asked).await?.check(&[])
    }
}
