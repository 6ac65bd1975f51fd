//! Rows in, one layer of a vector tile out.

use crate::catalogue::record::Value;
use crate::catalogue::select::SelectedRow;
use crate::formats::mvt::{LayerWriter, Value as TileValue};
use crate::geom::grid::TileId;
use crate::geom::{shape, snap};

use super::query::TileQuery;

/// Projects, clips, snaps and writes the rows of one layer.
pub struct Encoder {
    writer: LayerWriter,
    tile: TileId,
}

impl Encoder {
    pub fn new(query: &TileQuery) -> Self {
        let layer = &query.selection.layer;
        let mut keys: Vec<_> = query.fields.iter().map(|&index| layer.fields[index].name.clone()).collect();
        if layer.status.is_some() {
            keys.push("standing".to_owned());
        }
        Self { writer: LayerWriter::new(&layer.id, keys), tile: query.tile }
    }

    /// Adds a row; one that has nothing in the tile, or whose geometry cannot be read, adds nothing.
    pub fn add(&mut self, row: &SelectedRow) {
        let Some(ewkb) = &row.ewkb else { return };
        let parts = match shape::project(ewkb, self.tile) {
            Ok(parts) => parts,
            Err(error) => {
                tracing::warn!(id = row.id, %error, "a geometry cannot be read and is left out of its tiles");
                return;
            }
        };
        let Some(geometry) = snap::snap(&parts) else { return };
        let fields = row.values.iter().enumerate().filter_map(|(key, value)| Some((key, tile_value(value)?)));
        let standing = row.standing.as_deref().map(|standing| (row.values.len(), TileValue::Text(standing)));
        self.writer.feature(u64::try_from(row.id).ok(), &geometry, fields.chain(standing));
    }

    pub fn finish(self) -> Vec<u8> {
        let mut tile = Vec::new();
        self.writer.finish(&mut tile);
        tile
    }
}

/// Rows travel as text, integer, number and boolean; dates among them are text already.
fn tile_value(value: &Value) -> Option<TileValue<'_>> {
    match value {
        Value::Text(text) => Some(TileValue::Text(text)),
        Value::Integer(number) => Some(TileValue::Integer(*number)),
        Value::Number(number) => Some(TileValue::Number(*number)),
        Value::Boolean(flag) => Some(TileValue::Boolean(*flag)),
        Value::Null | Value::Date(_) | Value::DateTime(_) => None,
    }
}
