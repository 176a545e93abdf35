//! The receivers: who is told of alerts, in each one's own way.
//!
//! In comes a checked [`config::alertmanager::Receiver`] with the templates, out go its
//! integrations as [`contract::Notify`]: [`build`] makes them. Routing decides when an integration
//! is asked and what is done after a failure; an integration makes one attempt.
//!
//! A kind is one file in `kinds` (or `mail`) that knows its vendor's body and answers. Around it,
//! `integration` measures the time an attempt may take, `told` expands the texts, `web` sends a
//! request and judges the answer.
//!
//! Invariants:
//! - An attempt ends within the receiver's timeout, and in any case before the group's next turn.
//! - No error and no log line holds a secret, a URL (many hold a token) or what an answer repeats
//!   of either.
//! - What is read of an answer is bounded, and so is each text where the vendor has a limit.
//! - Secrets in files are read anew at each attempt.
//!
//! What is absent: attempts after the first, the notification log, inhibition and silences.

mod aws;
mod build;
mod error;
mod hash;
mod integration;
mod json;
mod kinds;
mod mail;
mod message;
mod secret;
mod told;
mod tree;
mod truncate;
mod web;

pub use build::{BuildError, build};
