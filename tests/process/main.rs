//! The program as its administrator meets it: started, started twice, killed, stopped, and pointed at other databases.

mod backup;
mod export;
mod keys;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);

/// A folder for one test, emptied before it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("process-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn misto(var: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_misto"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("DATABASE_URL").arg("--var").arg(var).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The status line and the rest of what a path answers; none where nobody listens.
fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(var: &Path, arguments: &[&str]) -> Self {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = misto(var, &["serve", "--listen", &listen]);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: command.spawn().unwrap(), port };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&mut self) {
        let start = Instant::now();
        while !get(self.port, "/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended");
            assert!(start.elapsed() < LIMIT, "the server is not ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_server_survives_being_killed_and_refuses_a_second_one_beside_it() {
    let var = folder("killed");
    let mut first = Server::start(&var, &["--demo"]);
    let kiosks = get(first.port, "/api/collections/kiosks/items?limit=1").unwrap();
    assert!(kiosks.contains("passport_number"), "{kiosks}");

    let second = misto(&var, &["serve", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(!second.status.success());
    assert!(told(&second).contains("another Misto is already running"), "{}", told(&second));

    // a command beside the running server works on the same database
    let beside = misto(&var, &["demo"]).output().unwrap();
    assert!(told(&beside).contains("already holds a city"), "{}", told(&beside));

    first.signal("-KILL");
    first.child.wait().unwrap();
    let again = Server::start(&var, &["--demo"]);
    let after = get(again.port, "/api/collections/kiosks/items?limit=1").unwrap();
    let features = |answer: &str| {
        answer.split_once("\"features\":").map(|(_, rest)| rest.split("\"timeStamp\"").next().map(str::to_owned))
    };
    assert_eq!(features(&after), features(&kiosks), "what was there before the kill is there after it");
}

#[test]
fn asked_to_stop_it_stops_postgresql_too_and_succeeds() {
    let var = folder("stopped");
    let mut server = Server::start(&var, &[]);
    let data = var.join("postgres/data/postmaster.pid");
    assert!(data.exists());
    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
    assert!(!data.exists(), "a clean stop leaves no postmaster.pid");
}

#[test]
fn open_streams_of_changes_end_when_it_is_asked_to_stop() {
    let mut server = Server::start(&folder("streaming"), &[]);
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET /api/changes HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut heard = String::new();
    let mut piece = [0; 4096];
    while !heard.contains("event: hello") {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "the stream ended: {heard}");
        heard.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    assert!(!heard.contains("content-encoding"), "compression would hold events back: {heard}");
    server.signal("-TERM");
    stream.read_to_string(&mut heard).unwrap();
    // the last chunk: an end in order, and not a cut
    assert!(heard.ends_with("0\r\n\r\n"), "{heard}");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn a_taken_port_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let output = misto(&folder("port"), &["serve", "--listen", &listen]).output().unwrap();
    assert!(!output.status.success());
    assert!(told(&output).contains("--listen"), "{}", told(&output));
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    let url = "postgres://clerk:hunter2@127.0.0.1:1/city";
    let output = misto(&folder("absent"), &["migrate"]).env("DATABASE_URL", url).output().unwrap();
    assert!(!output.status.success());
    let text = told(&output);
    assert!(text.contains("DATABASE_URL") && !text.contains("hunter2"), "{text}");
}

#[test]
fn check_lists_mistakes_and_fails() {
    let layers = folder("check");
    std::fs::write(layers.join("groups.toml"), "").unwrap();
    std::fs::write(layers.join("kiosks.toml"), "title = 5\n").unwrap();
    let output = misto(&layers, &["check", "--layer-files"]).arg(&layers).output().unwrap();
    assert!(!output.status.success());
    assert!(told(&output).contains("layers/kiosks.toml:1: `title` must be { uk"), "{}", told(&output));
    let right = misto(&layers, &["check"]).output().unwrap();
    assert!(right.status.success(), "{}", told(&right));
}
