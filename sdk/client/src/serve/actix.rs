//! `/metrics` as a resource of actix-web.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use crate::Registry;

/// The resource `GET /metrics`, for `App::service`.
///
/// ```
/// # let registry = argand_client::Registry::new();
/// let app = actix_web::App::new().service(argand_client::serve::actix::resource(&registry));
/// ```
pub fn resource(registry: &Registry) -> Resource {
    let registry = registry.clone();
    let handler = move |request: HttpRequest| {
        let response = respond(&registry, &request);
        async move { response }
    };
    web::resource("/metrics").route(web::get().to(handler))
}

/// The answer to a request, for a handler of your own.
#[must_use]
pub fn respond(registry: &Registry, request: &HttpRequest) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let (content_type, body) = super::answer(registry, accept);
    HttpResponse::Ok().content_type(content_type).body(body)
}
