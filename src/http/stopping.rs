//! Telling answers that would go on forever that the server stops.

use std::convert::Infallible;
use std::future::Future;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::watch;

/// As an extractor: whether the server that took the request has been asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Option<watch::Receiver<bool>>);

impl Stopping {
    /// `stop`, and what tells of it; to be put into every request as an extension.
    pub fn when(stop: impl Future<Output = ()>) -> (impl Future<Output = ()>, Self) {
        let (tell, told) = watch::channel(false);
        let told_stop = async move {
            stop.await;
            tell.send_replace(true);
        };
        (told_stop, Self(Some(told)))
    }

    /// Ready once the server stops.
    pub async fn begun(&mut self) {
        match &mut self.0 {
            // an error: the server is gone already
            Some(told) => drop(told.wait_for(|stopping| *stopping).await),
            None => std::future::pending().await,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Stopping {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}
