//! Samples of other servers: what is sent to them by remote write.
//!
//! This crate knows the log and the store through `contract` alone.

pub mod write;
