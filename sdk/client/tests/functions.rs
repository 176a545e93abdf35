//! The attributes on functions of every shape, before and after somebody wants to know.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::borrow::Cow;
use std::fmt::Display;

use argand_client::{
    Error, ErrorKind, Family, Format, Histogram, Registry, functions, track_duration, track_errors,
};

/// An error that says its kind.
#[derive(Debug)]
enum OrderError {
    NoStock,
}

impl ErrorKind for OrderError {
    fn kind(&self) -> Cow<'static, str> {
        "no_stock".into()
    }
}

/// One that does not.
#[derive(Debug, PartialEq)]
struct Mute<T>(T);

#[track_duration]
#[track_errors]
fn plain(fail: bool) -> Result<u32, OrderError> {
    if fail {
        return Err(OrderError::NoStock);
    }
    Ok(1)
}

#[track_errors(name = "renamed")]
#[track_duration(name = "renamed")]
async fn later<T: Copy + Send>(value: T, fail: bool) -> Result<T, Mute<T>> {
    tokio::task::yield_now().await;
    // This leaves the body, not the code of the attribute.
    if fail {
        return Err(Mute(value));
    }
    Ok(value)
}

#[track_errors(kind = word)]
fn nameless(path: &str) -> Result<impl Display + use<>, std::io::Error> {
    std::fs::read_to_string(path)
}

fn word(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::NotFound {
        "missing"
    } else {
        "io"
    }
}

/// Methods, with metrics of their own.
struct Shop {
    duration: Histogram,
    errors: Family<argand_client::Counter, 1>,
    sold: u32,
}

impl Shop {
    #[track_duration(histogram = self.duration)]
    #[track_errors(counter = self.errors)]
    fn open(&self, path: &str) -> std::io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    #[track_errors]
    fn sell(&mut self, count: u32) -> Result<&mut u32, OrderError> {
        let left = self.sold.checked_sub(count).ok_or(OrderError::NoStock)?;
        self.sold = left;
        Ok(&mut self.sold)
    }
}

#[track_duration]
fn panics() {
    panic!("on purpose");
}

#[tokio::test]
async fn every_shape_of_function_is_counted() {
    // Nobody wants to know yet.
    assert_eq!(plain(false).unwrap(), 1);
    let registry = Registry::new();
    functions::install(&registry).unwrap();
    let twice = functions::install(&Registry::new()).unwrap_err();
    assert!(matches!(twice, Error::Taken { .. }));

    assert_eq!(plain(false).unwrap(), 1);
    plain(true).unwrap_err();
    assert_eq!(later(7, false).await, Ok(7));
    assert_eq!(later(8, true).await, Err(Mute(8)));
    assert!(nameless("/no/such/file").is_err());
    let mut shop = Shop {
        duration: registry.histogram("open_seconds", "Opening").unwrap(),
        errors: registry
            .counter_family("open_errors_total", "Opening", ["kind"])
            .unwrap(),
        sold: 3,
    };
    shop.open("/").unwrap();
    shop.open("/no/such/file").unwrap_err();
    *shop.sell(1).unwrap() += 10;
    assert_eq!(shop.sold, 12);
    shop.sell(100).unwrap_err();
    std::panic::catch_unwind(panics).unwrap_err();
    // Dropped before its end: the time until then counts.
    drop(tokio::time::timeout(std::time::Duration::ZERO, later(1, false)).await);

    let text = registry.text(Format::Text);
    for line in [
        "function_duration_seconds_count{function=\"functions::plain\"} 2",
        "function_errors_total{function=\"functions::plain\",kind=\"no_stock\"} 1.0",
        "function_duration_seconds_count{function=\"renamed\"} 3",
        "function_errors_total{function=\"renamed\",kind=\"functions::Mute\"} 1.0",
        "function_errors_total{function=\"functions::nameless\",kind=\"missing\"} 1.0",
        "open_seconds_count 2",
        "open_errors_total{kind=\"entity_not_found\"} 1.0",
        "function_errors_total{function=\"functions::sell\",kind=\"no_stock\"} 1.0",
        "function_duration_seconds_count{function=\"functions::panics\"} 1",
    ] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
}
