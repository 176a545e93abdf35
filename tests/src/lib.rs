//! What black-box tests need: the programs under test, started on ports of their own and ended
//! with the test, and a small HTTP client.
//!
//! A test asks for the original by name ([`installed`]); where it is not on the machine the test
//! prints that it was skipped and for want of what.

pub mod alerting;
mod client;
pub mod document;
pub mod kube;
mod server;
mod target;

pub use client::{Answer, delete, get, get_json, post};
pub use server::{Argand, Server, binary, free_port, installed, python_clients, query};
pub use target::{Page, Target};
