//! Plane geometry of the demo city: points in metres from the city's centre (x east, y north), convex quads, noise, and
//! the step to EPSG:4326. Only additions, products and square roots are used, so every machine computes the same bits.

use geo::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon};

/// Where (0, 0) lies: longitude and latitude, EPSG:4326, degrees.
pub const CENTRE: (f64, f64) = (31.5, 49.5);
/// Metres in a degree of longitude and of latitude at [`CENTRE`].
const METRES: (f64, f64) = (72_438.0, 111_232.0);

/// A point or a vector, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct P {
    pub x: f64,
    pub y: f64,
}

/// Shorthand for [`P`].
pub const fn p(x: f64, y: f64) -> P {
    P { x, y }
}

impl std::ops::Add for P {
    type Output = P;
    fn add(self, o: P) -> P {
        p(self.x + o.x, self.y + o.y)
    }
}
impl std::ops::Sub for P {
    type Output = P;
    fn sub(self, o: P) -> P {
        p(self.x - o.x, self.y - o.y)
    }
}
impl std::ops::Mul<f64> for P {
    type Output = P;
    fn mul(self, k: f64) -> P {
        p(self.x * k, self.y * k)
    }
}

impl P {
    /// Scalar product.
    pub fn dot(self, o: P) -> f64 {
        self.x * o.x + self.y * o.y
    }
    /// Cross product; positive when `o` lies to the left.
    pub fn cross(self, o: P) -> f64 {
        self.x * o.y - self.y * o.x
    }
    /// Length, metres.
    pub fn len(self) -> f64 {
        self.dot(self).sqrt()
    }
    /// The vector of length one in this direction; zero stays zero.
    pub fn unit(self) -> P {
        let len = self.len();
        if len > 0.0 { self * (1.0 / len) } else { self }
    }
    /// Turned a quarter to the left.
    pub fn left(self) -> P {
        p(-self.y, self.x)
    }
    /// The point `t` of the way to `o`. The ends come out exactly, so that neighbours share vertices bit for bit.
    pub fn to(self, o: P, t: f64) -> P {
        p(self.x * (1.0 - t) + o.x * t, self.y * (1.0 - t) + o.y * t)
    }
}

/// A convex quadrilateral, counter-clockwise; edge `i` runs from corner `i` to corner `i + 1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [P; 4]);

impl Quad {
    /// The point at `u` along edge 0 and `v` of the way to edge 2.
    pub fn at(&self, u: f64, v: f64) -> P {
        let [a, b, c, d] = self.0;
        a.to(b, u).to(d.to(c, u), v)
    }
    /// The part between two values of `u` and two of `v`.
    pub fn part(&self, u: (f64, f64), v: (f64, f64)) -> Quad {
        Quad([self.at(u.0, v.0), self.at(u.1, v.0), self.at(u.1, v.1), self.at(u.0, v.1)])
    }
    /// Edge `i`: its two ends.
    pub fn edge(&self, i: usize) -> (P, P) {
        (self.0[i % 4], self.0[(i + 1) % 4])
    }
    /// Length of edge `i`, metres.
    pub fn side(&self, i: usize) -> f64 {
        let (a, b) = self.edge(i);
        (b - a).len()
    }
    /// Area, square metres.
    pub fn area(&self) -> f64 {
        let [a, b, c, d] = self.0;
        (c - a).cross(d - b) / 2.0
    }
    /// Mean of the corners.
    pub fn middle(&self) -> P {
        self.at(0.5, 0.5)
    }
    /// Whether all four corners turn left by a clear angle.
    pub fn convex(&self) -> bool {
        (0..4).all(|i| {
            let (a, b) = self.edge(i);
            let (_, c) = self.edge(i + 1);
            let (e, f) = (b - a, c - b);
            e.cross(f) > 0.05 * e.len() * f.len()
        })
    }
    /// The same quad whose edge 0 is the old edge `by`.
    pub fn turned(&self, by: usize) -> Quad {
        Quad(std::array::from_fn(|i| self.0[(i + by) % 4]))
    }
    /// Whether `q` lies inside and at least `margin` metres from every edge; a negative margin enlarges the quad.
    pub fn holds(&self, q: P, margin: f64) -> bool {
        (0..4).all(|i| {
            let (a, b) = self.edge(i);
            (b - a).unit().cross(q - a) >= margin
        })
    }
    /// Every edge moved inwards by its own distance; nothing when what is left is no convex quad.
    pub fn inset(&self, by: [f64; 4]) -> Option<Quad> {
        let line = |i: usize| {
            let (a, b) = self.edge(i);
            let d = (b - a).unit();
            (a + d.left() * by[i % 4], d)
        };
        let mut out = [p(0.0, 0.0); 4];
        for (i, corner) in out.iter_mut().enumerate() {
            let ((a, d), (b, e)) = (line(i + 3), line(i));
            let turn = d.cross(e);
            if turn < 0.01 {
                return None;
            }
            *corner = a + d * ((b - a).cross(e) / turn);
        }
        let quad = Quad(out);
        let same_way = (0..4).all(|i| {
            let ((a, b), (c, d)) = (self.edge(i), quad.edge(i));
            (b - a).dot(d - c) > 0.0
        });
        (same_way && quad.convex()).then_some(quad)
    }
}

/// Area of a ring, counter-clockwise, square metres.
pub fn area(ring: &[P]) -> f64 {
    (0..ring.len()).map(|i| ring[i].cross(ring[(i + 1) % ring.len()])).sum::<f64>() / 2.0
}

/// Whether a point lies inside a ring.
pub fn within(ring: &[P], q: P) -> bool {
    let crosses = |a: P, b: P| (a.y > q.y) != (b.y > q.y) && q.x < a.x + (b.x - a.x) * (q.y - a.y) / (b.y - a.y);
    (0..ring.len()).filter(|&i| crosses(ring[i], ring[(i + 1) % ring.len()])).count() % 2 == 1
}

/// Cosine and sine of a fraction of a full turn.
pub fn turn(fraction: f64) -> P {
    let quarters = (fraction * 4.0).round();
    let a = (fraction * 4.0 - quarters) * std::f64::consts::FRAC_PI_2;
    let s = a * a;
    let sin = a * (1.0 - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0 * (1.0 - s / 110.0)))));
    let cos = 1.0 - s / 2.0 * (1.0 - s / 12.0 * (1.0 - s / 30.0 * (1.0 - s / 56.0 * (1.0 - s / 90.0))));
    match (quarters as i64).rem_euclid(4) {
        0 => p(cos, sin),
        1 => p(-sin, cos),
        2 => p(-cos, -sin),
        _ => p(sin, -cos),
    }
}

/// A well-mixed number from three others (SplitMix64's last step).
pub fn mix(a: u64, b: u64, c: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ c.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    for _ in 0..2 {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    z
}

/// A number from 0 up to 1 that depends on all three.
pub fn chance(a: u64, b: u64, c: u64) -> f64 {
    (mix(a, b, c) >> 11) as f64 / (1u64 << 53) as f64
}

/// Smooth noise between -1 and 1 whose bumps are one unit wide.
pub fn noise(seed: u64, at: P) -> f64 {
    let (x0, y0) = (at.x.floor(), at.y.floor());
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(at.x - x0), ease(at.y - y0));
    let node = |dx: f64, dy: f64| chance(seed, (x0 + dx) as i64 as u64, (y0 + dy) as i64 as u64) * 2.0 - 1.0;
    let row = |dy: f64| node(0.0, dy) * (1.0 - tx) + node(1.0, dy) * tx;
    row(0.0) * (1.0 - ty) + row(1.0) * ty
}

/// A smooth curve for a polyline: it begins and ends with it and rounds every corner from middle to middle of the edges.
pub fn rounded(line: &[P]) -> Vec<P> {
    const STEPS: usize = 10;
    let mut out = Vec::with_capacity(line.len() * STEPS);
    out.extend(line.first());
    for w in line.windows(3) {
        let (m, n) = (w[0].to(w[1], 0.5), w[1].to(w[2], 0.5));
        for s in 0..STEPS {
            let t = s as f64 / STEPS as f64;
            out.push(m.to(w[1], t).to(w[1].to(n, t), t));
        }
    }
    out.extend(line.last());
    out
}

/// The outline, counter-clockwise, of everything within `half(i)` metres to both sides of a curve.
pub fn ribbon(curve: &[P], half: impl Fn(usize) -> f64) -> Vec<P> {
    let side = |sign: f64| {
        let half = &half;
        (0..curve.len()).map(move |i| {
            let along = curve[(i + 1).min(curve.len() - 1)] - curve[i.saturating_sub(1)];
            curve[i] + along.unit().left() * (half(i) * sign)
        })
    };
    let mut out: Vec<P> = side(-1.0).collect();
    out.extend(side(1.0).collect::<Vec<_>>().into_iter().rev());
    out
}

/// EPSG:4326 coordinates of a point, rounded to 1e-7 degrees (about a centimetre).
pub fn degrees(q: P) -> Coord<f64> {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    Coord { x: round(CENTRE.0 + q.x / METRES.0), y: round(CENTRE.1 + q.y / METRES.1) }
}

/// A point as geometry in EPSG:4326.
pub fn point(q: P) -> geo::Geometry<f64> {
    Point(degrees(q)).into()
}

/// One ring, counter-clockwise, as a MultiPolygon in EPSG:4326.
pub fn polygon(ring: &[P]) -> geo::Geometry<f64> {
    let mut ring: Vec<Coord<f64>> = ring.iter().map(|&q| degrees(q)).collect();
    ring.dedup();
    MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]).into()
}

/// Lines as a MultiLineString in EPSG:4326.
pub fn lines(parts: &[Vec<P>]) -> geo::Geometry<f64> {
    MultiLineString(parts.iter().map(|l| l.iter().map(|&q| degrees(q)).collect()).collect()).into()
}
