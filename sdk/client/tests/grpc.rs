//! Calls of gRPC: how their ends are found, and over a real connection.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use argand_client::requests::grpc::GrpcLayer;
use argand_client::{Format, Registry};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

/// A body of one message, and of trailers if there is a status.
struct Message(VecDeque<Frame<Bytes>>);

impl http_body::Body for Message {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

fn message(status: Option<&'static str>) -> Message {
    let mut frames = VecDeque::from([Frame::data(Bytes::from_static(b"\0\0\0\0\0"))]);
    if let Some(status) = status {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static(status));
        frames.push_back(Frame::trailers(trailers));
    }
    Message(frames)
}

fn call(path: &str) -> Request<()> {
    Request::post(format!("http://h{path}")).body(()).unwrap()
}

#[tokio::test]
async fn every_end_of_a_call() {
    let registry = Registry::new();
    let layer = GrpcLayer::new(&registry).unwrap();
    // By trailers, or their absence.
    for (path, status) in [
        ("/shop.Orders/Place", Some("0")),
        ("/shop.Orders/Place", Some("5")),
        ("/shop.Orders/Place", Some("99")),
        ("/shop.Orders/List", None),
    ] {
        let service = layer.layer(service_fn(move |_: Request<()>| async move {
            Ok::<_, Infallible>(Response::new(message(status)))
        }));
        let answer = service.oneshot(call(path)).await.unwrap();
        answer.into_body().collect().await.unwrap();
    }
    // By the head alone.
    let head = service_fn(|_: Request<()>| async {
        let mut response = Response::new(Full::<Bytes>::default());
        response
            .headers_mut()
            .insert("grpc-status", HeaderValue::from_static("12"));
        Ok::<_, Infallible>(response)
    });
    drop(
        layer
            .layer(head)
            .oneshot(call("/made.Up/Name"))
            .await
            .unwrap(),
    );
    // By a client that goes away, after the head and before it.
    let quick = layer.layer(service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(message(Some("0"))))
    }));
    drop(quick.oneshot(call("/shop.Orders/Watch")).await.unwrap());
    let mut slow = layer.layer(service_fn(|_: Request<()>| async {
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(Response::new(message(None)))
    }));
    drop(slow.call(call("/shop.Orders/Watch")));
    // By a service that fails.
    let broken = layer.layer(service_fn(|_: Request<()>| async {
        Err::<Response<Message>, _>("broken")
    }));
    assert!(broken.oneshot(call("/shop.Orders/List")).await.is_err());
    let text = registry.text(Format::Text);
    let place = "grpc_service=\"shop.Orders\",grpc_method=\"Place\"";
    for line in [
        format!("grpc_server_handled_total{{{place},grpc_code=\"OK\"}} 1.0"),
        format!("grpc_server_handled_total{{{place},grpc_code=\"NotFound\"}} 1.0"),
        format!("grpc_server_handled_total{{{place},grpc_code=\"Unknown\"}} 1.0"),
        "grpc_server_handled_total{grpc_service=\"shop.Orders\",grpc_method=\"List\",grpc_code=\"Unknown\"} 2.0".into(),
        "grpc_server_handled_total{grpc_service=\"shop.Orders\",grpc_method=\"Watch\",grpc_code=\"Canceled\"} 2.0".into(),
        "grpc_server_handled_total{grpc_service=\"other\",grpc_method=\"other\",grpc_code=\"Unimplemented\"} 1.0".into(),
        format!("grpc_server_handling_seconds_count{{{place}}} 3"),
        "grpc_server_in_flight 0.0".into(),
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    assert!(!text.contains("made.Up"), "{text}");
}

#[tokio::test]
async fn over_a_connection_of_http_2() {
    let registry = Registry::new();
    let layer = GrpcLayer::new(&registry).unwrap();
    let service = layer.layer(service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(message(Some("0"))))
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .await
    });
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://{address}/shop.Orders/Place"))
        .body(Full::<Bytes>::default())
        .unwrap();
    let body = sender.send_request(request).await.unwrap().into_body();
    let trailers = body.collect().await.unwrap().trailers().cloned().unwrap();
    assert_eq!(trailers.get("grpc-status").unwrap(), "0");
    let line = "grpc_server_handled_total{grpc_service=\"shop.Orders\",grpc_method=\"Place\",grpc_code=\"OK\"} 1.0";
    let text = registry.text(Format::Text);
    assert!(text.contains(line), "{text}");
}
