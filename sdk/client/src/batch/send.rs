//! Requests to a gateway: attempts with pauses between them, and a deadline over all.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::BatchError;
use super::connect::{self, Client, Connect, cannot_start};
use super::gateway::Gateway;
use crate::Format;

/// How often a push is tried.
pub const ATTEMPTS: u32 = 4;
/// Longest time for one attempt: a gateway answers in milliseconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time for a push with all attempts: what a job may lose to a gateway that is away.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// The pause after the first attempt is up to this long, and twice as long after each other.
pub const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// No pause is longer.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Longest answer that is read, in bytes; the gateway's are a line.
const MAX_ANSWER: usize = 16 * 1024;
/// Longest part of an answer in an error, in characters.
const MAX_QUOTE: usize = 200;
/// What the caller waits beyond the deadline for the thread's own answer.
const GRACE: Duration = Duration::from_secs(1);

/// What is done with the group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// The whole group is replaced.
    Replace,
    /// Metrics of the same names are replaced.
    Add,
    /// The group is removed.
    Delete,
}

/// Everything about a push but its text.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) connect: Connect,
    pub(super) gateway: Gateway,
    pub(super) attempt_timeout: Duration,
    pub(super) deadline: Duration,
}

impl Order {
    /// Sends, from any runtime or executor.
    pub(super) async fn send(&self, method: Method, text: String) -> Result<(), BatchError> {
        let (order, client) = (self.clone(), self.connect.client()?);
        let task = connect::thread()?
            .spawn(async move { order.attempts(&client, method, text.into()).await });
        // Whoever drops this future does not stop the push, which ends within its deadline.
        task.await.map_err(cannot_start)?
    }

    /// Sends, and keeps the calling thread until it is done.
    pub(super) fn send_blocking(&self, method: Method, text: String) -> Result<(), BatchError> {
        let (order, client) = (self.clone(), self.connect.client()?);
        let (sender, receiver) = mpsc::sync_channel(1);
        connect::thread()?.spawn(async move {
            // Nobody waits any more when this fails.
            let _ = sender.send(order.attempts(&client, method, text.into()).await);
        });
        receiver
            .recv_timeout(self.deadline + GRACE)
            .map_err(|_| cannot_start("the thread of the client does not answer"))?
    }

    /// Tries until it is taken or refused, the attempts are used up, or the time is.
    async fn attempts(
        &self,
        client: &Client,
        method: Method,
        text: Bytes,
    ) -> Result<(), BatchError> {
        let deadline = Instant::now() + self.deadline;
        let mut last = "no answer in time".to_owned();
        let mut made = 0;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let pause = jittered(attempt - 1);
                if Instant::now() + pause >= deadline {
                    break;
                }
                sleep(pause).await;
            }
            made += 1;
            let answer = timeout(
                self.attempt_timeout,
                self.attempt(client, method, text.clone()),
            );
            match timeout_at(deadline, answer).await {
                Ok(Ok(Ok((status, _)))) if status.is_success() => return Ok(()),
                Ok(Ok(Ok((status, answer)))) if refused(status) => {
                    return Err(BatchError::Refused {
                        gateway: self.gateway.name.to_string(),
                        status: status.as_u16(),
                        answer,
                    });
                }
                Ok(Ok(Ok((status, answer)))) => last = format!("status {status}: {answer}"),
                Ok(Ok(Err(error))) => last = error,
                Ok(Err(_)) => last = format!("no answer in {:?}", self.attempt_timeout),
                Err(_) => break,
            }
        }
        Err(BatchError::Unreachable {
            gateway: self.gateway.name.to_string(),
            attempts: made,
            reason: last,
        })
    }

    /// One request: the status and the start of the answer, or what went wrong.
    async fn attempt(
        &self,
        client: &Client,
        method: Method,
        text: Bytes,
    ) -> Result<(StatusCode, String), String> {
        let verb = match method {
            Method::Replace => http::Method::PUT,
            Method::Add => http::Method::POST,
            Method::Delete => http::Method::DELETE,
        };
        let mut request = Request::builder()
            .method(verb)
            .uri(self.gateway.uri.clone())
            .header(header::CONTENT_TYPE, Format::Text.content_type());
        if let Some(authorization) = &self.gateway.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request
            .body(Full::new(text))
            .map_err(|error| error.to_string())?;
        let response = client
            .request(request)
            .await
            .map_err(|error| chain(&error))?;
        let (head, body) = response.into_parts();
        // The status has said the essential: an answer that breaks off or is too long does not matter.
        let answer = Limited::new(body, MAX_ANSWER).collect().await;
        let answer = answer.map(|body| body.to_bytes()).unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer);
        Ok((head.status, answer.trim().chars().take(MAX_QUOTE).collect()))
    }
}

/// Whether the same request would meet the same answer again.
fn refused(status: StatusCode) -> bool {
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !later.contains(&status)
}

/// An error with its causes: the outermost alone says only that a connection failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A pause after an attempt (from nought), somewhere between half of its length and all of it, so
/// that many jobs that failed at once do not come back at once.
fn jittered(attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
    let longest = doubled.min(LONGEST_PAUSE);
    // The seeds of std's hasher are random, which is all the chance this needs.
    let chance = std::hash::RandomState::new().build_hasher().finish() % 1_000;
    let share = u32::try_from(chance).unwrap_or(0);
    longest / 2 + longest / 2_000 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_their_bound_and_differ() {
        for attempt in 0..40 {
            let full = FIRST_PAUSE
                .saturating_mul(2_u32.saturating_pow(attempt))
                .min(LONGEST_PAUSE);
            let pause = jittered(attempt);
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
        }
        let all: std::collections::HashSet<_> = (0..50).map(|_| jittered(3)).collect();
        assert!(all.len() > 10);
    }

    #[test]
    fn which_statuses_are_tried_again() {
        for (status, expected) in [
            (400, true),
            (401, true),
            (404, true),
            (413, true),
            (301, true),
            (408, false),
            (429, false),
            (500, false),
            (502, false),
            (503, false),
        ] {
            assert_eq!(
                refused(StatusCode::from_u16(status).unwrap()),
                expected,
                "{status}"
            );
        }
    }
}
