//! From the links of layer files to what the database keeps, and links seen from both ends.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::Catalogue;
use super::layer::{GeometryKind, Layer, LayerLink, LinkBy};
use super::select::{NoHistory, select};
use super::tables::watched;
use crate::auth::Caller;
use crate::db::links::past::Sides;
use crate::db::links::{By, Link, synchronise};
use crate::db::pool::Db;

/// A link as seen from one of its ends.
#[derive(Debug, Clone)]
pub struct LinkEnd<'c> {
    /// The layer whose file declares it.
    pub from: &'c Arc<Layer>,
    pub link: &'c LayerLink,
    /// The layer that it is seen from.
    pub here: &'c Arc<Layer>,
    /// The layer at the other end.
    pub other: &'c Arc<Layer>,
    /// Whether it is seen from the layer that it leads to.
    pub reverse: bool,
}

impl LinkEnd<'_> {
    /// SQL for `other id` and `in metres` of the features at the other end of the feature `$1` as of a moment. An error where
    /// nobody keeps how one of the layers was.
    pub fn pairs_at(&self, moment: DateTime<Utc>) -> std::result::Result<String, NoHistory> {
        let target = if self.reverse { self.here } else { self.other };
        let relation = |layer: &Arc<Layer>| Ok(select(layer, Caller::Public).as_of(moment)?.relation());
        let sides = Sides { own: &relation(self.from)?, target: &relation(target)?, is_one: self.from.id == target.id };
        let column = |layer: &Layer, name: &str| layer.field(name).map(|(_, field)| field.kind.column_type());
        let is_same = |own: &str, theirs: &str| column(self.from, own) == column(target, theirs);
        Ok(kept(self.from, self.link, target).pairs(&sides, self.reverse, is_same))
    }
}

impl Catalogue {
    /// Makes the database keep the links of all layers, and says which it cannot keep.
    pub(super) async fn keep_links(&self, db: &Db) -> Result<()> {
        let links: Vec<_> = self
            .layers
            .iter()
            .flat_map(|layer| layer.links.iter().filter_map(|link| Some(kept(layer, link, self.layer(&link.to)?))))
            .collect();
        let impossible = synchronise(&db.owner, &links).await.context("cannot keep the links between registers")?;
        for link in impossible {
            tracing::warn!(
                "the link {link} is not kept: one of its layers shows a view, or a foreign, partitioned or inherited \
                 table, or geometries of any kind, or misto_owner may not make triggers there. Let the layer file name \
                 a plain table of points, lines or polygons"
            );
        }
        Ok(())
    }

    /// All links of a layer: its own in the order of its file, then those that lead to it in the order of the catalogue.
    pub fn link_ends<'c>(&'c self, layer: &'c Arc<Layer>) -> Vec<LinkEnd<'c>> {
        let own = layer.links.iter().filter_map(|link| {
            Some(LinkEnd { from: layer, link, here: layer, other: self.layer(&link.to)?, reverse: false })
        });
        let others = self.layers.iter().flat_map(|from| from.links.iter().map(move |link| (from, link)));
        let reverse = others.filter(|(_, link)| link.to == layer.id).map(|(from, link)| LinkEnd {
            from,
            link,
            here: layer,
            other: from,
            reverse: true,
        });
        own.chain(reverse).collect()
    }
}

fn kept(layer: &Layer, link: &LayerLink, target: &Layer) -> Link {
    let by = match &link.by {
        LinkBy::Place => By::Place { touches_count: touches_count(layer.geometry, target.geometry) },
        LinkBy::Nearest(within) => By::Nearest(*within),
        LinkBy::Key(pairs) => {
            By::Key(pairs.iter().map(|(own, theirs)| (layer.fields[*own].name.clone(), theirs.clone())).collect())
        }
    };
    Link { layer: layer.id.clone(), name: link.name.clone(), own: watched(layer), target: watched(target), by }
}

/// Of points, and of lines among themselves, a touch is all that there can be.
fn touches_count(own: GeometryKind, target: GeometryKind) -> bool {
    use GeometryKind::{Line, Point};
    own == Point || target == Point || (own == Line && target == Line)
}
