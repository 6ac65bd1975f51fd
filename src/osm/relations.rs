//! Relations that are areas of some layer, kept until their ways are known.

use super::address;
use super::classify::{self, ADDRESSES, Boundary, Class};
use super::pbf::Member;
use super::report::{ObjectId, ObjectKind, Reason, Summary};
use super::tags::Tags;

/// A relation to be made into an area.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaRelation {
    pub id: i64,
    tags: Vec<(String, String)>,
    /// Member ways with whether they are holes.
    pub ways: Vec<(i64, bool)>,
    /// Member relations that should carry part of the outline; they are not followed.
    pub relations: Vec<i64>,
}

impl AreaRelation {
    /// Keeps a relation if it belongs to a layer of areas or carries an address. One that does but is no area (its `type` is
    /// neither `multipolygon` nor `boundary`) is counted as skipped.
    pub fn take(id: i64, members: &[Member<'_>], tags: Tags<'_>, summary: &mut Summary) -> Option<Self> {
        let layers = layers(tags);
        if layers.is_empty() {
            return None;
        }
        let kind = tags.get("type").unwrap_or("");
        if !matches!(kind, "multipolygon" | "boundary") {
            for layer in layers {
                summary.skipped.add(layer, Reason::NotAnArea, ObjectId::relation(id), || format!("type={kind}"));
            }
            return None;
        }
        let ways = members.iter().filter(|member| member.kind == ObjectKind::Way && is_outline(member.role));
        let relations =
            members.iter().filter(|m| m.kind == ObjectKind::Relation && matches!(m.role, "outer" | "inner"));
        Some(Self {
            id,
            tags: tags.0.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ways: ways.map(|member| (member.id, member.role == "inner")).collect(),
            relations: relations.map(|member| member.id).collect(),
        })
    }

    /// The tags, borrowed.
    pub fn tags(&self) -> Vec<(&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
}

/// Roles under which a way belongs to an outline. Labels, admin centres and the like are other things.
fn is_outline(role: &str) -> bool {
    matches!(role, "outer" | "inner" | "" | "exclave" | "enclave")
}

fn layers(tags: Tags<'_>) -> Vec<&'static str> {
    let mut layers: Vec<&'static str> = classify::areas(tags).iter().map(|class| class.layer).collect();
    match classify::boundary(tags) {
        Some(Boundary::Taken(class)) => layers.push(class.layer),
        Some(Boundary::Nameless(layer)) => layers.push(layer),
        None => {}
    }
    if address::is_addressed(tags) {
        layers.push(ADDRESSES);
    }
    layers
}

/// All classes of a relation; a boundary without a name is counted as skipped.
pub fn classes(id: ObjectId, tags: Tags<'_>, summary: &mut Summary) -> Vec<Class> {
    let mut classes = classify::areas(tags);
    match classify::boundary(tags) {
        Some(Boundary::Taken(class)) => classes.push(class),
        Some(Boundary::Nameless(layer)) => summary.skipped.add(layer, Reason::NoName, id, String::new),
        None => {}
    }
    classes
}
