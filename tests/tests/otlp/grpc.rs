//! A client of gRPC that makes one call, over HTTP/2 without TLS.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};

/// How a call ended.
pub(crate) struct Answer {
    /// The number of gRPC.
    pub(crate) status: String,
    /// The message; empty where it failed.
    pub(crate) message: Vec<u8>,
}

/// Calls `MetricsService/Export` of a server such as `http://127.0.0.1:9090`.
pub(crate) fn call(server: &str, message: &[u8]) -> Answer {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let address = server.strip_prefix("http://").unwrap();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        tokio::spawn(connection);
        let mut body = vec![0];
        body.extend((message.len() as u32).to_be_bytes());
        body.extend(message);
        let path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
        let request = hyper::Request::post(format!("{server}{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().cloned().unwrap_or_default();
        let status = trailers.get("grpc-status");
        let status = status.or_else(|| head.headers.get("grpc-status")).unwrap();
        let framed = body.to_bytes();
        Answer {
            status: status.to_str().unwrap().to_owned(),
            message: framed.get(5..).unwrap_or_default().to_vec(),
        }
    })
}
