//! The history of managed registers: what the twins in the schema `history` hold, and the triggers that write them
//! (migrations/0003_history.sql, docs/decisions/0011-history.md).

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::relation::Relation;
use super::sql::identifier;

/// The schema of the twins, one for each managed register and of the same name.
pub const SCHEMA: &str = "history";

/// What a twin has beside the register's columns: when a version ended, by whom and why, and whether the record was
/// `changed` or `deleted`.
pub const OWN: [(&str, &str); 4] = [
    ("archived_at", "timestamptz not null"),
    ("archived_by", "text"),
    ("archived_why", "text"),
    ("archived_how", "text not null"),
];

/// Name, what sets it off, function. PostgreSQL runs triggers in the order of their names, and a version must be what
/// all others have made of the row.
const TRIGGERS: [(&str, &str, &str); 5] = [
    (
        "zz_misto_stamp_insert",
        "before insert on {} for each row when (new.version is distinct from 1 or new.recorded_at is distinct from now() \
         or new.recorded_by is distinct from misto.who() or new.recorded_why is distinct from misto.why())",
        "misto.stamp_new",
    ),
    ("zz_misto_stamp_update", "before update on {} for each row", "misto.stamp_edit"),
    (
        "misto_archive_update",
        "after update on {} referencing old table as old_rows new table as new_rows for each statement",
        "misto.archive",
    ),
    (
        "misto_archive_delete",
        "after delete on {} referencing old table as old_rows for each statement",
        "misto.archive",
    ),
    ("misto_archive_truncate", "before truncate on {} for each statement", "misto.archive"),
];

/// Makes the triggers of a register (its quoted name, and how it stands) where they are missing or switched off. Waits for
/// edits that are under way.
pub async fn keep(connection: &mut PgConnection, register: &str, there: Option<&Relation>) -> Result<(), sqlx::Error> {
    let has =
        |relation: &Relation| TRIGGERS.iter().all(|(name, _, function)| relation.has_trigger(name, function, &[]));
    if there.is_some_and(has) {
        return Ok(());
    }
    for (name, event, function) in TRIGGERS {
        let (name, event) = (identifier(name), event.replace("{}", register));
        let make = format!(
            "create or replace trigger {name} {event} execute function {function}(); \
             alter table {register} enable trigger {name}"
        );
        connection.execute(AssertSqlSafe(make)).await?;
    }
    Ok(())
}
