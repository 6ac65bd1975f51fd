//! A server that does nothing but answer: hyper and a table of finished answers. Nothing in Rust can be much faster, so
//! it is the measure of a cached tile.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Result;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::drive::Answer;

/// Runs until it is dropped, on a runtime of its own, with as many threads as Misto has.
pub struct Bare {
    pub port: u16,
    _runtime: Runtime,
}

type Answers = HashMap<String, Response<Bytes>>;

impl Bare {
    /// Answers each path with the same headers and bytes as the server that `answers` came from.
    pub fn start(answers: impl IntoIterator<Item = (String, Answer)>) -> Result<Self> {
        let ready = |(path, answer)| anyhow::Ok((path, response(answer)?));
        let answers: Arc<Answers> = Arc::new(answers.into_iter().map(ready).collect::<Result<_>>()?);
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let port = listener.local_addr()?.port();
        runtime.spawn(serve(listener, answers));
        Ok(Self { port, _runtime: runtime })
    }
}

fn response(answer: Answer) -> Result<Response<Bytes>> {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        // hyper writes these itself
        if !["date", "content-length", "transfer-encoding"].contains(&name.as_str()) {
            headers.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
    }
    let mut response = Response::new(Bytes::from(answer.body));
    *response.headers_mut() = headers;
    Ok(response)
}

async fn serve(listener: TcpListener, answers: Arc<Answers>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let answers = answers.clone();
        tokio::spawn(async move {
            let answer = |request: Request<Incoming>| {
                let found = answers.get(request.uri().path()).cloned();
                let missing = || {
                    let mut missing = Response::new(Bytes::new());
                    *missing.status_mut() = StatusCode::NOT_FOUND;
                    missing
                };
                std::future::ready(Ok::<_, Infallible>(found.unwrap_or_else(missing).map(Full::new)))
            };
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}
