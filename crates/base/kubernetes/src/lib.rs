//! Objects of a Kubernetes API server: listed once, watched from then on, and kept.
//!
//! In comes an [`Access`] (who may ask which server) and a [`Resource`] (what is asked for); out
//! comes a [`Watched`] set of objects that follows the server, with the keys of what changed for
//! each [`Changes`] that was subscribed. A [`Hub`] shares the sets: whoever asks for the same
//! resource of the same server with the same credentials gets the same one, so that the server is
//! watched once, however many sections ask.
//!
//! Invariants:
//! - An object is a struct of the fields that somebody uses; the rest is skipped while it is read.
//!   Texts are interned ([`Text`]), for ten thousand pods say the same few thousand things.
//! - A change that changes none of those fields wakes nobody.
//! - What a server refuses (no right to list a resource) is named and disturbs no other resource;
//!   what was known before a failure stays known.
//! - Pages, lines of a watch and waiting times are bounded by named constants.
//!
//! Absent: protobuf, for objects of custom resources come as JSON only and one decoder is enough;
//! writing, but for [`Api::create`] which reports events; programs that a kubeconfig names to get
//! a token.

mod access;
mod api;
mod backoff;
mod error;
mod hub;
mod kept;
mod lines;
mod meta;
mod metrics;
mod reflect;
mod text;

pub use access::{Access, CLUSTER_FOLDER};
pub use api::{Api, Resource};
pub use error::KubernetesError;
pub use hub::{Connection, Hub};
pub use kept::{Changes, Watched};
pub use meta::{Meta, Object, Owner, Pairs, or_default};
pub use text::Text;
