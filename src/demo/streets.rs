//! Streets: which lines of the plan make one street, where they stop at the river or cross it, and what they are called.

use std::collections::HashMap;

use super::lines::{Class, Line, ray_class, ring_class};
use super::lots::Zone;
use super::mesh::{Along, Mesh};
use super::names::Namer;
use super::plan::Cell;
use super::shape::{P, Quad, chance, mix};

/// A street.
pub struct Street {
    pub class: Class,
    pub kind: &'static str,
    /// Full name with its kind; none for tracks.
    pub name: Option<String>,
    pub name_en: Option<String>,
    pub former: Option<String>,
    /// Centre lines, metres.
    pub parts: Vec<Vec<P>>,
    pub bridges: Vec<Vec<P>>,
    pieces: u32,
}

/// All streets, and which one each line belongs to.
pub struct Streets {
    pub list: Vec<Street>,
    by_line: HashMap<Line, u32>,
}

impl Streets {
    /// Lays out and names every street of the first `rows` rows.
    pub fn lay(seed: u64, mesh: &Mesh, rows: usize, cells: &[Cell]) -> Streets {
        let by_place = cells.iter().map(|c| ((c.row, c.sector), c)).collect();
        let mut layout = Layout { seed, mesh, rows, cells: by_place, list: vec![], by_line: HashMap::new() };
        layout.rings();
        layout.square();
        layout.rays();
        for cell in cells.iter().filter(|c| c.built()) {
            layout.inner(cell);
        }
        layout.bridges();
        let mut streets = Streets { list: layout.list, by_line: layout.by_line };
        streets.name(seed);
        streets
    }

    /// The street that a line belongs to.
    pub fn of(&self, line: Line) -> Option<u32> {
        self.by_line.get(&line).copied()
    }

    /// Names for all, the best known ones for the most important streets near the centre.
    fn name(&mut self, seed: u64) {
        let mut order: Vec<(Class, u64, usize)> = Vec::new();
        for (id, s) in self.list.iter().enumerate() {
            let far = s.parts.first().and_then(|l| l.first()).map_or(0.0, |q| q.len());
            order.push((s.class, (far / 400.0) as u64, id));
        }
        order.sort();
        let mut namer = Namer::new(seed);
        for (class, _, id) in order {
            let street = &mut self.list[id];
            if class == Class::Track {
                continue;
            }
            if street.kind == "вулиця" && class == Class::Residential {
                let length = street.length();
                let luck = chance(seed, 83, id as u64);
                street.kind = if length < 230.0 || luck < 0.08 {
                    "провулок"
                } else if luck > 0.96 {
                    "проїзд"
                } else {
                    "вулиця"
                };
            }
            let (name, english) = namer.next(street.kind);
            let renamed = if class <= Class::Secondary { 0.5 } else { 0.16 };
            street.former = (chance(seed, 89, id as u64) < renamed).then(|| namer.former(street.kind));
            (street.name, street.name_en) = (Some(name), Some(english));
        }
    }
}

impl Street {
    /// Length without bridges, metres.
    pub fn length(&self) -> f64 {
        self.parts.iter().flat_map(|l| l.windows(2)).map(|w| (w[1] - w[0]).len()).sum()
    }
}

struct Layout<'a> {
    seed: u64,
    mesh: &'a Mesh,
    rows: usize,
    cells: HashMap<(usize, u32), &'a Cell>,
    list: Vec<Street>,
    by_line: HashMap<Line, u32>,
}

impl Layout<'_> {
    fn kept(&self, k: usize, i: u32) -> Option<Quad> {
        self.cells.get(&(k, i)).and_then(|c| c.kept)
    }

    fn built(&self, k: usize, i: u32) -> bool {
        self.cells.get(&(k, i)).is_some_and(|c| c.built())
    }

    /// Adds a line to a street: to `before`'s, if it may still grow, or to a new one.
    fn add(&mut self, line: Line, before: Option<Line>, most: u32, new: (Class, &'static str), piece: Vec<P>) {
        let grown = before.and_then(|b| self.by_line.get(&b).copied());
        let id = grown.filter(|&id| self.list[id as usize].pieces < most).unwrap_or_else(|| {
            let (class, kind) = new;
            self.list.push(Street {
                class,
                kind,
                name: None,
                name_en: None,
                former: None,
                parts: vec![],
                bridges: vec![],
                pieces: 0,
            });
            self.list.len() as u32 - 1
        });
        let street = &mut self.list[id as usize];
        street.pieces += 1;
        match street.parts.last_mut() {
            Some(part) if part.last().zip(piece.first()).is_some_and(|(a, b)| (*a - *b).len() < 0.5) => {
                part.extend(piece.into_iter().skip(1));
            }
            _ => street.parts.push(piece),
        }
        self.by_line.insert(line, id);
    }

    /// Ends of a ring edge, at ray `i` and at the next; shortened where the river is.
    fn ring_piece(&self, k: usize, i: u32) -> Option<[P; 2]> {
        let i = i % self.mesh.sectors[k];
        if self.mesh.river.rings.contains(&(k, i)) || self.mesh.rail.rings.contains(&(k, i)) {
            return None;
        }
        let ends = [self.mesh.node(k, i), self.mesh.node(k, i + 1)];
        let f = if k > 0 { self.mesh.factor(k - 1) } else { 1 };
        let below = (k > 0).then(|| (k - 1, i / f));
        if !(k < self.rows && self.built(k, i) || below.is_some_and(|(k, i)| self.built(k, i))) {
            return self.past_rail(ring_class(k), (k, i), (k, i + 1));
        }
        if let Some(q) = (k < self.rows).then(|| self.kept(k, i)).flatten() {
            return Some([q.0[1], q.0[0]]);
        }
        let q = below.and_then(|(k, i)| self.kept(k, i))?;
        Some(match (f, i % 2) {
            (1, _) => [q.0[2], q.0[3]],
            (_, 0) => [q.0[2], ends[1]],
            _ => [ends[0], q.0[3]],
        })
    }

    /// Ends of a ray edge, inner and outer; shortened where the river is.
    fn ray_piece(&self, k: usize, i: u32) -> Option<[P; 2]> {
        if self.mesh.river.rays.contains(&(k, i)) || self.mesh.rail.rays.contains(&(k, i)) {
            return None;
        }
        let n = self.mesh.sectors[k];
        let left = (i + n - 1) % n;
        let main = ray_class(self.mesh, k, i) == Class::Primary;
        if !main && !self.built(k, i) && !self.built(k, left) {
            return None;
        }
        let (inner, outer) = (self.mesh.node(k, i), self.mesh.node(k + 1, i * self.mesh.factor(k)));
        let (right, left) = (self.kept(k, i), self.kept(k, left));
        let nearest = |goal: P, a: usize, b: usize| {
            let ends = [right.map(|q| q.0[a]), left.map(|q| q.0[b])];
            ends.into_iter().flatten().min_by(|x, y| (*x - goal).len().total_cmp(&(*y - goal).len()))
        };
        match (nearest(inner, 1, 0), nearest(outer, 2, 3)) {
            (Some(a), Some(b)) => Some([a, b]),
            _ => self.past_rail(ray_class(self.mesh, k, i), (k, i), (k + 1, i * self.mesh.factor(k))),
        }
    }

    /// Main roads go on where the railway leaves no room for blocks; they never run into the river there.
    fn past_rail(&self, class: Class, from: (usize, u32), to: (usize, u32)) -> Option<[P; 2]> {
        let place = |(k, i): (usize, u32)| (k, i % self.mesh.sectors[k]);
        let (from, to) = (place(from), place(to));
        let (river, rail) = (&self.mesh.river.nodes, &self.mesh.rail.nodes);
        let dry = !river.contains(&from) && !river.contains(&to);
        let beside = (rail.contains(&from) || rail.contains(&to)) && self.mesh.radii[from.0] < self.mesh.reach;
        (class <= Class::Secondary && dry && beside)
            .then(|| [self.mesh.node(from.0, from.1), self.mesh.node(to.0, to.1)])
    }

    fn rings(&mut self) {
        for k in 0..=self.rows {
            let (n, class) = (self.mesh.sectors[k], ring_class(k));
            let most = if class == Class::Tertiary { 4 } else { (n / 4).clamp(4, 24) };
            for i in 0..n {
                let Some([a, b]) = self.ring_piece(k, i) else {
                    continue;
                };
                let kind = match (k, class) {
                    (0, _) => "площа",
                    (_, Class::Primary) => "проспект",
                    (_, Class::Secondary) => "бульвар",
                    _ => "вулиця",
                };
                let before = (i > 0).then(|| Line::Ring(k, i - 1));
                self.add(Line::Ring(k, i), before, if k == 0 { n } else { most }, (class, kind), vec![a, b]);
            }
        }
    }

    /// The two ways across the square belong to the street round it.
    fn square(&mut self) {
        let quads = self.mesh.square();
        for q in 0..2 {
            let way = vec![quads[q].0[1], quads[q].0[0], quads[q + 2].0[1]];
            let n = self.mesh.sectors[0];
            self.add(Line::Square, Some(Line::Ring(0, n - 1)), n + 3, (Class::Tertiary, "площа"), way);
        }
    }

    fn rays(&mut self) {
        for k in 0..self.rows {
            for i in 0..self.mesh.sectors[k] {
                let Some([a, b]) = self.ray_piece(k, i) else {
                    continue;
                };
                let class = ray_class(self.mesh, k, i);
                let f = if k > 0 { self.mesh.factor(k - 1) } else { 1 };
                let before = (k > 0 && i % f == 0).then(|| Line::Ray(k - 1, i / f));
                let kind = match class {
                    Class::Primary if k >= 7 => "шосе",
                    Class::Primary if i % 3 == 0 => "проспект",
                    _ => "вулиця",
                };
                let most = if class <= Class::Secondary { 9 } else { 4 };
                self.add(Line::Ray(k, i), before, most, (class, kind), vec![a, b]);
            }
        }
    }

    /// Lines inside a cell; they go on from the cell before if both are cut alike and nothing bends them aside.
    fn inner(&mut self, cell: &Cell) {
        let (k, i, n) = (cell.row, cell.sector, self.mesh.sectors[cell.row]);
        let new = (if cell.zone == Zone::Garden { Class::Track } else { Class::Residential }, "вулиця");
        let straight = |k: usize, i: u32| self.mesh.along(k, i) == [Along::Street; 4];
        let alike = |k: usize, i: u32| {
            self.cells.get(&(k, i)).copied().filter(|c| c.built() && c.zone == cell.zone && straight(k, i))
        };
        let here = straight(k, i);
        let beside = (here && i > 0).then(|| alike(k, i - 1)).flatten().filter(|c| c.deep == cell.deep);
        let inside = (here && k > 0 && self.mesh.factor(k - 1) == 1).then(|| alike(k - 1, i)).flatten();
        let inside = inside.filter(|c| c.across == cell.across);
        let most = 3 + (mix(self.seed, k as u64, u64::from(i * 8 / n)) % 3) as u32;
        let (beside, inside) = (beside.is_some(), inside.is_some());
        let wide = cell.across as usize + 1;
        for j in 1..cell.deep {
            let mut piece = cell.nodes[j as usize * wide..(j as usize + 1) * wide].to_vec();
            piece.reverse();
            self.add(Line::Around(k, i, j), beside.then(|| Line::Around(k, i - 1, j)), most, new, piece);
        }
        for j in 1..cell.across {
            let piece = cell.nodes.iter().skip(j as usize).step_by(wide).copied().collect();
            self.add(Line::Out(k, i, j), inside.then(|| Line::Out(k - 1, i, j)), most, new, piece);
        }
        self.banks(cell);
    }

    /// The embankment along the river edges of a cell: one street for a stretch of the bank.
    fn banks(&mut self, cell: &Cell) {
        let (k, i) = (cell.row, cell.sector);
        let Some(kept) = cell.kept else { return };
        for (e, along) in self.mesh.along(k, i).into_iter().enumerate() {
            if along != Along::River {
                continue;
            }
            let (a, b) = kept.edge(e);
            let before = if e % 2 == 0 { i.checked_sub(1).map(|i| (k, i)) } else { k.checked_sub(1).map(|k| (k, i)) };
            let before = before.map(|(k, i)| Line::Bank(k, i, e));
            let piece = if e == 1 || e == 2 { vec![a, b] } else { vec![b, a] };
            self.add(Line::Bank(k, i, e), before, 12, (Class::Tertiary, "набережна"), piece);
        }
    }

    /// Bridges where an avenue or a ring road meets the river.
    fn bridges(&mut self) {
        let mut nodes: Vec<(usize, u32)> = self.mesh.river.nodes.iter().copied().collect();
        nodes.sort_unstable();
        for (k, i) in nodes {
            if k == 0 || k >= self.rows {
                continue;
            }
            let (n, f, node) = (self.mesh.sectors[k], self.mesh.factor(k - 1), self.mesh.node(k, i));
            let ring = (self.ring_piece(k, i), self.ring_piece(k, (i + n - 1) % n));
            if let ((Some(a), Some(b)), true) = (ring, ring_class(k) <= Class::Secondary) {
                self.bridge(Line::Ring(k, i), vec![b[1], node, a[0]]);
            }
            if i.is_multiple_of(f)
                && ray_class(self.mesh, k, i) <= Class::Secondary
                && let (Some(a), Some(b)) = (self.ray_piece(k - 1, i / f), self.ray_piece(k, i))
            {
                self.bridge(Line::Ray(k, i), vec![a[1], node, b[0]]);
            }
        }
    }

    fn bridge(&mut self, line: Line, piece: Vec<P>) {
        if let Some(&id) = self.by_line.get(&line) {
            self.list[id as usize].bridges.push(piece);
        }
    }
}
