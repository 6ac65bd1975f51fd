//! Ways and relations made into features, once their nodes are known.

use std::collections::HashSet;

use geo::{Geodesic, GeodesicArea, Geometry, InteriorPoint, Length, LineString, MultiLineString, MultiPolygon, Point};

use super::Feature;
use super::address::{self, Address, Position};
use super::area::{self, Area, Outline};
use super::classify::{self, ADDRESSES, BOUNDARY, BUILDINGS, Boundary, Class, DISTRICTS, Line, STREETS};
use super::fixed::Fixed;
use super::points::{AddressPoints, Claimed};
use super::relations::{self, AreaRelation};
use super::report::{ObjectId, Reason, Summary};
use super::rings::{self, Part, Role};
use super::store::{MemberWays, NodeTable};
use super::tags::Tags;
use crate::catalogue::record::Value;

/// Turns objects into features; relations first, then ways, so that an outline drawn by both is taken once.
pub struct Shaper<'a> {
    pub nodes: &'a NodeTable,
    pub members: &'a MemberWays,
    pub points: &'a mut AddressPoints,
    pub summary: &'a mut Summary,
    /// Finished features, for the caller to take.
    pub out: Vec<Feature>,
    /// Outer ways of relations that were taken, with layer and kind.
    drawn: HashSet<(i64, &'static str, String)>,
}

impl<'a> Shaper<'a> {
    pub fn new(
        nodes: &'a NodeTable,
        members: &'a MemberWays,
        points: &'a mut AddressPoints,
        summary: &'a mut Summary,
    ) -> Self {
        Self { nodes, members, points, summary, out: Vec::new(), drawn: HashSet::new() }
    }

    /// A relation that [`AreaRelation::take`] kept.
    pub fn relation(&mut self, relation: &AreaRelation) {
        let object = ObjectId::relation(relation.id);
        let tags = relation.tags();
        let tags = Tags(&tags);
        let mut classes = relations::classes(object, tags, self.summary);
        let address = self.address(object, tags);
        if classes.is_empty() && address.is_none() {
            return;
        }
        let missing: Vec<ObjectId> = (relation.ways.iter().map(|(id, _)| *id))
            .filter(|id| self.members.get(*id).is_none())
            .map(ObjectId::way)
            .chain(relation.relations.iter().map(|id| ObjectId::relation(*id)))
            .collect();
        if !missing.is_empty() {
            // A boundary with a part missing is a wrong boundary, even where the rest closes.
            classes.retain(|class| {
                let keep = !matches!(class.layer, BOUNDARY | DISTRICTS);
                if !keep {
                    self.summary.skipped.add(class.layer, Reason::MissingMember, object, || some_of(&missing));
                }
                keep
            });
        }
        let shape = self.relation_area(relation, &missing);
        if shape.is_ok() {
            self.remember(relation, &classes);
            for class in classes.iter().filter(|_| !missing.is_empty()) {
                self.summary.incomplete.add(class.layer, Reason::MissingMember, object, || some_of(&missing));
            }
        }
        self.area_features(object, classes, address, shape);
    }

    fn relation_area(&self, relation: &AreaRelation, missing: &[ObjectId]) -> Result<Area, (Reason, String)> {
        let parts: Vec<Part<'_>> = (relation.ways.iter())
            .filter_map(|(way, inner)| Some(Part { way: *way, inner: *inner, nodes: self.members.get(*way)? }))
            .collect();
        let rings = rings::join(&parts).map_err(|gap| match missing.is_empty() {
            true => (Reason::NotClosed, format!("way/{} ends alone at node/{}", gap.way, gap.node)),
            false => (Reason::NotClosed, format!("{} missing from the extract", some_of(missing))),
        })?;
        if rings.is_empty() && !missing.is_empty() {
            return Err((Reason::MissingMember, some_of(missing)));
        }
        let outlines =
            rings.into_iter().map(|ring| self.outline(&ring.nodes, ring.role)).collect::<Result<Vec<_>, _>>()?;
        area::assemble(outlines).map_err(|reason| (reason, String::new()))
    }

    fn remember(&mut self, relation: &AreaRelation, classes: &[Class]) {
        for class in classes {
            for (way, _) in relation.ways.iter().filter(|(_, inner)| !inner) {
                self.drawn.insert((*way, class.layer, kind_of(class)));
            }
        }
    }

    /// A way of the file.
    pub fn way(&mut self, id: i64, nodes: &[i64], tags: Tags<'_>) {
        if tags.0.is_empty() {
            return;
        }
        let object = ObjectId::way(id);
        for line in [classify::street(tags), classify::railway(tags)].into_iter().flatten() {
            self.line(object, nodes, line);
        }
        let mut classes = classify::areas(tags);
        let closed = nodes.len() >= 2 && nodes.first() == nodes.last();
        // Parts of boundaries carry the tags of the whole; only a closed way with a name is a boundary of its own.
        if closed
            && tags.is("boundary", "administrative")
            && let Some(Boundary::Taken(class)) = classify::boundary(tags)
        {
            classes.push(class);
        }
        classes.retain(|class| {
            let drawn = self.drawn.contains(&(id, class.layer, kind_of(class)));
            if drawn {
                self.summary.skipped.add(class.layer, Reason::DrawnByRelation, object, String::new);
            }
            !drawn
        });
        let address = self.address(object, tags);
        if classes.is_empty() && address.is_none() {
            return;
        }
        let shape = if closed {
            self.outline(nodes, Role::Outer)
                .and_then(|outline| area::assemble(vec![outline]).map_err(|reason| (reason, String::new())))
        } else {
            Err((Reason::NotClosed, String::new()))
        };
        self.area_features(object, classes, address, shape);
    }

    fn outline(&self, nodes: &[i64], role: Role) -> Result<Outline, (Reason, String)> {
        let place = |id: &i64| self.nodes.get(*id).ok_or_else(|| (Reason::MissingNode, format!("node/{id}")));
        Ok(Outline { points: nodes.iter().map(place).collect::<Result<_, _>>()?, role })
    }

    fn line(&mut self, object: ObjectId, nodes: &[i64], line: Line) {
        let (class, reversed, drawn_as_outline) = match line {
            Line::Taken { class, reversed, outline } => (class, reversed, outline),
            Line::OtherKind { layer, tag } => {
                self.summary.skipped.add(layer, Reason::OtherKind, object, || tag);
                return;
            }
        };
        let (pieces, missing) = pieces(nodes, self.nodes, reversed);
        if pieces.0.is_empty() {
            let reason = if missing.is_some() { Reason::MissingNode } else { Reason::TooFewPoints };
            self.summary
                .skipped
                .add(class.layer, reason, object, || missing.map_or(String::new(), |id| format!("node/{id}")));
            return;
        }
        if let Some(id) = missing {
            self.summary.incomplete.add(class.layer, Reason::MissingNode, object, || format!("node/{id}"));
        }
        let length = (class.layer == STREETS && !drawn_as_outline).then(|| rounded(Geodesic.length(&pieces), 10.0));
        self.push(
            object,
            class,
            length.map(|metres| ("length_m", Value::Number(metres))),
            Geometry::MultiLineString(pieces),
        );
    }

    /// The address of an object that is not a point; what keeps it from being one is counted.
    fn address(&mut self, object: ObjectId, tags: Tags<'_>) -> Option<Class> {
        read_address(object, tags, self.summary)
    }

    fn area_features(
        &mut self,
        object: ObjectId,
        classes: Vec<Class>,
        address: Option<Class>,
        shape: Result<Area, (Reason, String)>,
    ) {
        let area = match shape {
            Ok(area) => area,
            Err((reason, detail)) => {
                for class in classes.iter().chain(&address) {
                    self.summary.skipped.add(class.layer, reason, object, || detail.clone());
                }
                return;
            }
        };
        let is_building = classes.iter().any(|class| class.layer == BUILDINGS) || self.is_drawn_building(object);
        if is_building {
            self.points.claim(object, &area.shape);
        }
        if let Some(class) = address {
            self.address_in(object, class, &area.shape, is_building);
        }
        for class in classes {
            for &reason in &area.notes {
                self.summary.incomplete.add(class.layer, reason, object, String::new);
            }
            let measure = matches!(class.layer, BOUNDARY | DISTRICTS)
                .then(|| ("area_km2", Value::Number(rounded(area.shape.geodesic_area_unsigned() / 1e6, 1e4))));
            self.push(object, class, measure, Geometry::MultiPolygon(area.shape.clone()));
        }
    }

    /// Whether a way is a building that a relation already drew: its address is still one of a building.
    fn is_drawn_building(&self, object: ObjectId) -> bool {
        self.drawn.contains(&(object.id, BUILDINGS, String::new())) && object == ObjectId::way(object.id)
    }

    /// An address of an area stands in its middle, always inside.
    fn address_in(&mut self, object: ObjectId, mut class: Class, shape: &MultiPolygon<f64>, is_building: bool) {
        let Some(point) = shape.interior_point() else {
            self.summary.skipped.add(ADDRESSES, Reason::NoArea, object, String::new);
            return;
        };
        let position = if is_building { Position::Building } else { Position::Parcel };
        class.set("position", Some(position.value()));
        class.set("building_uid", is_building.then(|| object.uid()));
        self.push(object, class, None, Geometry::Point(point));
    }

    fn push(
        &mut self,
        object: ObjectId,
        class: Class,
        measure: Option<(&'static str, Value)>,
        geometry: Geometry<f64>,
    ) {
        self.out.push(feature(object, class, measure, geometry, self.summary));
    }
}

/// The address point of a node; what keeps it from being one is counted.
pub fn address_node(
    id: i64,
    place: Option<Fixed>,
    tags: Tags<'_>,
    claimed: &Claimed,
    summary: &mut Summary,
) -> Option<Feature> {
    let object = ObjectId::node(id);
    let mut class = read_address(object, tags, summary)?;
    let Some(place) = place else {
        summary.skipped.add(ADDRESSES, Reason::BadCoordinates, object, String::new);
        return None;
    };
    let within = claimed.get(id);
    let entrance = tags.get("entrance").is_some() || within.is_some_and(|within| within.on_edge);
    let position = if entrance { Some(Position::Entrance) } else { within.map(|_| Position::Building) };
    class.set("position", position.map(Position::value));
    class.set("building_uid", within.map(|within| within.building.uid()));
    Some(feature(object, class, None, Geometry::Point(Point(place.degrees())), summary))
}

fn read_address(object: ObjectId, tags: Tags<'_>, summary: &mut Summary) -> Option<Class> {
    match address::read(tags)? {
        Address::Taken(class) => Some(class),
        Address::NoStreet { house } => {
            summary.skipped.add(ADDRESSES, Reason::NoStreet, object, || format!("number {house}"));
            None
        }
        Address::Interpolated => {
            summary.skipped.add(ADDRESSES, Reason::Interpolated, object, String::new);
            None
        }
    }
}

fn feature(
    object: ObjectId,
    class: Class,
    measure: Option<(&'static str, Value)>,
    geometry: Geometry<f64>,
    summary: &mut Summary,
) -> Feature {
    let Class { layer, mut values, unread } = class;
    for tag in unread {
        summary.incomplete.add(layer, Reason::BadValue, object, || tag);
    }
    values.insert(0, ("uid", Value::Text(object.uid())));
    values.extend(measure);
    Feature { layer, geometry: Some(geometry), values }
}

/// A line's pieces between nodes that are missing from the extract, and the first of these.
fn pieces(nodes: &[i64], table: &NodeTable, reversed: bool) -> (MultiLineString<f64>, Option<i64>) {
    let mut pieces: Vec<Vec<Fixed>> = vec![Vec::new()];
    let mut missing = None;
    for &id in nodes {
        match (table.get(id), pieces.last_mut()) {
            (Some(place), Some(piece)) => piece.push(place),
            _ => {
                missing = missing.or(Some(id));
                pieces.push(Vec::new());
            }
        }
    }
    for piece in &mut pieces {
        piece.dedup();
        if reversed {
            piece.reverse();
        }
    }
    pieces.retain(|piece| piece.len() >= 2);
    let line = |piece: &Vec<Fixed>| piece.iter().map(|place| place.degrees()).collect::<LineString<f64>>();
    (MultiLineString(pieces.iter().map(line).collect()), missing)
}

/// What tells two classes of one layer apart, where a relation and its way may be different things. Buildings are not: one
/// outline is one building.
fn kind_of(class: &Class) -> String {
    match class.get("kind") {
        Some(Value::Text(kind)) => kind.clone(),
        _ => String::new(),
    }
}

/// Up to three of the objects.
fn some_of(objects: &[ObjectId]) -> String {
    let mut text = objects.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if objects.len() > 3 {
        text.push_str(&format!(" and {} more", objects.len() - 3));
    }
    text
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
