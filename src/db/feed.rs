//! The change feed: the edits of watched relations, whoever made them, as the outbox `misto.changes` has them.
//!
//! Sequence numbers and transaction numbers become visible out of order, so a reader remembers no number but a
//! [`Position`]: the snapshot of its last read. What is new is what is visible now and was not in that snapshot. So
//! nothing is lost or given twice, and a transaction that stays open for hours holds nothing back
//! (docs/decisions/0007-commit-safe-cursor.md).

mod hub;
mod position;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgListener, PgRow};
use sqlx::{Executor, PgPool, Row};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::geom::grid::Envelope;

pub use hub::Hub;
pub use position::{NoPosition, Position};

/// The channel that says no more than that there is something new.
const CHANNEL: &str = "misto_changes";
/// How often the outbox is read even if nothing wakes the reader: notifications get lost with their connection.
const POLL: Duration = Duration::from_secs(1);
/// A read that takes longer hangs on a dead connection.
const READ_LIMIT: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often marks are made and the outbox is trimmed; what is older than an hour goes.
const TEND: Duration = Duration::from_secs(60);
/// A batch that names more records of one relation says instead that all of it has changed.
const MOST_IDS: usize = 100_000;
/// Who has missed more events than this begins anew instead of being told of each.
const MOST_MISSED: i64 = 10_000;

/// One event: records of a relation that were added, changed or removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Schema and name, for example `registers.kiosks`.
    pub relation: String,
    /// None: anything in the relation may have changed, and the boxes say nothing.
    pub ids: Option<Vec<i64>>,
    /// Around the places that they had; none where they had none.
    pub old: Option<Envelope>,
    /// Around the places that they have now.
    pub new: Option<Envelope>,
}

/// What has happened between two positions.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Where the reader is now.
    pub position: Position,
    /// May be empty: other transactions move the position too.
    pub changes: Vec<Change>,
    /// What has happened cannot be known: everything that was derived from the database must go.
    pub reset: bool,
}

/// A reader that follows the outbox. It has two connections of its own, so that a busy pool does not hold it up.
#[derive(Debug)]
pub struct Feed {
    db: PgPool,
    position: Position,
    woken: Arc<Notify>,
    /// Listening and trimming; they end with the feed.
    _tasks: JoinSet<()>,
}

impl Feed {
    /// Begins now: everything that is committed before this returns is behind the feed's position.
    pub async fn start(owner: &PgPool) -> Result<Self, sqlx::Error> {
        let options = owner.options().clone().min_connections(0).max_connections(2);
        let db = options.connect_lazy_with(owner.connect_options().as_ref().clone());
        db.execute(FORGET_STRANGERS).await?;
        let position = now(&db).await?;
        let woken = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(db.clone(), woken.clone()));
        tasks.spawn(keep_trimmed(owner.clone()));
        Ok(Self { db, position, woken, _tasks: tasks })
    }

    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Waits until the position has moved. Trouble with the database is waited out: the outbox keeps what happens
    /// meanwhile.
    pub async fn next(&mut self) -> Batch {
        let mut pause = None;
        loop {
            // either will do
            let _ = timeout(POLL, self.woken.notified()).await;
            let failure = match timeout(READ_LIMIT, read(&self.db, Some(&self.position), None)).await {
                Ok(Ok(batch)) if batch.position == self.position => continue,
                Ok(Ok(batch)) => {
                    self.position = batch.position.clone();
                    return batch;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the database does not answer".to_owned(),
            };
            if pause.is_none() {
                tracing::warn!(failure, "the change feed cannot be read; it will be, from where it was");
            }
            let longer = pause.map_or(SHORTEST_PAUSE, |pause: Duration| (pause * 2).min(LONGEST_PAUSE));
            sleep(*pause.insert(longer)).await;
        }
    }
}

/// Where the database is now.
pub async fn now(owner: &PgPool) -> Result<Position, sqlx::Error> {
    Ok(read(owner, None, None).await?.position)
}

/// A text that is another one after each edit of a relation, as long as it is watched; it may become another without one.
/// What is read after the stamp is at least as new as the stamp.
pub async fn stamp(owner: &PgPool, relation: &str) -> Result<String, sqlx::Error> {
    // a lower number may become visible after a higher one, so both the last and the count; what has been trimmed away is
    // told by the horizon
    const STAMP: &str = "select concat_ws(':', (select number from misto.era), \
           (select seq from misto.marks where is_horizon), max(seq), count(*)) \
         from misto.changes where relation = $1";
    sqlx::query_scalar(STAMP).bind(relation).fetch_one(owner).await
}

/// What has happened since `position`, for a reader that has been away; a reset where that is too long ago to tell.
pub async fn since(owner: &PgPool, position: &Position) -> Result<Batch, sqlx::Error> {
    read(owner, Some(position), Some(MOST_MISSED)).await
}

/// Rows that a dump brought from another cluster bear numbers that this one has not yet given away.
const FORGET_STRANGERS: &str = "delete from misto.changes where xid >= pg_snapshot_xmax(pg_current_snapshot()); \
     delete from misto.marks where pg_snapshot_xmax(snapshot) > pg_snapshot_xmax(pg_current_snapshot())";

const BEGIN_ERA: &str = "insert into misto.era default values on conflict do nothing";

/// One statement, so one snapshot: where the database is (always the first row), then what is new since `$1`.
const READ: &str = "select 0 as seq, (select number from misto.era) as era, pg_current_snapshot()::text as now, \
       (select snapshot::text from misto.marks where is_horizon) as horizon, \
       null as relation, null::bigint[] as ids, null::float8[] as old_box, null::float8[] as new_box \
     union all \
     (select seq, null, null, null, relation, ids, old_box, new_box from misto.changes \
      where xid >= pg_snapshot_xmin($1::pg_snapshot) and xid < pg_snapshot_xmax(pg_current_snapshot()) \
        and not pg_visible_in_snapshot(xid, $1::pg_snapshot) \
      order by seq limit $2) \
     order by seq";

/// What is new since a position; without one only where the database is.
async fn read(db: &PgPool, from: Option<&Position>, most: Option<i64>) -> Result<Batch, sqlx::Error> {
    let snapshot = from.map(Position::snapshot);
    let mut rows = sqlx::query(READ).bind(snapshot).bind(most.map(|most| most + 1)).fetch(db);
    let first = rows.try_next().await?.ok_or(sqlx::Error::RowNotFound)?;
    let Some(era) = first.try_get::<Option<i64>, _>("era")? else {
        drop(rows);
        db.execute(BEGIN_ERA).await?;
        return Box::pin(read(db, from, most)).await;
    };
    let position = position(era, &first.try_get::<String, _>("now")?)?;
    let horizon = first.try_get::<Option<String>, _>("horizon")?;
    let horizon = horizon.map(|horizon| self::position(era, &horizon)).transpose()?;
    let mut batch = Batch { position, changes: Vec::new(), reset: false };
    let Some(from) = from else { return Ok(batch) };
    // a position of another database, of one that was restored or has crashed, or one whose changes have been trimmed
    if !batch.position.covers(from) || horizon.is_some_and(|horizon| !from.covers(&horizon)) {
        return Ok(Batch { reset: true, ..batch });
    }
    let mut counts = HashMap::new();
    let mut events = 0;
    while let Some(row) = rows.try_next().await? {
        events += 1;
        if most.is_some_and(|most| events > most) {
            return Ok(Batch { reset: true, changes: Vec::new(), ..batch });
        }
        gather(&mut batch.changes, &mut counts, change(&row)?);
    }
    Ok(batch)
}

/// Adds a change, unless its relation has so many that all of it is said to have changed.
fn gather(changes: &mut Vec<Change>, counts: &mut HashMap<String, usize>, change: Change) {
    let count = counts.entry(change.relation.clone()).or_default();
    if *count > MOST_IDS {
        return;
    }
    // an event costs something even where it names nobody
    *count += change.ids.as_ref().map_or(1, |ids| ids.len().max(1));
    if *count > MOST_IDS {
        changes.retain(|known| known.relation != change.relation);
        changes.push(Change { ids: None, old: None, new: None, ..change });
    } else {
        changes.push(change);
    }
}

fn position(era: i64, snapshot: &str) -> Result<Position, sqlx::Error> {
    format!("{era}:{snapshot}").parse().map_err(|error: NoPosition| sqlx::Error::Decode(error.into()))
}

fn change(row: &PgRow) -> Result<Change, sqlx::Error> {
    Ok(Change {
        relation: row.try_get("relation")?,
        ids: row.try_get("ids")?,
        old: row.try_get::<Option<Vec<f64>>, _>("old_box")?.as_deref().map(envelope),
        new: row.try_get::<Option<Vec<f64>>, _>("new_box")?.as_deref().map(envelope),
    })
}

/// A place whose box makes no sense (a coordinate that is no number, say) may be anywhere.
fn envelope(bounds: &[f64]) -> Envelope {
    match *bounds {
        [west, south, east, north] if west <= east && south <= north => Envelope { west, south, east, north },
        _ => Envelope { west: -180.0, south: -90.0, east: 180.0, north: 90.0 },
    }
}

/// Wakes the reader whenever something is committed; after a lost connection too, because what was said meanwhile has
/// been lost with it.
async fn listen(db: PgPool, woken: Arc<Notify>) {
    loop {
        if let Err(error) = hear(&db, &woken).await {
            tracing::debug!(%error, "the change feed does not hear of changes for now and reads them every second");
        }
        sleep(SHORTEST_PAUSE).await;
    }
}

/// Listens until the connection is lost.
async fn hear(db: &PgPool, woken: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    woken.notify_one();
    while listener.try_recv().await?.is_some() {
        woken.notify_one();
    }
    Ok(())
}

async fn keep_trimmed(owner: PgPool) {
    while !owner.is_closed() {
        if let Err(error) = trim(&owner).await {
            tracing::debug!(%error, "the outbox of the change feed is not trimmed for now");
        }
        sleep(TEND).await;
    }
}

/// Makes a mark every five minutes and removes what had been seen by all when the newest mark that is older than an hour
/// was made. That mark stays as the horizon.
pub async fn trim(owner: &PgPool) -> Result<(), sqlx::Error> {
    const TAKE_TURN: &str = "select pg_advisory_xact_lock(hashtext('misto change feed'))";
    const MARK: &str = "insert into misto.marks (snapshot) select pg_current_snapshot() \
         where not exists (select from misto.marks where at > now() - interval '5 minutes')";
    const TRIM: &str = "with horizon as \
           (select seq, snapshot from misto.marks where at < now() - interval '1 hour' order by seq desc limit 1), \
         forgotten as (delete from misto.marks using horizon where marks.seq < horizon.seq), \
         moved as (update misto.marks set is_horizon = true from horizon where marks.seq = horizon.seq) \
         delete from misto.changes using horizon \
         where xid < pg_snapshot_xmax(snapshot) and pg_visible_in_snapshot(xid, snapshot)";
    let mut transaction = owner.begin().await?;
    // marks must follow each other as their snapshots do, so one node at a time
    for statement in [TAKE_TURN, MARK, TRIM] {
        transaction.execute(statement).await?;
    }
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_with_too_many_changes_is_said_to_have_changed_whole() {
        let change = |relation: &str, count: usize| Change {
            relation: relation.to_owned(),
            ids: Some(vec![1; count]),
            old: None,
            new: None,
        };
        let (mut changes, mut counts) = Default::default();
        for (relation, count) in [("a", MOST_IDS), ("b", 5), ("a", 1), ("a", 1), ("b", 5)] {
            gather(&mut changes, &mut counts, change(relation, count));
        }
        assert_eq!(changes, [change("b", 5), Change { ids: None, ..change("a", 0) }, change("b", 5)]);
    }

    #[test]
    fn a_box_that_makes_no_sense_is_everywhere() {
        assert_eq!(envelope(&[30.0, 50.0, 31.0, 51.0]).west, 30.0);
        assert_eq!(envelope(&[f64::NAN, 50.0, 31.0, 51.0]).west, -180.0);
        assert_eq!(envelope(&[]).north, 90.0);
    }
}
