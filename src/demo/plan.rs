//! The plan of the city: cells with their use, blocks with their streets, and how many addresses each block gets.
//!
//! Cells are settled from the centre outwards until the asked number of addresses is reached; then come gardens, until
//! there are enough parcels; the rest is fields and woods. Only blocks are kept in memory, lots are cut anew when needed.

use super::codes::Dice;
use super::lines::Line;
use super::lots::{Lot, Use, Zone, subdivide};
use super::mesh::Mesh;
use super::settle::Builder;
use super::shape::{P, Quad};
use super::streets::Street;

/// A cell of the net that has been put to use.
pub struct Cell {
    pub row: usize,
    pub sector: u32,
    pub zone: Zone,
    /// What river and railway leave of it.
    pub kept: Option<Quad>,
    /// What they cut off.
    pub strips: Vec<Quad>,
    /// Blocks along the ring and along the ray.
    pub across: u32,
    pub deep: u32,
    /// Corners of the blocks, row by row; empty where there are no blocks.
    pub nodes: Vec<P>,
}

impl Cell {
    /// Whether anything was laid out here.
    pub fn built(&self) -> bool {
        self.kept.is_some() && self.zone != Zone::Wild
    }
}

/// Land between streets.
pub struct Block {
    pub quad: Quad,
    pub zone: Zone,
    /// What runs along each edge, and which street that is.
    pub lines: [Option<Line>; 4],
    pub streets: [Option<u32>; 4],
    /// How many numbers of each street's side are used up before this block, and how many it uses itself.
    pub start: [u32; 4],
    pub fronts: [u32; 4],
    /// Position along the streets beside edges 0 and 2, and along those beside 1 and 3.
    pub station: [f64; 2],
    /// Index of its cell: the cadastral quarter.
    pub quarter: u32,
    /// Number of the quarter's parcels before this block.
    pub first_parcel: u32,
    /// At most so many of its lots have an address.
    pub addressed: u32,
}

impl Block {
    /// The block's lots, the same each time; `id` is its place in [`Plan::blocks`].
    pub fn lots(&self, seed: u64, id: usize) -> Vec<Lot> {
        let open = std::array::from_fn(|e| self.lines[e].is_some());
        let mut lots = subdivide(&self.quad, self.zone, open, &mut Dice::new(seed, 2, id as u64));
        let mut left = self.addressed;
        for lot in &mut lots {
            match lot.front {
                Some(_) if left > 0 => left -= 1,
                Some(_) => {
                    lot.front = None;
                    lot.purpose = Use::Garden;
                }
                None => {}
            }
        }
        lots
    }
}

/// The plan.
pub struct Plan {
    pub seed: u64,
    pub mesh: Mesh,
    /// Rows of cells inside the city's boundary.
    pub rows: usize,
    pub cells: Vec<Cell>,
    pub blocks: Vec<Block>,
    pub streets: Vec<Street>,
    /// Addresses in all; the sum of [`Plan::weight`] over them.
    pub addresses: u64,
    pub weights: f64,
}

impl Plan {
    /// Plans a city with exactly that many addresses.
    pub fn new(seed: u64, addresses: u64) -> Plan {
        let mut slack = 1.0;
        loop {
            let mut builder = Builder::new(seed, addresses, Mesh::new(seed, addresses, slack));
            if builder.settle() {
                return builder.finish();
            }
            slack *= 1.2;
        }
    }

    /// How much more trade and works a zone attracts for each of its addresses.
    pub fn weight(zone: Zone) -> f64 {
        match zone {
            Zone::Centre => 4.0,
            Zone::Mid | Zone::Panel | Zone::Public => 3.0,
            Zone::Industry => 1.0,
            _ => 0.35,
        }
    }
}
