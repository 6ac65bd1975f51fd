//! School areas, which divide the city without gap or overlap, and the addresses that belong to them.

use std::collections::BTreeSet;

use super::Feature;
use super::block::Values;
use super::codes::edrpou;
use super::life::{Due, Spot, placeless, postcode, stands};
use super::plan::Plan;
use super::shape::{P, polygon, within};

/// An area: its outline in metres and the streets that lie in it.
struct Area {
    outline: Vec<P>,
    streets: BTreeSet<String>,
}

/// The areas, and how many addresses have been written.
pub struct Schools {
    areas: Vec<Area>,
    addresses: Due,
}

/// Most streets that an area's description lists.
const LISTED: usize = 60;

impl Schools {
    /// Divides the city: one area round the centre, then bands of eight or sixteen.
    pub fn new(plan: &Plan) -> Schools {
        let (mesh, rows) = (&plan.mesh, plan.rows);
        let bands = (plan.addresses as f64 / 12_000.0).clamp(1.0, (rows as f64 / 2.0).max(1.0)) as usize;
        let first = mesh.radii.iter().position(|&r| r > mesh.reach * 0.25).unwrap_or(1).clamp(1, rows - 1);
        let mut centre = mesh.arc(first, 0.0, 1.0);
        centre.pop();
        let mut outlines = vec![centre];
        let bands = bands.min(rows - first);
        for band in 0..bands {
            let at = |part: usize| first + (rows - first) * part / bands;
            let rings = (at(band), at(band + 1));
            let rays = if mesh.sectors[rings.0].is_multiple_of(16) && bands > 1 { 16 } else { 8 };
            let ray = |n: u32| f64::from(n) / f64::from(rays);
            outlines.extend((0..rays).map(|n| mesh.sector(rings, ray(n), ray(n + 1))));
        }
        let areas = outlines.into_iter().map(|outline| Area { outline, streets: BTreeSet::new() }).collect();
        let mut schools = Schools { areas, addresses: Due::new(plan, 1.0, 60_000.0, 0.0) };
        for block in &plan.blocks {
            let Some(area) = schools.area(block.quad.middle()) else { continue };
            let named = block.streets.iter().flatten().filter_map(|&id| plan.streets[id as usize].name.clone());
            schools.areas[area].streets.extend(named);
        }
        schools
    }

    /// The area that a point lies in.
    pub fn area(&self, at: P) -> Option<usize> {
        self.areas.iter().position(|area| within(&area.outline, at))
    }

    pub fn areas(&self, out: &mut Vec<Feature>) {
        for (n, area) in self.areas.iter().enumerate() {
            let number = n + 1;
            let school = if n % 3 == 2 { "Гімназія" } else { "Ліцей" };
            let streets: Vec<_> = area.streets.iter().take(LISTED).map(String::as_str).collect();
            let more = if area.streets.len() > LISTED { "; та інші" } else { "" };
            let described = if streets.is_empty() {
                "незабудована територія".to_owned()
            } else {
                streets.join("; ") + more
            };
            let values: Values = vec![
                ("uid", number.to_string().into()),
                ("institution_name", format!("{school} № {number} Вербоградської міської ради").into()),
                // A school that has just been founded has no code yet.
                ("institution_code", (n % 9 != 7).then(|| edrpou(2_640_000 + number as u64 * 13)).into()),
                ("description", described.into()),
            ];
            out.push(Feature { layer: "school_areas", geometry: Some(polygon(&area.outline)), values });
        }
    }

    /// The entry of a place where people live.
    pub fn beside(&mut self, spot: &Spot<'_>, out: &mut Vec<Feature>) {
        let Some(area) = spot.area else { return };
        let home = spot.is(&["apartments", "residential_house"]);
        // Not every street has been entered where the city is large; houses are skipped, not kept back for later.
        let Some(n) = home.then(|| self.addresses.next(1.0, true)).flatten() else { return };
        let mut values = spot.place.values();
        let territory = if n == 40 { "999".to_owned() } else { (area + 1).to_string() };
        values.extend([
            ("uid", spot.place.uid.as_str().into()),
            ("territory", territory.into()),
            ("postcode", postcode(spot.place.street_id)),
        ]);
        // One in thirty has no place yet.
        out.push(match n % 30 {
            11 => placeless("school_addresses", values),
            _ => stands("school_addresses", spot.house.inside, values),
        });
    }
}
