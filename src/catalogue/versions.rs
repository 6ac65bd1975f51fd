//! The versions of a record, and what each changed. Cards, the command line and restores read them from here.

pub mod query;

use super::record::Value;
use super::select::{SelectedRow, Selection};

/// A version of a record as it is stored. Moments are RFC 3339 in UTC, to a microsecond.
#[derive(Debug)]
pub struct Version {
    pub row: SelectedRow,
    pub version: i32,
    pub recorded_at: String,
    /// For staff only, and unknown where the record is older than the history.
    pub recorded_by: Option<String>,
    pub recorded_why: Option<String>,
    /// None where it is in force.
    pub archived: Option<Archived>,
}

/// How a version ended.
#[derive(Debug)]
pub struct Archived {
    pub at: String,
    pub by: Option<String>,
    pub why: Option<String>,
    /// Whether the record was deleted; otherwise another version followed.
    pub deleted: bool,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Created,
    Changed,
    Deleted,
}

/// One step in the life of a record.
#[derive(Debug)]
pub struct Step<'v> {
    pub event: Event,
    /// The version that the step made; of a deletion, the last one that there was.
    pub version: i32,
    pub from: &'v str,
    /// None where nothing has followed yet.
    pub until: Option<&'v str>,
    pub who: Option<&'v str>,
    pub why: Option<&'v str>,
    /// Visible fields (indices in the layer) that the step changed.
    pub changes: Vec<Change<'v>>,
    /// Where the step changed it.
    pub geometry: Option<Moved<'v>>,
}

/// A geometry before and after a step, as EWKB.
#[derive(Debug)]
pub struct Moved<'v> {
    pub old: Option<&'v [u8]>,
    pub new: Option<&'v [u8]>,
}

#[derive(Debug, PartialEq)]
pub struct Change<'v> {
    pub field: usize,
    pub old: &'v Value,
    pub new: &'v Value,
}

/// The steps behind `versions`, which are in order, the newest first; `older` is the version before the last of them, and
/// `later` the moment of the one after the first.
pub fn steps<'v>(
    selection: &Selection,
    versions: &'v [Version],
    older: Option<&'v Version>,
    later: Option<&'v str>,
) -> Vec<Step<'v>> {
    let mut steps = Vec::with_capacity(versions.len() + 1);
    for (place, version) in versions.iter().enumerate() {
        let next = if place == 0 { later } else { Some(versions[place - 1].recorded_at.as_str()) };
        if let Some(archived) = version.archived.as_ref().filter(|archived| archived.deleted) {
            steps.push(deletion(version, archived, next));
        }
        steps.push(made(selection, version, versions.get(place + 1).or(older)));
    }
    steps
}

fn deletion<'v>(version: &'v Version, archived: &'v Archived, next: Option<&'v str>) -> Step<'v> {
    Step {
        event: Event::Deleted,
        version: version.version,
        from: &archived.at,
        until: next,
        who: archived.by.as_deref(),
        why: archived.why.as_deref(),
        changes: Vec::new(),
        geometry: None,
    }
}

fn made<'v>(selection: &Selection, version: &'v Version, before: Option<&'v Version>) -> Step<'v> {
    // what came after a deletion did not change what was deleted
    let ended = before.and_then(|before| before.archived.as_ref());
    let before = before.filter(|_| ended.is_none_or(|ended| !ended.deleted));
    let is_new = before.is_none() && (version.version == 1 || ended.is_some());
    let mut step = Step {
        event: if is_new { Event::Created } else { Event::Changed },
        version: version.version,
        from: &version.recorded_at,
        until: version.archived.as_ref().map(|archived| archived.at.as_str()),
        who: version.recorded_by.as_deref(),
        why: version.recorded_why.as_deref(),
        changes: Vec::new(),
        geometry: None,
    };
    if before.is_none() && !is_new {
        // of a record that is older than the history nobody knows what it was before
        return step;
    }
    let (old, new) = (before.map(|before| &before.row), &version.row);
    for (place, &field) in selection.fields.iter().enumerate() {
        let (old, new) = (old.map_or(&Value::Null, |old| &old.values[place]), &new.values[place]);
        if old != new {
            step.changes.push(Change { field, old, new });
        }
    }
    let (old, new) = (old.and_then(|old| old.ewkb.as_deref()), new.ewkb.as_deref());
    step.geometry = (old != new).then_some(Moved { old, new });
    step
}
