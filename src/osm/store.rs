//! What is kept in memory between passes: coordinates of needed nodes, nodes of needed ways.

use super::fixed::Fixed;

/// Stands where a node has not been found; it is no place on Earth.
const NOWHERE: Fixed = Fixed { x: i32::MIN, y: i32::MIN };

/// Coordinates of the needed nodes: 16 bytes each.
#[derive(Debug, Default)]
pub struct NodeTable {
    ids: Vec<i64>,
    places: Vec<Fixed>,
    /// Where the last node was found. Files are in order of ids, so the next is usually near.
    cursor: usize,
}

impl NodeTable {
    /// Room for these nodes, in any order, with repeats.
    pub fn new(mut ids: Vec<i64>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        ids.shrink_to_fit();
        let places = vec![NOWHERE; ids.len()];
        Self { ids, places, cursor: 0 }
    }

    /// Sets a node's place if the node is needed.
    pub fn set(&mut self, id: i64, place: Fixed) {
        // A few steps forward, then a search: both cheap, whatever the file's order.
        let mut at = self.cursor;
        let near = self.ids.len().min(at.saturating_add(8));
        while at < near && self.ids[at] < id {
            at += 1;
        }
        let found = if self.ids.get(at) == Some(&id) { Ok(at) } else { self.ids.binary_search(&id) };
        match found {
            Ok(at) => {
                self.places[at] = place;
                self.cursor = at;
            }
            Err(next) => self.cursor = next,
        }
    }

    /// A node's place; nothing if it was not in the file.
    pub fn get(&self, id: i64) -> Option<Fixed> {
        let at = self.ids.binary_search(&id).ok()?;
        self.places.get(at).copied().filter(|place| *place != NOWHERE)
    }
}

/// The nodes of ways that are members of needed relations.
#[derive(Debug, Default)]
pub struct MemberWays {
    ids: Vec<i64>,
    /// Start and end in `nodes`; absent while the way has not been found.
    spans: Vec<Option<(usize, usize)>>,
    nodes: Vec<i64>,
}

impl MemberWays {
    /// Room for these ways, in any order, with repeats.
    pub fn new(mut ids: Vec<i64>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        let spans = vec![None; ids.len()];
        Self { ids, spans, nodes: Vec::new() }
    }

    /// Keeps a way's nodes if the way is needed; tells whether it is.
    pub fn set(&mut self, id: i64, nodes: &[i64]) -> bool {
        let Ok(at) = self.ids.binary_search(&id) else {
            return false;
        };
        if self.spans[at].is_none() {
            let start = self.nodes.len();
            self.nodes.extend_from_slice(nodes);
            self.spans[at] = Some((start, self.nodes.len()));
        }
        true
    }

    /// A way's nodes; nothing if it was not in the file.
    pub fn get(&self, id: i64) -> Option<&[i64]> {
        let at = self.ids.binary_search(&id).ok()?;
        let (start, end) = (*self.spans.get(at)?)?;
        self.nodes.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_found_in_any_order() {
        let mut table = NodeTable::new(vec![5, -3, 900, 5, 77]);
        for id in [900, -3, 1, 5, i64::MAX, i64::MIN, 6] {
            table.set(id, Fixed { x: id as i32, y: 0 });
        }
        assert_eq!(table.get(900), Some(Fixed { x: 900, y: 0 }));
        assert_eq!(table.get(-3), Some(Fixed { x: -3, y: 0 }));
        assert_eq!(table.get(5), Some(Fixed { x: 5, y: 0 }));
        assert_eq!(table.get(77), None);
        assert_eq!(table.get(1), None);
    }

    #[test]
    fn ways_keep_their_nodes() {
        let mut ways = MemberWays::new(vec![3, 1, 3]);
        assert!(ways.set(3, &[10, 11]));
        assert!(!ways.set(2, &[12]));
        assert_eq!(ways.get(3), Some(&[10, 11][..]));
        assert_eq!(ways.get(1), None);
    }
}
