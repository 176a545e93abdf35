//! Grafana's dashboards: JSON documents of every version to one model of panels and queries, and
//! the folders that they lie in.
//!
//! [`read`] turns a document into a [`Dashboard`]; what of it is not shown as its author meant it
//! is told as a [`Problem`] with its place, never dropped in silence. [`Library`] knows the folders
//! (plain ones, and those of Grafana's provider files), follows their changes, and saves.
//!
//! Invariants: any bytes give a model or an error; every address in a model may be followed, and
//! every HTML in it may be shown, without running anything of the document's.
//!
//! What is absent: queries are not evaluated here, and variables are not filled in; that is for
//! pages, and for the API.

mod legacy;
mod library;
pub mod model;
mod read;

pub use library::{Entry, FileProblem, Library, LibraryError, Listing, Origin, Saved, Version};
pub use model::{Dashboard, Problem};
pub use read::{Head, MAX_DOCUMENT, ReadError, head, read};
