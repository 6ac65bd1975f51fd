//! The links of one feature as they were at another moment. The tables `links.<layer>` are of the present, so pairs are found
//! among what both sides held then, by the conditions by which the database keeps links.

use super::{By, Link};
use crate::db::sql::identifier;

/// What takes the place of a link's relations: the same columns as of a moment, each with an alias.
#[derive(Debug)]
pub struct Sides<'s> {
    pub own: &'s str,
    pub target: &'s str,
    /// Whether they are of one register: a feature is not linked to itself.
    pub is_one: bool,
}

impl Link {
    /// SQL for `other id` and `in metres` of what the feature `$1` was linked to; with `reverse`, of what was linked to it.
    /// `is_same` as in [`Link::meets`].
    pub fn pairs(&self, sides: &Sides<'_>, reverse: bool, is_same: impl Fn(&str, &str) -> bool) -> String {
        let (own_id, target_id) = (identifier(&self.own.id), identifier(&self.target.id));
        let own = format!("(select * from {}) as o", sides.own);
        let target = format!("(select * from {}) as t", sides.target);
        let other = if sides.is_one { format!("t.{target_id} <> o.{own_id}") } else { "true".to_owned() };
        let By::Nearest(within) = self.by else {
            let meets = self.meets(is_same);
            let (here, there) = if reverse { ("t", "o") } else { ("o", "t") };
            let (here_id, there_id) = if reverse { (target_id, own_id) } else { (own_id, target_id) };
            return format!(
                "select {there}.{there_id}::bigint as \"other id\", null::float8 as \"in metres\" \
                 from {own} join {target} on {meets} and {other} where {here}.{here_id} = $1"
            );
        };
        let (own_place, target_place) = (identifier(&self.own.geometry), identifier(&self.target.geometry));
        // as misto.relink does: the nearest over degrees bounds the search for the nearest in metres
        let metres = format!("st_distance(t.{target_place}::geography, o.{own_place}::geography)");
        let nearest = format!(
            "cross join lateral (select {metres} as metres from {target} \
               where t.{target_place} && misto.around(o.{own_place}, {within:?}) and {other} \
               order by t.{target_place} <-> o.{own_place} limit 1) as bound \
             cross join lateral (select t.{target_id}::bigint as id, {metres} as metres from {target} \
               where t.{target_place} && misto.around(o.{own_place}, least(bound.metres, {within:?})) and {other} \
               order by metres, id limit 1) as nearest"
        );
        match reverse {
            false => format!(
                "select nearest.id as \"other id\", nearest.metres as \"in metres\" from {own} {nearest} \
                 where o.{own_id} = $1 and nearest.metres <= {within:?}"
            ),
            true => format!(
                "select o.{own_id}::bigint as \"other id\", nearest.metres as \"in metres\" \
                 from (select t.{target_place} as place from {target} where t.{target_id} = $1) as here \
                 join {own} on o.{own_place} && misto.around(here.place, {within:?}) {nearest} \
                 where nearest.id = $1 and nearest.metres <= {within:?}"
            ),
        }
    }
}
