//! OpenStreetMap's vocabulary in the registers' words: one table for each layer.

use super::tags::Tags;

/// `highway=*` as a class of the `streets` layer; nothing for what is not a way to go (construction, platform, services).
pub fn street_class(highway: &str) -> Option<&'static str> {
    Some(match highway.strip_suffix("_link").unwrap_or(highway) {
        "motorway" => "motorway",
        "trunk" => "trunk",
        "primary" => "primary",
        "secondary" => "secondary",
        "tertiary" => "tertiary",
        "residential" | "unclassified" | "living_street" | "road" => "residential",
        "service" | "busway" => "service",
        "pedestrian" => "pedestrian",
        "track" => "track",
        "path" | "footway" | "cycleway" | "bridleway" | "steps" => "path",
        _ => return None,
    })
}

/// `railway=*` as a kind of the `railways` layer; nothing for platforms, stations and tracks that are gone.
pub fn railway(railway: &str) -> Option<&'static str> {
    Some(match railway {
        "rail" => "rail",
        "tram" => "tram",
        "light_rail" => "light_rail",
        "subway" => "subway",
        "narrow_gauge" => "narrow_gauge",
        "funicular" => "funicular",
        "disused" => "disused",
        "monorail" | "preserved" | "miniature" => "other",
        _ => return None,
    })
}

/// What a building is used for; nothing if neither `building` nor another tag tells.
///
/// `building=residential` says only that people live there: from three storeys on it is taken for an apartment building.
pub fn building_use(building: &str, levels: Option<i64>, tags: Tags<'_>) -> Option<&'static str> {
    Some(match building {
        "yes" => return use_by_other_tags(tags),
        "residential" if levels.is_some_and(|levels| levels >= 3) => "apartments",
        "residential" | "house" | "detached" | "semidetached_house" | "semi" | "bungalow" | "cabin" | "farm"
        | "terrace" | "villa" | "dacha" | "static_caravan" | "houseboat" => "residential_house",
        "apartments" | "dormitory" => "apartments",
        "commercial" | "retail" | "supermarket" | "kiosk" | "office" | "hotel" | "shop" | "mall" | "restaurant"
        | "cafe" => "commercial",
        "industrial" | "warehouse" | "factory" | "manufacture" | "hangar" | "silo" | "storage_tank" | "works" => {
            "industrial"
        }
        "public" | "civic" | "government" | "school" | "kindergarten" | "university" | "college" | "hospital"
        | "clinic" | "train_station" | "transportation" | "sports_hall" | "sports_centre" | "stadium" | "museum"
        | "library" | "fire_station" | "police" | "townhall" | "theatre" | "grandstand" => "public",
        "garage" | "garages" | "parking" | "carport" => "garage",
        "church" | "chapel" | "cathedral" | "mosque" | "synagogue" | "temple" | "monastery" | "religious"
        | "shrine" => "religious",
        "shed" | "barn" | "outbuilding" | "greenhouse" | "stable" | "sty" | "cowshed" | "farm_auxiliary" | "hut"
        | "toilets" | "allotment_house" => "outbuilding",
        _ => "other",
    })
}

fn use_by_other_tags(tags: Tags<'_>) -> Option<&'static str> {
    let by_amenity = match tags.get("amenity") {
        Some("place_of_worship" | "monastery") => Some("religious"),
        Some(
            "school" | "kindergarten" | "university" | "college" | "hospital" | "clinic" | "townhall" | "library"
            | "theatre" | "police" | "fire_station" | "courthouse" | "post_office" | "community_centre" | "arts_centre"
            | "social_facility",
        ) => Some("public"),
        Some(
            "restaurant" | "cafe" | "fast_food" | "bar" | "pub" | "bank" | "pharmacy" | "fuel" | "marketplace"
            | "cinema",
        ) => Some("commercial"),
        Some("parking") => Some("garage"),
        _ => None,
    };
    let by_business =
        || (tags.get("shop").or(tags.get("office")).is_some() || tags.is("tourism", "hotel")).then_some("commercial");
    let by_culture = || (tags.is("tourism", "museum") || tags.is("leisure", "sports_centre")).then_some("public");
    let by_industry =
        || tags.get("industrial").or(tags.get("man_made").filter(|made| *made == "works")).map(|_| "industrial");
    by_amenity.or_else(by_business).or_else(by_culture).or_else(by_industry)
}

/// Whether the object is water, and of which kind: `Some(None)` is water of an unknown kind.
pub fn water(tags: Tags<'_>) -> Option<Option<&'static str>> {
    let kind = match (tags.get("natural"), tags.get("waterway"), tags.get("landuse")) {
        (Some("water"), _, _) => match tags.get("water") {
            Some("river" | "rapids") => Some("river"),
            Some("stream") => Some("stream"),
            Some("canal" | "lock" | "ditch" | "drain") => Some("canal"),
            Some("lake" | "oxbow" | "lagoon") => Some("lake"),
            Some("pond" | "fish_pond" | "fishpond") => Some("pond"),
            Some("reservoir") => Some("reservoir"),
            Some("basin" | "wastewater" | "reflecting_pool" | "fountain") => Some("basin"),
            Some(_) => Some("other"),
            // The older way of saying which water it is.
            None => match tags.get("waterway") {
                Some("riverbank" | "river") => Some("river"),
                Some("canal") => Some("canal"),
                _ => None,
            },
        },
        (_, Some("riverbank"), _) => Some("river"),
        (_, Some("dock"), _) => Some("basin"),
        (_, _, Some("reservoir")) => Some("reservoir"),
        (_, _, Some("basin")) => Some("basin"),
        (Some("wetland"), _, _) => Some("wetland"),
        _ => return None,
    };
    Some(kind)
}

/// The kind of green space an object is; nothing if it is none.
pub fn green(tags: Tags<'_>) -> Option<&'static str> {
    let by_leisure = match tags.get("leisure") {
        // A skver is mapped as a park or a garden; only its name tells it apart.
        Some("park" | "garden") if is_skver(tags) => Some("square"),
        Some("park") => Some("park"),
        Some("garden") => Some("garden"),
        Some("pitch") => Some("pitch"),
        Some("playground") => Some("playground"),
        Some("common") => Some("grass"),
        _ => None,
    };
    let by_landuse = || {
        Some(match tags.get("landuse")? {
            "forest" => "forest",
            "meadow" => "meadow",
            "grass" | "village_green" | "flowerbed" => "grass",
            "cemetery" => "cemetery",
            "orchard" | "vineyard" => "orchard",
            "allotments" => "allotments",
            "farmland" => "farmland",
            "recreation_ground" | "plant_nursery" | "greenery" => "other",
            _ => return None,
        })
    };
    let by_natural = || {
        Some(match tags.get("natural")? {
            "wood" => "forest",
            "scrub" | "heath" => "scrub",
            "grassland" | "fell" => "meadow",
            "beach" => "beach",
            _ => return None,
        })
    };
    let by_amenity = || tags.is("amenity", "grave_yard").then_some("cemetery");
    // Says what happens there, not what grows there: the weakest.
    let by_purpose = || {
        let purpose = tags.get("leisure")?;
        matches!(purpose, "nature_reserve" | "golf_course" | "dog_park").then_some("other")
    };
    by_leisure.or_else(by_landuse).or_else(by_natural).or_else(by_amenity).or_else(by_purpose)
}

fn is_skver(tags: Tags<'_>) -> bool {
    tags.name()
        .is_some_and(|name| name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word == "сквер"))
}
