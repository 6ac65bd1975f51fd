//! `misto history LAYER RECORD`: what has happened to a record, and bringing a version of it back.

use std::sync::Arc;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use chrono_tz::Europe::Kyiv;
use clap::Args;
use sqlx::PgConnection;

use super::database::City;
use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::record::Value;
use crate::catalogue::rules::KEY_SEPARATOR;
use crate::catalogue::select::{Selection, select};
use crate::catalogue::versions::query::{ids_of, versions};
use crate::catalogue::versions::{Event, Step, steps};
use crate::config::Config;
use crate::db::author::operator;
use crate::db::private::IfRunning;
use crate::registers::restore::restore;

/// How many versions are printed.
const MOST: usize = 1000;

#[derive(Debug, Args)]
pub struct History {
    /// The register, for example kiosks
    layer: String,
    /// The record's natural key (its parts joined by " · "), or its id
    record: String,
    /// Bring this version back, as a new one
    #[arg(long, value_name = "VERSION", requires = "why")]
    restore: Option<i32>,
    /// Why it is brought back: a decision, a complaint
    #[arg(long, value_name = "TEXT", requires = "restore")]
    why: Option<String>,
}

impl History {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.tell(&city);
        city.close();
        print!("{}", result?);
        Ok(())
    }

    fn tell(&self, city: &City) -> Result<String> {
        let layer = city.layer(&self.layer)?;
        city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            let ids = ids(&mut connection, layer, &self.record).await?;
            let Some(version) = self.restore else {
                let mut text = String::new();
                for id in ids {
                    text.push_str(&describe(&mut connection, layer, id).await?);
                }
                return Ok(text);
            };
            let [id] = ids[..] else {
                let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
                bail!("several records have had the key {}: say which by its id: {}", self.record, ids.join(", "));
            };
            let why = self.why.as_deref().unwrap_or_default();
            let now = restore(&mut connection, layer, id, version, &operator(), why).await?;
            Ok(format!("record {id} of {} holds what version {version} held; it is version {now} now\n", layer.id))
        })
    }
}

/// The records that the argument means, the latest first.
async fn ids(connection: &mut PgConnection, layer: &Arc<Layer>, record: &str) -> Result<Vec<i64>> {
    let selection = select(layer, Caller::Staff);
    let parts: Vec<_> = record.split(KEY_SEPARATOR).map(str::trim).collect();
    let ids = ids_of(&mut *connection, &selection, &parts).await??;
    if !ids.is_empty() {
        return Ok(ids);
    }
    if let Ok(id) = record.parse()
        && !versions(connection, &selection, id, None, 1).await??.versions.is_empty()
    {
        return Ok(vec![id]);
    }
    bail!("{} has never had a record with the key or the id {record}", layer.id)
}

/// Every step of a record, the newest first.
pub async fn describe(connection: &mut PgConnection, layer: &Arc<Layer>, id: i64) -> Result<String> {
    let selection = select(layer, Caller::Staff);
    let page = versions(connection, &selection, id, None, MOST).await??;
    let key = page.versions.first().map(|version| layer.key_of(&version.row.values)).unwrap_or_default();
    let mut text = format!("{} {key} (id {id})\n", layer.id);
    for step in steps(&selection, &page.versions, page.older.as_ref(), None) {
        text.push_str(&line(&selection, &step));
    }
    if page.older.is_some() {
        text.push_str("  … and older ones\n");
    }
    Ok(text)
}

fn line(selection: &Selection, step: &Step<'_>) -> String {
    let what = match step.event {
        Event::Created => format!("version {}: created", step.version),
        Event::Changed => format!("version {}: changed", step.version),
        Event::Deleted => format!("version {} was deleted", step.version),
    };
    let why = step.why.map(|why| format!(" ({why})")).unwrap_or_default();
    let mut text = format!("  {} {what} by {}{why}\n", local(step.from), step.who.unwrap_or("somebody unknown"));
    for change in &step.changes {
        let field = selection.field(change.field);
        text.push_str(&match step.event {
            Event::Created => format!("    {}: {}\n", field.name, shown(change.new)),
            _ => format!("    {}: {} → {}\n", field.name, shown(change.old), shown(change.new)),
        });
    }
    match step.geometry.as_ref().map(|moved| (moved.old, moved.new)) {
        Some((None, _)) if step.event != Event::Created => text.push_str("    geometry: none → a place\n"),
        Some((Some(_), None)) => text.push_str("    geometry: a place → none\n"),
        Some((Some(_), Some(_))) => text.push_str("    geometry: changed\n"),
        _ => {}
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        value => value.to_string(),
    }
}

/// In Kyiv, to a second.
fn local(moment: &str) -> String {
    match moment.parse::<DateTime<Utc>>() {
        Ok(moment) => moment.with_timezone(&Kyiv).format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => moment.to_owned(),
    }
}
