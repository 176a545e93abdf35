//! `argand-fleet`: the whole fleet in one process, or one service of it.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use fleet::agent::Agent;
use fleet::orchestrator::Orchestrator;
use fleet::{Fleet, Kind, Options, Service, batch, listen, load, serve};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A fleet to look at: an orchestrator, four agents and a batch job.
#[derive(Parser)]
#[command(name = "argand-fleet", version)]
struct Line {
    /// What to run.
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// Where to listen.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// The port of a single service, when not its own.
    #[arg(long)]
    port: Option<u16>,
    /// What chance begins with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Milliseconds between two orders, in the mean.
    #[arg(long, default_value_t = 150, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pace: u64,
    /// Where a single orchestrator finds the agents: `cost=HOST:PORT`, given again for each.
    #[arg(long = "agent", value_name = "NAME=HOST:PORT", value_parser = agent_address)]
    agents: Vec<(Kind, String)>,
    /// A Pushgateway, such as http://localhost:9091, for the batch job; without one it does not run.
    #[arg(long)]
    gateway: Option<String>,
    /// Seconds between two runs of the batch job.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    batch_pause: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    All,
    Orchestrator,
    Cost,
    Performance,
    Resource,
    Application,
    Batch,
}

fn agent_address(text: &str) -> Result<(Kind, String), String> {
    let (name, address) = text.split_once('=').ok_or("NAME=HOST:PORT was expected")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or("an agent is cost, performance, resource or application")?;
    Ok((kind, address.to_owned()))
}

fn main() -> ExitCode {
    let line = Line::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime
        .context("starting threads")
        .and_then(|runtime| runtime.block_on(run(line)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("argand-fleet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: Line) -> Result<()> {
    let kind = match line.what {
        What::All => return all(&line).await,
        What::Batch => return batch_alone(&line).await,
        What::Orchestrator => return orchestrator_alone(&line).await,
        What::Cost => Kind::Cost,
        What::Performance => Kind::Performance,
        What::Resource => Kind::Resource,
        What::Application => Kind::Application,
    };
    let agent = Agent::new(kind, line.seed)?;
    let drift = agent.clone().drift();
    single(&line, Service::Agent(kind), agent.router()?, drift).await
}

/// All five in this process, and the batch job where there is a gateway.
async fn all(line: &Line) -> Result<()> {
    let options = Options {
        address: line.address,
        free_ports: false,
        seed: line.seed,
        pace: Duration::from_millis(line.pace),
    };
    let mut fleet = Fleet::start(&options).await?;
    for (service, address) in fleet.addresses() {
        say(&format!("{service:<18} http://{address}/metrics"));
    }
    if let Some(gateway) = &line.gateway {
        fleet.spawn(batch_job(line, gateway)?);
    }
    ended().await?;
    fleet.stop().await;
    Ok(())
}

fn batch_job(line: &Line, gateway: &str) -> Result<impl Future<Output = ()> + Send + 'static> {
    let pause = Duration::from_secs(line.batch_pause);
    batch::run(gateway, pause, line.seed).context("--gateway")
}

async fn batch_alone(line: &Line) -> Result<()> {
    let Some(gateway) = &line.gateway else {
        bail!("--gateway: the batch job needs the address of a Pushgateway");
    };
    tokio::select! {
        () = batch_job(line, gateway)? => Ok(()),
        ended = ended() => ended,
    }
}

async fn orchestrator_alone(line: &Line) -> Result<()> {
    let mut agents = line.agents.clone();
    for kind in Kind::ALL {
        if agents.iter().all(|(known, _)| *known != kind) {
            let port = Service::Agent(kind).port();
            agents.push((kind, format!("{}:{port}", line.address)));
        }
    }
    let orchestrator = Orchestrator::new(agents, line.seed)?;
    let port = line.port.unwrap_or(Service::Orchestrator.port());
    let own = std::net::SocketAddr::new(line.address, port).to_string();
    let load = load::run(own, Duration::from_millis(line.pace), line.seed);
    let watch = orchestrator.clone().watch();
    let beside = async move {
        tokio::join!(load, watch);
    };
    single(line, Service::Orchestrator, orchestrator.router()?, beside).await
}

/// One service with what goes on beside it, until a signal asks for the end.
async fn single(
    line: &Line,
    service: Service,
    router: axum::Router,
    beside: impl Future<Output = ()>,
) -> Result<()> {
    let port = line.port.unwrap_or(service.port());
    let listener = listen(service, line.address, port).await?;
    say(&format!(
        "{service} http://{}/metrics",
        listener.local_addr()?
    ));
    let end = CancellationToken::new();
    let serving = serve(listener, router, end.clone());
    let asked = async {
        let asked = tokio::select! {
            () = beside => Ok(()),
            asked = ended() => asked,
        };
        end.cancel();
        asked
    };
    let ((), asked) = tokio::join!(serving, asked);
    asked
}

/// Until SIGTERM or SIGINT.
async fn ended() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

#[expect(clippy::print_stdout, reason = "what was asked for")]
fn say(line: &str) {
    println!("{line}");
}
