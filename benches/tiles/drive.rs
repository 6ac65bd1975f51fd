//! The client side: one small HTTP/1.1 driver for every server, and `wrk` for what is faster than it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fast_mvt::MvtReaderRef;

/// What a browser would say, cut to what both sides can do.
pub const GZIP: &str = "Accept-Encoding: gzip\r\n";
const PATIENCE: Duration = Duration::from_secs(120);

/// A keep-alive connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(1 << 18, stream) })
    }

    /// `headers` are whole lines, each with its line end.
    pub fn get(&mut self, path: &str, headers: &str) -> Result<Answer> {
        self.send(path, headers, "1.1")?;
        let (status, headers) = self.head()?;
        let mut answer = Answer { status, headers, body: Vec::new() };
        if status == 204 || status == 304 {
            return Ok(answer);
        }
        if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse()?];
            self.stream.read_exact(&mut answer.body)?;
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while self.chunk(&mut answer.body)? {}
        } else {
            bail!("{path} was answered with neither a length nor chunks");
        }
        Ok(answer)
    }

    /// Opens an endless answer and gives its lines. HTTP/1.0 has no chunks, so they come as they are.
    pub fn lines(mut self, path: &str) -> Result<(Answer, impl Iterator<Item = std::io::Result<String>> + use<>)> {
        self.send(path, "Accept: text/event-stream\r\n", "1.0")?;
        let (status, headers) = self.head()?;
        Ok((Answer { status, headers, body: Vec::new() }, self.stream.lines()))
    }

    fn send(&mut self, path: &str, headers: &str, version: &str) -> Result<()> {
        let request = format!("GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\n{headers}\r\n");
        Ok(self.stream.get_mut().write_all(request.as_bytes())?)
    }

    fn head(&mut self) -> Result<(u16, Vec<(String, String)>)> {
        let status = self.line()?.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { return Ok((status, headers)) };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }

    /// Whether another chunk may follow.
    fn chunk(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let size = usize::from_str_radix(&self.line()?, 16)?;
        let before = body.len();
        body.resize(before + size, 0);
        self.stream.read_exact(&mut body[before..])?;
        self.line()?;
        Ok(size > 0)
    }
}

/// What asking for each of some tiles once came to.
#[derive(Default)]
pub struct Run {
    pub seconds: f64,
    pub milliseconds: Vec<f64>,
    /// Bytes of bodies as they travelled.
    pub bytes: usize,
    pub largest: usize,
    /// Tiles that were answered with nothing.
    pub empty: usize,
}

/// Asks for every path exactly once, in the given order, over some connections that take the next path when they can.
pub fn once_each(port: u16, paths: &[String], connections: usize) -> Result<Run> {
    let clients = (0..connections).map(|_| Client::connect(port)).collect::<Result<Vec<_>>>()?;
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let parts = thread::scope(|scope| {
        let work = |client| || take_turns(client, paths, &next);
        let threads: Vec<_> = clients.into_iter().map(|client| scope.spawn(work(client))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client's thread")).collect::<Result<Vec<_>>>()
    })?;
    let mut whole = Run { seconds: start.elapsed().as_secs_f64(), ..Run::default() };
    for part in parts {
        whole.milliseconds.extend(part.milliseconds);
        whole.bytes += part.bytes;
        whole.largest = whole.largest.max(part.largest);
        whole.empty += part.empty;
    }
    Ok(whole)
}

fn take_turns(mut client: Client, paths: &[String], next: &AtomicUsize) -> Result<Run> {
    let mut run = Run::default();
    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
        let start = Instant::now();
        let answer = client.get(path, GZIP)?;
        run.milliseconds.push(start.elapsed().as_secs_f64() * 1000.0);
        match answer.status {
            200 => {
                let encoding = answer.header("content-encoding").unwrap_or("none");
                // a tile of some bytes may be sent as it is: packed it would be longer
                ensure!(encoding == "gzip" || answer.body.len() < 512, "{path}: the encoding is {encoding}");
                run.bytes += answer.body.len();
                run.largest = run.largest.max(answer.body.len());
            }
            204 => run.empty += 1,
            status => bail!("{path}: {status} {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    Ok(run)
}

/// How many features tiles hold together, and how many values their features have.
pub fn contents(port: u16, paths: &[String]) -> Result<(usize, usize)> {
    let mut client = Client::connect(port)?;
    let (mut features, mut values) = (0, 0);
    for path in paths {
        let body = client.get(path, "")?.body;
        let tile = MvtReaderRef::new(&body).with_context(|| format!("{path} is not a vector tile"))?;
        for feature in tile.layers().flat_map(|layer| layer.features()) {
            features += 1;
            values += feature.tags().len() / 2;
        }
    }
    Ok((features, values))
}

/// What `wrk` saw.
pub struct Load {
    pub per_second: f64,
    pub median: String,
    pub p99: String,
}

/// Two client threads and 16 connections, for five seconds: with fewer, neither server is busy all the time.
pub const WRK: [&str; 4] = ["-t2", "-c16", "-d5s", "--latency"];

/// Drives `paths` in turn. The script goes into `folder`.
pub fn wrk(port: u16, paths: &[String], folder: &Path) -> Result<Load> {
    let mut script = "wrk.headers['Accept-Encoding'] = 'gzip'\nlocal all, turn = {}, 0\nfunction init()\n".to_owned();
    for path in paths {
        writeln!(script, "  all[#all + 1] = wrk.format('GET', '{path}')")?;
    }
    script.push_str("end\nfunction request()\n  turn = turn % #all + 1\n  return all[turn]\nend\n");
    let file = folder.join("wrk.lua");
    std::fs::write(&file, script)?;
    let output = Command::new("wrk").args(WRK).arg("-s").arg(&file).arg(format!("http://127.0.0.1:{port}")).output();
    let output = output.context("cannot run wrk; make bench installs it (on Debian: apt-get install wrk)")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let after = |label: &str| {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(label))?;
        Some(line.trim().to_owned())
    };
    for wrong in ["Non-2xx or 3xx responses:", "Socket errors:"] {
        ensure!(after(wrong).is_none(), "wrk says: {wrong} {}", after(wrong).unwrap_or_default());
    }
    Ok(Load {
        per_second: after("Requests/sec:").and_then(|rate| rate.parse().ok()).with_context(|| text.clone())?,
        median: after("50%").unwrap_or_default(),
        p99: after("99%").unwrap_or_default(),
    })
}
