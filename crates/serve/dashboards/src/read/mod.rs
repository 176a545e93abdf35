//! A document of any version to a [`Dashboard`](crate::Dashboard).
//!
//! Nothing in a document is an error but its size and that it is no JSON object of a dashboard:
//! what is missing has a default, and what is not supported is told as a problem in its place.

mod annotations;
mod document;
pub(crate) mod field_config;
pub(crate) mod json;
pub(crate) mod links;
pub(crate) mod mappings;
mod options;
pub(crate) mod panel;
pub(crate) mod panels;
pub(crate) mod problems;
mod queries;
pub(crate) mod shared;
pub(crate) mod sources;
mod text;
mod transformations;
mod v2;
mod variable_options;
mod variable_query;
mod variables;

pub use document::{Head, MAX_DOCUMENT, ReadError, head, read};
