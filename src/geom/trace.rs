//! From the edges between inside and outside to valid rings.
//!
//! i_overlay can do this as well, but what it traced was invalid for some of our property tests' polygons, while the edges
//! that it traced were right in all.

use std::cmp::Ordering;

use super::edges::{Outline, cross, dot, minus};
use super::simplify;
use super::snap::{Cell, double_area};

/// A directed edge; what it bounds lies on the side that an exterior ring has inside.
pub(super) type Edge = [Cell; 2];

const NOWHERE: u32 = u32::MAX;

/// Directed edges, of which as many begin at a point as end there, in the order of their beginnings. The first that begins at a
/// point stands for the point.
struct Network {
    edges: Vec<Edge>,
    /// The point where each edge ends.
    ends: Vec<u32>,
}

impl Network {
    fn new(mut edges: Vec<Edge>) -> Self {
        edges.sort_unstable();
        let mut order: Vec<(Cell, u32)> = edges.iter().zip(0..).map(|(edge, index)| (edge[1], index)).collect();
        order.sort_unstable();
        // as many end at a point as begin there: the orders of ends and beginnings run side by side
        let mut ends = vec![0; edges.len()];
        let mut point = 0;
        for (index, (_, edge)) in order.into_iter().enumerate() {
            if edges[index][0] != edges[point][0] {
                point = index;
            }
            ends[edge as usize] = point as u32;
        }
        Self { edges, ends }
    }

    /// The edges that begin at a point.
    fn outgoing(&self, point: usize) -> impl Iterator<Item = usize> {
        let at = self.edges[point][0];
        (point..self.edges.len()).take_while(move |index| self.edges[*index][0] == at)
    }
}

/// Closed loops of all edges, in no particular order.
pub(super) fn loops(edges: Vec<Edge>) -> Vec<Vec<Cell>> {
    let network = Network::new(edges);
    let mut walked = vec![false; network.edges.len()];
    let mut loops = Vec::new();
    for first in 0..walked.len() {
        let mut path = Vec::new();
        let mut edge = Some(first);
        while let Some(index) = edge.filter(|index| !walked[*index]) {
            walked[index] = true;
            path.push(network.edges[index][0]);
            edge = network.outgoing(network.ends[index] as usize).find(|next| !walked[*next]);
        }
        if !path.is_empty() {
            loops.push(path);
        }
    }
    loops
}

/// Rings valid by OGC, in the order of MVT, from all edges of an area's border. Edges may share ends and nothing else.
pub(super) fn rings(edges: Vec<Edge>) -> Vec<Vec<Cell>> {
    let network = Network::new(edges);
    let count = network.edges.len();
    let mut tracer = Tracer {
        network,
        used: vec![false; count],
        heights: vec![NOWHERE; count],
        path: Vec::new(),
        polygons: Vec::new(),
        holes: Vec::new(),
        inner: Vec::new(),
    };
    for first in 0..count {
        if !tracer.used[first] {
            tracer.trace(first);
        }
    }
    tracer.finish()
}

struct Tracer {
    network: Network,
    used: Vec<bool>,
    /// Where on the path a point is.
    heights: Vec<u32>,
    /// Points.
    path: Vec<u32>,
    /// Each an exterior and its holes.
    polygons: Vec<Vec<Vec<Cell>>>,
    /// Holes that the present trace has come along.
    holes: Vec<Vec<Cell>>,
    /// Holes that touch each other and no exterior: it is not known yet whose they are.
    inner: Vec<Vec<Vec<Cell>>>,
}

impl Tracer {
    /// Follows the border of one connected piece of the inside. Where it comes to a point again, a loop is cut off.
    fn trace(&mut self, first: usize) {
        let polygon = self.polygons.len();
        let mut edge = first;
        while !self.used[edge] {
            self.used[edge] = true;
            let point = self.network.ends[edge];
            let height = self.heights[point as usize];
            if height != NOWHERE {
                self.cut(height as usize);
            }
            self.heights[point as usize] = self.path.len() as u32;
            self.path.push(point);
            edge = self.next(edge, point as usize);
        }
        // the first edge's end closes the last loop
        self.cut(0);
        let holes = std::mem::take(&mut self.holes);
        match self.polygons.get_mut(polygon) {
            Some(polygon) => polygon.extend(holes),
            None => self.inner.push(holes),
        }
    }

    /// Makes a ring of the path from a height on.
    fn cut(&mut self, height: usize) {
        let path = &self.path[height..];
        let mut ring: Vec<Cell> = path.iter().map(|point| self.network.edges[*point as usize][0]).collect();
        for point in self.path.drain(height..) {
            self.heights[point as usize] = NOWHERE;
        }
        simplify::ring(&mut ring);
        match double_area(&ring).cmp(&0) {
            Ordering::Greater => self.polygons.push(vec![ring]),
            Ordering::Less => self.holes.push(ring),
            Ordering::Equal => {}
        }
    }

    /// The edge that goes on from a point with the same piece of the inside between: the sharpest turn to that side.
    fn next(&self, edge: usize, point: usize) -> usize {
        let [from, at] = self.network.edges[edge];
        let back = minus(from, at);
        let turning = |one: &usize, other: &usize| {
            let [one, other] = [one, other].map(|index| minus(self.network.edges[*index][1], at));
            let beyond = |way| {
                let side = cross(back, way);
                side > 0 || side == 0 && dot(back, way) > 0
            };
            beyond(one).cmp(&beyond(other)).then_with(|| cross(one, other).cmp(&0))
        };
        self.network.outgoing(point).min_by(turning).unwrap_or(edge)
    }

    /// Gives the holes that touch no exterior to the smallest that surrounds them.
    fn finish(mut self) -> Vec<Vec<Cell>> {
        if !self.inner.is_empty() {
            let exteriors = self.polygons.iter().map(|polygon| Outline::of(&polygon[0]));
            let mut exteriors: Vec<_> = exteriors.enumerate().collect();
            exteriors.sort_by_key(|(_, exterior)| exterior.double_area);
            let owner = |holes: &Vec<Vec<Cell>>| {
                // to the left of their leftmost point there is inside, whatever else touches that point
                let point = holes.iter().flatten().min()?;
                exteriors.iter().find(|(_, exterior)| exterior.surrounds(*point)).map(|(index, _)| *index)
            };
            let owners: Vec<_> = self.inner.iter().map(owner).collect();
            for (holes, owner) in self.inner.into_iter().zip(owners) {
                owner.into_iter().for_each(|index| self.polygons[index].extend_from_slice(&holes));
            }
        }
        self.polygons.into_iter().flatten().collect()
    }
}
