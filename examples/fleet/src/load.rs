//! The load: orders to the orchestrator, as people and schedules would give them.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::http_client::HttpClient;
use crate::{Chance, Kind};

/// Requests under way at once; further ones are left out until there is room.
pub const AT_ONCE: usize = 32;

/// Gives orders to the orchestrator at `host:port` for ever, `pace` apart in the mean. Dropped,
/// it takes back those under way.
pub async fn run(orchestrator: String, pace: Duration, seed: u64) {
    let client = HttpClient::new();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut chance = Chance::new(seed, "load");
    let mut under_way = JoinSet::new();
    let [first, others @ ..] = Kind::ALL;
    loop {
        tokio::time::sleep(chance.time(pace)).await;
        while under_way.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            continue;
        };
        let agent = chance.one_of(first, &others);
        let path = format!("/agents/{}/optimize", agent.name());
        let (client, host) = (client.clone(), orchestrator.clone());
        under_way.spawn(async move {
            let _place = place;
            let _ = client.ask(Method::POST, &host, &path).await;
        });
    }
}
