//! Connections that other nodes make.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::exchange::{exchange, stranger};
use crate::frame::{Frame, Hello, Purpose};
use crate::limits::{
    CONNECT_PAUSE, CONNECTIONS, EXCHANGE_TIME, EXCHANGES, FRAME_BYTES, HELLO_BYTES, IDLE,
};
use crate::shared::{Event, Shared};
use crate::transport::Stream;

/// Serves connections until the end.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let exchanges = Arc::new(Semaphore::new(EXCHANGES));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.end.cancelled() => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the cluster's port does not accept connections");
                tokio::time::sleep(CONNECT_PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            shared.counts.refused.inc();
            continue;
        };
        let (shared, exchanges) = (Arc::clone(&shared), Arc::clone(&exchanges));
        tokio::spawn(async move {
            let _place = place;
            let conversation = converse(&shared, stream, &exchanges);
            let outcome = tokio::select! {
                outcome = conversation => outcome,
                () = shared.end.cancelled() => return,
            };
            if let Err(error) = outcome {
                tracing::debug!(%from, %error, "a connection to the cluster's port has ended");
            }
        });
    }
}

async fn converse(
    shared: &Arc<Shared>,
    stream: TcpStream,
    exchanges: &Semaphore,
) -> io::Result<()> {
    let refused = |error| {
        shared.counts.refused.inc();
        error
    };
    let mut stream = shared.transport.accept(stream).await.map_err(refused)?;
    let hello = hear_hello(shared, &mut stream).await.map_err(refused)?;
    match hello.purpose {
        Purpose::Messages => listen(shared, stream, &hello).await,
        Purpose::Exchange => {
            let _place = exchanges.acquire().await.map_err(io::Error::other)?;
            let answer = shared.hello(Purpose::Exchange).encode();
            shared.transport.write(&mut stream, &answer).await?;
            if hello.node.name == shared.me().name {
                return Ok(());
            }
            let exchanging = timeout(EXCHANGE_TIME, exchange(shared, stream));
            exchanging.await.map_err(io::Error::other)?.map(|_| ())
        }
    }
}

/// The first frame, of a node with the same label.
pub(crate) async fn hear_hello(shared: &Shared, stream: &mut Stream) -> io::Result<Hello> {
    let patience = shared.options.times.tcp_timeout;
    let inbox = shared.transport.read(stream, HELLO_BYTES, patience).await?;
    let inbox = inbox.ok_or(io::ErrorKind::UnexpectedEof)?;
    match Frame::decode(&inbox.bytes) {
        Some(Frame::Hello(hello)) if hello.label == shared.options.label => Ok(hello),
        Some(Frame::Hello(_)) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the other side is of another cluster: its --cluster.label differs",
        )),
        _ => Err(stranger()),
    }
}

async fn listen(shared: &Arc<Shared>, mut stream: Stream, hello: &Hello) -> io::Result<()> {
    let patience = IDLE + shared.options.times.tcp_timeout;
    while let Some(inbox) = shared
        .transport
        .read(&mut stream, FRAME_BYTES, patience)
        .await?
    {
        shared.counts.received(&inbox.bytes);
        match Frame::decode(&inbox.bytes) {
            Some(Frame::Packet(packet)) => {
                let event = Event::Packet(packet.to_vec());
                // Who knows the members ends with the process.
                shared.events.send(event).await.map_err(io::Error::other)?;
            }
            Some(Frame::Records(records)) => shared.take(&records, hello.node.address),
            _ => return Err(stranger()),
        }
    }
    Ok(())
}
