//! Samples of other servers: what is sent to them by remote write, and what is read from them.
//!
//! This crate knows the log and the store through `contract` alone.

pub mod read;
pub mod write;
