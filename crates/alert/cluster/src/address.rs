//! Where the others reach this node, where nobody says so.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::error::ClusterError;
use crate::limits::ADDRESSES_PER_NAME;
use crate::options::Options;

/// How long looking up the name of a peer may delay the start.
const LOOKUP: Duration = Duration::from_secs(2);

/// An address that no machine has (RFC 5737): the way to it is the way to the internet.
const FAR_AWAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// The address that is told to others: the one of the options, the one that is listened on, or the
/// one that the way to the first known peer begins at.
pub(crate) async fn advertised(
    options: &Options,
    listening: SocketAddr,
) -> Result<SocketAddr, ClusterError> {
    if let Some(address) = options.advertise {
        return Ok(address);
    }
    if !listening.ip().is_unspecified() {
        return Ok(listening);
    }
    let mut ways = Vec::new();
    for peer in &options.peers {
        ways.extend(look_up(peer, LOOKUP).await);
    }
    ways.push(FAR_AWAY);
    let own = ways.into_iter().find_map(way_begins_at);
    let own = own.ok_or_else(|| ClusterError::NoAddress(String::new()))?;
    if !options.public_address && !is_private(own) {
        let text = format!(" ({own} is one of the whole internet)");
        return Err(ClusterError::NoAddress(text));
    }
    Ok(SocketAddr::new(own, listening.port()))
}

/// The addresses of `host:port`; none where the name is not known, or not in time.
pub(crate) async fn look_up(peer: &str, time: Duration) -> Vec<SocketAddr> {
    match tokio::time::timeout(time, tokio::net::lookup_host(peer)).await {
        Ok(Ok(found)) => found.take(ADDRESSES_PER_NAME).collect(),
        Ok(Err(error)) => {
            tracing::debug!(peer, %error, "the name of a peer is not known");
            Vec::new()
        }
        Err(_) => {
            tracing::debug!(peer, "the name of a peer was not found in time");
            Vec::new()
        }
    }
}

/// This machine's address on the way to another. Nothing is sent.
fn way_begins_at(to: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(to).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}

/// Whether an address is only known within an organisation.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let shared = matches!(ip.octets(), [100, 64..=127, ..]);
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses() {
        for (ip, private) in [
            ("10.1.2.3", true),
            ("192.168.0.1", true),
            ("172.16.0.1", true),
            ("127.0.0.1", true),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("8.8.8.8", false),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_private(ip.parse().unwrap()), private, "{ip}");
        }
    }

    #[test]
    fn the_way_to_this_machine_begins_on_it() {
        let here = SocketAddr::from(([127, 0, 0, 1], 9));
        assert_eq!(way_begins_at(here), Some(here.ip()));
    }
}
