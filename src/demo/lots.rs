//! A block cut into lots. Neighbours share every vertex bit for bit, so lots cannot overlap after rounding.

use super::codes::Dice;
use super::shape::{P, Quad};

/// What a block, and most of a cell, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    Centre,
    Mid,
    Panel,
    Private,
    Public,
    Industry,
    Park,
    Garden,
    Wild,
}

/// What stands on a lot, or what it is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    House,
    Flats,
    Shop,
    Public,
    Industry,
    Park,
    /// The kitchen garden behind a house, or one in a garden society: no address.
    Garden,
}

/// Where a lot's number comes from: the block's edge it faces, its place along that edge, and how many lots lie before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Front {
    pub edge: usize,
    pub rank: u32,
    pub depth: u32,
}

/// A future parcel. Edge 0 of the quad faces the street.
#[derive(Clone, Debug)]
pub struct Lot {
    pub quad: Quad,
    /// The outline where it has more vertices than the quad's corners, because neighbours end there.
    pub outline: Option<Vec<P>>,
    pub purpose: Use,
    pub front: Option<Front>,
}

impl Lot {
    /// The parcel's ring, counter-clockwise, not closed.
    pub fn ring(&self) -> Vec<P> {
        self.outline.clone().unwrap_or_else(|| self.quad.0.to_vec())
    }
}

/// The lots of a block; `dice` must be the block's own.
pub fn subdivide(quad: &Quad, zone: Zone, streets: [bool; 4], dice: &mut Dice) -> Vec<Lot> {
    match zone {
        Zone::Private => rows(quad, streets, dice, (14.5, 19.5), Use::House, true),
        Zone::Garden => plots(quad, dice),
        Zone::Centre => rows(quad, streets, dice, (19.0, 30.0), Use::Shop, false),
        Zone::Mid => grid(quad, streets, dice, (46.0, 40.0), Use::Flats),
        Zone::Panel => grid(quad, streets, dice, (74.0, 50.0), Use::Flats),
        Zone::Industry => grid(quad, streets, dice, (120.0, 110.0), Use::Industry),
        Zone::Public => single(quad, streets, Use::Public),
        Zone::Park => single(quad, streets, Use::Park),
        Zone::Wild => Vec::new(),
    }
}

/// How far the block must be turned so that its edge 0 is a long one with a street, if any has one.
fn turned(quad: &Quad, streets: [bool; 4]) -> usize {
    let long = usize::from(quad.side(1) + quad.side(3) > quad.side(0) + quad.side(2));
    let open = |e: usize| streets[e % 4];
    [long, long + 2, long + 1, long + 3].into_iter().find(|&e| open(e)).unwrap_or(long) % 4
}

/// `n` cuts between 0 and 1 that are not quite even.
fn cuts(n: u32, uneven: f64, dice: &mut Dice) -> Vec<f64> {
    let step = 1.0 / f64::from(n);
    let mut out: Vec<f64> = (0..=n).map(|i| f64::from(i) / f64::from(n)).collect();
    for cut in out.iter_mut().take(n as usize).skip(1) {
        *cut += dice.range(-uneven, uneven) * step;
    }
    out
}

/// How many pieces of about `size` fit into `length`.
fn pieces(length: f64, size: f64) -> u32 {
    ((length / size).round() as u32).max(1)
}

/// Two rows back to back, each facing its street; deep ones keep gardens behind the houses. Where the block is long, its
/// ends may face the cross streets instead.
fn rows(
    block: &Quad,
    streets: [bool; 4],
    dice: &mut Dice,
    widths: (f64, f64),
    purpose: Use,
    gardens: bool,
) -> Vec<Lot> {
    let by = turned(block, streets);
    let quad = block.turned(by);
    let open: [bool; 4] = std::array::from_fn(|e| streets[(e + by) % 4]);
    let length = (quad.side(0) + quad.side(2)) / 2.0;
    let depth = (quad.side(1) + quad.side(3)) / 2.0;
    let width = dice.range(widths.0, widths.1);
    let two = open[2] && depth > 34.0;
    let levels = levels(depth, two, gardens);
    let cap = if gardens && open[1] && open[3] && length > 150.0 && dice.chance(0.55) { 31.0 / length } else { 0.0 };
    let inner = 1.0 - 2.0 * cap;
    let us: Vec<f64> = cuts(pieces(length * inner, width), 0.16, dice).into_iter().map(|u| cap + u * inner).collect();
    let caps: Vec<f64> = if cap > 0.0 { merged(cuts(pieces(depth, width), 0.1, dice)) } else { vec![] };
    let mut lots = Vec::new();
    for side in if two { vec![0, 1] } else { vec![0] } {
        let edge = (by + 2 * side) % 4;
        for c in 0..us.len() - 1 {
            strip(&quad, &us, c, &levels, side, edge, purpose, &caps, &mut lots);
        }
    }
    if cap > 0.0 {
        end_lots(&quad, (us[0], us[us.len() - 1]), &caps, &levels, by, purpose, &mut lots);
    }
    lots
}

/// Heights at which a block of two rows is cut: front lots and, where they would be too deep, gardens behind them.
fn levels(depth: f64, two: bool, gardens: bool) -> Vec<f64> {
    let each = if two { depth / 2.0 } else { depth };
    let front = if gardens && each > 29.0 { (21.0f64.max(each * 0.62)) / depth } else { each / depth };
    match (two, front < each / depth) {
        (true, true) => vec![0.0, front, 0.5, 1.0 - front, 1.0],
        (true, false) => vec![0.0, 0.5, 1.0],
        (false, true) => vec![0.0, front, 1.0],
        (false, false) => vec![0.0, 1.0],
    }
}

/// Cuts are kept clear of the middle, where the rows of the block meet, lest slivers of an edge arise.
fn merged(mut cuts: Vec<f64>) -> Vec<f64> {
    for cut in &mut cuts {
        if (*cut - 0.5).abs() < 0.03 {
            *cut = 0.5;
        }
    }
    cuts
}

/// One column of one side of a block: the lot at the street and the gardens behind it.
#[allow(clippy::too_many_arguments)]
fn strip(
    quad: &Quad,
    us: &[f64],
    c: usize,
    levels: &[f64],
    side: usize,
    edge: usize,
    purpose: Use,
    caps: &[f64],
    lots: &mut Vec<Lot>,
) {
    let (u, last) = ((us[c], us[c + 1]), us.len() - 2);
    let two = levels.contains(&0.5);
    let half: Vec<f64> = match (two, side) {
        (false, _) => levels.to_vec(),
        (true, 0) => levels.iter().copied().filter(|&v| v <= 0.5).collect(),
        (true, _) => levels.iter().rev().copied().filter(|&v| v >= 0.5).collect(),
    };
    for (depth, pair) in half.windows(2).enumerate() {
        let v = (pair[0].min(pair[1]), pair[0].max(pair[1]));
        let part = quad.part(u, v);
        let more = |on: f64, up: bool| between(quad, on, v, caps, up);
        let mut outline = vec![part.0[0], part.0[1]];
        outline.extend(if c == last { more(u.1, true) } else { vec![] });
        outline.extend([part.0[2], part.0[3]]);
        outline.extend(if c == 0 { more(u.0, false) } else { vec![] });
        let rank = if side == 0 { c } else { last - c } as u32;
        lots.push(Lot {
            quad: part.turned(2 * side),
            outline: (outline.len() > 4).then_some(outline),
            purpose: if depth == 0 { purpose } else { Use::Garden },
            front: (depth == 0).then_some(Front { edge, rank, depth: 0 }),
        });
    }
}

/// Points at those of `breaks` that lie strictly inside `v`, on the line `u = on`, upwards or downwards.
fn between(quad: &Quad, on: f64, v: (f64, f64), breaks: &[f64], up: bool) -> Vec<P> {
    let mut out: Vec<P> = breaks.iter().filter(|&&b| b > v.0 && b < v.1).map(|&b| quad.at(on, b)).collect();
    if !up {
        out.reverse();
    }
    out
}

/// The lots at both ends of a block, facing the cross streets.
fn end_lots(quad: &Quad, ends: (f64, f64), caps: &[f64], levels: &[f64], by: usize, purpose: Use, lots: &mut Vec<Lot>) {
    for (u, turn, edge) in [((0.0, ends.0), 3, 3), ((ends.1, 1.0), 1, 1)] {
        for (c, pair) in caps.windows(2).enumerate() {
            let v = (pair[0], pair[1]);
            let part = quad.part(u, v);
            let mut outline = vec![part.0[0], part.0[1]];
            outline.extend(if edge == 3 { between(quad, u.1, v, levels, true) } else { vec![] });
            outline.extend([part.0[2], part.0[3]]);
            outline.extend(if edge == 1 { between(quad, u.0, v, levels, false) } else { vec![] });
            let rank = c as u32;
            lots.push(Lot {
                quad: part.turned(turn),
                outline: (outline.len() > 4).then_some(outline),
                purpose,
                front: Some(Front { edge: (by + edge) % 4, rank, depth: 0 }),
            });
        }
    }
}

/// Equal lots in a grid; those behind others take the front lot's number with a block number.
fn grid(block: &Quad, streets: [bool; 4], dice: &mut Dice, size: (f64, f64), purpose: Use) -> Vec<Lot> {
    let by = turned(block, streets);
    let quad = block.turned(by);
    let opposite = streets[(by + 2) % 4];
    let us = cuts(pieces((quad.side(0) + quad.side(2)) / 2.0, size.0), 0.08, dice);
    let vs = cuts(pieces((quad.side(1) + quad.side(3)) / 2.0, size.1), 0.08, dice);
    let (columns, rows) = (us.len() - 1, vs.len() - 1);
    let mut lots = Vec::new();
    for c in 0..columns {
        for r in 0..rows {
            let far = opposite && r >= rows.div_ceil(2);
            let depth = if far { rows - 1 - r } else { r } as u32;
            let quad = quad.part((us[c], us[c + 1]), (vs[r], vs[r + 1]));
            let edge = (by + if far { 2 } else { 0 }) % 4;
            let front = Some(Front { edge, rank: if far { columns - 1 - c } else { c } as u32, depth });
            lots.push(Lot { quad: if far { quad.turned(2) } else { quad }, outline: None, purpose, front });
        }
    }
    lots
}

/// The whole block as one lot.
fn single(block: &Quad, streets: [bool; 4], purpose: Use) -> Vec<Lot> {
    let edge = turned(block, streets);
    let front = (purpose != Use::Park).then_some(Front { edge, rank: 0, depth: 0 });
    vec![Lot { quad: block.turned(edge), outline: None, purpose, front }]
}

/// Small plots of a garden society.
fn plots(block: &Quad, dice: &mut Dice) -> Vec<Lot> {
    let quad = block.turned(turned(block, [true; 4]));
    let us = cuts(pieces((quad.side(0) + quad.side(2)) / 2.0, 15.5), 0.1, dice);
    let vs = cuts(pieces((quad.side(1) + quad.side(3)) / 2.0, 25.0), 0.0, dice);
    let mut lots = Vec::new();
    for v in vs.windows(2) {
        for u in us.windows(2) {
            lots.push(Lot {
                quad: quad.part((u[0], u[1]), (v[0], v[1])),
                outline: None,
                purpose: Use::Garden,
                front: None,
            });
        }
    }
    lots
}
