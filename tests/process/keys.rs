//! Keys made and ended at the command line, beside a server that runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::{LIMIT, Server, folder, misto, told};

/// The answer to a request that presents a key.
fn with_key(port: u16, key: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let head = format!("GET /api/here HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_key_works_once_it_is_made_and_ends_within_seconds() {
    let var = folder("keys");
    let server = Server::start(&var, &[]);
    let made = misto(&var, &["key", "add", "Бот", "--per-day", "5"]).output().unwrap();
    assert!(made.status.success(), "{}", told(&made));
    let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(key.starts_with("misto_") && key.len() == 70, "only the key is on standard output: {key}");
    let answer = with_key(server.port, &key);
    assert!(answer.contains("\"day\";q=5;w=86400"), "{answer}");
    let listed = misto(&var, &["key", "list"]).output().unwrap();
    assert!(told(&listed).contains("Бот: 30000 a minute, 5 a day, 1 of today’s taken"), "{}", told(&listed));
    let twice = misto(&var, &["key", "add", "Бот"]).output().unwrap();
    assert!(!twice.status.success() && told(&twice).contains("already"), "{}", told(&twice));

    let ended = misto(&var, &["key", "revoke", "Бот"]).output().unwrap();
    assert!(ended.status.success(), "{}", told(&ended));
    let start = Instant::now();
    while !with_key(server.port, &key).starts_with("HTTP/1.1 401") {
        assert!(start.elapsed() < LIMIT, "a revoked key still works");
        std::thread::sleep(Duration::from_millis(100));
    }
}
