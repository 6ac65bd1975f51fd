//! Features from a producer that runs on its own thread (the demo city, an OSM extract) into their registers.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::mpsc;

use super::{Counts, Loader, Mode};
use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::catalogue::record::{Feature, Value};
use crate::catalogue::rules::Rejection;
use crate::catalogue::select::select;

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

/// A feature that broke its layer's rules.
#[derive(Debug)]
pub struct Refused {
    pub layer: &'static str,
    pub key: String,
    pub rejections: Vec<Rejection>,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<_> = self.rejections.iter().map(|r| format!("{}: {}", r.field, r.reason.en)).collect();
        write!(out, "{} {}: {}", self.layer, self.key, reasons.join("; "))
    }
}

/// Runs `produce` on a thread and loads all that it sends; what breaks its layer's rules goes to `refuse`. Nothing is
/// committed here.
pub async fn load<T: Send + 'static>(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
    mode: Mode,
    produce: impl FnOnce(&mut Sender) -> Result<T> + Send + 'static,
    mut refuse: impl FnMut(Refused),
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
        for feature in batch {
            if let Err(refused) = add(&mut loader, catalogue, feature).await? {
                refuse(refused);
            }
        }
    }
    let made = producer.await.context("the producer of features failed")??;
    Ok((made, loader.finish().await?))
}

async fn add(loader: &mut Loader<'_>, catalogue: &Catalogue, feature: Feature) -> Result<Result<(), Refused>> {
    let Feature { layer: id, geometry, values: named } = feature;
    let Some(layer) = catalogue.layer(id) else {
        bail!("there is no layer file layers/{id}.toml, and features of it are to be loaded");
    };
    let mut values = vec![Value::Null; layer.fields.len()];
    let mut known = Vec::with_capacity(named.len());
    for (name, value) in named {
        let Some((index, _)) = layer.field(name) else {
            bail!("layers/{id}.toml has no field `{name}`, and values of it are to be loaded");
        };
        values[index] = value;
        known.push(index);
    }
    let key = layer.key_of(&values);
    match layer.record_of(values, geometry) {
        Ok(record) => loader.add(layer, &record, &known).await.map(Ok),
        Err(rejections) => Ok(Err(Refused { layer: id, key, rejections })),
    }
}

/// Whether no register holds anything.
pub async fn is_empty(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<bool> {
    for layer in &catalogue.layers {
        let selection = select(layer, Caller::Staff);
        let sql = format!("select exists (select from {})", selection.relation());
        let exists: bool = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        if exists {
            return Ok(false);
        }
    }
    Ok(true)
}
