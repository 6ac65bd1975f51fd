//! An invented Ukrainian city, the same for the same seed on every machine: every register filled, nothing of it real.
//!
//! `mesh` bends a net of rings and rays and lays river and railway on it; `settle` puts its cells to use and cuts them into
//! blocks, which makes a `plan`; `streets` joins the `lines` between them and `names` names them; `lots` cuts a block into
//! parcels and `houses` builds on them.
//! `town`, `block`, `permits` and `works` write the records; `addressing`, `urban`, `conditions`, `property` and `notices` those of
//! the registers of these names; `life` and the files that it gathers (`trade`, `transit`, `amenities`, `safety`, `waste`,
//! `nature`, `schools`) those of city life. Only the plan is held in memory: parcels come block by block.

mod addressing;
mod amenities;
mod block;
mod codes;
mod conditions;
mod houses;
mod life;
mod lines;
mod lots;
mod mesh;
mod names;
mod nature;
mod notices;
mod permits;
mod plan;
mod property;
mod safety;
mod schools;
mod settle;
mod shape;
mod streets;
#[cfg(test)]
mod tests;
mod town;
mod trade;
mod transit;
mod urban;
mod waste;
mod works;

pub use crate::catalogue::record::Feature;

/// What city to make.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many addresses; fewer than [`FEWEST`] are raised to it.
    pub addresses: u64,
    /// Another seed is another city.
    pub seed: u64,
    /// The day on which the city is looked at: permits and works begin and end around it.
    pub today: chrono::NaiveDate,
}

/// The smallest city that still has a centre, a river and a railway.
pub const FEWEST: u64 = 200;

/// What is fixed about the invented city.
#[derive(Debug, Clone, Copy)]
pub struct City {
    pub name: &'static str,
    pub name_en: &'static str,
    /// Of the right form, but no region has the number 99.
    pub katottg: &'static str,
    pub community: &'static str,
    pub district: &'static str,
    pub region: &'static str,
    /// Longitude and latitude, EPSG:4326, degrees.
    pub centre: (f64, f64),
    /// Says that it is invented.
    pub note: &'static str,
    pub note_en: &'static str,
}

/// The invented city.
pub const CITY: City = City {
    name: "Вербоград",
    name_en: "Verbohrad",
    katottg: "UA99020030010012345",
    community: "Вербоградська",
    district: "Вербоградський район",
    region: "Вигадана область",
    centre: shape::CENTRE,
    note: "Вигадане місто для показу програми: ані людей, ані підприємств, ані рішень із цими назвами немає.",
    note_en: "An invented city that shows the program: no such people, companies or decisions exist.",
};

/// Calls `emit` for every feature of the city, each register's keys being unique, and stops at its first error.
pub fn generate<E>(options: &Options, emit: &mut dyn FnMut(Feature) -> Result<(), E>) -> Result<(), E> {
    let plan = plan::Plan::new(options.seed, options.addresses.max(FEWEST));
    town::emit(&plan, options.today, emit)?;
    addressing::street_names(&plan, options.today, emit)?;
    urban::emit(&plan, options.today, emit)?;
    notices::closures(&plan, options.today, emit)?;
    let mut writer = block::Writer::new(&plan, options.today);
    writer.citywide(emit)?;
    for id in 0..plan.blocks.len() {
        writer.block(id, emit)?;
    }
    Ok(())
}
