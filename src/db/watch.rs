//! Watching relations for edits: triggers that write into the change feed's outbox.

use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool};

use super::relation::{Relation, Relations};
use super::sql::{identifier, literal};

/// A relation whose edits are to be noticed, with the columns of the feature's id and of its geometry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub schema: String,
    pub name: String,
    pub id: String,
    pub geometry: String,
}

/// What sets off a trigger, and the rows that it is given.
const EDITS: [(&str, &str); 4] = [
    ("insert", "referencing new table as new_rows"),
    ("update", "referencing old table as old_rows new table as new_rows"),
    ("delete", "referencing old table as old_rows"),
    ("truncate", ""),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Watched,
    /// The triggers are missing or switched off.
    Unwatched,
    /// Triggers would not be set off by every edit, or we may not make them.
    Unwatchable,
}

/// Makes the triggers where they are missing. Gives the relations (`schema.name`) that cannot be watched.
///
/// Triggers that a layer file no longer asks for stay: another node may need them, and they do no harm.
pub async fn watch(owner: &PgPool, relations: &[Watched]) -> Result<Vec<String>, sqlx::Error> {
    let there = Relations::read(&mut *owner.acquire().await?, relations.iter().map(Watched::qualified)).await?;
    let mut unwatchable = Vec::new();
    for relation in relations {
        match relation.state(there.get(&relation.qualified())) {
            State::Watched => {}
            State::Unwatched => relation.make(owner).await?,
            State::Unwatchable => unwatchable.push(format!("{}.{}", relation.schema, relation.name)),
        }
    }
    unwatchable.sort();
    unwatchable.dedup();
    Ok(unwatchable)
}

impl Watched {
    /// The relation's quoted name, with its schema.
    pub fn qualified(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    /// Two layers may show two geometries of one table.
    fn trigger(&self, edit: &str) -> String {
        format!("misto_{edit}_{}_{}", self.id, self.geometry)
    }

    fn state(&self, relation: Option<&Relation>) -> State {
        let Some(relation) = relation.filter(|relation| relation.plain) else { return State::Unwatchable };
        let has = |(edit, _): &(&str, _)| {
            relation.has_trigger(&self.trigger(edit), "misto.record_change", &[&self.id, &self.geometry])
        };
        if EDITS.iter().all(has) { State::Watched } else { State::Unwatched }
    }

    async fn read_state(&self, connection: &mut PgConnection) -> Result<State, sqlx::Error> {
        let there = Relations::read(connection, [self.qualified()]).await?;
        Ok(self.state(there.get(&self.qualified())))
    }

    /// Whether the change feed tells of the relation's edits.
    pub async fn is_watched(&self, owner: &PgPool) -> Result<bool, sqlx::Error> {
        Ok(self.read_state(&mut *owner.acquire().await?).await? == State::Watched)
    }

    /// Waits for edits that are under way, and keeps new ones waiting for a moment.
    async fn make(&self, owner: &PgPool) -> Result<(), sqlx::Error> {
        let mut transaction = owner.begin().await?;
        // two nodes may start at once
        transaction.execute("select pg_advisory_xact_lock(hashtext('misto managed tables'))").await?;
        if self.read_state(&mut transaction).await? == State::Unwatched {
            for (edit, rows) in EDITS {
                let make = format!(
                    "create or replace trigger {} after {edit} on {} {rows} for each statement \
                     execute function misto.record_change({}, {})",
                    identifier(&self.trigger(edit)),
                    self.qualified(),
                    literal(&self.id),
                    literal(&self.geometry),
                );
                transaction.execute(AssertSqlSafe(make)).await?;
            }
        }
        transaction.commit().await
    }
}
