//! Ways joined end to end into rings, by the nodes they share.

use std::collections::{HashMap, HashSet};

/// One member way of an area.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub way: i64,
    /// Its role is `inner`; everything else counts as outer.
    pub inner: bool,
    /// Its nodes in order.
    pub nodes: &'a [i64],
}

/// What the roles of a ring's ways say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Outer,
    Inner,
    /// Its ways disagree.
    Mixed,
}

/// A closed ring of nodes; the first is repeated at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRing {
    pub nodes: Vec<i64>,
    pub role: Role,
}

/// A way whose end meets no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclosed {
    pub way: i64,
    pub node: i64,
}

/// Joins ways into rings: outer with outer and inner with inner, and where that leaves a gap, without regard to roles.
///
/// A way that is there twice is used once. Where four or more ends meet in one node, rings are cut as small as they go, so
/// that none passes the same meeting point twice. Ways with fewer than two nodes are passed over.
///
/// # Errors
/// [`Unclosed`] if an odd number of ends meets somewhere: then no choice of rings uses every way.
pub fn join(parts: &[Part<'_>]) -> Result<Vec<NodeRing>, Unclosed> {
    let mut seen = HashSet::new();
    let parts: Vec<Part<'_>> =
        parts.iter().filter(|part| part.nodes.len() >= 2 && seen.insert(part.way)).copied().collect();
    let (inner, outer): (Vec<_>, Vec<_>) = parts.iter().copied().partition(|part| part.inner);
    match (join_all(&outer), join_all(&inner)) {
        (Ok(mut rings), Ok(holes)) => {
            rings.extend(holes);
            Ok(rings)
        }
        _ => join_all(&parts),
    }
}

/// One way in a path under construction.
#[derive(Clone, Copy)]
struct Step {
    part: usize,
    turned: bool,
}

fn join_all(parts: &[Part<'_>]) -> Result<Vec<NodeRing>, Unclosed> {
    let mut rings = Vec::new();
    let mut ends = Ends::default();
    for (at, part) in parts.iter().enumerate() {
        match (part.nodes.first(), part.nodes.last()) {
            (Some(a), Some(b)) if a == b => rings.push(ring(parts, &[Step { part: at, turned: false }])),
            (Some(&a), Some(&b)) => ends.add(at, a, b),
            _ => {}
        }
    }
    let mut used = vec![false; parts.len()];
    for start in ends.parts.clone() {
        if !used[start] {
            walk(parts, start, &mut ends, &mut used, &mut rings)?;
        }
    }
    Ok(rings)
}

/// Follows ways from `start` until all that were walked lie in rings.
fn walk(
    parts: &[Part<'_>],
    start: usize,
    ends: &mut Ends,
    used: &mut [bool],
    rings: &mut Vec<NodeRing>,
) -> Result<(), Unclosed> {
    let Some(&head) = parts[start].nodes.first() else {
        return Ok(());
    };
    let mut path: Vec<Step> = Vec::new();
    // meetings[k] is the node before path[k]; met finds its k.
    let mut meetings = vec![head];
    let mut met = HashMap::from([(head, 0_usize)]);
    let mut tail = head;
    loop {
        let Some(next) = ends.take(tail, used) else {
            return match path.last() {
                Some(step) => Err(Unclosed { way: parts[step.part].way, node: tail }),
                None => Ok(()),
            };
        };
        let nodes = parts[next].nodes;
        let turned = nodes.first() != Some(&tail);
        path.push(Step { part: next, turned });
        tail = *(if turned { nodes.first() } else { nodes.last() }).unwrap_or(&tail);
        if let Some(&from) = met.get(&tail) {
            rings.push(ring(parts, &path[from..]));
            path.truncate(from);
            for node in meetings.drain(from + 1..) {
                met.remove(&node);
            }
        } else {
            met.insert(tail, meetings.len());
            meetings.push(tail);
        }
    }
}

/// Which open ways end in a node.
#[derive(Default)]
struct Ends {
    at: HashMap<i64, Vec<usize>>,
    parts: Vec<usize>,
}

impl Ends {
    fn add(&mut self, part: usize, a: i64, b: i64) {
        self.at.entry(a).or_default().push(part);
        self.at.entry(b).or_default().push(part);
        self.parts.push(part);
    }

    /// An unused way that ends in `node`, now used.
    fn take(&mut self, node: i64, used: &mut [bool]) -> Option<usize> {
        let list = self.at.get_mut(&node)?;
        // Used ones are dropped for good: each is looked at twice in all, however many meet in a node.
        while let Some(part) = list.pop() {
            if !used[part] {
                used[part] = true;
                return Some(part);
            }
        }
        None
    }
}

fn ring(parts: &[Part<'_>], steps: &[Step]) -> NodeRing {
    let mut nodes: Vec<i64> = Vec::new();
    for step in steps {
        let way = parts[step.part].nodes;
        // The first node of each way is the last of the one before.
        let skip = usize::from(!nodes.is_empty());
        if step.turned {
            nodes.extend(way.iter().rev().skip(skip));
        } else {
            nodes.extend(way.iter().skip(skip));
        }
    }
    let inner = steps.iter().filter(|step| parts[step.part].inner).count();
    let role = match inner {
        0 => Role::Outer,
        all if all == steps.len() => Role::Inner,
        _ => Role::Mixed,
    };
    NodeRing { nodes, role }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(way: i64, inner: bool, nodes: &[i64]) -> Part<'_> {
        Part { way, inner, nodes }
    }

    /// A ring's nodes turned so that it begins with its least and runs towards the lesser neighbour.
    fn canonical(ring: &NodeRing) -> Vec<i64> {
        let open = &ring.nodes[..ring.nodes.len() - 1];
        assert_eq!(ring.nodes.first(), ring.nodes.last());
        let least = (0..open.len()).min_by_key(|i| open[*i]).unwrap();
        let mut turned: Vec<i64> = open[least..].iter().chain(&open[..least]).copied().collect();
        if turned.last() < turned.get(1) {
            turned[1..].reverse();
        }
        turned
    }

    fn joined(parts: &[Part<'_>]) -> Vec<Vec<i64>> {
        let mut rings: Vec<_> = join(parts).unwrap().iter().map(canonical).collect();
        rings.sort();
        rings
    }

    #[test]
    fn ways_in_any_order_and_direction() {
        let parts = [part(1, false, &[3, 2, 1]), part(2, false, &[4, 5, 1]), part(3, false, &[3, 4])];
        assert_eq!(joined(&parts), vec![vec![1, 2, 3, 4, 5]]);
    }

    #[test]
    fn outer_and_inner_are_kept_apart() {
        let outer = [1, 2, 3, 4, 1];
        let parts = [part(1, false, &outer), part(2, true, &[11, 12, 13]), part(3, true, &[11, 13])];
        let rings = join(&parts).unwrap();
        assert_eq!(rings[0].role, Role::Outer);
        assert_eq!(rings[1].role, Role::Inner);
        assert_eq!(canonical(&rings[1]), vec![11, 12, 13]);
    }

    #[test]
    fn rings_that_touch_in_a_node_come_apart() {
        // Two triangles that share node 1, drawn with open ways; all four ends meet there.
        let parts =
            [part(1, false, &[1, 2, 3]), part(2, false, &[3, 1]), part(3, false, &[1, 4, 5]), part(4, false, &[5, 1])];
        assert_eq!(joined(&parts), vec![vec![1, 2, 3], vec![1, 4, 5]]);
        // A figure of eight of two ways that both run through both meeting points.
        let parts = [
            part(1, false, &[1, 2, 3]),
            part(2, false, &[3, 4, 1]),
            part(3, false, &[3, 5, 6]),
            part(4, false, &[6, 7, 3]),
        ];
        assert_eq!(joined(&parts), vec![vec![1, 2, 3, 4], vec![3, 5, 6, 7]]);
    }

    #[test]
    fn a_wrong_role_does_not_open_a_ring() {
        let parts = [part(1, false, &[1, 2, 3]), part(2, true, &[3, 4, 1])];
        let rings = join(&parts).unwrap();
        assert_eq!(canonical(&rings[0]), vec![1, 2, 3, 4]);
        assert_eq!(rings[0].role, Role::Mixed);
    }

    #[test]
    fn a_gap_is_named() {
        let parts = [part(1, false, &[1, 2, 3]), part(2, false, &[3, 4])];
        let gap = join(&parts).unwrap_err();
        assert!(gap.node == 1 || gap.node == 4, "{gap:?}");
    }

    #[test]
    fn a_way_listed_twice_counts_once_and_stumps_do_not_count() {
        let square = [1, 2, 3, 4, 1];
        let parts = [part(1, false, &square), part(1, false, &square), part(2, false, &[7]), part(3, false, &[])];
        assert_eq!(joined(&parts), vec![vec![1, 2, 3, 4]]);
        assert_eq!(join(&[]).unwrap(), vec![]);
    }

    #[test]
    fn many_ends_in_one_node_stay_quick() {
        let loops: Vec<[i64; 3]> = (0..100_000).map(|i| [0, i + 1, -i - 1]).collect();
        let back: Vec<[i64; 2]> = (0..100_000).map(|i| [-i - 1, 0]).collect();
        let mut parts = Vec::new();
        for (i, (out, home)) in loops.iter().zip(&back).enumerate() {
            parts.push(part(2 * i as i64, false, out));
            parts.push(part(2 * i as i64 + 1, false, home));
        }
        assert_eq!(join(&parts).unwrap().len(), 100_000);
    }
}
