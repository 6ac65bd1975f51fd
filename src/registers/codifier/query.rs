//! The table of the codifier.

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::Result;
use sqlx::{Executor, PgConnection};

use super::Unit;

/// Every code.
pub async fn codes(connection: &mut PgConnection) -> Result<HashSet<String>> {
    let codes: Vec<String> = sqlx::query_scalar("select code from codifiers.katottg").fetch_all(connection).await?;
    Ok(codes.into_iter().collect())
}

/// Puts `units` in place of what is there.
pub async fn replace(connection: &mut PgConnection, units: &[Unit]) -> Result<()> {
    connection.execute("delete from codifiers.katottg").await?;
    let into =
        "copy codifiers.katottg (code, level, category, name, region, district, community, settlement) from stdin";
    let mut copying = connection.copy_in_raw(into).await?;
    let mut lines = String::new();
    for unit in units {
        let text = |text: &str| text.replace('\\', "\\\\").replace(['\t', '\n', '\r'], " ");
        let code = unit.path.last().map(String::as_str).unwrap_or_default();
        write!(lines, "{code}\t{}\t{}\t{}", unit.path.len(), text(&unit.category), text(&unit.name))?;
        for level in 0..4 {
            let above = unit.path.get(level).filter(|_| level + 1 < unit.path.len());
            write!(lines, "\t{}", above.map_or("\\N", String::as_str))?;
        }
        lines.push('\n');
    }
    copying.send(lines.as_bytes()).await?;
    copying.finish().await?;
    connection.execute("analyze codifiers.katottg").await?;
    Ok(())
}
