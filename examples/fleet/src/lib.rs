//! A fleet to look at: an orchestrator, four agents and a batch job, as a team that optimises cost,
//! performance, resources and applications would run them. What they expose is real: requests run
//! over loopback through the layers of `argand-client`, which counts them; only what the agents
//! would find out about clouds and models is drawn by chance, from a seed.
//!
//! ```text
//! load ─> orchestrator ─> cost, performance, resource, application
//! batch job ─> Pushgateway
//! ```
//!
//! In come addresses and a seed, out go `/metrics` of five services. Invariants: at most
//! [`load::AT_ONCE`] requests are under way; all ends when [`Fleet::stop`] is called. Absent:
//! anything that is optimised.

pub mod agent;
pub mod batch;
mod chance;
mod http_client;
pub mod load;
pub mod orchestrator;
mod service;
mod tracked;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use chance::Chance;
pub use service::{Kind, Service};

/// Requests under way at the end may take this long; after it they are cut off.
pub const GRACE: Duration = Duration::from_secs(3);

/// Why a fleet cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, or not this machine's.
    #[error("{service} cannot listen at {address}: {source}; give it another port")]
    Listen {
        /// Who wanted to.
        service: Service,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A metric's name or labels are refused.
    #[error(transparent)]
    Metric(#[from] argand_client::Error),
}

/// How a fleet runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where all services listen.
    pub address: IpAddr,
    /// Whether services take free ports rather than their own.
    pub free_ports: bool,
    /// What chance begins with: equal seeds draw equal numbers in each service.
    pub seed: u64,
    /// Mean time between two requests to the orchestrator.
    pub pace: Duration,
}

/// All five services, running.
#[derive(Debug)]
pub struct Fleet {
    addresses: Vec<(Service, SocketAddr)>,
    tasks: JoinSet<()>,
    end: CancellationToken,
}

impl Fleet {
    /// Listens at all five addresses and starts the load. Needs a runtime of tokio.
    ///
    /// # Errors
    /// [`Error::Listen`] for the first address that is taken; nothing runs then.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let mut listeners = Vec::new();
        for service in Service::ALL {
            let port = if options.free_ports {
                0
            } else {
                service.port()
            };
            listeners.push((service, listen(service, options.address, port).await?));
        }
        let addresses: Vec<(Service, SocketAddr)> = listeners
            .iter()
            .filter_map(|(service, listener)| Some((*service, listener.local_addr().ok()?)))
            .collect();
        let agents = addresses
            .iter()
            .filter_map(|(service, address)| match service {
                Service::Orchestrator => None,
                Service::Agent(kind) => Some((*kind, address.to_string())),
            })
            .collect();
        let mut fleet = Self {
            addresses,
            tasks: JoinSet::new(),
            end: CancellationToken::new(),
        };
        let orchestrator = orchestrator::Orchestrator::new(agents, options.seed)?;
        for (service, listener) in listeners {
            let router = match service {
                Service::Orchestrator => orchestrator.router()?,
                Service::Agent(kind) => {
                    let agent = agent::Agent::new(kind, options.seed)?;
                    fleet.spawn(agent.clone().drift());
                    agent.router()?
                }
            };
            let serving = serve(listener, router, fleet.end.clone());
            fleet.tasks.spawn(serving);
        }
        fleet.spawn(orchestrator.watch());
        let first = fleet.addresses.first();
        if let Some(orchestrator) = first.map(|(_, address)| address.to_string()) {
            fleet.spawn(load::run(orchestrator, options.pace, options.seed));
        }
        Ok(fleet)
    }

    /// Adds a task that ends with the fleet.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = end.cancelled() => {}
            }
        });
    }

    /// Where each service listens.
    #[must_use]
    pub fn addresses(&self) -> &[(Service, SocketAddr)] {
        &self.addresses
    }

    /// Ends everything, requests under way first.
    pub async fn stop(mut self) {
        self.end.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Opens the socket of a service.
///
/// # Errors
/// [`Error::Listen`].
pub async fn listen(service: Service, address: IpAddr, port: u16) -> Result<TcpListener, Error> {
    let address = SocketAddr::new(address, port);
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| Error::Listen {
        service,
        address,
        source,
    })
}

/// Answers requests until the end, and after it those under way, for [`GRACE`] at most.
pub async fn serve(listener: TcpListener, router: Router, end: CancellationToken) {
    let served =
        axum::serve(listener, router).with_graceful_shutdown(end.clone().cancelled_owned());
    let cut_off = async {
        end.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = served.into_future() => {
            if let Err(error) = served {
                tracing::warn!(%error, "a service of the fleet has ended");
            }
        }
        () = cut_off => {}
    }
}
