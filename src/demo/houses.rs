//! Footprints of buildings. Each lies inside its lot, clear of the lot's edges.

use super::codes::Dice;
use super::lots::{Lot, Use};
use super::shape::{P, Quad};

/// A building on a lot.
pub struct House {
    /// Ring, counter-clockwise, not closed, metres.
    pub ring: Vec<P>,
    /// A point inside it.
    pub inside: P,
    /// Value of the register's field `use`, and the class of НК 018:2023.
    pub purpose: &'static str,
    pub class: &'static str,
    pub levels: i64,
}

/// A lot's own axes: the middle of its street side, the direction along it and the one away from it.
struct Axes {
    origin: P,
    along: P,
    inward: P,
}

impl Axes {
    fn of(quad: &Quad) -> Axes {
        let (a, b) = quad.edge(0);
        let along = (b - a).unit();
        Axes { origin: a.to(b, 0.5), along, inward: along.left() }
    }

    fn at(&self, x: f64, y: f64) -> P {
        self.origin + self.along * x + self.inward * y
    }
}

/// The buildings of a lot, the main one first.
pub fn build(lot: &Lot, centre: bool, dice: &mut Dice) -> Vec<House> {
    match lot.purpose {
        Use::House => house(lot, dice),
        Use::Flats => one(lot, slab(lot, dice), ("apartments", "1122.1"), dice.pick(&[5, 5, 5, 9, 9, 9, 10, 16])),
        Use::Shop => shop(lot, dice),
        Use::Public => public(lot, centre, dice),
        Use::Industry => {
            one(lot, block(lot, dice.range(0.5, 0.75), dice.range(0.35, 0.6), 8.0), ("industrial", "1251.9"), 1)
        }
        Use::Park | Use::Garden => vec![],
    }
}

/// A house of the old centre: it fills its lot from side to side, however crooked the lot is.
fn shop(lot: &Lot, dice: &mut Dice) -> Vec<House> {
    let (w, d) = size(&lot.quad);
    let (u, near) = ((1.4 / w).max(0.05), (3.2 / d).min(0.4));
    let quad = lot.quad.part((u, 1.0 - u), (near, near + dice.range(0.34, 0.52)));
    let (purpose, class) = centre_use(dice);
    vec![House { ring: quad.0.to_vec(), inside: quad.middle(), purpose, class, levels: dice.pick(&[1, 2, 2, 3, 3, 4]) }]
}

fn centre_use(dice: &mut Dice) -> (&'static str, &'static str) {
    match dice.part() {
        x if x < 0.45 => ("commercial", "1230.1"),
        x if x < 0.80 => ("apartments", "1122.1"),
        x if x < 0.97 => ("public", "1220.9"),
        _ => ("religious", "1272.1"),
    }
}

/// A building from a shape in a lot's axes, or from the lot's own shape made smaller where that does not fit.
fn one(lot: &Lot, shape: Vec<(f64, f64)>, purpose: (&'static str, &'static str), levels: i64) -> Vec<House> {
    let (ring, inside) = fitted(&lot.quad, &shape);
    vec![House { ring, inside, purpose: purpose.0, class: purpose.1, levels }]
}

/// The shape laid into the lot: shrunk towards its middle until every corner is a metre inside, else a smaller lot.
fn fitted(quad: &Quad, shape: &[(f64, f64)]) -> (Vec<P>, P) {
    let axes = Axes::of(quad);
    // The first four corners of every shape hold its main wing.
    let middle = shape.iter().take(4).fold((0.0, 0.0), |m, c| (m.0 + c.0 / 4.0, m.1 + c.1 / 4.0));
    let mut scale = 1.0;
    for _ in 0..7 {
        let ring: Vec<P> = shape
            .iter()
            .map(|c| axes.at(middle.0 + (c.0 - middle.0) * scale, middle.1 + (c.1 - middle.1) * scale))
            .collect();
        if ring.iter().all(|&q| quad.holds(q, 1.0)) {
            let inside = (0..3).fold(ring[0], |m, i| m.to(ring[(i + 1) % ring.len()], 1.0 / (i as f64 + 2.0)));
            return (ring, if shape.len() == 4 { inside } else { axes.at(middle.0, middle.1) });
        }
        scale *= 0.86;
    }
    let centre = quad.middle();
    (quad.0.iter().map(|&q| centre.to(q, 0.45)).collect(), centre)
}

/// A rectangle `width` by `depth` whose near side lies `back` metres from the street, moved `x` along it.
fn rectangle(x: f64, back: f64, width: f64, depth: f64) -> Vec<(f64, f64)> {
    let w = width / 2.0;
    vec![(x - w, back), (x + w, back), (x + w, back + depth), (x - w, back + depth)]
}

/// The width and the depth that a lot has everywhere, metres.
fn size(quad: &Quad) -> (f64, f64) {
    (quad.side(0).min(quad.side(2)), quad.side(1).min(quad.side(3)))
}

/// A private house, often with a wing behind it, sometimes with an outbuilding.
fn house(lot: &Lot, dice: &mut Dice) -> Vec<House> {
    let (w, d) = size(&lot.quad);
    let width = dice.range(7.0, 10.5).min(w - 3.5).max(4.5);
    let depth = dice.range(7.0, 11.5).min(d * 0.5).max(4.5);
    let (x, back) = (dice.range(-0.5, 0.5) * (w - width - 3.0).max(0.0), dice.range(3.0, 6.0));
    let mut shape = rectangle(x, back, width, depth);
    if dice.chance(0.34) {
        // The wing hangs on the far side; its corners follow the far right one, so the ring stays in order.
        let (half, far, out) = (width / 2.0, back + depth, dice.range(2.0, 4.0));
        shape = vec![(x - half, back), (x + half, back), (x + half, far), (x - half, far)];
        let step = x + half - width * dice.range(0.35, 0.6);
        shape.splice(2..4, [(x + half, far + out), (step, far + out), (step, far), (x - half, far)]);
    }
    let middle = (x, back + depth / 2.0);
    let mut out = one(lot, shape.clone(), ("residential_house", "1110.1"), if dice.chance(0.22) { 2 } else { 1 });
    if shape.len() > 4
        && let Some(main) = out.first_mut()
    {
        main.inside = inside_wing(&lot.quad, &main.ring, middle);
    }
    if dice.chance(0.22) {
        let side = if dice.chance(0.5) { -1.0 } else { 1.0 };
        let shed = rectangle(side * (w / 2.0 - 4.0), d - 5.6, 4.6, 4.0);
        let axes = Axes::of(&lot.quad);
        let ring: Vec<P> = shed.iter().map(|c| axes.at(c.0, c.1)).collect();
        if ring.iter().all(|&q| lot.quad.holds(q, 0.8)) && back + depth + 4.5 < d - 5.6 {
            let purpose = if dice.chance(0.3) { ("garage", "1242.1") } else { ("outbuilding", "1274.6") };
            let inside = ring[0].to(ring[2], 0.5);
            out.push(House { ring, inside, purpose: purpose.0, class: purpose.1, levels: 1 });
        }
    }
    out
}

/// A point in an L-shaped house: near the first corner of its ring, which always belongs to the main wing.
fn inside_wing(quad: &Quad, ring: &[P], middle: (f64, f64)) -> P {
    let axes = Axes::of(quad);
    match ring.len() {
        4 => ring[0].to(ring[2], 0.5),
        // The wing keeps the right side; a third of the way from the first corner to the second, a little inwards.
        _ => ring[0].to(ring[1], 0.5) + axes.inward * (0.2 * (axes.at(0.0, middle.1) - axes.origin).len()).min(1.0),
    }
}

/// A slab of flats along the longer side of its lot.
fn slab(lot: &Lot, dice: &mut Dice) -> Vec<(f64, f64)> {
    let (w, d) = size(&lot.quad);
    if w >= d || dice.chance(0.4) {
        rectangle(0.0, (d * 0.22).max(6.0), w * dice.range(0.66, 0.84), 13.0f64.min(d * 0.4))
    } else {
        rectangle(-w * 0.18, d * 0.14, 13.0f64.min(w * 0.4), d * dice.range(0.6, 0.74))
    }
}

/// A block that takes so much of the lot's width and depth.
fn block(lot: &Lot, width: f64, depth: f64, back: f64) -> Vec<(f64, f64)> {
    let (w, d) = size(&lot.quad);
    rectangle(0.0, back.min(d * 0.2), w * width, d * depth)
}

/// A school or a hospital: a main wing with two others behind it.
fn public(lot: &Lot, centre: bool, dice: &mut Dice) -> Vec<House> {
    let (w, d) = size(&lot.quad);
    let (half, near) = ((w * 0.30).min(38.0), d * 0.22);
    let (thick, long) = (14.0f64.min(d * 0.18), (d * 0.24).min(30.0));
    let (far, wing) = (near + thick, half * 0.45);
    let shape = vec![
        (-half, near),
        (half, near),
        (half, far + long),
        (half - wing, far + long),
        (half - wing, far),
        (wing - half, far),
        (wing - half, far + long),
        (-half, far + long),
    ];
    let levels = dice.pick(&[2, 2, 3, 3, 4]);
    let mut out = one(lot, shape, ("public", if centre { "1220.9" } else { "1263.3" }), levels);
    if let Some(main) = out.first_mut()
        && main.ring.len() == 8
    {
        // Between the middle of the front and the middle of the court's wall.
        main.inside = main.ring[0].to(main.ring[1], 0.5).to(main.ring[4].to(main.ring[5], 0.5), 0.5);
    }
    out
}
