//! The lines of the plan along which streets run, how important each is and how wide.

use super::lots::Zone;
use super::mesh::Mesh;

/// A piece of street in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// Edge of a ring: ring, sector.
    Ring(usize, u32),
    /// Edge of a ray: row, ray.
    Ray(usize, u32),
    /// Inner line of a cell along the ring: row, sector, number.
    Around(usize, u32, u32),
    /// Inner line of a cell away from the centre: row, sector, number.
    Out(usize, u32, u32),
    /// Along the river: row, sector, edge of the cell.
    Bank(usize, u32, usize),
    /// Across the city's square.
    Square,
}

/// Importance of a street; the more important comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Primary,
    Secondary,
    Tertiary,
    Residential,
    Track,
}

impl Class {
    /// The value of the register's field `class`.
    pub fn value(self) -> &'static str {
        match self {
            Class::Primary => "primary",
            Class::Secondary => "secondary",
            Class::Tertiary => "tertiary",
            Class::Residential => "residential",
            Class::Track => "track",
        }
    }
}

/// Class of a ring.
pub fn ring_class(k: usize) -> Class {
    match k {
        k if k % 6 == 3 => Class::Primary,
        k if k > 0 && k % 3 == 0 => Class::Secondary,
        _ => Class::Tertiary,
    }
}

/// Class of a ray: the eight that begin in the centre are the avenues.
pub fn ray_class(mesh: &Mesh, k: usize, i: u32) -> Class {
    match mesh.sectors[k] / 8 {
        step if i.is_multiple_of(2 * step) => Class::Primary,
        step if i.is_multiple_of(step) => Class::Secondary,
        _ => Class::Tertiary,
    }
}

/// Half the width between the parcels on both sides, metres, in a cell of that zone.
pub fn half_width(mesh: &Mesh, line: Line, zone: Zone) -> f64 {
    let class = match line {
        Line::Ring(k, _) => ring_class(k),
        Line::Ray(k, i) => ray_class(mesh, k, i),
        Line::Bank(..) => return 8.0,
        Line::Square => return 9.0,
        Line::Around(..) | Line::Out(..) => return if zone == Zone::Garden { 3.5 } else { 6.0 },
    };
    match class {
        Class::Primary => 16.0,
        Class::Secondary => 12.0,
        _ => 8.5,
    }
}
