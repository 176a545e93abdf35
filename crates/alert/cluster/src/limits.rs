//! What is bounded, and by how much.

use std::time::Duration;

/// Bytes of one frame at most. The largest record is an entry of the notification log for a group
/// of a hundred thousand alerts, eight bytes each.
pub(crate) const FRAME_BYTES: usize = 4 << 20;

/// Bytes of a frame that may be read without a place among the large ones.
pub(crate) const SMALL_FRAME_BYTES: usize = 64 << 10;

/// Large frames that are read at once, over all connections: what strangers can make this process
/// hold is this many times [`FRAME_BYTES`].
pub(crate) const LARGE_FRAMES: usize = 4;

/// Bytes of the first frame of a connection, before anything is known of the other side.
pub(crate) const HELLO_BYTES: usize = 1 << 10;

/// Bytes of records that are put into one frame, unless a single one is larger.
pub(crate) const RECORDS_BYTES: usize = 256 << 10;

/// Records of one frame.
pub(crate) const FRAME_RECORDS: usize = 4096;

/// Digests of one frame: 256 KiB of them.
pub(crate) const FRAME_DIGESTS: usize = 32 << 10;

/// Digests of one side of an exchange: 2 MiB, as many as the limits of routing's state.
pub(crate) const DIGESTS: usize = 256 << 10;

/// Bytes of records that one side sends in an exchange; what is left follows in the next.
pub(crate) const EXCHANGE_BYTES: usize = 16 << 20;

/// Exchanges at once that others have begun, and as many that this node has.
pub(crate) const EXCHANGES: usize = 4;

/// Nodes that are looked for at once.
pub(crate) const GREETINGS: usize = 16;

/// How long an exchange may take in all.
pub(crate) const EXCHANGE_TIME: Duration = Duration::from_secs(120);

/// Connections from others at once: two from each node of a large cluster.
pub(crate) const CONNECTIONS: usize = 128;

/// Nodes that are known at once, lost ones among them.
pub(crate) const MEMBERS: usize = 128;

/// What the protocol of the members may wait to do. Only forgetting lost nodes takes long; beyond
/// this it is left out, and they are forgotten at the next start.
pub(crate) const TIMERS: usize = 4096;

/// Bytes of a node's name.
pub(crate) const NAME_BYTES: usize = 128;

/// Bytes of the cluster's label.
pub(crate) const LABEL_BYTES: usize = 255;

/// Bytes of one message about members.
pub(crate) const PACKET_BYTES: usize = 8 << 10;

/// Frames that wait for one node; beyond that they are dropped, and an exchange makes up for them.
pub(crate) const QUEUE_FRAMES: usize = 4096;

/// Bytes that wait for one node.
pub(crate) const QUEUE_BYTES: usize = 8 << 20;

/// A connection that nothing is sent over for so long is closed.
pub(crate) const IDLE: Duration = Duration::from_secs(60);

/// How long certificates that were read are used before their files are read again.
pub(crate) const TLS_AGE: Duration = Duration::from_secs(10);

/// How long nothing is tried after a connection could not be made; what was to be sent meanwhile
/// is dropped.
pub(crate) const CONNECT_PAUSE: Duration = Duration::from_millis(500);

/// How long a node that ends waits until the others have heard of it.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// Messages about members that wait for the task that reads them.
pub(crate) const EVENTS: usize = 1024;

/// Addresses that one configured name may stand for.
pub(crate) const ADDRESSES_PER_NAME: usize = 64;

/// Looks at the members, with the same outcome, until the cluster counts as settled.
pub(crate) const SAME_LOOKS: u32 = 3;

/// Intervals of gossip between two such looks.
pub(crate) const GOSSIPS_PER_LOOK: u32 = 10;
