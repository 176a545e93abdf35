//! A name server with the records it is given, by datagram and by stream.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};

/// A record: name with its last dot, number of its type, content.
pub type Record = (&'static str, u16, Vec<u8>);

/// Datagrams hold so many records; a longer answer is cut off.
const MOST_BY_DATAGRAM: usize = 20;

/// A name as it is written in messages.
pub fn name(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for part in text.trim_end_matches('.').split('.') {
        out.push(u8::try_from(part.len()).unwrap());
        out.extend(part.as_bytes());
    }
    out.push(0);
    out
}

/// The content of a record that tells host and port.
pub fn srv(target: &str, port: u16) -> Vec<u8> {
    let [high, low] = port.to_be_bytes();
    let mut out = vec![0, 10, 0, 5, high, low];
    out.extend(name(target));
    out
}

/// The content of a record that tells a mail server.
pub fn mx(target: &str) -> Vec<u8> {
    let mut out = vec![0, 10];
    out.extend(name(target));
    out
}

/// Records that can be changed while they are asked for. `None`: the server is out of order.
pub type Zone = Arc<Mutex<Option<Vec<Record>>>>;

/// Starts a server for as long as the process runs; gives its address.
pub fn start(address: SocketAddr, zone: &Zone) -> SocketAddr {
    // The stream's port is the one that may be taken.
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(address).unwrap();
    let known = Arc::clone(zone);
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((size, peer)) = socket.recv_from(&mut buffer) {
            let answer = answer(&buffer[..size], &known, MOST_BY_DATAGRAM);
            let _ = socket.send_to(&answer, peer);
        }
    });
    let known = Arc::clone(zone);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut size = [0; 2];
            if stream.read_exact(&mut size).is_err() {
                continue;
            }
            let mut question = vec![0; usize::from(u16::from_be_bytes(size))];
            if stream.read_exact(&mut question).is_err() {
                continue;
            }
            let answer = answer(&question, &known, usize::MAX);
            let size = u16::try_from(answer.len()).unwrap();
            let _ = stream.write_all(&size.to_be_bytes());
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn answer(question: &[u8], zone: &Zone, most: usize) -> Vec<u8> {
    let mut end = 12;
    let mut asked = String::new();
    while question[end] != 0 {
        let length = usize::from(question[end]);
        asked.push_str(std::str::from_utf8(&question[end + 1..=end + length]).unwrap());
        asked.push('.');
        end += length + 1;
    }
    let kind = u16::from_be_bytes([question[end + 1], question[end + 2]]);
    let mut out = question[..2].to_vec();
    let zone = zone.lock().unwrap();
    let named: Vec<_> = zone
        .iter()
        .flatten()
        .filter(|(name, ..)| *name == asked)
        .collect();
    // An alias answers every question.
    let fitting: Vec<_> = named
        .iter()
        .filter(|(_, known, _)| *known == kind || *known == 5)
        .collect();
    let code = match (&*zone, named.is_empty()) {
        (None, _) => 2,
        (Some(_), true) => 3,
        (Some(_), false) => 0,
    };
    let cut = fitting.len() > most;
    let count = if cut { 0 } else { fitting.len() };
    out.extend([0x81 | if cut { 2 } else { 0 }, 0x80 | code, 0, 1]);
    out.extend(u16::try_from(count).unwrap().to_be_bytes());
    out.extend([0; 4]);
    out.extend(&question[12..end + 5]);
    for (_, kind, content) in fitting.into_iter().take(count) {
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        out.extend(content);
    }
    out
}
