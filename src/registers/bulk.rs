//! Features from a producer that runs on its own thread (the demo city, an OSM extract) into their registers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sqlx::PgConnection;
use tokio::sync::mpsc;

use super::{Counts, Loader, Mode};
use crate::catalogue::Catalogue;
use crate::catalogue::record::{Feature, Value};
use crate::catalogue::rules::Rejection;

/// Features that travel between the threads at once: enough to keep both busy, little enough to bound memory.
const BATCH: usize = 256;
const BATCHES: usize = 8;

/// The database went away while a producer was at work.
#[derive(Debug, thiserror::Error)]
#[error("loading has stopped")]
pub struct Stopped;

/// Hands a producer's features over to the loader.
pub struct Sender {
    batch: Vec<Feature>,
    channel: mpsc::Sender<Vec<Feature>>,
}

impl Sender {
    pub fn send(&mut self, feature: Feature) -> Result<(), Stopped> {
        self.batch.push(feature);
        if self.batch.len() < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.channel.blocking_send(batch).map_err(|_| Stopped)
    }
}

/// Runs `produce` on a thread and loads all that it sends; a feature that breaks its layer's rules goes to `reject`.
/// Nothing is committed here.
pub async fn load<T: Send + 'static>(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
    mode: Mode,
    produce: impl FnOnce(&mut Sender) -> Result<T> + Send + 'static,
    mut reject: impl FnMut(&Feature, Vec<Rejection>),
) -> Result<(T, BTreeMap<String, Counts>)> {
    let (channel, mut batches) = mpsc::channel(BATCHES);
    let producer = tokio::task::spawn_blocking(move || {
        let mut sender = Sender { batch: Vec::with_capacity(BATCH), channel };
        let made = produce(&mut sender)?;
        sender.flush()?;
        anyhow::Ok(made)
    });
    let mut loader = Loader::new(connection, mode);
    while let Some(batch) = batches.recv().await {
        for feature in &batch {
            if let Err(rejections) = add(&mut loader, catalogue, feature).await? {
                reject(feature, rejections);
            }
        }
    }
    let made = producer.await.context("the producer of features failed")??;
    Ok((made, loader.finish().await?))
}

async fn add(loader: &mut Loader<'_>, catalogue: &Catalogue, feature: &Feature) -> Result<Result<(), Vec<Rejection>>> {
    let Some(layer) = catalogue.layer(feature.layer) else {
        bail!("there is no layer file layers/{}.toml, and features of it are to be loaded", feature.layer);
    };
    let mut values = vec![Value::Null; layer.fields.len()];
    let mut known = Vec::with_capacity(feature.values.len());
    for (name, value) in &feature.values {
        let Some((index, _)) = layer.field(name) else {
            bail!("layers/{}.toml has no field `{name}`, and values of it are to be loaded", layer.id);
        };
        values[index] = value.clone();
        known.push(index);
    }
    loader.add(&Arc::clone(layer), Some(feature.geometry.clone()), &values, &known).await
}

/// Whether no register holds anything.
pub async fn is_empty(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<bool> {
    for layer in &catalogue.layers {
        let selection = crate::catalogue::select::select(layer, crate::auth::Caller::Staff);
        let sql = format!("select exists (select from {})", selection.relation());
        let exists: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        if exists {
            return Ok(false);
        }
    }
    Ok(true)
}
