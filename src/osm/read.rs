//! The passes over the file: relations, then the ways they and the layers need, then those ways' nodes, then features.

use std::path::Path;

use super::classify::BUILDINGS;
use super::pbf::{Error, Object, PbfFile};
use super::points::AddressPoints;
use super::relations::AreaRelation;
use super::report::{ObjectId, ObjectKind, Phase, Progress, Reason, Summary};
use super::shapes::{self, Shaper};
use super::store::{MemberWays, NodeTable};
use super::tags::Tags;
use super::{Feature, address};

/// Reads an extract and hands out the features of the registers that it holds.
///
/// Layers come mixed; features of relations before those of ways, address points last. `progress` is called after each block.
/// Memory holds the coordinates of the nodes that are needed (16 bytes each), the needed relations with their ways, and 56
/// bytes for each address point; the file is read up to five times instead.
///
/// # Errors
/// [`Error`] for a file that cannot be read or is no sound extract; features may have been handed out before it is found
/// damaged only if the file changes meanwhile. An error of `emit` ends the reading and is returned as it is.
pub fn read<E: From<Error>>(
    path: &Path,
    progress: &mut dyn FnMut(Progress),
    emit: &mut dyn FnMut(Feature) -> Result<(), E>,
) -> Result<Summary, E> {
    let mut file = PbfFile::open(path)?;
    let mut summary = Summary::default();
    let (relations, mut points) = check::<E>(&mut file, progress, &mut summary)?;
    let (members, nodes) = needed::<E>(&mut file, progress, &relations)?;
    let any_address_points = !points.is_empty();

    let mut counts = std::collections::BTreeMap::new();
    let mut hand_out = |feature: Feature| {
        *counts.entry(feature.layer).or_insert(0_u64) += 1;
        emit(feature)
    };
    let mut shaper = Shaper::new(&nodes, &members, &mut points, &mut summary);
    for relation in &relations {
        shaper.relation(relation);
        shaper.out.drain(..).try_for_each(&mut hand_out)?;
    }
    file.pass(Phase::Shapes, &[ObjectKind::Way], progress, &mut |object| -> Result<(), E> {
        if let Object::Way { id, nodes, tags } = object {
            shaper.way(id, nodes, tags);
        }
        shaper.out.drain(..).try_for_each(&mut hand_out)
    })?;
    drop((nodes, members, relations));
    if any_address_points {
        let claimed = points.finish();
        file.pass(Phase::Addresses, &[ObjectKind::Node], progress, &mut |object| match object {
            Object::Node { id, at, tags } if address::is_addressed(tags) => {
                shapes::address_node(id, at, tags, &claimed, &mut summary).map_or(Ok(()), &mut hand_out)
            }
            _ => Ok(()),
        })?;
    }
    summary.features = counts;
    Ok(summary)
}

/// The first pass: every block checked, the needed relations and the places of address points kept.
fn check<E: From<Error>>(
    file: &mut PbfFile,
    progress: &mut dyn FnMut(Progress),
    summary: &mut Summary,
) -> Result<(Vec<AreaRelation>, AddressPoints), E> {
    let mut relations = Vec::new();
    let mut points = AddressPoints::default();
    let kinds = [ObjectKind::Node, ObjectKind::Relation];
    file.pass(Phase::Check, &kinds, progress, &mut |object| -> Result<(), E> {
        match object {
            Object::Node { id, at, tags } if !tags.0.is_empty() => {
                if let Some(at) = at.filter(|_| address::is_addressed(tags)) {
                    points.add(id, at);
                }
                count_building_point(id, tags, summary);
            }
            Object::Relation { id, members, tags } => relations.extend(AreaRelation::take(id, members, tags, summary)),
            _ => {}
        }
        Ok(())
    })?;
    let counts = file.counts();
    (summary.nodes, summary.ways, summary.relations) = (counts.nodes, counts.ways, counts.relations);
    Ok((relations, points))
}

/// A building mapped as a mere point is no building of the register, but is not passed over in silence.
fn count_building_point(id: i64, tags: Tags<'_>, summary: &mut Summary) {
    // `entrance` was how doors were mapped once.
    let building = tags.get("building").filter(|value| !matches!(*value, "no" | "entrance"));
    if let Some(value) = building {
        let detail = || format!("building={value}");
        let object = ObjectId::node(id);
        summary.skipped.add(BUILDINGS, Reason::NotAnArea, object, detail);
    }
}

/// The second and third pass: the ways of relations, and the places of all nodes that features will need.
fn needed<E: From<Error>>(
    file: &mut PbfFile,
    progress: &mut dyn FnMut(Progress),
    relations: &[AreaRelation],
) -> Result<(MemberWays, NodeTable), E> {
    let mut members =
        MemberWays::new(relations.iter().flat_map(|relation| relation.ways.iter().map(|(id, _)| *id)).collect());
    let mut ids: Vec<i64> = Vec::new();
    file.pass(Phase::Ways, &[ObjectKind::Way], progress, &mut |object| -> Result<(), E> {
        if let Object::Way { id, nodes, tags } = object
            && (members.set(id, nodes) || is_needed(tags))
        {
            ids.extend_from_slice(nodes);
        }
        Ok(())
    })?;
    let mut nodes = NodeTable::new(ids);
    file.pass(Phase::Nodes, &[ObjectKind::Node], progress, &mut |object| -> Result<(), E> {
        if let Object::Node { id, at: Some(at), .. } = object {
            nodes.set(id, at);
        }
        Ok(())
    })?;
    Ok((members, nodes))
}

/// Whether a way's own tags make it a feature: a cheap test that may say yes too often, but never no wrongly.
fn is_needed(tags: Tags<'_>) -> bool {
    const KEYS: [&str; 9] =
        ["highway", "railway", "building", "natural", "waterway", "landuse", "leisure", "boundary", "amenity"];
    tags.0.iter().any(|(key, _)| KEYS.contains(key)) || address::is_addressed(tags)
}
