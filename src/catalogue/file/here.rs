//! The `[here]` of a layer file: how the register takes part in what is told of a place.

use super::super::layer::{Field, GeometryKind, Here, Standing, Status};
use super::super::reader::Table;
use super::{indices, refuse_staff};

const HERE_KEYS: [&str; 4] = ["within", "nearest", "standing", "fields"];
/// Further away than this nothing holds at a place, in metres.
const FURTHEST: i64 = 5_000;
const MOST_NEAREST: i64 = 20;

/// Areas tell of every place that they hold, also without the table; what has no area only with it.
pub fn here(root: &Table<'_, '_>, kind: GeometryKind, fields: &[Field], status: Option<&Status>) -> Option<Here> {
    let Some(table) = root.table("here", &HERE_KEYS) else {
        return (kind == GeometryKind::Polygon).then(Here::default);
    };
    if kind != GeometryKind::Polygon {
        table.need("within", "how far from the place, in metres");
    }
    let within = table.whole("within", 1..=FURTHEST).unwrap_or(0);
    if table.has("nearest") {
        table.need("within", "`nearest` chooses among what is within so many metres");
    }
    if table.has("standing") && status.is_none() {
        table.mistake("standing", "`standing` needs a [status]");
    }
    let told = indices(&table, "fields", fields);
    refuse_staff(&table, "fields", &told, fields);
    Some(Here {
        within: within as f64,
        nearest: table.whole("nearest", 1..=MOST_NEAREST),
        standings: standings(&table),
        fields: told,
    })
}

fn standings(table: &Table<'_, '_>) -> Vec<Standing> {
    let mut found = Vec::new();
    for (name, span) in table.texts("standing") {
        match Standing::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, standing)) => found.push(*standing),
            None => {
                let allowed = Standing::ALL.map(|(name, _)| name).join(", ");
                table.document().mistake(span, format!("`{name}` is no standing; allowed: {allowed}"));
            }
        }
    }
    found
}
