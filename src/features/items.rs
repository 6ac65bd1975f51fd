//! Pages of features: which of the ways of answering fits, and what the answer says of itself.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::beside::Beside;
use super::collection::GEOJSON;
use super::crs::Crs;
use super::output::{Failure, Output, Sink};
use super::pages::{self, Listing};
use super::query::{self, Statement};
use super::request::ItemsRequest;
use super::{Features, print};
use crate::http::etag::{is_known, validated};
use crate::http::language::Language;
use crate::http::links::Link;
use crate::http::page::{HTML, say};
use crate::http::problem::Problem;

/// Above this a page is streamed, and few streams run at once.
const PAGE: i64 = 10_000;
/// The largest page for people.
const HTML_PAGE: i64 = 200;
/// Pieces of a stream that wait for a slow client.
const WAITING: usize = 8;
/// How long a stream may take, the client's reading included.
const LONGEST: Duration = Duration::from_secs(600);

/// A page that is to be made.
pub struct Work {
    features: Features,
    request: ItemsRequest,
    statement: Statement,
    /// Of the register, before the page was read.
    stamp: Option<String>,
    base: String,
    language: Language,
}

impl Work {
    pub async fn new(
        features: &Features,
        request: ItemsRequest,
        base: String,
        language: Language,
    ) -> Result<Self, Problem> {
        let stamp = features.stamp(&request.selection.layer).await?;
        let statement = Statement::new(&request)?;
        Ok(Self { features: features.clone(), request, statement, stamp, base, language })
    }

    /// The page as GeoJSON, or 304.
    pub async fn geojson(self, headers: &HeaderMap) -> Result<Response, Problem> {
        let crs = self.request.shown.crs;
        let tag = self.stamp.as_deref().map(|stamp| self.tag(stamp));
        let is_stream = self.request.limit > PAGE;
        let mut response = if tag.as_ref().is_some_and(|tag| is_known(headers, tag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if is_stream {
            self.streamed().await?
        } else {
            let bytes = self.page().await.map_err(problem)?;
            if tag.is_none() { validated(headers, GEOJSON, bytes) } else { bytes.into_response() }
        };
        let own = response.headers_mut();
        own.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        own.extend(tag.map(|tag| (ETAG, tag)));
        if response.status() == StatusCode::OK {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(GEOJSON));
            say_crs(&mut response, crs);
        }
        Ok(response)
    }

    /// The page for people.
    pub async fn html(mut self, headers: &HeaderMap) -> Result<Response, Problem> {
        self.request.limit = self.request.limit.min(HTML_PAGE);
        let asked = std::mem::replace(&mut self.request.shown.fields, self.request.selection.fields.clone());
        self.request.shown.geometry = false;
        self.statement = Statement::new(&self.request)?;
        let (rows, beside) = query::listing(&self.features.db.public, &self.request, &self.statement).await?;
        let matched = self.matched(&beside).await?;
        self.request.shown.fields = asked;
        let (next, previous) = (beside.next.map(|cursor| cursor.text()), beside.previous.map(|cursor| cursor.text()));
        let listing = Listing { rows, matched, next, previous };
        Ok(pages::items(&self.request, &listing, &self.base, self.language, headers))
    }

    async fn page(&self) -> Result<Vec<u8>, Failure> {
        let mut output = Output::new(&self.request, None);
        query::page(&self.features.db.public, &self.statement, &mut output).await?;
        self.finish(output).await
    }

    /// The head of the answer waits for the first bytes, so that what is wrong with the request is still said.
    async fn streamed(self) -> Result<Response, Problem> {
        let permit = self.features.permits.clone().try_acquire_owned().map_err(|_| Problem::busy())?;
        let (sink, mut pieces) = mpsc::channel(WAITING);
        tokio::spawn(self.run(sink, permit));
        let first = match pieces.recv().await {
            Some(Ok(bytes)) => bytes,
            Some(Err(failure)) => return Err(problem(failure)),
            None => return Err(Problem::internal(&"a stream of features ended before it began")),
        };
        let rest = stream::unfold((Some(first), pieces), |(first, mut pieces)| async move {
            let piece: Result<Bytes, Failure> = match first {
                Some(bytes) => Ok(bytes),
                None => pieces.recv().await?,
            };
            // the client sees that the body is not whole
            Some((piece.map_err(|_| io::Error::other("the stream broke off")), (None, pieces)))
        });
        // who compresses it asks once more after its end
        Ok(Body::from_stream(rest.fuse()).into_response())
    }

    async fn run(self, sink: Sink, permit: OwnedSemaphorePermit) {
        let _permit = permit;
        let written = async {
            let mut output = Output::new(&self.request, Some(sink.clone()));
            query::stream(&self.features.db.public, &self.statement, &mut output).await?;
            self.finish(output).await
        };
        let failure = match tokio::time::timeout(LONGEST, written).await {
            Ok(Ok(_)) => return,
            Ok(Err(failure)) => failure,
            Err(_) => Failure::Problem(Problem::busy()),
        };
        if !sink.is_closed() {
            tracing::warn!(layer = self.request.selection.layer.id, ?failure, "a stream of features broke off");
        }
        // where the client has not taken what waits for it, its connection ends
        let _ = sink.try_send(Err(failure));
    }

    async fn finish(&self, output: Output) -> Result<Vec<u8>, Failure> {
        let matched = self.matched(&output.beside).await?;
        let links = self.links(&output.beside);
        output.end(matched, &links).await
    }

    fn links(&self, beside: &Beside) -> Vec<Link> {
        let layer = &self.request.selection.layer;
        let collection = format!("{}/api/collections/{}", self.base, layer.id);
        let url = |other: &[(&str, &str)]| {
            let query = self.request.query(other);
            format!("{collection}/items{}{query}", if query.is_empty() { "" } else { "?" })
        };
        let mut links = vec![Link::new("self", GEOJSON, url(&[]))];
        if let Some(next) = &beside.next {
            let title = say(self.language, "Наступна сторінка", "Next page");
            links.push(Link::new("next", GEOJSON, url(&[("before", ""), ("after", &next.text())])).titled(title));
        }
        if let Some(previous) = &beside.previous {
            let title = say(self.language, "Попередня сторінка", "Previous page");
            links.push(Link::new("prev", GEOJSON, url(&[("after", ""), ("before", &previous.text())])).titled(title));
        }
        links.push(Link::new("alternate", HTML, url(&[("f", "html")])));
        let title = layer.title.get(self.language);
        links.push(Link::new("collection", "application/json", collection.clone()).titled(title));
        links
    }

    /// How many features all pages together have: known where this is the only one, otherwise counted, once for each state
    /// of the register.
    async fn matched(&self, beside: &Beside) -> Result<Option<i64>, Problem> {
        if beside.is_alone() {
            return Ok(Some(beside.returned));
        }
        // a filter may be long, and nobody should be able to fill the memory with them
        let key = |stamp: &str| Sha256::digest(format!("{stamp}\0{}", self.statement.count_key())).into();
        let key: Option<[u8; 32]> = self.stamp.as_deref().map(key);
        let counts = &self.features.counts;
        if let Some(key) = &key
            && let Some(known) = counts.get(key).await
        {
            return Ok(Some(known));
        }
        let counted = self.statement.count(&self.features.db.public).await?;
        if let (Some(key), Some(count)) = (key, counted) {
            counts.insert(key, count).await;
        }
        Ok(counted)
    }

    /// Of the register's state and all that the request says.
    fn tag(&self, stamp: &str) -> HeaderValue {
        let (query, language) = (self.request.query(&[]), self.language.tag());
        let layer = &self.request.selection.layer.id;
        let hash = print(&format!("{stamp} {} {layer} {query} {language}", self.base));
        // hexadecimal digits and quotes are always a header's value
        HeaderValue::from_str(&format!("W/\"{hash:016x}\"")).unwrap_or(HeaderValue::from_static("\"\""))
    }
}

/// Says in which reference system an answer's coordinates are (Part 2 §7.2).
pub fn say_crs(response: &mut Response, crs: Crs) {
    // a URI is always a header's value
    let value = HeaderValue::from_str(&format!("<{}>", crs.uri())).unwrap_or(HeaderValue::from_static(""));
    response.headers_mut().insert(HeaderName::from_static("content-crs"), value);
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Problem(problem) => problem,
        Failure::Gone => Problem::busy(),
    }
}
