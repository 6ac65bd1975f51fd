//! From layers to tables: what the database must hold, and checking relations that somebody else made.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use super::Catalogue;
use super::layer::{FieldType, Layer, Source};
use crate::auth::Access;
use crate::db::managed::{Column, Refusal, SCHEMA, Table, grant_relation, synchronise};
use crate::db::pool::Db;
use crate::db::relation::{Relation, Relations};
use crate::db::watch::{Watched, watch};

impl Catalogue {
    /// Makes the database hold every register: managed tables are made or extended, other relations are checked, all are
    /// watched for edits, and links are kept. Gives the ids of the layers whose edits cannot be noticed.
    pub async fn synchronise(&self, db: &Db) -> Result<Vec<String>> {
        let tables: Vec<_> =
            self.layers.iter().filter(|layer| layer.source == Source::Managed).map(|l| table(l)).collect();
        if let Err(refusals) = synchronise(&db.owner, &tables).await.context("cannot make the registers' tables")? {
            bail!(refused(&refusals));
        }
        // two layers may show parts of one relation, and the rights to it are theirs together
        let mut public: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        let others = self.layers.iter().filter(|layer| layer.source != Source::Managed);
        let names = others.map(|layer| watched(layer).qualified());
        let there = Relations::read(&mut *db.owner.acquire().await?, names).await?;
        for layer in &self.layers {
            let Source::Relation { schema, name, id, geometry } = &layer.source else { continue };
            check_relation(layer, there.get(&watched(layer).qualified()), (id, geometry))?;
            let fields = layer.fields.iter().filter(|field| field.access == Access::Public);
            let columns = fields.map(|field| &field.name).chain([id, geometry]).cloned();
            public.entry((schema, name)).or_default().extend(columns);
        }
        for ((schema, name), columns) in public {
            grant_relation(&db.owner, schema, name, &columns).await.with_context(|| {
                format!("misto_owner may not let misto_public read {schema}.{name}; make misto_owner its owner")
            })?;
        }
        let unwatched = self.watch(db).await?;
        self.keep_links(db).await?;
        Ok(unwatched)
    }

    async fn watch(&self, db: &Db) -> Result<Vec<String>> {
        let relations: Vec<_> = self.layers.iter().map(|layer| watched(layer)).collect();
        let unwatched = watch(&db.owner, &relations).await.context("cannot watch the registers for edits")?;
        for relation in &unwatched {
            tracing::warn!(
                "edits of {relation} are not noticed when they are made: it is a view, or a foreign, partitioned or \
                 inherited table, or misto_owner lacks a right. Let the layer file name a plain table, and say: \
                 GRANT TRIGGER ON {relation} TO misto_owner"
            );
        }
        let layers = self.layers.iter().filter(|layer| unwatched.contains(&layer.relation()));
        Ok(layers.map(|layer| layer.id.clone()).collect())
    }
}

/// The relation that a layer shows, as the change feed watches it.
pub fn watched(layer: &Layer) -> Watched {
    match &layer.source {
        Source::Managed => Watched {
            schema: SCHEMA.to_owned(),
            name: layer.id.clone(),
            id: "id".to_owned(),
            geometry: "geom".to_owned(),
        },
        Source::Relation { schema, name, id, geometry } => {
            Watched { schema: schema.clone(), name: name.clone(), id: id.clone(), geometry: geometry.clone() }
        }
    }
}

fn refused(refusals: &[Refusal]) -> String {
    let list: String = refusals
        .iter()
        .map(|refusal| format!("\n-- {}: {}\n{}\n", refusal.table, refusal.reason, refusal.sql))
        .collect();
    format!(
        "the layer files ask for changes that could lose data, so nothing was changed. If they are meant, run:\n{list}"
    )
}

fn table(layer: &Layer) -> Table {
    Table {
        name: layer.id.clone(),
        comment: layer.title.uk.clone(),
        geometry: layer.geometry.stored_as(),
        columns: layer
            .fields
            .iter()
            .map(|field| Column {
                name: field.name.clone(),
                comment: field.title.uk.clone(),
                kind: field.kind.column_type(),
                public: field.access == Access::Public,
            })
            .collect(),
        key: layer.key_names().map(str::to_owned).collect(),
    }
}

fn check_relation(layer: &Layer, there: Option<&Relation>, (id, geometry): (&str, &str)) -> Result<()> {
    let (file, name) = (format!("layers/{}.toml", layer.id), layer.relation());
    let Some(relation) = there else {
        bail!("{file}: there is no table or view {name} that misto_owner can see");
    };
    let kind = |wanted: &str| relation.kind(wanted);
    let mut wrong = Vec::new();
    match kind(id) {
        Some("bigint" | "integer" | "smallint") => {}
        found => {
            wrong.push(format!("column {id} must be a whole number and unique, found {}", found.unwrap_or("none")))
        }
    }
    match kind(geometry) {
        Some(found) if found.starts_with("geometry(") && found.ends_with(",4326)") => {}
        found => wrong.push(format!("column {geometry} must be geometry(…,4326), found {}", found.unwrap_or("none"))),
    }
    for field in &layer.fields {
        match kind(&field.name) {
            Some(found) if fits(field.kind, found) => {}
            found => wrong.push(format!(
                "column {} must be {}, found {}",
                field.name,
                field.kind.column_type(),
                found.unwrap_or("none")
            )),
        }
    }
    if !wrong.is_empty() {
        bail!("{file} does not fit {name}: {}", wrong.join("; "));
    }
    Ok(())
}

/// Whether a column of PostgreSQL's type `found` can be shown as a field of `kind`.
fn fits(kind: FieldType, found: &str) -> bool {
    let base = found.split('(').next().unwrap_or(found);
    match kind {
        FieldType::Integer => matches!(base, "bigint" | "integer" | "smallint"),
        FieldType::Number | FieldType::Money => {
            matches!(base, "double precision" | "real" | "numeric" | "bigint" | "integer" | "smallint")
        }
        FieldType::Boolean => base == "boolean",
        FieldType::Date => base == "date",
        FieldType::Datetime => base == "timestamp with time zone",
        _ => matches!(base, "text" | "character varying" | "character"),
    }
}
