//! The Go template dialect of annotations and notifications.
//!
//! Users write `{{ $labels.instance }} is {{ $value | humanize }}` in rules and
//! `{{ range .Alerts.Firing }}…{{ end }}` in notification templates. Such a text and the values it
//! speaks of come in; what people read goes out, byte for byte what Go's `text/template` and
//! `html/template` would have made with the functions of Prometheus ([`prometheus`]) or
//! Alertmanager ([`alertmanager`]).
//!
//! A text is read once into a tree (`syntax`) and executed with values ([`Value`]) as often as
//! needed (`run`); `print` writes values as Go's `fmt` does, `time` moments as its `time` does,
//! `html` escapes.
//!
//! No text makes it panic; everything a template takes is bounded (`limits`), and errors name the
//! line.
//!
//! ```
//! use template::{Library, MissingKey, Set, Signature, Value};
//!
//! struct NoFunctions;
//! impl Library for NoFunctions {
//!     fn signature(&self, _: &str) -> Option<Signature> {
//!         None
//!     }
//!     fn call(&self, name: &str, _: &[Value]) -> Result<Value, String> {
//!         Err(format!("no function {name}"))
//!     }
//! }
//!
//! let mut set = Set::new();
//! set.add("greeting", "Hello {{ . | printf \"%q\" }}", &|_| false)?;
//! let text = set.execute("greeting", &Value::text("you"), &NoFunctions, MissingKey::Zero, false)?;
//! assert_eq!(text, "Hello \"you\"");
//! # Ok::<(), template::TemplateError>(())
//! ```

pub mod alertmanager;
mod error;
mod html;
mod json;
pub mod limits;
mod print;
pub mod prometheus;
mod quote;
mod run;
mod syntax;
mod text;
mod time;
mod value;

pub use error::TemplateError;
pub use run::{Library, MissingKey, Set};
pub use time::{Calendar, Time};
pub use value::{Element, Field, List, Map, Markup, Object, Shape, Signature, Type, Value};
