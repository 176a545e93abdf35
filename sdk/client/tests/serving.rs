//! `/metrics` and the tracking of requests in real services, over real connections.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use argand_client::requests::RequestMetrics;
use argand_client::{Format, Registry, process, runtime, serve};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

/// A service of axum with everything that the library has for it.
fn service(registry: &Registry) -> Router {
    let requests = RequestMetrics::new(registry).unwrap();
    process::register(registry).unwrap();
    runtime::register(registry, &tokio::runtime::Handle::current()).unwrap();
    registry.build_info("shop", "1.2.0").unwrap();
    Router::new()
        .route("/orders/{id}", get(|| async { "an order" }))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(requests.layer())
        .merge(serve::axum::router(registry))
}

async fn listen(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Status, media type and body of an answer.
async fn ask(address: SocketAddr, path: &str, accept: &str) -> (u16, String, String) {
    let (url, accept) = (format!("http://{address}{path}"), accept.to_owned());
    let asked = move || {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        let agent = ureq::Agent::new_with_config(config);
        let mut response = agent.get(&url).header("accept", &accept).call().unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        let kind = response.headers().get("content-type");
        let kind = kind.map_or("", |value| value.to_str().unwrap()).to_owned();
        (response.status().as_u16(), kind, body)
    };
    tokio::task::spawn_blocking(asked).await.unwrap()
}

/// What promtool of the installed Prometheus says of a text: nothing when all is well.
fn promtool_says(text: &str) -> String {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        println!("skipped: no promtool");
        return String::new();
    };
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn requests_of_an_axum_service_by_route() {
    let registry = Registry::new();
    let address = listen(service(&registry)).await;
    for path in [
        "/orders/1",
        "/orders/2",
        "/orders/3",
        "/broken",
        "/no/such/page",
    ] {
        ask(address, path, "*/*").await;
    }
    let (status, kind, text) = ask(address, "/metrics", "*/*").await;
    assert_eq!((status, kind.as_str()), (200, Format::Text.content_type()));
    for line in [
        "http_requests_total{method=\"GET\",route=\"/orders/{id}\",status=\"200\"} 3.0",
        "http_requests_total{method=\"GET\",route=\"/broken\",status=\"502\"} 1.0",
        "http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1.0",
        "http_request_errors_total{method=\"GET\",route=\"/broken\",kind=\"server_error\"} 1.0",
        "http_request_duration_seconds_count{method=\"GET\",route=\"/orders/{id}\"} 3",
        "http_requests_in_flight{method=\"GET\",route=\"/orders/{id}\"} 0.0",
        "build_info{service=\"shop\",version=\"1.2.0\"} 1.0",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    assert!(
        !text.contains("/orders/1") && !text.contains("/no/such"),
        "{text}"
    );
    assert_eq!(promtool_says(&text), "");
    let (_, kind, text) = ask(address, "/metrics", "application/openmetrics-text").await;
    assert_eq!(kind, Format::OpenMetrics.content_type());
    assert!(text.ends_with("# EOF\n"));
    let (status, ..) = ask(address, "/metrics/x", "*/*").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn metrics_of_an_actix_service() {
    let registry = Registry::new();
    registry.counter("orders_total", "Orders").unwrap().inc();
    // Its server wants a runtime of its own kind.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = actix_web::HttpServer::new(move || {
                actix_web::App::new().service(serve::actix::resource(&registry))
            })
            .workers(1)
            .bind("127.0.0.1:0")
            .unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await
        })
    });
    let address = receiver.recv().unwrap();
    let (status, kind, text) = ask(address, "/metrics", "*/*").await;
    assert_eq!((status, kind.as_str()), (200, Format::Text.content_type()));
    assert!(text.contains("\norders_total 1.0\n"), "{text}");
}
