//! Serves the synthetic targets: one listener for all loopback addresses 127.1.x.y, so that each
//! target has an instance label of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::Load;
use crate::exposition::Page;

/// The running targets; they end with the value.
pub(crate) struct Targets {
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    page: Page,
    began: Instant,
    /// What was served, by who asked.
    served: Mutex<BTreeMap<String, Served>>,
}

/// What one server was served.
#[derive(Clone, Default)]
pub(crate) struct Served {
    /// Pages.
    pub(crate) scrapes: u64,
    /// The targets that were asked.
    pub(crate) targets: BTreeSet<usize>,
}

/// The address of a target.
pub(crate) fn address(place: usize) -> Ipv4Addr {
    // 250 a block, so that no last octet is 0 or 255; 256 blocks, then the next second octet.
    let (block, within) = (place / 250, place % 250);
    Ipv4Addr::new(127, 1 + (block / 256) as u8, block as u8, within as u8 + 1)
}

fn place(address: IpAddr) -> Option<usize> {
    match address {
        IpAddr::V4(v4) => {
            let [_, upper, block, within] = v4.octets();
            let block = usize::from(upper).checked_sub(1)? * 256 + usize::from(block);
            Some(block * 250 + usize::from(within).checked_sub(1)?)
        }
        IpAddr::V6(_) => None,
    }
}

impl Targets {
    /// Starts serving.
    pub(crate) fn start(load: &Load) -> Result<Self> {
        let shared = Arc::new(Shared {
            page: Page::new(load.series),
            began: Instant::now(),
            served: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, load.port));
        let listener = runtime
            .block_on(TcpListener::bind(any))
            .with_context(|| format!("listening on port {}", load.port))?;
        runtime.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self {
            shared,
            _runtime: runtime,
        })
    }

    /// What was served so far, by the `server` parameter of the scrapes.
    pub(crate) fn served(&self) -> BTreeMap<String, Served> {
        self.shared
            .served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        // Only this machine is served, though the socket is open to all its addresses.
        let Ok(local) = stream.local_addr() else {
            continue;
        };
        if !local.ip().is_loopback() {
            continue;
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let answer = answer(&shared, local.ip(), &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let io = TokioIo::new(stream);
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await;
        });
    }
}

fn answer(shared: &Shared, ip: IpAddr, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let Some(target) = place(ip) else {
        return Response::new(Full::default());
    };
    let query = request.uri().query().unwrap_or_default();
    let asker = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("server="));
    {
        let mut served = shared.served.lock().unwrap_or_else(PoisonError::into_inner);
        let served = served
            .entry(asker.unwrap_or("unknown").to_owned())
            .or_default();
        served.scrapes += 1;
        served.targets.insert(target);
    }
    let mut text = String::with_capacity(96 << 10);
    let seconds = shared.began.elapsed().as_secs_f64();
    shared.page.write(target, seconds, &mut text);
    let mut response = Response::new(Full::new(Bytes::from(text)));
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_an_address_of_its_own() {
        for target in [0, 1, 249, 250, 399, 2000, 63_999, 64_000, 100_000] {
            assert_eq!(place(IpAddr::V4(address(target))), Some(target));
        }
    }
}
