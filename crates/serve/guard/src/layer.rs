//! The guard before a router.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use config::Role;
use http::{HeaderValue, Method, StatusCode, header};

use crate::Guard;
use crate::admission::{Refusal, admit};
use crate::watch::Kept;

/// Which role a request needs, by method and path.
pub type Need = Arc<dyn Fn(&Method, &str) -> Role + Send + Sync>;

#[derive(Clone)]
struct Door {
    guard: Arc<Guard>,
    need: Need,
}

/// Puts the guard before all routes, those that do not exist included.
pub fn protect(router: Router, guard: Arc<Guard>, need: Need) -> Router {
    router.layer(from_fn_with_state(Door { guard, need }, enter))
}

async fn enter(State(door): State<Door>, request: Request, next: Next) -> Response {
    let kept = door.guard.current();
    let mut response = match door.let_in(&kept, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused,
    };
    let headers = response.headers_mut();
    for (name, value) in &kept.headers {
        headers.insert(name.clone(), value.clone());
    }
    response
}

impl Door {
    async fn let_in(&self, kept: &Kept, mut request: Request) -> Result<Request, Response> {
        if let Some(bucket) = &kept.bucket
            && !bucket.admits(Instant::now())
        {
            self.guard.refused.count_rate();
            let after = [(header::RETRY_AFTER, bucket.seconds_to_next().to_string())];
            let text = "Too Many Requests\n";
            return Err((StatusCode::TOO_MANY_REQUESTS, after, text).into_response());
        }
        let need = (self.need)(request.method(), request.uri().path());
        let passwords = &self.guard.passwords;
        match admit(&kept.config, passwords, request.headers(), need).await {
            Ok(None) => {}
            Ok(Some(caller)) => {
                request.extensions_mut().insert(caller);
            }
            Err(refusal) => {
                self.guard.refused.count(refusal);
                return Err(refuse(refusal));
            }
        }
        Ok(request)
    }
}

fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unknown => {
            let mut response = (StatusCode::UNAUTHORIZED, "Unauthorized\n").into_response();
            let ask = HeaderValue::from_static("Basic");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
            response
        }
        Refusal::Lacking(role) => {
            let word = match role {
                Role::Read => "read",
                Role::Write => "write",
                Role::Admin => "admin",
            };
            let text = format!("Forbidden: this needs the role {word}\n");
            (StatusCode::FORBIDDEN, text).into_response()
        }
        Refusal::Busy => {
            let text = "too many passwords wait to be checked; try again\n";
            let after = [(header::RETRY_AFTER, "1")];
            (StatusCode::SERVICE_UNAVAILABLE, after, text).into_response()
        }
    }
}
