//! The city's coarse frame: a bent net of rings and rays round the centre, and the river and the railway that follow it.
//!
//! Row `k` lies between ring `k` and ring `k + 1` and has `sectors[k]` cells. A ring where the count doubles puts its new
//! nodes on the straight line between the old ones, so every cell is a quad: edge 0 inner, 2 outer, 1 and 3 on rays.

use std::collections::HashSet;

use super::codes::Dice;
use super::shape::{P, Quad, noise, p, rounded, turn};

/// What runs along an edge of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    Street,
    River,
    Rail,
}

/// A river or a railway: the edges and nodes of the net that it takes, and its smooth course.
#[derive(Default)]
pub struct Course {
    /// Ring edges, (ring, sector).
    pub rings: HashSet<(usize, u32)>,
    /// Ray edges, (row, ray).
    pub rays: HashSet<(usize, u32)>,
    /// Nodes, (ring, ray).
    pub nodes: HashSet<(usize, u32)>,
    /// Centre line, metres.
    pub curve: Vec<P>,
    /// Half its width, and the free strip beside it, metres.
    pub half: f64,
    pub bank: f64,
}

/// The net.
pub struct Mesh {
    /// Size of a cell, metres.
    pub spacing: f64,
    /// Radius within which people live, roughly, metres.
    pub reach: f64,
    /// Radii of the rings before bending, metres.
    pub radii: Vec<f64>,
    /// Cells in each row; the last entry counts the last ring's nodes.
    pub sectors: Vec<u32>,
    nodes: Vec<Vec<P>>,
    pub river: Course,
    pub rail: Course,
}

impl Mesh {
    /// A net large enough for that many addresses; `slack` above 1 makes it larger.
    pub fn new(seed: u64, addresses: u64, slack: f64) -> Mesh {
        let mut dice = Dice::new(seed, 1, 0);
        let reach = 19.0 * (addresses as f64).sqrt();
        let spacing = (reach / 5.2).clamp(105.0, 400.0);
        let mut radii = vec![spacing * 0.33];
        let mut sectors = vec![8u32];
        while radii[radii.len() - 1] < reach * 1.45 * slack || radii.len() < 7 {
            let k = radii.len();
            let growth = [0.68, 0.78, 0.88].get(k - 1).copied().unwrap_or(1.0);
            radii.push(radii[k - 1] + spacing * growth * dice.range(0.92, 1.08));
            let arc = std::f64::consts::TAU * radii[k] / f64::from(sectors[k - 1]);
            sectors.push(sectors[k - 1] * if arc > 1.5 * spacing { 2 } else { 1 });
        }
        let nodes = bent_nodes(seed, spacing, reach, &radii, &sectors);
        let mut mesh =
            Mesh { spacing, reach, radii, sectors, nodes, river: Course::default(), rail: Course::default() };
        let width = (spacing * 0.11).clamp(9.0, 44.0);
        mesh.river = mesh.course(&mut dice, 0.36, (0.56, 0.92), 0.5, (width, width * 0.6));
        mesh.rail = mesh.course(&mut dice, 0.50, (0.13, 0.39), 0.0, (13.0, 9.0));
        mesh
    }

    /// Number of rows of cells.
    pub fn rows(&self) -> usize {
        self.radii.len() - 1
    }

    /// How many cells of row `k + 1` touch one of row `k`: 1 or 2.
    pub fn factor(&self, k: usize) -> u32 {
        self.sectors[k + 1] / self.sectors[k]
    }

    /// Node on ring `k`; rays count counter-clockwise and wrap round.
    pub fn node(&self, k: usize, i: u32) -> P {
        self.nodes[k][(i % self.sectors[k]) as usize]
    }

    /// Cell `i` of row `k`.
    pub fn cell(&self, k: usize, i: u32) -> Quad {
        let f = self.factor(k);
        Quad([self.node(k, i + 1), self.node(k, i), self.node(k + 1, i * f), self.node(k + 1, (i + 1) * f)])
    }

    /// The city's square inside ring 0, as four quads that meet in its middle: corner 0 is the middle, edges 1 and 2 are
    /// ring edges.
    pub fn square(&self) -> [Quad; 4] {
        let middle = self.node(0, 0).to(self.node(0, 4), 0.5).to(self.node(0, 2).to(self.node(0, 6), 0.5), 0.5);
        std::array::from_fn(|q| {
            let i = 2 * q as u32;
            Quad([middle, self.node(0, i), self.node(0, i + 1), self.node(0, i + 2)])
        })
    }

    /// The nodes of a ring from one ray to another, both included; rays are fractions of a turn.
    pub fn arc(&self, k: usize, from: f64, to: f64) -> Vec<P> {
        let n = f64::from(self.sectors[k]);
        ((from * n).round() as u32..=(to * n).round() as u32).map(|i| self.node(k, i)).collect()
    }

    /// The outline, counter-clockwise, between two rings and two rays; on both rings there must be nodes on the rays.
    pub fn sector(&self, rings: (usize, usize), from: f64, to: f64) -> Vec<P> {
        let along = |at: f64| {
            (rings.0 + 1..rings.1).map(move |k| self.node(k, (at * f64::from(self.sectors[k])).round() as u32))
        };
        let mut outline = self.arc(rings.1, from, to);
        outline.extend(along(to).rev());
        outline.extend(self.arc(rings.0, from, to).into_iter().rev());
        outline.extend(along(from));
        outline
    }

    /// What runs along each edge of a cell.
    pub fn along(&self, k: usize, i: u32) -> [Along; 4] {
        let f = self.factor(k);
        let next = (i + 1) % self.sectors[k];
        let of = |course: &Course| {
            [
                course.rings.contains(&(k, i)),
                course.rays.contains(&(k, i)),
                (0..f).any(|h| course.rings.contains(&(k + 1, i * f + h))),
                course.rays.contains(&(k, next)),
            ]
        };
        let (river, rail) = (of(&self.river), of(&self.rail));
        std::array::from_fn(|e| {
            if river[e] {
                Along::River
            } else if rail[e] {
                Along::Rail
            } else {
                Along::Street
            }
        })
    }

    /// A course that comes in from the edge, follows the ring at `ring` of the reach between two angles (fractions of a
    /// turn) and leaves again; `wander` is how often it steps from ray to ray on its way.
    fn course(&self, dice: &mut Dice, ring: f64, angles: (f64, f64), wander: f64, widths: (f64, f64)) -> Course {
        let k = self.radii.iter().position(|&r| r > ring * self.reach).unwrap_or(1).clamp(2, self.rows() - 2);
        let at = |angle: f64| (angle * f64::from(self.sectors[k])).round() as u32;
        let (from, to) = (at(angles.0), at(angles.1));
        let mut course = Course { half: widths.0, bank: widths.1, ..Course::default() };
        let mut path = self.arm(dice, &mut course, (k, from), wander);
        path.reverse();
        for i in from..to {
            course.rings.insert((k, i));
            path.push((k, i + 1));
        }
        path.extend(self.arm(dice, &mut course, (k, to), wander).into_iter().skip(1));
        let mut line: Vec<P> = path.iter().map(|&(k, i)| self.node(k, i)).collect();
        // Beyond the last ring the course goes straight on, out of the city.
        let outwards = |q: P| q + q.unit() * self.spacing;
        let ends = (outwards(line[0]), outwards(line[line.len() - 1]));
        line.insert(0, ends.0);
        line.push(ends.1);
        course.curve = rounded(&line);
        course.nodes = path.into_iter().map(|(k, i)| (k, i % self.sectors[k])).collect();
        course
    }

    /// The way from a node out to the last ring, marking the edges taken.
    fn arm(&self, dice: &mut Dice, course: &mut Course, start: (usize, u32), wander: f64) -> Vec<(usize, u32)> {
        let (mut ring, mut ray) = start;
        let mut path = vec![start];
        let mut aside = dice.chance(0.5);
        while ring < self.rows() {
            if ring > start.0 && dice.chance(wander) {
                let edge = if aside { ray } else { ray + self.sectors[ring] - 1 } % self.sectors[ring];
                course.rings.insert((ring, edge));
                ray = if aside { ray + 1 } else { ray + self.sectors[ring] - 1 } % self.sectors[ring];
                aside = !aside;
                path.push((ring, ray));
            }
            course.rays.insert((ring, ray % self.sectors[ring]));
            ray = ray % self.sectors[ring] * self.factor(ring);
            ring += 1;
            path.push((ring, ray));
        }
        path
    }

    /// What is left of a cell beside river and railway, and the strips cut off; no quad if nothing usable is left.
    pub fn cut(&self, k: usize, i: u32) -> (Option<Quad>, Vec<Quad>) {
        let cell = self.cell(k, i);
        let (mut kept, mut strips) = (cell, Vec::new());
        let middle = cell.middle();
        let near = |course: &Course| -> Vec<P> {
            let far = self.spacing * 1.8;
            course.curve.iter().copied().filter(|&q| (q - middle).dot(q - middle) < far * far).collect()
        };
        let (river, rail) = (near(&self.river), near(&self.rail));
        for (e, along) in self.along(k, i).into_iter().enumerate() {
            let (points, room) = match along {
                Along::Street => continue,
                Along::River => (&river, self.river.half + self.river.bank),
                Along::Rail => (&rail, self.rail.half + self.rail.bank),
            };
            let (a, b) = kept.edge(e);
            let inward = (b - a).unit();
            let reach =
                points.iter().filter(|&&q| kept.holds(q, -room)).map(|&q| inward.cross(q - a)).fold(0.0, f64::max);
            let mut by = [0.0; 4];
            by[e] = reach + room;
            let Some(next) = kept.inset(by) else {
                return (None, vec![cell]);
            };
            strips.push(Quad([kept.0[e], kept.0[(e + 1) % 4], next.0[(e + 1) % 4], next.0[e]]));
            kept = next;
        }
        let clear =
            |points: &[P], course: &Course| !points.iter().any(|&q| kept.holds(q, -(course.half + course.bank * 0.3)));
        if kept.convex()
            && clear(&river, &self.river)
            && clear(&rail, &self.rail)
            && kept.area() > self.spacing * self.spacing * 0.12
        {
            (Some(kept), strips)
        } else {
            (None, vec![cell])
        }
    }
}

/// Where the nodes are: a polar net, stretched, bent by two sizes of smooth noise.
fn bent_nodes(seed: u64, spacing: f64, reach: f64, radii: &[f64], sectors: &[u32]) -> Vec<Vec<P>> {
    let bend = |q: P, wave: f64, size: f64, salt: u64| {
        let at = q * (1.0 / wave);
        p(noise(seed ^ salt, at + p(0.37, 0.71)), noise(seed ^ (salt + 1), at + p(0.13, 0.59))) * size
    };
    let place = |k: usize, i: u32| {
        let d = turn((f64::from(i) + 0.3) / f64::from(sectors[k]));
        let q = p(d.x * radii[k] * 1.10, d.y * radii[k] * 0.94);
        let wide = (reach * 0.8).min(3_000.0);
        q + bend(q, wide, wide * 0.13, 11) + bend(q, spacing * 2.3, spacing * 0.24, 21)
    };
    let mut nodes: Vec<Vec<P>> = Vec::with_capacity(radii.len());
    for k in 0..radii.len() {
        let mut ring: Vec<P> = (0..sectors[k]).map(|i| place(k, i)).collect();
        if k > 0 && sectors[k] > sectors[k - 1] {
            for i in (1..ring.len()).step_by(2) {
                ring[i] = ring[i - 1].to(ring[(i + 1) % ring.len()], 0.5);
            }
        }
        nodes.push(ring);
    }
    nodes
}
