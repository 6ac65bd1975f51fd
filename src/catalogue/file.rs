//! One layer file: TOML in, a [`Layer`] or mistakes out. The format is docs/layers.md.

mod examples;
mod fields;
mod finding;
mod here;
mod relations;

use super::layer::{
    Field, FieldType, Generalisation, GeometryKind, Group, LABELS, Layer, Legal, Source, Standing, Status,
};
use super::reader::{Document, Mistake, Table};
use super::structure::Structure;
use super::vocabulary::{Frequency, Theme};
use crate::auth::Access;

const LAYER_KEYS: [&str; 26] = [
    "title",
    "description",
    "group",
    "order",
    "geometry",
    "geometry_optional",
    "key",
    "name",
    "search",
    "address",
    "street",
    "zooms",
    "tiles",
    "updated",
    "licence",
    "attribution",
    "color",
    "themes",
    "legal",
    "status",
    "source",
    "fields",
    "links",
    "checks",
    "here",
    "examples",
];
/// What a layer cannot be called, because its address is another's: that of the catalogue of all layers.
const TAKEN: &str = "catalogue";
/// Zooms of the tile matrix set that Misto serves.
const LAST_ZOOM: i64 = 22;

/// Whether `name` can be an id of a layer or a field, and so a name in SQL and in URLs.
pub fn is_name(name: &str) -> bool {
    name.len() <= 48
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reads `layers/groups.toml`.
pub fn read_groups(file: &str, text: &str) -> Result<Vec<Group>, Vec<Mistake>> {
    let document = Document::new(file, text);
    let root = document.parse();
    let root = Table::new(&document, root.get_ref(), root.span(), &["groups"]);
    let mut groups: Vec<Group> = Vec::new();
    for table in root.tables("groups", &["id", "title", "themes"]) {
        table.need("id", "the name that layer files use");
        table.need("title", "{ uk = \"…\", en = \"…\" }");
        if let (Some(id), Some(title)) = (table.text("id"), table.bilingual("title")) {
            if groups.iter().any(|group| group.id == id) {
                table.mistake("id", format!("group `{id}` is listed twice"));
            }
            groups.push(Group { id: id.to_owned(), title, themes: themes(&table) });
        }
    }
    let mistakes = document.into_mistakes();
    if mistakes.is_empty() { Ok(groups) } else { Err(mistakes) }
}

/// Reads one layer file. `id` is its name without `.toml`; `groups` are the headings that exist.
pub fn read_layer(file: &str, id: &str, text: &str, groups: &[Group]) -> Result<Layer, Vec<Mistake>> {
    let document = Document::new(file, text);
    let root = document.parse();
    let root = Table::new(&document, root.get_ref(), root.span(), &LAYER_KEYS);
    if !is_name(id) {
        let allowed = "a-z, 0-9 and _, beginning with a letter, 48 at most";
        root.mistake("", format!("the file's name `{id}` cannot be a layer's id; allowed: {allowed}"));
    }
    if id.ends_with(LABELS) {
        root.mistake("", format!("a layer's id cannot end in `{LABELS}`: tile layers of label points are called so"));
    }
    if id == TAKEN {
        root.mistake(
            "",
            format!("a layer cannot be called `{TAKEN}`: /api/collections/{TAKEN} is the list of all layers"),
        );
    }
    let layer = layer(&root, id, groups);
    let mistakes = document.into_mistakes();
    match layer {
        Some(layer) if mistakes.is_empty() => Ok(layer),
        _ => Err(mistakes),
    }
}

fn layer(root: &Table<'_, '_>, id: &str, groups: &[Group]) -> Option<Layer> {
    for (key, what) in [
        ("title", "{ uk = \"…\", en = \"…\" }"),
        ("description", "{ uk = \"…\", en = \"…\" }"),
        ("group", "a group of layers/groups.toml"),
        ("geometry", "point, line or polygon"),
        ("key", "the fields that tell records apart, for example [\"uid\"]"),
        ("name", "what a card calls a feature, for example \"{title}\""),
        ("zooms", "{ min = 12, max = 16 }"),
        ("fields", "at least one [[fields]]"),
    ] {
        root.need(key, what);
    }
    let group_names: Vec<_> = groups.iter().map(|group| (group.id.as_str(), group.id.as_str())).collect();
    let group = root.choice("group", &group_names);
    let fields = fields::fields(root);
    let (min_zoom, max_zoom) = zooms(root);
    let key = indices(root, "key", &fields);
    if root.has("key") && key.is_empty() {
        root.mistake("key", "`key` must name at least one field");
    }
    let name = root.text("name").unwrap_or_default().to_owned();
    check_template(root, &name, &fields);
    let search = indices(root, "search", &fields);
    refuse_staff(root, "search", &search, &fields);
    let (address, street) = (finding::address(root, &fields), finding::street(root, &fields));
    let status = root.table("status", &["field", "until", "means"]).and_then(|table| status(&table, &fields));
    let links = relations::links(root, &fields);
    let checks = relations::checks(root, &fields, &links);
    let examples = examples::examples(root);
    let geometry = root.choice("geometry", &GeometryKind::ALL);
    let here = geometry.map(|kind| here::here(root, kind, &fields, status.as_ref()));
    let generalisation = geometry.map(|kind| generalisation(root, kind, &fields, status.is_some()));
    Some(Layer {
        id: id.to_owned(),
        title: root.bilingual("title")?,
        description: root.bilingual("description")?,
        group: group?.to_owned(),
        order: root.whole("order", 0..=10_000).unwrap_or(100),
        geometry: geometry?,
        geometry_optional: root.flag("geometry_optional"),
        source: source(root)?,
        key,
        name,
        search,
        address,
        street,
        min_zoom,
        max_zoom,
        generalisation: generalisation?,
        updated: root
            .choice("updated", &Frequency::ALL.map(|often| (often.word, often.word)))
            .unwrap_or("as-needed")
            .to_owned(),
        licence: root.text("licence").unwrap_or("CC-BY-4.0").to_owned(),
        attribution: root.bilingual("attribution").unwrap_or_default(),
        color: color(root),
        themes: themes(root),
        legal: legal(root, &fields),
        status,
        fields,
        links,
        checks,
        here: here?,
        examples,
    })
}

fn zooms(root: &Table<'_, '_>) -> (u8, u8) {
    let Some(table) = root.table("zooms", &["min", "max"]) else { return (0, 16) };
    table.need("min", "the first zoom with tiles");
    table.need("max", "the last zoom that is encoded");
    let min = table.whole("min", 0..=LAST_ZOOM).unwrap_or(0);
    let max = table.whole("max", 0..=LAST_ZOOM).unwrap_or(16);
    if min > max {
        table.mistake("min", format!("`min` ({min}) must not be above `max` ({max})"));
    }
    (min as u8, max as u8)
}

fn generalisation(root: &Table<'_, '_>, kind: GeometryKind, fields: &[Field], has_status: bool) -> Generalisation {
    let Some(table) = root.table("tiles", &["merge", "cluster", "sums", "labels", "rank"]) else {
        return Generalisation::default();
    };
    let zoom = |key: &str, fits: bool, kinds: &str| {
        if table.has(key) && !fits {
            table.mistake(key, format!("`{key}` is for {kinds} only"));
        }
        table.whole(key, 0..=LAST_ZOOM).map(|zoom| zoom as u8)
    };
    let field = |key: &str| {
        let name = table.text(key)?;
        let found = fields.iter().position(|field| field.name == name && field.access == Access::Public);
        if found.is_none() {
            table.mistake(key, format!("`{name}` is no public field of this layer"));
        }
        found
    };
    let point = kind == GeometryKind::Point;
    let found = Generalisation {
        merge: zoom("merge", !point, "lines and polygons").unwrap_or(0),
        cluster: zoom("cluster", point, "points").unwrap_or(0),
        sums: field("sums"),
        labels: zoom("labels", kind == GeometryKind::Polygon, "polygons"),
        rank: field("rank"),
    };
    if found.sums.is_some_and(|index| fields[index].values.is_empty()) {
        table.mistake("sums", "`sums` must name a field with `values`: each is counted");
    }
    if found.rank.is_some() && kind == GeometryKind::Polygon {
        table.mistake("rank", "`rank` is for points and lines only: of polygons the largest stay");
    }
    if found.rank.is_some_and(|index| !fields[index].kind.is_numeric() && fields[index].values.is_empty()) {
        table.mistake("rank", "`rank` must name a number, or a field with `values` (the first stays longest)");
    }
    if table.has("sums") && !table.has("cluster") || found.cluster > 0 && found.sums.is_none() && !has_status {
        table.mistake("cluster", "clusters count the values of `sums`, or of the standing where there is a [status]");
    }
    found
}

fn themes(table: &Table<'_, '_>) -> Vec<Theme> {
    let mut themes = Vec::new();
    for (code, span) in table.texts("themes") {
        match Theme::ALL.iter().find(|(known, _)| *known == code) {
            Some((_, theme)) => themes.push(*theme),
            None => {
                let known = Theme::ALL.map(|(known, _)| known).join(", ");
                table.document().mistake(span, format!("`{code}` is no theme; themes: {known}"));
            }
        }
    }
    themes
}

fn color(root: &Table<'_, '_>) -> String {
    let color = root.text("color").unwrap_or("#6b7280");
    let right = color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|b| b.is_ascii_hexdigit());
    if !right {
        root.mistake("color", "`color` must be # and six hexadecimal digits, for example \"#b4540a\"");
    }
    color.to_owned()
}

fn source(root: &Table<'_, '_>) -> Option<Source> {
    if !root.has("source") {
        return Some(Source::Managed);
    }
    let table = root.table("source", &["relation", "id", "geometry"])?;
    table.need("relation", "schema.table or schema.view");
    let part = |key: &str, absent: &str| table.text(key).unwrap_or(absent).to_owned();
    let relation = table.text("relation")?;
    let Some((schema, name)) = relation.split_once('.') else {
        table.mistake("relation", format!("`{relation}` must name its schema too, for example public.{relation}"));
        return None;
    };
    Some(Source::Relation {
        schema: schema.to_owned(),
        name: name.to_owned(),
        id: part("id", "id"),
        geometry: part("geometry", "geom"),
    })
}

fn find(fields: &[Field], name: &str) -> Option<usize> {
    fields.iter().position(|field| field.name == name)
}

fn known(fields: &[Field]) -> String {
    fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The fields that a list of the root names.
fn indices(root: &Table<'_, '_>, key: &str, fields: &[Field]) -> Vec<usize> {
    let mut found = Vec::new();
    for (name, span) in root.texts(key) {
        match find(fields, &name) {
            Some(index) => found.push(index),
            None => {
                let text = format!("`{key}` names `{name}`, which is no field; fields: {}", known(fields));
                root.document().mistake(span, text);
            }
        }
    }
    found
}

fn refuse_staff(root: &Table<'_, '_>, key: &str, indices: &[usize], fields: &[Field]) {
    for field in indices.iter().filter_map(|&index| fields.get(index)) {
        if field.access == Access::Staff {
            root.mistake(key, format!("`{key}` is public, and `{}` is for staff only", field.name));
        }
    }
}

/// The names between braces in a template.
pub fn template_fields(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn check_template(root: &Table<'_, '_>, template: &str, fields: &[Field]) {
    let mut named = Vec::new();
    for name in template_fields(template) {
        match find(fields, name) {
            Some(index) => named.push(index),
            None => root.mistake("name", format!("`name` uses `{name}`, which is no field; fields: {}", known(fields))),
        }
    }
    refuse_staff(root, "name", &named, fields);
    if named.is_empty() && !template.is_empty() {
        root.mistake("name", "`name` must use at least one field in braces, for example \"{title}\"");
    }
}

fn status(table: &Table<'_, '_>, fields: &[Field]) -> Option<Status> {
    table.need("field", "the field that holds the status");
    table.need("means", "[status.means] with a meaning for every value");
    let index = |key: &str| {
        let name = table.text(key)?;
        let found = find(fields, name).filter(|&index| fields[index].access == Access::Public);
        if found.is_none() {
            table.mistake(key, format!("`{key}` must name a public field; fields: {}", known(fields)));
        }
        found
    };
    let until = index("until");
    if until.is_some_and(|until| fields[until].kind != FieldType::Date) {
        table.mistake("until", "`until` must name a field of type date");
    }
    let field = index("field")?;
    let allowed = Standing::ALL.map(|(name, _)| name).join(", ");
    let mut means = Vec::new();
    for (value, meaning, span) in table.table("means", &[])?.pairs() {
        let Some((_, standing)) = Standing::ALL.iter().find(|(name, _)| *name == meaning) else {
            table.document().mistake(span, format!("`{meaning}` is no standing; allowed: {allowed}"));
            continue;
        };
        if !fields[field].values.is_empty() && !fields[field].values.iter().any(|v| v.value == value) {
            table.document().mistake(span, format!("`{value}` is not among the values of `{}`", fields[field].name));
        }
        means.push((value, *standing));
    }
    for value in fields[field].values.iter().filter(|v| !means.iter().any(|(known, _)| *known == v.value)) {
        table.mistake("means", format!("[status.means] says nothing of `{}`; allowed: {allowed}", value.value));
    }
    Some(Status { field, until, means })
}

fn legal(root: &Table<'_, '_>, fields: &[Field]) -> Option<Legal> {
    let table = root.table("legal", &["structure", "constants", "latitude", "longitude", "keywords", "purpose"])?;
    table.need("structure", "appendix/resource, for example \"A64/temporaryConstruction\"");
    let constants = table.table("constants", &[]).map(|table| table.pairs()).unwrap_or_default();
    for (column, _, span) in &constants {
        if fields.iter().any(|field| field.legal.as_ref() == Some(column)) {
            root.document().mistake(span.clone(), format!("`{column}` is a field's legal column already"));
        }
    }
    let legal = Legal {
        structure: table.text("structure")?.to_owned(),
        constants: constants.into_iter().map(|(column, value, _)| (column, value)).collect(),
        latitude: table.text("latitude").map(str::to_owned),
        longitude: table.text("longitude").map(str::to_owned),
        keywords: table.texts("keywords").into_iter().map(|(keyword, _)| keyword).collect(),
        purpose: table.text("purpose").map(str::to_owned),
    };
    match Structure::named(&legal.structure) {
        Some(structure) => columns(&table, &structure, &legal, fields),
        None => table.mistake("structure", format!("there is no structure `{}` in legal/835", legal.structure)),
    }
    Some(legal)
}

/// Reports every legal column that the structure does not have.
fn columns(table: &Table<'_, '_>, structure: &Structure, legal: &Legal, fields: &[Field]) {
    let check = |key: &str, column: &str| {
        if structure.column(column).is_none() {
            table.mistake(key, format!("`{column}` is no column of `{}`", legal.structure));
        }
    };
    for column in legal.constants.keys() {
        check("constants", column);
    }
    legal.latitude.iter().for_each(|column| check("latitude", column));
    legal.longitude.iter().for_each(|column| check("longitude", column));
    for column in fields.iter().filter_map(|field| field.legal.as_ref()) {
        check("structure", column);
    }
}
