//! What the attributes [`track_duration`](crate::track_duration) and
//! [`track_errors`](crate::track_errors) record.
//!
//! | metric | kind | labels |
//! |---|---|---|
//! | `function_duration_seconds` | histogram | `function` |
//! | `function_errors_total` | counter | `function`, `kind` |
//!
//! A library may carry the attributes at no cost: until the program has called [`install`], a
//! tracked function does one atomic load more than before, and looks at no clock.
//!
//! ```
//! use argand_client::{Registry, functions, track_duration, track_errors};
//!
//! #[track_duration]
//! #[track_errors]
//! fn load(path: &str) -> std::io::Result<String> {
//!     std::fs::read_to_string(path)
//! }
//!
//! functions::install(&Registry::new())?;
//! assert!(load("/no/such/file").is_err());
//! # Ok::<(), argand_client::Error>(())
//! ```
//!
//! An attribute where it makes no sense does not build:
//!
//! ```compile_fail
//! #[argand_client::track_errors]
//! fn nothing_can_go_wrong() {}
//! ```
//!
//! ```compile_fail
//! #[argand_client::track_duration(labels = "a")]
//! fn wrong_argument() {}
//! ```

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::family::Family;
use crate::metric::{Counter, Histogram, LATENCY_BUCKETS, Timer};
use crate::{Error, Registry};

/// Where the attributes of this process record.
static INSTALLED: OnceLock<Functions> = OnceLock::new();

/// The two families.
struct Functions {
    duration: Family<Histogram, 1>,
    errors: Family<Counter, 2>,
}

/// From now on the attributes record in this registry. Once a process.
///
/// # Errors
/// [`Error::Taken`] when it was called before.
pub fn install(registry: &Registry) -> Result<(), Error> {
    let functions = Functions {
        duration: registry.histogram_family(
            "function_duration_seconds",
            "Time in a function, from its call to its return",
            ["function"],
            &LATENCY_BUCKETS,
        )?,
        errors: registry.counter_family(
            "function_errors_total",
            "Errors that a function has returned",
            ["function", "kind"],
        )?,
    };
    INSTALLED.set(functions).map_err(|_| Error::Taken {
        name: "function_duration_seconds".to_owned(),
    })
}

/// The `kind` label of an error. Give your error types one: a short word of a fixed list, never
/// text that holds what a user sent.
///
/// ```
/// use argand_client::ErrorKind;
/// enum OrderError { NoStock, Payment(String) }
/// impl ErrorKind for OrderError {
///     fn kind(&self) -> Cow<'static, str> {
///         match self {
///             Self::NoStock => "no_stock".into(),
///             Self::Payment(_) => "payment".into(),
///         }
///     }
/// }
/// # use std::borrow::Cow;
/// # assert_eq!(OrderError::NoStock.kind(), "no_stock");
/// ```
pub trait ErrorKind {
    /// The word.
    fn kind(&self) -> Cow<'static, str>;
}

impl ErrorKind for std::io::Error {
    fn kind(&self) -> Cow<'static, str> {
        let words = self.kind().to_string();
        words.replace([' ', '-'], "_").into()
    }
}

/// Finds the kind of any error: its own word, or else the name of its type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<'a, E>(pub &'a E);

/// Errors that have a word; found before [`OfType`] since it needs no reference more.
#[doc(hidden)]
pub trait OfKind {
    /// The word.
    fn find(&self) -> Cow<'static, str>;
}

impl<E: ErrorKind> OfKind for Probe<'_, E> {
    fn find(&self) -> Cow<'static, str> {
        self.0.kind()
    }
}

/// All other errors.
#[doc(hidden)]
pub trait OfType {
    /// The name of the type, without its parameters.
    fn find(&self) -> Cow<'static, str>;
}

impl<E> OfType for &Probe<'_, E> {
    fn find(&self) -> Cow<'static, str> {
        let name = std::any::type_name::<E>();
        name.split_once('<').map_or(name, |(name, _)| name).into()
    }
}

/// Calls a body that may end by `return` and `?`, and hand on what it was lent: a closure that is
/// known to be called once may.
#[doc(hidden)]
#[inline]
pub fn once<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// One function that carries `#[track_duration]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct DurationSite {
    function: &'static str,
    histogram: OnceLock<Histogram>,
}

impl DurationSite {
    /// For a static.
    #[must_use]
    pub const fn new(function: &'static str) -> Self {
        let histogram = OnceLock::new();
        Self {
            function,
            histogram,
        }
    }

    /// Counts the time until what it gives is dropped, if anybody wants to know.
    #[inline]
    #[must_use]
    pub fn start(&self) -> Option<Timer> {
        let functions = INSTALLED.get()?;
        let make = || functions.duration.with([self.function]);
        Some(self.histogram.get_or_init(make).start())
    }
}

/// One function that carries `#[track_errors]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ErrorSite(&'static str);

impl ErrorSite {
    /// For a static.
    #[must_use]
    pub const fn new(function: &'static str) -> Self {
        Self(function)
    }

    /// Counts an error, whose kind is asked for only if anybody wants to know.
    #[inline]
    pub fn record<K: AsRef<str>>(&self, kind: impl FnOnce() -> K) {
        if let Some(functions) = INSTALLED.get() {
            functions.errors.with([self.0, kind().as_ref()]).inc();
        }
    }
}
