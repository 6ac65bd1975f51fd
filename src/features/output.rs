//! A page of features on its way out: rows become bytes, and a stream's bytes leave before there are many.

use axum::body::Bytes;
use chrono::{SecondsFormat, Utc};
use sqlx::postgres::PgRow;
use tokio::sync::mpsc;

use super::beside::{Beside, Pass};
use super::request::ItemsRequest;
use crate::catalogue::geojson::FeatureWriter;
use crate::http::links::Link;
use crate::http::problem::Problem;

/// Bytes that are gathered before they are passed on.
const CHUNK: usize = 64 << 10;
/// A page that is kept in memory until it is whole ends early when it has grown to this.
const PAGE_BYTES: usize = 16 << 20;
/// Features by which it is told how large a page will be.
const SAMPLE: i64 = 50;

/// Where a stream's bytes go.
pub type Sink = mpsc::Sender<Result<Bytes, Failure>>;

/// Why an answer ends before its end.
#[derive(Debug)]
pub enum Failure {
    /// Nobody reads on.
    Gone,
    Problem(Problem),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// A feature collection that is being written (OGC API – Features §7.16).
#[derive(Debug)]
pub struct Output {
    bytes: Vec<u8>,
    sink: Option<Sink>,
    writer: FeatureWriter,
    limit: i64,
    pub beside: Beside,
}

impl Output {
    /// Without a sink everything stays in memory.
    pub fn new(request: &ItemsRequest, sink: Option<Sink>) -> Self {
        let shown = &request.shown;
        let writer = FeatureWriter::new(&request.selection, &shown.fields, shown.standing, shown.crs.coordinates());
        Self {
            bytes: b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec(),
            sink,
            writer,
            limit: request.limit,
            beside: Beside::new(request),
        }
    }

    /// Writes a row; whether there is room for more.
    pub async fn row(&mut self, row: &PgRow) -> Result<bool, Failure> {
        match self.beside.pass(row)? {
            Pass::Show => {}
            Pass::Skip => return Ok(true),
            Pass::End => return Ok(false),
        }
        self.bytes.extend_from_slice(if self.beside.returned == 1 { b"\n" } else { b",\n" });
        self.writer.write(&mut self.bytes, row)?;
        if self.sink.is_none() && self.bytes.len() > PAGE_BYTES {
            self.beside.end_with(row)?;
        }
        if self.sink.is_none() && self.beside.returned == SAMPLE {
            // what grows by and by is copied again and again
            let rest =
                usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_mul(self.bytes.len() / SAMPLE as usize);
            self.bytes.reserve(rest.min(PAGE_BYTES));
        }
        if self.bytes.len() >= CHUNK {
            self.pass_on().await?;
        }
        Ok(true)
    }

    /// Ends the collection; the bytes that have not left yet.
    pub async fn end(mut self, matched: Option<i64>, links: &[Link]) -> Result<Vec<u8>, Failure> {
        let matched = matched.map(|matched| format!("\"numberMatched\":{matched},")).unwrap_or_default();
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let links = serde_json::to_string(links).map_err(|error| Problem::internal(&error))?;
        let tail = format!(
            "\n],\"numberReturned\":{},{matched}\"timeStamp\":\"{now}\",\"links\":{links}}}\n",
            self.beside.returned
        );
        self.bytes.extend_from_slice(tail.as_bytes());
        self.pass_on().await?;
        Ok(self.bytes)
    }

    async fn pass_on(&mut self) -> Result<(), Failure> {
        let Some(sink) = &self.sink else { return Ok(()) };
        let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(CHUNK + CHUNK / 4));
        sink.send(Ok(bytes.into())).await.map_err(|_| Failure::Gone)
    }
}
