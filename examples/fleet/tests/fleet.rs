//! A fleet starts, answers, says which port was taken, and ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use fleet::{Error, Fleet, Kind, Options, Service, listen};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The text of a page, asked for on a thread that may wait.
async fn page(address: SocketAddr, path: &str) -> Option<String> {
    let url = format!("http://{address}{path}");
    let ask = move || {
        ureq::get(&url)
            .call()
            .ok()?
            .body_mut()
            .read_to_string()
            .ok()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

/// Whether the page comes to hold a line that begins like this, and ends with another number than 0.
async fn comes_to_count(address: SocketAddr, start: &str) -> bool {
    for _ in 0..300 {
        let text = page(address, "/metrics").await.unwrap();
        let counted = |line: &str| line.starts_with(start) && !line.ends_with(" 0.0");
        if text.lines().any(counted) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_run_through_all_services_until_the_end() {
    let options = Options {
        address: LOOPBACK,
        free_ports: true,
        seed: 3,
        pace: Duration::from_millis(10),
    };
    let fleet = Fleet::start(&options).await.unwrap();
    let addresses = fleet.addresses().to_vec();
    assert_eq!(addresses.len(), Service::ALL.len());
    for (service, address) in &addresses {
        let counted = match service {
            Service::Orchestrator => "agent_requests_total{agent=\"cost\",status=\"success\"}",
            Service::Agent(_) => "requests_total{endpoint=\"/optimize\",status=\"200\"}",
        };
        assert!(comes_to_count(*address, counted).await, "{service}");
        let build = format!("build_info{{service=\"{service}\"");
        assert!(comes_to_count(*address, &build).await, "{service}");
    }
    let (_, orchestrator) = addresses.first().copied().unwrap();
    let health = "agent_health_status{agent=\"application\"}";
    assert!(comes_to_count(orchestrator, health).await);
    fleet.stop().await;
    for (service, address) in addresses {
        assert!(page(address, "/metrics").await.is_none(), "{service}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let service = Service::Agent(Kind::Cost);
    let first = listen(service, LOOPBACK, 0).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let error: Error = listen(service, LOOPBACK, port).await.unwrap_err();
    let text = error.to_string();
    let start = format!("cost-agent cannot listen at 127.0.0.1:{port}: ");
    assert!(
        text.starts_with(&start) && text.ends_with("give it another port"),
        "{text}"
    );
}
