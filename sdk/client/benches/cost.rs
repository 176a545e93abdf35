//! What the library costs where it runs most often: a tracked request and a bare one, tracked
//! functions with nobody who wants to know and with somebody, and single steps.
//!
//! `cargo bench -p argand-client`
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "measurements may stop at the first surprise"
)]

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use argand_client::requests::RequestMetrics;
use argand_client::requests::grpc::GrpcLayer;
use argand_client::{Format, Registry, functions, track_duration, track_errors};
use divan::Bencher;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use tower::{Layer as _, Service, service_fn};

fn main() {
    // These come before anybody wants to know.
    functions_before_install();
    divan::main();
}

/// Runs what never waits.
fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("the services here never wait"),
    }
}

type Answer = Response<Full<Bytes>>;

/// A service that does nothing.
fn bare() -> impl Service<Request<()>, Response = Answer, Error = Infallible> + Clone {
    service_fn(|_: Request<()>| async { Ok::<Answer, Infallible>(Response::default()) })
}

fn ask<S: Service<Request<()>>>(bencher: Bencher<'_, '_>, mut service: S) {
    bencher
        .with_inputs(|| Request::get("http://h/shop.Orders/Place").body(()).unwrap())
        .bench_local_values(|request| finish(service.call(request)));
}

#[divan::bench]
fn request_bare(bencher: Bencher<'_, '_>) {
    ask(bencher, bare());
}

#[divan::bench]
fn request_tracked(bencher: Bencher<'_, '_>) {
    let registry = Registry::new();
    let requests = RequestMetrics::new(&registry).unwrap();
    let layer = requests.layer().route(|_| Some("/orders/{id}".into()));
    ask(bencher, layer.layer(bare()));
}

#[divan::bench]
fn call_of_grpc_tracked(bencher: Bencher<'_, '_>) {
    let registry = Registry::new();
    ask(bencher, GrpcLayer::new(&registry).unwrap().layer(bare()));
}

#[inline(never)]
fn work(value: u64) -> Result<u64, std::io::Error> {
    Ok(black_box(value).wrapping_mul(3))
}

/// What the tracked ones are without their attributes.
#[inline(never)]
fn untracked_work(value: u64) -> Result<u64, std::io::Error> {
    work(value)
}

#[inline(never)]
#[track_duration]
#[track_errors]
fn tracked_work(value: u64) -> Result<u64, std::io::Error> {
    work(value)
}

#[inline(never)]
#[track_errors]
fn watched_work(value: u64) -> Result<u64, std::io::Error> {
    work(value)
}

/// Without [`functions::install`], which cannot be taken back: by hand, before the others.
#[allow(
    clippy::print_stdout,
    reason = "a measurement says what it has measured"
)]
fn functions_before_install() {
    // Short runs, of which the quickest was disturbed by nothing.
    const CALLS: u32 = 100_000;
    let time = |run: fn(u64) -> Result<u64, std::io::Error>| {
        let best = (0..500).map(|_| {
            let started = std::time::Instant::now();
            for value in 0..CALLS {
                black_box(run(value.into())).unwrap();
            }
            started.elapsed()
        });
        best.min().unwrap().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    println!(
        "nobody wants to know, nanoseconds a call: bare {:.2}, errors {:.2}, duration and errors {:.2}",
        time(untracked_work),
        time(watched_work),
        time(tracked_work)
    );
}

#[divan::bench]
fn function_bare() -> Result<u64, std::io::Error> {
    untracked_work(black_box(7))
}

#[divan::bench]
fn function_errors_tracked(bencher: Bencher<'_, '_>) {
    let _ = functions::install(&Registry::new());
    bencher.bench_local(|| watched_work(black_box(7)));
}

#[divan::bench]
fn function_duration_and_errors_tracked(bencher: Bencher<'_, '_>) {
    let _ = functions::install(&Registry::new());
    bencher.bench_local(|| tracked_work(black_box(7)));
}

#[divan::bench]
fn counter_of_a_family(bencher: Bencher<'_, '_>) {
    let registry = Registry::new();
    let family = registry
        .counter_family("orders_total", "Orders", ["kind", "shop"])
        .unwrap();
    bencher.bench_local(|| family.with([black_box("book"), black_box("berlin")]).inc());
}

#[divan::bench]
fn histogram(bencher: Bencher<'_, '_>) {
    let histogram = Registry::new().histogram("wait_seconds", "Wait").unwrap();
    bencher.bench_local(|| histogram.observe(black_box(0.3)));
}

/// A page of a thousand series.
#[divan::bench]
fn text_of_a_thousand_series(bencher: Bencher<'_, '_>) {
    let registry = Registry::new();
    let family = registry
        .counter_family("orders_total", "Orders", ["id"])
        .unwrap();
    for id in 0..1_000 {
        family.with([&id.to_string()]).inc();
    }
    bencher.bench_local(|| registry.text(Format::Text));
}
