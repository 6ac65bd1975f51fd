//! Settling: cells are put to use from the centre outwards, cut into blocks, and the blocks get streets and house numbers.

use super::lines::{Line, half_width};
use super::lots::Zone;
use super::mesh::{Along, Mesh};
use super::plan::{Block, Cell, Plan};
use super::shape::{P, Quad, chance, mix, noise, p};
use super::streets::Streets;

/// Parcels for each address, as in a city with 250,000 parcels and 113,000 addresses.
const PARCELS_PER_ADDRESS: f64 = 250.0 / 113.0;

/// The cadastral quarter of the city's square; cells have the numbers from 0 on.
const SQUARE_QUARTER: u32 = 98_000;

/// A plan in the making.
pub struct Builder {
    seed: u64,
    mesh: Mesh,
    cells: Vec<Cell>,
    blocks: Vec<Block>,
    addresses_left: u64,
    addresses: u64,
    parcels_left: i64,
    outermost: usize,
}

impl Builder {
    /// Nothing settled yet.
    pub fn new(seed: u64, addresses: u64, mesh: Mesh) -> Self {
        let parcels_left = (addresses as f64 * PARCELS_PER_ADDRESS) as i64;
        Builder {
            seed,
            mesh,
            cells: vec![],
            blocks: vec![],
            addresses_left: addresses,
            addresses,
            parcels_left,
            outermost: 0,
        }
    }

    /// Puts all cells to use; false if there is too little room.
    pub fn settle(&mut self) -> bool {
        let mut order: Vec<(f64, usize, u32)> = Vec::new();
        for k in 0..self.mesh.rows() {
            for i in 0..self.mesh.sectors[k] {
                let ragged =
                    1.0 + 0.12 * noise(self.seed ^ 31, self.mesh.cell(k, i).middle() * (1.6 / self.mesh.reach));
                order.push((self.mesh.radii[k] * ragged, k, i));
            }
        }
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        self.square();
        for (_, k, i) in order {
            let zone = if self.parcels_left > 0 { self.zone(k, i) } else { Zone::Wild };
            self.cell(k, i, zone);
        }
        self.addresses_left == 0 && self.parcels_left <= 0 && self.outermost + 2 <= self.mesh.rows()
    }

    /// What a cell is for, by where it lies.
    fn zone(&self, k: usize, i: u32) -> Zone {
        let middle = self.mesh.cell(k, i).middle();
        let part = self.mesh.radii[k] / self.mesh.reach;
        let luck = chance(self.seed ^ 41, k as u64, u64::from(i));
        let along = self.mesh.along(k, i);
        if self.addresses_left == 0 {
            return if luck < 0.2 { Zone::Wild } else { Zone::Garden };
        }
        let flats = noise(self.seed ^ 43, middle * (1.0 / (self.mesh.reach * 0.42).min(1_500.0)));
        match () {
            () if part < 0.16 => Zone::Centre,
            // The town in front of the station.
            () if along[2] == Along::Rail
                && (f64::from(i) + 0.5 - 0.26 * f64::from(self.mesh.sectors[k])).abs() < 0.6 =>
            {
                Zone::Centre
            }
            () if along.contains(&Along::Rail) && luck < 0.75 => Zone::Industry,
            () if along.contains(&Along::River) && luck < 0.30 => Zone::Park,
            () if luck > 0.955 => Zone::Park,
            () if part > 0.26 && part < 0.85 && flats > 0.38 => Zone::Panel,
            () if part < 0.34 && luck < 0.6 => Zone::Mid,
            () => Zone::Private,
        }
    }

    /// The city's square: the town hall, two gardens and a block of shops.
    fn square(&mut self) {
        for (q, (quad, zone)) in
            self.mesh.square().into_iter().zip([Zone::Public, Zone::Park, Zone::Centre, Zone::Park]).enumerate()
        {
            let i = 2 * q as u32;
            let lines = [Some(Line::Square), Some(Line::Ring(0, i)), Some(Line::Ring(0, i + 1)), Some(Line::Square)];
            let station = [f64::from(i) / 8.0, 0.0];
            self.lay(quad, zone, lines, station, SQUARE_QUARTER, 100 * q as u32);
        }
    }

    /// Cuts a cell into blocks.
    fn cell(&mut self, k: usize, i: u32, zone: Zone) {
        let (kept, strips) = self.mesh.cut(k, i);
        let zone = if kept.is_none() && zone != Zone::Wild { Zone::Park } else { zone };
        let (across, deep) = kept.map_or((1, 1), |quad| self.lattice(&quad, zone, k, i));
        let quarter = self.cells.len() as u32;
        self.cells.push(Cell { row: k, sector: i, zone, kept, strips, across, deep, nodes: vec![] });
        let Some(quad) = kept.filter(|_| zone != Zone::Wild) else {
            return;
        };
        self.outermost = self.outermost.max(k);
        let nodes = self.lattice_nodes(&quad, zone, (k, i), (across, deep));
        self.cells[quarter as usize].nodes = nodes.clone();
        let mut first_parcel = 0;
        for bj in 0..deep {
            for bi in 0..across {
                let at = |di: u32, dj: u32| nodes[((bj + dj) * (across + 1) + bi + di) as usize];
                let corners = Quad([at(0, 0), at(1, 0), at(1, 1), at(0, 1)]);
                first_parcel += self.block(corners, (k, i), (bi, bj), quarter, first_parcel);
            }
        }
    }

    /// Into how many blocks a cell is cut, along the ring and along the ray.
    fn lattice(&self, quad: &Quad, zone: Zone, k: usize, i: u32) -> (u32, u32) {
        let w = (quad.side(0) + quad.side(2)) / 2.0;
        let h = (quad.side(1) + quad.side(3)) / 2.0;
        // Neighbourhoods of a few cells lay their long blocks the same way, so that streets go on from cell to cell.
        let octant = u64::from(i * 8 / self.mesh.sectors[k]);
        let outward = chance(self.seed ^ 47, k as u64 / 2, octant) < 0.42;
        let (u, v) = match zone {
            Zone::Centre => (104.0, 84.0),
            Zone::Mid => (150.0, 128.0),
            Zone::Panel => (205.0, 190.0),
            Zone::Industry => (300.0, 260.0),
            Zone::Private if outward => (69.0, 205.0),
            Zone::Private => (205.0, 69.0),
            Zone::Garden if outward => (57.0, 230.0),
            Zone::Garden => (230.0, 57.0),
            _ => return (1, 1),
        };
        let n = |length: f64, size: f64| ((length / size).round() as u32).clamp(1, 60);
        (n(w, u), n(h, v))
    }

    /// The corners of a cell's blocks, row by row. Old quarters are irregular, new ones straight.
    fn lattice_nodes(&self, quad: &Quad, zone: Zone, cell: (usize, u32), size: (u32, u32)) -> Vec<P> {
        let uneven = if matches!(zone, Zone::Centre | Zone::Mid) { 0.13 } else { 0.05 };
        let fraction = |j: u32, n: u32, key: u64| {
            let inner = j > 0 && j < n;
            let off =
                if inner { (chance(self.seed ^ key, u64::from(n), u64::from(j)) - 0.5) * 2.0 * uneven } else { 0.0 };
            (f64::from(j) + off) / f64::from(n)
        };
        let bend = if zone == Zone::Centre { 9.0 } else { 0.0 };
        let mut out = Vec::new();
        for j in 0..=size.1 {
            for i in 0..=size.0 {
                let (u, v) = (fraction(i, size.0, 53), fraction(j, size.1, mix(59, cell.0 as u64, 0)));
                let q = quad.at(u, v);
                let inner = i > 0 && i < size.0 && j > 0 && j < size.1;
                let off = p(noise(self.seed ^ 61, q * 0.011), noise(self.seed ^ 67, q * 0.011));
                out.push(if inner { q + off * bend } else { q });
            }
        }
        out
    }

    /// Adds one block, if there is room between its streets; gives the number of its parcels.
    fn block(&mut self, corners: Quad, cell: (usize, u32), at: (u32, u32), quarter: u32, first_parcel: u32) -> u32 {
        let (zone, across, deep) = {
            let c = &self.cells[quarter as usize];
            (c.zone, c.across, c.deep)
        };
        let lines = self.lines(cell, at, (across, deep));
        let (k, i) = cell;
        let along =
            (f64::from(i) + 1.0 - (f64::from(at.0) + 0.5) / f64::from(across)) / f64::from(self.mesh.sectors[k]);
        let outward = k as f64 + (f64::from(at.1) + 0.5) / f64::from(deep);
        self.lay(corners, zone, lines, [along, outward], quarter, first_parcel)
    }

    /// Adds the land between four lines as a block; gives the number of its parcels.
    fn lay(
        &mut self,
        corners: Quad,
        zone: Zone,
        lines: [Option<Line>; 4],
        station: [f64; 2],
        quarter: u32,
        first_parcel: u32,
    ) -> u32 {
        let scale = (self.mesh.spacing / 380.0).clamp(0.72, 1.0);
        let by: [f64; 4] = std::array::from_fn(|e| scale * lines[e].map_or(4.0, |l| half_width(&self.mesh, l, zone)));
        let Some(quad) = corners.inset(by).filter(|q| q.area() > 350.0) else {
            return 0;
        };
        let id = self.blocks.len();
        let zone = if quarter == SQUARE_QUARTER { zone } else { self.block_zone(zone, id, &quad) };
        let addressed = self.addresses_left.min(u64::from(u32::MAX)) as u32;
        let mut block = Block {
            quad,
            zone,
            lines,
            streets: [None; 4],
            start: [0; 4],
            fronts: [0; 4],
            station,
            quarter,
            first_parcel,
            addressed,
        };
        let lots = block.lots(self.seed, id);
        for front in lots.iter().filter_map(|l| l.front) {
            block.fronts[front.edge] = block.fronts[front.edge].max(front.rank + 1);
            self.addresses_left -= 1;
        }
        block.addressed = lots.iter().filter(|l| l.front.is_some()).count() as u32;
        self.parcels_left -= lots.len() as i64;
        self.blocks.push(block);
        lots.len() as u32
    }

    /// A few blocks of a cell serve everybody: schools, hospitals, small parks.
    fn block_zone(&self, zone: Zone, id: usize, quad: &Quad) -> Zone {
        let luck = chance(self.seed ^ 71, id as u64, 0);
        let (public, park) = match zone {
            Zone::Centre => (0.10, 0.09),
            Zone::Mid => (0.10, 0.05),
            Zone::Panel => (0.16, 0.03),
            Zone::Private => (0.018, 0.008),
            _ => (0.0, 0.0),
        };
        match () {
            () if self.addresses_left == 0 && zone != Zone::Park => Zone::Garden,
            () if luck < public && quad.area() > 2_500.0 => Zone::Public,
            () if luck > 1.0 - park => Zone::Park,
            () => zone,
        }
    }

    /// What runs along the four edges of block `at` of a cell; nothing beside river or railway.
    fn lines(&self, cell: (usize, u32), at: (u32, u32), size: (u32, u32)) -> [Option<Line>; 4] {
        let (k, i) = cell;
        let along = self.mesh.along(k, i);
        let f = self.mesh.factor(k);
        let next = (i + 1) % self.mesh.sectors[k];
        let part = 1.0 - (f64::from(at.0) + 0.5) / f64::from(size.0);
        let outer = i * f + (part * f64::from(f)) as u32;
        let rim = |e: usize, line: Line| match along[e] {
            Along::Street => Some(line),
            Along::River => Some(Line::Bank(k, i, e)),
            Along::Rail => None,
        };
        [
            if at.1 == 0 { rim(0, Line::Ring(k, i)) } else { Some(Line::Around(k, i, at.1)) },
            if at.0 + 1 == size.0 { rim(1, Line::Ray(k, i)) } else { Some(Line::Out(k, i, at.0 + 1)) },
            if at.1 + 1 == size.1 { rim(2, Line::Ring(k + 1, outer)) } else { Some(Line::Around(k, i, at.1 + 1)) },
            if at.0 == 0 { rim(3, Line::Ray(k, next)) } else { Some(Line::Out(k, i, at.0)) },
        ]
    }

    /// Lays out and names the streets and hands out house numbers.
    pub fn finish(mut self) -> Plan {
        let rows = (self.outermost + 2).min(self.mesh.rows());
        self.cells.retain(|c| c.row < rows);
        let streets = Streets::lay(self.seed, &self.mesh, rows, &self.cells);
        let mut fronts: Vec<(u32, usize, f64, usize, usize)> = Vec::new();
        for (id, block) in self.blocks.iter_mut().enumerate() {
            for e in 0..4 {
                block.streets[e] = block.lines[e].and_then(|l| streets.of(l));
                if let (Some(street), true) = (block.streets[e], block.fronts[e] > 0) {
                    fronts.push((street, e / 2, block.station[e % 2], id, e));
                }
            }
        }
        fronts.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then((a.3, a.4).cmp(&(b.3, b.4))));
        let (mut last, mut used) = ((u32::MAX, 0), 0);
        for (street, side, _, id, e) in fronts {
            if last != (street, side) {
                (last, used) = ((street, side), 0);
            }
            self.blocks[id].start[e] = used;
            used += self.blocks[id].fronts[e];
        }
        let weights = self.blocks.iter().map(|b| Plan::weight(b.zone) * f64::from(b.addressed)).sum();
        Plan {
            seed: self.seed,
            mesh: self.mesh,
            rows,
            cells: self.cells,
            blocks: self.blocks,
            streets: streets.list,
            addresses: self.addresses,
            weights,
        }
    }
}
