//! Coordinates through PROJ: GDAL's `gdaltransform` as a child process that is asked over its standard input, so that
//! what a file is in is judged by the same library that reads files. Axes are easting (longitude) first throughout.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Coordinates beyond this are of no system on Earth.
const ABSURD: f64 = 1e9;

/// A transformation into longitude and latitude (EPSG:4326).
pub struct Transformer {
    definition: String,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Transformer {
    /// `definition`: a code, WKT or a PROJ text, checked for its form: GDAL would also take names of files and addresses.
    pub fn start(definition: &str) -> Result<Self> {
        // line by line, or answers would wait in a buffer
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "gdaltransform", "-output_xy", "-s_srs", definition, "-t_srs", "EPSG:4326"]);
        command.env("GDAL_HTTP_PROXY", "127.0.0.1:9");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start stdbuf, of the package coreutils")?;
        let input = child.stdin.take().context("gdaltransform takes no input")?;
        let output = child.stdout.take().context("gdaltransform gives no output")?;
        Ok(Self { definition: definition.to_owned(), child, input, output: BufReader::new(output).lines() })
    }

    /// The points in longitude and latitude; none for one that has no place there.
    pub async fn points(&mut self, points: &[(f64, f64)]) -> Result<Vec<Option<(f64, f64)>>> {
        let is_sane = |(x, y): (f64, f64)| x.abs() < ABSURD && y.abs() < ABSURD;
        let asked: Vec<_> = points.iter().copied().filter(|point| is_sane(*point)).collect();
        let text: String = asked.iter().map(|(x, y)| format!("{x} {y}\n")).collect();
        let (input, output) = (&mut self.input, &mut self.output);
        let write = async {
            input.write_all(text.as_bytes()).await?;
            input.flush().await
        };
        let read = async {
            let mut moved = Vec::with_capacity(asked.len());
            while moved.len() < asked.len() {
                match output.next_line().await? {
                    Some(line) => moved.push(point(&line)),
                    None => break,
                }
            }
            std::io::Result::Ok(moved)
        };
        let (written, moved) = tokio::join!(write, read);
        let moved = match (written, moved) {
            (Ok(()), Ok(moved)) if moved.len() == asked.len() => moved,
            _ => bail!(self.complaint().await),
        };
        let mut moved = moved.into_iter();
        Ok(points.iter().map(|point| if is_sane(*point) { moved.next().flatten() } else { None }).collect())
    }

    async fn complaint(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(errors) = self.child.stderr.take() {
            let _ = errors.take(4096).read_to_end(&mut text).await;
        }
        let text = String::from_utf8_lossy(&text);
        let said = text
            .lines()
            .find(|line| line.starts_with("ERROR"))
            .unwrap_or("gdaltransform cannot be run: apt install gdal-bin");
        let short: String = self.definition.chars().take(80).collect();
        format!("the reference system {short} is not known to PROJ: {said}")
    }
}

/// A line of the answer; none for `transformation failed.` and for infinities.
fn point(line: &str) -> Option<(f64, f64)> {
    let mut numbers = line.split_whitespace().map(|word| word.parse::<f64>().ok().filter(|number| number.is_finite()));
    Some((numbers.next()??, numbers.next()??))
}
