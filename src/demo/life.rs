//! City life: the registers of trade, transport, safety, waste and greenery. What belongs to a place is written beside it,
//! the rest for the city as a whole; each register grows with the city up to a bound.
//!
//! Every place has dice of its own here, so that these registers change nothing in the others.

use chrono::NaiveDate;

use super::amenities::Amenities;
use super::block::{Place, Values, settlement};
use super::codes::{Dice, edrpou};
use super::houses::House;
use super::lots::Zone;
use super::nature::Nature;
use super::plan::{Block, Plan};
use super::safety::Safety;
use super::schools::Schools;
use super::shape::{P, point, within};
use super::trade::Trade;
use super::transit::Transit;
use super::waste::Waste;
use super::{CITY, Feature};
use crate::catalogue::record::Value;

/// A body of the city: name, first seven digits of its code.
pub type Body = (&'static str, u64);

pub const UPKEEP: Body = ("КП «Вербоградблагоустрій»", 3_377_485);
pub const PARKING: Body = ("КП «Вербоградпаркінг»", 3_377_496);
pub const RECYCLING: Body = ("КП «Вербоградекоресурс»", 3_377_507);
pub const LANDFILL: Body = ("КП «Вербоградський полігон»", 3_377_518);
pub const SAFE_CITY: Body = ("КП «Безпечний Вербоград»", 3_377_529);
pub const ECONOMY: Body = ("Департамент економіки та торгівлі Вербоградської міської ради", 4_099_044);
pub const SOCIAL: Body = ("Департамент соціальної політики Вербоградської міської ради", 4_099_066);
pub const TRANSPORT: Body = ("Департамент транспорту Вербоградської міської ради", 4_099_077);

/// The two fields that name a body.
pub fn body(fields: [&'static str; 2], body: Body) -> [(&'static str, Value); 2] {
    [(fields[0], body.0.into()), (fields[1], edrpou(body.1).into())]
}

/// A page of the city's site.
pub fn page(path: impl std::fmt::Display) -> Value {
    format!("https://verbohrad.example.gov.ua/{path}").into()
}

/// An address of the city's mail.
pub fn mail(name: &str) -> Value {
    format!("{name}@verbohrad.example.gov.ua").into()
}

/// A feature at a point.
pub fn stands(layer: &'static str, at: P, values: Values) -> Feature {
    Feature { layer, geometry: Some(point(at)), values }
}

/// A feature without a place.
pub fn placeless(layer: &'static str, values: Values) -> Feature {
    Feature { layer, geometry: None, values }
}

/// Five digits that no post office has.
pub fn postcode(street: usize) -> Value {
    format!("99{:03}", street % 1_000).into()
}

/// Counts when the next one of a register is due.
pub struct Due {
    rate: f64,
    sum: f64,
    count: u64,
}

impl Due {
    /// One for `per` addresses, but not more than `most` in all; `first` of the way to the first one is behind.
    pub fn new(plan: &Plan, per: f64, most: f64, first: f64) -> Due {
        Due { rate: (1.0 / per).min(most / plan.addresses as f64), sum: first, count: 0 }
    }

    /// The number of the one that is due here; where it does not fit, it stays due.
    pub fn next(&mut self, share: f64, fits: bool) -> Option<u64> {
        self.sum += self.rate * share;
        if self.sum < 1.0 || !fits {
            return None;
        }
        self.sum -= 1.0;
        self.count += 1;
        Some(self.count)
    }
}

/// A place with an address and its main building.
pub struct Spot<'a> {
    pub plan: &'a Plan,
    pub today: NaiveDate,
    /// How many companies there are.
    pub firms: u64,
    pub place: &'a Place<'a>,
    pub house: &'a House,
    /// How much more happens here than at an average address.
    pub share: f64,
    /// The school area that it lies in.
    pub area: Option<usize>,
}

impl Spot<'_> {
    /// The address fields that the structures share.
    pub fn values(&self) -> Values {
        let mut values = self.place.values();
        values.push(("postcode", postcode(self.place.street_id)));
        values
    }

    /// Whether the lot lies at the street rather than behind another.
    pub fn at_street(&self) -> bool {
        self.place.corps.is_none()
    }

    pub fn is(&self, purposes: &[&str]) -> bool {
        purposes.contains(&self.house.purpose)
    }

    /// A point in the house, towards corner 0 or 1 of its front.
    pub fn indoors(&self, corner: usize) -> P {
        self.house.inside.to(self.house.ring[corner % 2], 0.35)
    }

    /// A point of the lot that is not in its house: in the yard rather than beside the street.
    pub fn yard(&self, first: usize) -> Option<P> {
        const CORNERS: [(f64, f64); 5] = [(0.5, 0.9), (0.82, 0.84), (0.16, 0.86), (0.86, 0.5), (0.12, 0.5)];
        let spots = (0..CORNERS.len()).map(|i| CORNERS[(i + first) % CORNERS.len()]);
        spots.map(|(u, v)| self.place.lot.quad.at(u, v)).find(|&at| !within(&self.house.ring, at))
    }
}

/// A park: a block of its own.
pub struct Park<'a> {
    pub number: usize,
    pub block: &'a Block,
    /// A street beside it, and its name.
    pub street: (usize, &'a str),
}

impl Park<'_> {
    pub fn values(&self) -> Values {
        let mut values = settlement();
        values.extend([
            ("street", self.street.1.into()),
            ("address_note", "у парку".into()),
            ("postcode", postcode(self.street.0)),
        ]);
        values
    }
}

/// The parks that lie at a street.
pub fn parks(plan: &Plan) -> impl Iterator<Item = Park<'_>> {
    let at_street = |block: &'_ Block| {
        let id = block.streets.iter().flatten().find(|&&id| plan.streets[id as usize].name.is_some())?;
        Some(*id as usize)
    };
    let blocks = plan.blocks.iter().filter(|block| block.zone == Zone::Park);
    blocks.filter_map(move |block| at_street(block).map(|id| (block, id))).enumerate().filter_map(
        move |(number, (block, id))| {
            let name = plan.streets[id].name.as_deref()?;
            Some(Park { number, block, street: (id, name) })
        },
    )
}

/// Counts what is due in all these registers.
pub struct Life {
    trade: Trade,
    transit: Transit,
    amenities: Amenities,
    safety: Safety,
    waste: Waste,
    nature: Nature,
    schools: Schools,
}

impl Life {
    /// Nothing counted yet.
    pub fn new(plan: &Plan) -> Life {
        Life {
            trade: Trade::new(plan),
            transit: Transit::new(plan),
            amenities: Amenities::new(plan),
            safety: Safety::new(plan),
            waste: Waste::new(plan),
            nature: Nature::new(plan),
            schools: Schools::new(plan),
        }
    }

    /// What belongs to no single place.
    pub fn citywide(&mut self, plan: &Plan, today: NaiveDate, firms: u64, out: &mut Vec<Feature>) {
        super::trade::citywide(plan, today, firms, out);
        super::transit::citywide(plan, out);
        super::waste::citywide(plan, today, firms, out);
        self.amenities.parks(plan, today, out);
        self.schools.areas(out);
    }

    /// The school area of a block.
    pub fn area(&self, block: &Block) -> Option<usize> {
        self.schools.area(block.quad.middle())
    }

    /// What stands or happens beside the place that has number `n`.
    pub fn beside(&mut self, spot: &Spot<'_>, n: u64, out: &mut Vec<Feature>) {
        let dice = &mut Dice::new(spot.plan.seed, 40, n);
        self.trade.beside(spot, dice, out);
        self.transit.beside(spot, dice, out);
        self.amenities.beside(spot, dice, out);
        self.safety.beside(spot, dice, out);
        self.waste.beside(spot, dice, out);
        self.nature.beside(spot, dice, out);
        self.schools.beside(spot, out);
    }
}

/// What a city's site says of itself in contacts.
pub fn contacts(name: &'static str, phone: String, box_name: &str) -> [(&'static str, Value); 4] {
    let site = format!("{}/{box_name}", CITY.name_en.to_lowercase());
    [("contact_name", name.into()), ("phone", phone.into()), ("email", mail(box_name)), ("website", page(site))]
}
