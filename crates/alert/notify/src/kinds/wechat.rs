//! `wechat_configs`: a message of an application of WeCom, sent with a token that is fetched first.
//!
//! Format: <https://developer.work.weixin.qq.com/document/path/90236>.

use std::time::{Duration, Instant};

use config::alertmanager::WechatConfig;
use contract::NotifyError;
use form_urlencoded::Serializer;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::error::{lasting, passing};
use crate::integration::Kind;
use crate::json::Object;
use crate::secret;
use crate::told::Told;
use crate::web::{Asked, Web};

/// How long a token is used.
const TOKEN_LIFE: Duration = Duration::from_secs(2 * 60 * 60);
/// The code by which WeCom says that a token has expired.
const TOKEN_EXPIRED: i64 = 42001;

pub(crate) struct Wechat {
    config: WechatConfig,
    web: Web,
    token: Mutex<Option<(String, Instant)>>,
}

impl Wechat {
    pub(crate) fn new(config: WechatConfig, web: Web) -> Self {
        Self {
            config,
            web,
            token: Mutex::new(None),
        }
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        format!("{}{path}?{query}", self.config.api_url.as_str())
    }

    /// The token at hand, or a new one.
    async fn token(&self, told: &Told<'_>) -> Result<String, NotifyError> {
        if let Some((token, since)) = self.token.lock().as_ref()
            && since.elapsed() < TOKEN_LIFE
        {
            return Ok(token.clone());
        }
        let secret = told.text(&secret::read(&self.config.api_secret, "api_secret_file")?)?;
        let company = told.text(&self.config.corp_id)?;
        let query = [
            ("corpid", company.as_str()),
            ("corpsecret", secret.as_str()),
        ];
        let asked = Asked::get(self.url("gettoken", &query)).hiding(secret.as_str());
        let answer = self.web.ask(asked).await?;
        let said = answer.json();
        match said.get("access_token").and_then(Value::as_str) {
            Some(token) if !token.is_empty() => {
                *self.token.lock() = Some((token.to_owned(), Instant::now()));
                Ok(token.to_owned())
            }
            _ if answer.status.is_server_error() => Err(passing(format!(
                "no token: status code {}",
                answer.status.as_u16()
            ))),
            _ => Err(lasting(format!("invalid APISecret for CorpID: {company}"))),
        }
    }

    fn body(&self, told: &Told<'_>) -> Result<Object, NotifyError> {
        let config = &self.config;
        let content = json!({"content": told.text(&config.message)?});
        let empty = json!({"content": ""});
        let (text, markdown) = if config.message_type == "markdown" {
            (empty, content)
        } else {
            (content, empty)
        };
        Ok(Object::default()
            .with("text", text)
            .with_some("touser", told.text(&config.to_user)?)
            .with_some("toparty", told.text(&config.to_party)?)
            .with_some("totag", told.text(&config.to_tag)?)
            .with_some("agentid", told.text(&config.agent_id)?)
            .with("safe", "0")
            .with("msgtype", config.message_type.as_str())
            .with("markdown", markdown))
    }
}

impl Kind for Wechat {
    const NAME: &'static str = "wechat";

    fn sends_resolved(&self) -> bool {
        self.config.send_resolved
    }

    async fn attempt(&self, told: &Told<'_>) -> Result<(), NotifyError> {
        let token = self.token(told).await?;
        let url = self.url("message/send", &[("access_token", token.as_str())]);
        let asked = Asked::post_json(url, self.body(told)?).hiding(token.as_str());
        let answer = self.web.ask(asked).await?;
        if answer.status.as_u16() != 200 {
            return Err(NotifyError {
                retry_after: answer.retry_after(),
                ..passing(format!("unexpected status code {}", answer.status.as_u16()))
            });
        }
        let body = answer.body()?;
        let said: Value =
            serde_json::from_slice(body).map_err(|_| passing("the answer is not that of WeCom"))?;
        let message = said.get("errmsg").and_then(Value::as_str).unwrap_or("");
        match said.get("errcode").and_then(Value::as_i64) {
            Some(0) | None => Ok(()),
            Some(TOKEN_EXPIRED) => {
                *self.token.lock() = None;
                Err(passing(answer.shown(message)))
            }
            Some(_) => Err(lasting(answer.shown(message))),
        }
    }
}
