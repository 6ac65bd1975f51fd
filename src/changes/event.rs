//! What a stream tells of a batch: the changes that its listener is interested in, as JSON.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::layer::Layer;
use crate::db::feed::{Batch, Change};
use crate::geom::grid::Envelope;

/// An event with more records does not list them.
const MOST_IDS: usize = 100;
/// More events of one layer in one batch become one that says that all of it has changed.
const MOST_EVENTS: usize = 200;

/// The data of a `change` event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangeEvent {
    pub layer: String,
    /// The records that were added, changed or removed; null where there are too many to list.
    pub ids: Option<Vec<i64>>,
    /// West, south, east, north in degrees: where they were and where they are now. None at all, and no ids: anything
    /// in the layer may have changed.
    #[schema(value_type = Vec<Vec<f64>>)]
    pub boxes: Vec<[f64; 4]>,
}

/// West, south, east, north in degrees; west may exceed east where the box crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area(pub [f64; 4]);

impl Area {
    fn meets(&self, place: &Envelope) -> bool {
        let [west, south, east, north] = self.0;
        let (before, after) = (place.west <= east, place.east >= west);
        let longitudes = if west <= east { before && after } else { before || after };
        longitudes && place.south <= north && place.north >= south
    }
}

/// What a listener wants to hear of.
#[derive(Debug, Clone)]
pub struct Interest {
    pub layers: Vec<Arc<Layer>>,
    /// None: everywhere.
    pub area: Option<Area>,
}

impl Interest {
    /// The batch as its listener is told of it.
    pub fn events(&self, batch: &Batch) -> Vec<ChangeEvent> {
        let mut by_relation: HashMap<&str, Vec<&Change>> = HashMap::new();
        for change in batch.changes.iter().filter(|change| self.wants(change)) {
            by_relation.entry(&change.relation).or_default().push(change);
        }
        let mut events = Vec::new();
        for layer in &self.layers {
            let changes = by_relation.get(layer.relation().as_str()).map_or(&[][..], Vec::as_slice);
            if changes.len() > MOST_EVENTS {
                events.push(ChangeEvent { layer: layer.id.clone(), ids: None, boxes: Vec::new() });
            } else {
                events.extend(changes.iter().map(|change| event(layer, change)));
            }
        }
        events
    }

    /// A record without a place may be shown in a list, wherever the listener looks.
    fn wants(&self, change: &Change) -> bool {
        let (Some(area), Some(_)) = (&self.area, &change.ids) else { return true };
        let mut places = change.old.iter().chain(&change.new).peekable();
        places.peek().is_none() || places.any(|place| area.meets(place))
    }
}

fn event(layer: &Layer, change: &Change) -> ChangeEvent {
    let mut boxes: Vec<_> =
        change.old.iter().chain(&change.new).map(|place| [place.west, place.south, place.east, place.north]).collect();
    boxes.dedup();
    // without a place, a list that is left out would read as "anything"
    let ids = change.ids.clone().filter(|ids| ids.len() <= MOST_IDS || boxes.is_empty());
    ChangeEvent { layer: layer.id.clone(), ids, boxes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(west: f64, south: f64) -> Envelope {
        Envelope { west, south, east: west + 1.0, north: south + 1.0 }
    }

    #[test]
    fn an_area_meets_what_touches_it_and_may_cross_the_antimeridian() {
        let city = Area([30.0, 50.0, 31.0, 51.0]);
        assert!(city.meets(&place(30.5, 50.5)) && city.meets(&place(31.0, 51.0)) && city.meets(&place(29.0, 49.0)));
        assert!(!city.meets(&place(31.1, 50.0)) && !city.meets(&place(30.0, 48.9)));
        let pacific = Area([170.0, -10.0, -170.0, 10.0]);
        assert!(pacific.meets(&place(175.0, 0.0)) && pacific.meets(&place(-175.0, 0.0)));
        assert!(!pacific.meets(&place(0.0, 0.0)));
    }

    #[test]
    fn a_change_without_a_place_concerns_everybody_and_one_elsewhere_nobody() {
        let interest = Interest { layers: Vec::new(), area: Some(Area([30.0, 50.0, 31.0, 51.0])) };
        let change =
            |ids: Option<Vec<i64>>, old, new| Change { relation: "registers.kiosks".to_owned(), ids, old, new };
        assert!(interest.wants(&change(None, None, None)));
        assert!(interest.wants(&change(Some(vec![1]), None, None)));
        assert!(interest.wants(&change(Some(vec![1]), Some(place(30.0, 50.0)), Some(place(10.0, 50.0)))));
        assert!(!interest.wants(&change(Some(vec![1]), Some(place(12.0, 50.0)), Some(place(10.0, 50.0)))));
    }
}
