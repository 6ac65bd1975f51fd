//! What a layer file says, as types: a register, its fields, its status and its place on the map.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;
use serde::Serialize;
use utoipa::ToSchema;

pub use super::kinds::FieldType;
use super::vocabulary::Theme;
use crate::auth::Access;
use crate::http::language::Language;

/// A text in the interface's two languages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Bilingual {
    pub uk: String,
    pub en: String,
}

impl Bilingual {
    pub fn new(uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { uk: uk.into(), en: en.into() }
    }

    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Uk => &self.uk,
            Language::En => &self.en,
        }
    }
}

/// The kind of geometry that a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GeometryKind {
    Point,
    Line,
    Polygon,
}

impl GeometryKind {
    pub const ALL: [(&str, Self); 3] = [("point", Self::Point), ("line", Self::Line), ("polygon", Self::Polygon)];

    /// The PostGIS type that a managed register stores.
    pub fn stored_as(self) -> &'static str {
        match self {
            Self::Point => "Point",
            Self::Line => "MultiLineString",
            Self::Polygon => "MultiPolygon",
        }
    }
}

/// One allowed value of a field, with its labels.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AllowedValue {
    pub value: String,
    #[serde(flatten)]
    pub label: Bilingual,
}

/// A field of a register: a column with rules.
#[derive(Debug, Clone)]
pub struct Field {
    /// Column name: `[a-z][a-z0-9_]*`, so it is safe inside quoted SQL.
    pub name: String,
    pub title: Bilingual,
    pub kind: FieldType,
    pub required: bool,
    /// Anchored at both ends.
    pub pattern: Option<Regex>,
    /// Empty: any value.
    pub values: Vec<AllowedValue>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub unit: Option<Bilingual>,
    pub access: Access,
    /// Column of the legal open-data file.
    pub legal: Option<String>,
    pub aliases: Vec<String>,
    /// First zoom whose tiles carry the field.
    pub tiles: Option<u8>,
    pub minor: bool,
}

/// What a record's status means on a given day. Docs: "Standing" in docs/layers.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    Planned,
    Valid,
    Active,
    Late,
    Suspended,
    Done,
    Expired,
    Annulled,
}

impl Standing {
    pub const ALL: [(&str, Self); 8] = [
        ("planned", Self::Planned),
        ("valid", Self::Valid),
        ("active", Self::Active),
        ("late", Self::Late),
        ("suspended", Self::Suspended),
        ("done", Self::Done),
        ("expired", Self::Expired),
        ("annulled", Self::Annulled),
    ];

    /// As a card says it.
    pub fn label(self, language: Language) -> &'static str {
        let (uk, en) = match self {
            Self::Planned => ("заплановано", "planned"),
            Self::Valid => ("чинний", "in force"),
            Self::Active => ("у роботі", "in progress"),
            Self::Late => ("прострочено", "overdue"),
            Self::Suspended => ("призупинено", "suspended"),
            Self::Done => ("завершено", "completed"),
            Self::Expired => ("строк сплив", "expired"),
            Self::Annulled => ("анульовано", "annulled"),
        };
        match language {
            Language::Uk => uk,
            Language::En => en,
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, standing)| standing)
    }

    /// What it turns into once the date in `until` has passed.
    pub fn after_term(self) -> Self {
        match self {
            Self::Valid => Self::Expired,
            Self::Active => Self::Late,
            other => other,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(Self::ALL.iter().find(|(_, s)| s == self).map_or("", |(name, _)| name))
    }
}

/// How a record's status is read; fields are indices into [`Layer::fields`].
#[derive(Debug, Clone)]
pub struct Status {
    pub field: usize,
    pub until: Option<usize>,
    pub means: Vec<(String, Standing)>,
}

/// Where a record stands, as an address; fields are indices into [`Layer::fields`].
#[derive(Debug, Clone, PartialEq)]
pub struct AddressFields {
    pub street: usize,
    pub house: usize,
    pub block: Option<usize>,
    /// Names that the street no longer has, with `;` between them.
    pub former: Option<usize>,
    /// What settlement, district and region it is in.
    pub within: Vec<usize>,
    /// Whether the layer is the city's register of addresses, from which places of addresses are taken.
    pub is_register: bool,
}

/// The name of a street that a record gives; fields are indices into [`Layer::fields`].
#[derive(Debug, Clone, PartialEq)]
pub struct StreetFields {
    /// Records with the same value, in any layer, name the same street.
    pub id: usize,
    pub name: usize,
    /// Names that the street no longer has, with `;` between them.
    pub former: Option<usize>,
    /// A field of type boolean: whether the street has the name today; it has where there is no such field.
    pub current: Option<usize>,
}

/// Where a register's rows are.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Table `registers.<id>`, made and extended by Misto.
    Managed,
    /// A table or view that somebody else made.
    Relation { schema: String, name: String, id: String, geometry: String },
}

/// What the name of a tile layer with a polygon register's label points ends in.
pub const LABELS: &str = "_labels";

/// How a register is drawn where a tile cannot show each feature as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Generalisation {
    /// Below this zoom lines or polygons with equal fields are one feature without an id.
    pub merge: u8,
    /// Below this zoom points that lie close together are one, with their count.
    pub cluster: u8,
    /// Field whose values a cluster counts one by one; none: the standing.
    pub sums: Option<usize>,
    /// From this zoom on polygons have label points, in a tile layer of their own.
    pub labels: Option<u8>,
    /// Field that says which features stay where a tile would be too large; none: the largest, of points some at random.
    pub rank: Option<usize>,
}

/// The open-data structure (Resolution 835) that a register is published in.
#[derive(Debug, Clone)]
pub struct Legal {
    /// Appendix and resource, for example `A64/temporaryConstruction`.
    pub structure: String,
    pub constants: BTreeMap<String, String>,
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    /// What the data set is found by; in Ukrainian.
    pub keywords: Vec<String>,
    /// The acts for which the register is kept; in Ukrainian.
    pub purpose: Option<String>,
}

/// How a link finds its target.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkBy {
    /// The geometries meet (a point lies in a polygon, a line crosses it).
    Place,
    /// The nearest feature not further away than this, in metres.
    Nearest(f64),
    /// Values are equal: own field (an index) and the target layer's field (a name).
    Key(Vec<(usize, String)>),
}

/// A link from every feature of the layer to features of another, which the database keeps.
#[derive(Debug, Clone)]
pub struct LayerLink {
    /// Unique in the layer.
    pub name: String,
    /// Id of the layer that it leads to.
    pub to: String,
    pub by: LinkBy,
    /// What the card calls it.
    pub title: Bilingual,
}

/// How much a finding of a check matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Notice,
    Warning,
    Error,
}

impl Severity {
    pub const ALL: [(&str, Self); 3] = [("notice", Self::Notice), ("warning", Self::Warning), ("error", Self::Error)];
}

/// What a check looks for; docs/layers.md, "Checks". Links are names of the layer's own, fields are indices.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckRule {
    /// Polygons that share more than so many square metres.
    Overlaps(f64),
    /// Holes between polygons of up to so many square metres.
    Gaps(f64),
    /// No feature at the end of the link.
    Unlinked(String),
    /// A feature at the end of the link, where none should be.
    Linked(String),
    /// The field's value is no value of another layer's field.
    Dangling { field: usize, to: String, to_field: String },
    /// The documented area differs from the one on the ellipsoid by more than so many per cent.
    Area { field: usize, square_metres: f64, percent: f64 },
    /// The field has no value.
    Empty(usize),
}

/// A check of the register's data that `misto verify` makes.
#[derive(Debug, Clone)]
pub struct Check {
    /// Unique in the layer.
    pub name: String,
    pub rule: CheckRule,
    pub severity: Severity,
    /// What a finding means, for a person.
    pub says: Bilingual,
}

/// How a register takes part in what is told of a place; docs/layers.md, "Here".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Here {
    /// How far from the place a feature may be, in metres; 0: it must hold the place.
    pub within: f64,
    /// Only so many, the nearest; none: all.
    pub nearest: Option<i64>,
    /// Only features that stand so; empty: all.
    pub standings: Vec<Standing>,
    /// The fields that are told beside the name; indices into [`Layer::fields`].
    pub fields: Vec<usize>,
}

/// A record written into the layer file to show and test its rules.
#[derive(Debug, Clone)]
pub struct Example {
    pub says: String,
    pub on: chrono::NaiveDate,
    pub feature: serde_json::Map<String, serde_json::Value>,
    /// WKT in EPSG:4326.
    pub geometry: Option<String>,
    pub expected: Expected,
    /// Line of the example in its file.
    pub line: usize,
}

/// What an example must come out as.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    Accepted(Option<Standing>),
    /// The field that must be refused; `geometry` for the geometry.
    Rejected(String),
}

/// A heading of the layer panel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Group {
    pub id: String,
    pub title: Bilingual,
    /// For catalogues of open data: of its layers that say nothing of themselves.
    #[serde(skip)]
    pub themes: Vec<Theme>,
}

/// A register: everything that its layer file declares.
#[derive(Debug, Clone)]
pub struct Layer {
    /// `[a-z][a-z0-9_]*`: the file's name, the table's name, the tile layer's name.
    pub id: String,
    pub title: Bilingual,
    pub description: Bilingual,
    pub group: String,
    pub order: i64,
    pub geometry: GeometryKind,
    pub geometry_optional: bool,
    pub source: Source,
    /// Indices of the natural key's fields.
    pub key: Vec<usize>,
    /// Template over public fields, for example `{street}, {house}`.
    pub name: String,
    pub search: Vec<usize>,
    pub address: Option<AddressFields>,
    pub street: Option<StreetFields>,
    pub min_zoom: u8,
    pub max_zoom: u8,
    pub generalisation: Generalisation,
    pub updated: String,
    pub licence: String,
    pub attribution: Bilingual,
    pub color: String,
    /// For catalogues of open data; empty: those of the group.
    pub themes: Vec<Theme>,
    pub legal: Option<Legal>,
    pub status: Option<Status>,
    pub fields: Vec<Field>,
    pub links: Vec<LayerLink>,
    pub checks: Vec<Check>,
    /// None where it says nothing of places.
    pub here: Option<Here>,
    pub examples: Vec<Example>,
}

impl Layer {
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// Schema and name of the table or view that it shows, as the change feed names it; not quoted.
    pub fn relation(&self) -> String {
        match &self.source {
            Source::Managed => format!("registers.{}", self.id),
            Source::Relation { schema, name, .. } => format!("{schema}.{name}"),
        }
    }

    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.key.iter().filter_map(|&index| self.fields.get(index)).map(|field| field.name.as_str())
    }
}
