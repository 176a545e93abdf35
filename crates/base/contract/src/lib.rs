//! The traits where stages meet.
//!
//! A stage never names another: scraping knows [`Append`] and not the store behind it, a query
//! knows [`Select`], discovery knows [`TargetSink`], rules know [`Query`] and [`AlertSink`], routing
//! knows [`Notify`] and, of other nodes, [`Peers`], remote write reads on in a log through
//! [`Follow`], the program's own metrics come from whatever is [`Gather`]. The application joins
//! them.
//!
//! [`memory`] holds a small store in memory that keeps the same promises, for tests of the stages
//! on either side.

mod admin;
mod alerts;
mod append;
mod cluster;
mod exemplars;
mod follow;
mod gather;
pub mod memory;
mod query;
mod rules;
mod select;
mod status;
mod targets;

pub use admin::{AdminError, StoreAdmin};
pub use alerts::{
    AlertSink, Notification, NotificationReason, NotificationStatus, Notify, NotifyError,
    NotifyFuture,
};
pub use append::{
    Append, AppendError, Appended, Batch, PendingExemplar, PendingHistogram, PendingMetadata,
    PendingSample, RejectReason, Rejection, SeriesId,
};
pub use cluster::{Alone, ClusterPeer, ClusterState, Peers, Replica, Settled};
pub use exemplars::Exemplars;
pub use follow::{Follow, FollowError, LogKind, LogPosition, LogReference, LogSink, Taken};
pub use gather::{Clock, Gather, SystemClock};
pub use query::{PreparedQuery, Query, QueryFault, QueryPoint, Reads};
pub use rules::{
    ActiveAlert, AlertState, AlertingState, Alertmanagers, RuleGroupState, RuleHealth, RuleState,
    RuleStates, Texts,
};
pub use select::{
    ChunkSink, LabelStamp, Patient, Select, SelectError, Selection, SeriesList, TimeRange, Touched,
    Watch,
};
pub use status::{Cardinality, Damage, HeadState, StoreStatus};
pub use targets::{
    ActiveTarget, AllGroups, DroppedTarget, GroupChange, Health, MetricMetadata, TargetGroup,
    TargetSink, Targets,
};
