//! Watching relations for edits: triggers that write into the change feed's outbox.

use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool};

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
    let mut unwatchable = Vec::new();
    let mut connection = owner.acquire().await?;
    for relation in relations {
        match relation.state(&mut connection).await? {
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
    fn qualified(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }

    /// Two layers may show two geometries of one table. PostgreSQL cuts a name that is too long, here and there alike.
    fn trigger(&self, edit: &str) -> String {
        format!("misto_{edit}_{}_{}", self.id, self.geometry)
    }

    async fn state(&self, connection: &mut PgConnection) -> Result<State, sqlx::Error> {
        // statement triggers of a partition or of an inheriting table are not set off through its parent, nor the
        // other way round
        const STATE: &str = "select relkind = 'r' and has_table_privilege(oid, 'trigger') \
               and not exists (select from pg_inherits where oid in (inhrelid, inhparent)), \
             (select count(*) from pg_trigger where tgrelid = pg_class.oid and tgname = any($2::name[]) and tgargs = $3 \
               and tgfoid = 'misto.record_change'::regproc and tgenabled in ('O', 'A')) \
             from pg_class where oid = to_regclass($1)";
        let names: Vec<_> = EDITS.iter().map(|(edit, _)| self.trigger(edit)).collect();
        let arguments = format!("{}\0{}\0", self.id, self.geometry).into_bytes();
        let state = sqlx::query_as(STATE).bind(self.qualified()).bind(names).bind(arguments);
        let (watchable, triggers): (bool, i64) = state.fetch_optional(connection).await?.unwrap_or_default();
        Ok(match triggers {
            _ if !watchable => State::Unwatchable,
            4 => State::Watched,
            _ => State::Unwatched,
        })
    }

    /// Whether the change feed tells of the relation's edits.
    pub async fn is_watched(&self, owner: &PgPool) -> Result<bool, sqlx::Error> {
        Ok(self.state(&mut *owner.acquire().await?).await? == State::Watched)
    }

    /// Waits for edits that are under way, and keeps new ones waiting for a moment.
    async fn make(&self, owner: &PgPool) -> Result<(), sqlx::Error> {
        let mut transaction = owner.begin().await?;
        // two nodes may start at once
        transaction.execute("select pg_advisory_xact_lock(hashtext('misto managed tables'))").await?;
        if self.state(&mut transaction).await? == State::Unwatched {
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
