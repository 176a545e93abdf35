//! Which path asks what.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate as _, SizeAbove};

use crate::answer::ApiError;
use crate::face::Face;
use crate::{
    admin, alertmanager, batch, cors, dashboards, debug, exemplars, features, federate, health,
    lifecycle, metadata, notices, objects, observe, openapi, otlp, own_metrics, pages, push, query,
    relabel_steps, remote, remote_read, rules, safe, search, self_metrics, series, status, targets,
};

/// Bytes of a form: queries of a dashboard with every value of "All" spelt out fit many times.
const MAX_FORM: usize = 10 << 20;

/// Bytes that an answer must have to be compressed: less fits into one packet anyway, and making
/// ready to compress takes longer than most small answers.
pub(crate) const MIN_COMPRESSED: u64 = 1024;

/// All routes of a face, below its prefix.
pub fn router(face: Arc<Face>) -> Router {
    let prefix = face.options.prefix.clone();
    let routes = routes(Arc::clone(&face));
    if prefix.is_empty() {
        return routes;
    }
    let home = Redirect::to(&format!("{prefix}/query"));
    let top = Router::new()
        .route("/", get(home.clone()))
        .route(&format!("{prefix}/"), get(home))
        // Clients of gRPC know no prefix.
        .route(otlp::GRPC_PATH, post(otlp::export).with_state(face));
    top.nest(&prefix, routes)
}

fn routes(face: Arc<Face>) -> Router {
    let question = Router::new()
        .route("/query", get(query::instant).post(query::instant))
        .route("/query_range", get(query::range).post(query::range))
        .route("/format_query", get(query::format).post(query::format))
        .route("/parse_query", get(query::tree).post(query::tree))
        .route("/explain", get(query::plan).post(query::plan))
        .route(
            "/query_exemplars",
            get(exemplars::exemplars).post(exemplars::exemplars),
        )
        .route(
            "/batch",
            post(batch::batch).layer(DefaultBodyLimit::max(batch::MAX_REQUEST)),
        )
        .route("/series", get(series::series).post(series::series))
        .route("/labels", get(series::labels).post(series::labels))
        .route("/label/{name}/values", get(series::values))
        .route("/metadata", get(metadata::metadata))
        .route("/targets", get(targets::targets))
        .route("/targets/metadata", get(targets::metadata))
        .route("/targets/relabel_steps", get(relabel_steps::answer))
        .route("/scrape_pools", get(targets::pools))
        .route("/rules", get(rules::rules))
        .route("/alerts", get(rules::alerts))
        .route("/alertmanagers", get(rules::alertmanagers))
        .route(
            "/read",
            post(remote_read::read).layer(DefaultBodyLimit::max(remote_read::MAX_REQUEST)),
        )
        .route("/status/runtimeinfo", get(status::run))
        .route("/status/tsdb", get(status::tsdb))
        .route("/status/tsdb/blocks", get(status::blocks))
        .route("/status/objects", get(objects::objects))
        .merge(search::routes())
        .merge(orders())
        .route_layer(from_fn_with_state(Arc::clone(&face), health::layer));
    let always = Router::new()
        .route("/status/config", get(status::config))
        .route("/status/flags", get(status::flags))
        .route("/status/buildinfo", get(status::build))
        .route("/status/walreplay", get(status::replay))
        .route("/status/self_metrics", get(self_metrics::answer))
        .route("/features", get(features::features))
        .route("/notifications", get(notices::list))
        .route("/notifications/live", get(notices::live))
        .merge(dashboards::routes())
        .route("/openapi.yaml", get(openapi::document))
        .route("/write", post(remote::write))
        .route("/otlp/v1/metrics", post(otlp::metrics))
        .fallback(|| async { ApiError::not_found("no such endpoint under /api/v1") });
    let api = question
        .merge(always)
        .layer(from_fn_with_state(Arc::clone(&face), cors::layer));
    let steering = Router::new()
        .route(
            "/-/reload",
            post(lifecycle::reload)
                .put(lifecycle::reload)
                .fallback(lifecycle::only_post),
        )
        .route(
            "/-/quit",
            post(lifecycle::quit)
                .put(lifecycle::quit)
                .fallback(lifecycle::only_post),
        );
    Router::new()
        .nest("/api/v1", api)
        .merge(steering)
        .route("/-/healthy", get(health::healthy))
        .route("/-/ready", get(health::ready))
        .route("/version", get(status::version))
        .route(
            "/federate",
            get(federate::federate)
                .route_layer(from_fn_with_state(Arc::clone(&face), health::layer)),
        )
        .route("/metrics", get(own_metrics::own))
        .route(otlp::GRPC_PATH, post(otlp::export))
        .route("/exporters/{name}", get(own_metrics::exporter))
        .merge(debug::routes())
        .route("/pushgateway/{*path}", any(push::mounted))
        .route("/api/v2/{*path}", any(alertmanager::mounted))
        .route("/alertmanager/api/v2/{*path}", any(alertmanager::mounted))
        .route("/api/v1/alerting/{*path}", any(alertmanager::mounted))
        .fallback(any(pages::page))
        .layer(from_fn_with_state(
            Arc::clone(&face.requests),
            observe::layer,
        ))
        .layer(compression())
        .layer(from_fn(safe::layer))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .with_state(face)
}

fn compression() -> CompressionLayer<And<DefaultPredicate, SizeAbove>> {
    let worthwhile = DefaultPredicate::new().and(SizeAbove::new(MIN_COMPRESSED));
    CompressionLayer::new().gzip(true).compress_when(worthwhile)
}

/// What an operator may order.
fn orders() -> Router<Arc<Face>> {
    let delete = post(admin::delete_series).put(admin::delete_series);
    let clean = post(admin::clean_tombstones).put(admin::clean_tombstones);
    let snapshot = post(admin::snapshot).put(admin::snapshot);
    Router::new()
        .route(
            "/admin/tsdb/delete_series",
            delete.fallback(admin::only_post),
        )
        .route(
            "/admin/tsdb/clean_tombstones",
            clean.fallback(admin::only_post),
        )
        .route("/admin/tsdb/snapshot", snapshot.fallback(admin::only_post))
}
