//! The SQL of verification. A rule's query gives `id` (the feature, or null), `other` (another feature, or null), `first`
//! and `second` (numbers), `text`, and `place` (a geometry where it is not the feature's own).

use std::collections::HashMap;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row};

use super::Finding;
use super::rules::{BOUNDARY, Rule};
use crate::catalogue::Catalogue;
use crate::catalogue::layer::Standing;
use crate::catalogue::rules::KEY_SEPARATOR;
use crate::catalogue::select::{Selection, select};
use crate::db::links::table;
use crate::db::sql::{identifier, literal};
use crate::http::language::Language;

/// What must be known before rules can be made.
#[derive(Debug, Default)]
pub struct Facts {
    /// Whether the boundary register holds an area.
    pub boundary: bool,
    /// Whether the codifier КАТОТТГ has been loaded.
    pub codifier: bool,
    /// Features whose polygons cross themselves: GEOS stops at them, so they are not compared with others.
    pub invalid: Vec<i64>,
}

/// Where the codes of КАТОТТГ are.
const CODIFIER: &str = "codifiers.katottg";

pub async fn facts(pool: &PgPool, catalogue: &Catalogue, selection: &Selection) -> Result<Facts, sqlx::Error> {
    let mut facts = Facts::default();
    if let Some(boundary) = catalogue.layer(BOUNDARY).map(|layer| select(layer, selection.caller)) {
        let sql =
            format!("select exists (select from {} where {} is not null)", boundary.relation(), boundary.geometry());
        facts.boundary = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await?;
    }
    let sql = format!("select exists (select from {CODIFIER})");
    facts.codifier = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await?;
    let compares = selection.layer.checks.iter().any(|check| {
        use crate::catalogue::layer::CheckRule::{Gaps, Overlaps};
        matches!(check.rule, Overlaps(_) | Gaps(_))
    });
    if compares {
        let [relation, id, geometry] = parts(selection);
        let sql = format!("select {id}::bigint from {relation} where not st_isvalid({geometry})");
        facts.invalid = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool).await?;
    }
    Ok(facts)
}

fn parts(selection: &Selection) -> [String; 3] {
    [selection.relation(), selection.id(), selection.geometry()]
}

fn column(selection: &Selection, index: usize) -> String {
    identifier(&selection.field(index).name)
}

const NOTHING: &str = "null::bigint as other, null::float8 as first, null::float8 as second, \
     null::text as text, null::geometry as place";

fn found(selection: &Selection, condition: &str) -> String {
    let [relation, id, _] = parts(selection);
    format!("select {id}::bigint as id, {NOTHING} from {relation} where {condition}")
}

fn found_with_text(selection: &Selection, text: &str, condition: &str) -> String {
    let [relation, id, _] = parts(selection);
    format!(
        "select {id}::bigint as id, null::bigint as other, null::float8 as first, null::float8 as second, \
         ({text})::text as text, null::geometry as place from {relation} where {condition}"
    )
}

pub fn missing_key(selection: &Selection) -> String {
    let empty = selection.layer.key.iter().map(|&index| is_empty(&column(selection, index)));
    found(selection, &empty.collect::<Vec<_>>().join(" or "))
}

fn is_empty(column: &str) -> String {
    format!("coalesce(btrim({column}::text), '') = ''")
}

/// A key without what the eye does not tell apart. The letters are spelt out because the database's locale may know
/// nothing of Cyrillic.
fn folded(selection: &Selection) -> String {
    const SEEN: &str = "ABCEHIKMOPTXYabcehikmoptxyабвгґдеєжзиіїйклмнопрстуфхцчшщьюяыэъё";
    const SAME: &str = "АВСЕНІКМОРТХУАВСЕНІКМОРТХУАБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯЫЭЪЁ";
    let parts = selection.layer.key.iter().map(|&index| {
        let text = format!("coalesce({}::text, '')", column(selection, index));
        format!("upper(translate(regexp_replace({text}, '[[:space:]\u{a0}]', '', 'g'), '{SEEN}', '{SAME}'))")
    });
    parts.collect::<Vec<_>>().join(" || chr(31) || ")
}

pub fn duplicate_key(selection: &Selection) -> String {
    let [relation, id, _] = parts(selection);
    let missing = selection.layer.key.iter().map(|&index| is_empty(&column(selection, index)));
    format!(
        "select id, other, null::float8 as first, null::float8 as second, null::text as text, null::geometry as place \
         from (select {id}::bigint as id, min({id}::bigint) over same as other from {relation} where not ({}) \
           window same as (partition by {})) as keys where other <> id",
        missing.collect::<Vec<_>>().join(" or "),
        folded(selection)
    )
}

/// None without a status that ends on a day, or where the caller may not see both.
pub fn term_passed(selection: &Selection) -> Option<String> {
    let status = selection.layer.status.as_ref()?;
    let until = status.until.filter(|until| selection.fields.contains(until))?;
    if !selection.fields.contains(&status.field) {
        return None;
    }
    let ends = |standing: &Standing| standing.after_term() != *standing;
    let values: Vec<_> = status.means.iter().filter(|(_, s)| ends(s)).map(|(value, _)| literal(value)).collect();
    if values.is_empty() {
        return None;
    }
    let (field, until) = (column(selection, status.field), column(selection, until));
    let condition = format!("{until} < current_date and {field} in ({})", values.join(", "));
    Some(found_with_text(selection, &until, &condition))
}

pub fn unknown_katottg(selection: &Selection, index: usize) -> String {
    let code = column(selection, index);
    let condition =
        format!("{code} is not null and not exists (select from {CODIFIER} as known where known.code = {code})");
    found_with_text(selection, &code, &condition)
}

pub fn no_place(selection: &Selection) -> String {
    let geometry = selection.geometry();
    found(selection, &format!("{geometry} is null or st_isempty({geometry})"))
}

pub fn invalid(selection: &Selection) -> String {
    let geometry = selection.geometry();
    found_with_text(selection, &format!("st_isvalidreason({geometry})"), &format!("not st_isvalid({geometry})"))
}

/// Lines and areas may cross the border, so only what lies wholly outside is.
pub fn outside(selection: &Selection, boundary: &Selection) -> String {
    let [relation, id, geometry] = parts(selection);
    let (areas, area) = (boundary.relation(), boundary.geometry());
    format!(
        "select one.{id}::bigint as id, {NOTHING} from {relation} as one where one.{geometry} is not null \
         and not exists (select from {areas} as around where st_intersects(around.{area}, one.{geometry}))"
    )
}

pub fn unlinked(selection: &Selection, link: &str) -> String {
    let (id, links) = (selection.id(), table(&selection.layer.id));
    found(selection, &format!("{id} not in (select kept.id from {links} as kept where kept.link = {})", literal(link)))
}

pub fn linked(selection: &Selection, link: &str) -> String {
    format!(
        "select kept.id, kept.target as other, null::float8 as first, null::float8 as second, null::text as text, \
         null::geometry as place from {} as kept where kept.link = {}",
        table(&selection.layer.id),
        literal(link)
    )
}

/// The link's own fields have values, and it has no target.
pub fn dead_link(selection: &Selection, link: &str, own: &[usize]) -> String {
    let (id, links) = (selection.id(), table(&selection.layer.id));
    let columns: Vec<_> = own.iter().map(|&index| column(selection, index)).collect();
    let filled = columns.iter().map(|column| format!("not ({})", is_empty(column))).collect::<Vec<_>>();
    let text = format!("concat_ws({}, {})", literal(KEY_SEPARATOR), columns.join(", "));
    let condition = format!(
        "{} and {id} not in (select kept.id from {links} as kept where kept.link = {})",
        filled.join(" and "),
        literal(link)
    );
    found_with_text(selection, &text, &condition)
}

pub fn dangling(selection: &Selection, index: usize, target: &Selection, to_field: &str) -> String {
    let value = column(selection, index);
    let theirs = identifier(to_field);
    let condition = format!(
        "not ({}) and {value}::text not in (select {theirs}::text from {} where {theirs} is not null)",
        is_empty(&value),
        target.relation()
    );
    found_with_text(selection, &value, &condition)
}

pub fn empty(selection: &Selection, index: usize) -> String {
    found(selection, &is_empty(&column(selection, index)))
}

/// The documented area in units of so many square metres against the one on the ellipsoid.
pub fn area(selection: &Selection, index: usize, square_metres: f64, percent: f64) -> String {
    let [relation, id, geometry] = parts(selection);
    let stated = column(selection, index);
    format!(
        "select id, null::bigint as other, stated as first, area as second, null::text as text, null::geometry as place \
         from (select {id}::bigint as id, {stated}::float8 as stated, st_area({geometry}::geography) as area \
           from {relation} where {stated} is not null and {geometry} is not null) as areas \
         where area > 0 and abs(stated * {square_metres:?} - area) > area * {percent:?} / 100"
    )
}

fn not_among(ids: &[i64], id: &str) -> String {
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    format!("{id} <> all ('{{{list}}}'::bigint[])")
}

/// Pairs of polygons that share more than so many square metres. The index finds boxes that meet; most pairs are
/// neighbours, which ST_Relate dismisses; areas are computed only of the few that are left.
pub fn overlaps(selection: &Selection, tolerance: f64, facts: &Facts) -> String {
    let [relation, id, geometry] = parts(selection);
    let (a, b) = (format!("a.{id}"), format!("b.{id}"));
    format!(
        "select id, other, common as first, 100 * common / nullif(least(area, other_area), 0) as second, \
           null::text as text, place from (select {a}::bigint as id, {b}::bigint as other, \
             st_area(st_intersection(a.{geometry}, b.{geometry})::geography) as common, \
             st_area(a.{geometry}::geography) as area, st_area(b.{geometry}::geography) as other_area, \
             st_intersection(a.{geometry}, b.{geometry}) as place \
           from {relation} as a join {relation} as b on a.{geometry} && b.{geometry} and {a} < {b} \
           where {} and {} and st_relate(a.{geometry}, b.{geometry}, 'T********') offset 0) as pairs \
         where common > {tolerance:?}",
        not_among(&facts.invalid, &a),
        not_among(&facts.invalid, &b)
    )
}

/// Cells of the search for gaps, in degrees of longitude and latitude, and how far it looks beyond each.
const CELL: [f64; 2] = [0.01, 0.008];
const BEYOND: [f64; 2] = [0.0008, 0.0005];

/// Holes of the polygons' union of up to so many square metres. The union is made cell by cell, of whole polygons that
/// come near the cell; a hole belongs to the cell that its south-western corner lies in. So a gap is found whatever
/// the cells' borders cut, as long as it is not longer than about fifty metres; and what is thinner than the digits
/// of coordinates (a hundredth of a square metre) is none.
pub fn gaps(selection: &Selection, tolerance: f64, facts: &Facts) -> String {
    let [relation, id, geometry] = parts(selection);
    let [width, height] = CELL;
    let [east, north] = BEYOND;
    let valid = not_among(&facts.invalid, &format!("one.{id}"));
    format!(
        "with cells as materialized (select distinct floor(st_xmin(one.{geometry}) / {width}) as x, \
             floor(st_ymin(one.{geometry}) / {height}) as y from {relation} as one \
           where one.{geometry} is not null and not st_isempty(one.{geometry})), \
         around as (select distinct x + across as x, y + up as y \
           from cells, generate_series(0, 1) as across, generate_series(0, 1) as up) \
         select (select one.{id}::bigint from {relation} as one where one.{geometry} && gap.ring and {valid} \
             and st_intersects(one.{geometry}, gap.ring) order by one.{id} limit 1) as id, \
           null::bigint as other, gap.area as first, null::float8 as second, null::text as text, gap.ring as place \
         from around cross join lateral (select st_union(one.{geometry}) as whole from {relation} as one \
           where one.{geometry} && st_expand(st_makeenvelope(x * {width}, y * {height}, (x + 1) * {width}, \
             (y + 1) * {height}, 4326), {east}, {north}) and {valid}) as united \
         cross join lateral st_dump(whole) as part \
         cross join lateral (select st_makepolygon(st_exteriorring(hole.geom)) as ring, \
             st_area(hole.geom::geography) as area from st_dumprings(part.geom) as hole where hole.path[1] > 0 \
             and floor(st_xmin(hole.geom) / {width}) = x and floor(st_ymin(hole.geom) / {height}) = y) as gap \
         where gap.area between 0.01 and {tolerance:?}"
    )
}

/// Values of the given fields as texts, row by row.
pub fn stored_values(selection: &Selection, fields: &[usize]) -> String {
    let [relation, id, _] = parts(selection);
    let columns = fields.iter().map(|&index| format!("{}::text", column(selection, index)));
    let columns = columns.collect::<Vec<_>>().join(", ");
    format!("select {id}::bigint, array[{columns}]::text[] from {relation} order by 1")
}

/// What a rule found, with the feature that it is about.
#[derive(Debug)]
pub struct Found {
    id: Option<i64>,
    key: String,
    name: Vec<String>,
    pub other_key: String,
    pub other_name: String,
    pub first: Option<f64>,
    pub second: Option<f64>,
    pub text: String,
    /// Longitude and latitude.
    place: Option<(f64, f64)>,
}

/// The natural key as an array of texts, of what the caller may see of it.
fn key_columns(selection: &Selection) -> String {
    let key = selection.layer.key.iter().filter(|index| selection.fields.contains(index));
    let columns = key.map(|&index| format!("coalesce({}::text, '')", column(selection, index)));
    format!("array[{}]::text[]", columns.collect::<Vec<_>>().join(", "))
}

/// Runs a rule's query: how many it found, and at most `most` of them.
pub async fn look(
    pool: &PgPool,
    selection: &Selection,
    rule: &Rule,
    sql: &str,
    most: Option<usize>,
) -> Result<(i64, Vec<Finding>), sqlx::Error> {
    let other = rule.other.as_ref().unwrap_or(selection);
    let sql = described_sql(selection, other, sql, most);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await?;
    let count = rows.first().map(|row| row.try_get("in all")).transpose()?.unwrap_or(0);
    let read = |row: &PgRow| Ok(Found::read(row, other)?.finding(selection, &rule.words));
    Ok((count, rows.iter().map(read).collect::<Result<_, sqlx::Error>>()?))
}

/// The features of these ids, as findings describe them.
pub async fn described(pool: &PgPool, selection: &Selection, ids: &[i64]) -> Result<HashMap<i64, Found>, sqlx::Error> {
    let found = format!("select distinct unnest($1::bigint[]) as id, {NOTHING}");
    let sql = described_sql(selection, selection, &found, None);
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch_all(pool).await?;
    let mut described = HashMap::new();
    for row in &rows {
        let found = Found::read(row, selection)?;
        if let Some(id) = found.id {
            described.insert(id, found);
        }
    }
    Ok(described)
}

/// No field has a space in its name, so the columns of what was found cannot be mistaken for one.
fn described_sql(selection: &Selection, other: &Selection, found: &str, most: Option<usize>) -> String {
    let [relation, id, geometry] = parts(selection);
    let (other_relation, other_id) = (other.relation(), other.id());
    let limit = most.map(|most| format!("limit {most}")).unwrap_or_default();
    format!(
        "with found as materialized ({found}), \
         few as (select id as \"found id\", other as \"other id\", first as \"the first\", second as \"the second\", \
           text as \"the text\", place as \"the place\", count(*) over () as \"in all\" from found \
           order by id nulls last, other {limit}) \
         select \"found id\", \"the first\", \"the second\", coalesce(\"the text\", '') as \"the text\", \"in all\", \
           coalesce({key}, '{{}}') as \"own key\", coalesce({name}, '{{}}') as \"own name\", \
           (select {other_key} from {other_relation} where {other_id} = \"other id\") as \"other key\", \
           (select {other_name} from {other_relation} where {other_id} = \"other id\") as \"other name\", \
           (st_xmin(\"a box\") + st_xmax(\"a box\")) / 2 as lon, (st_ymin(\"a box\") + st_ymax(\"a box\")) / 2 as lat \
         from few left join {relation} on {id} = \"found id\" \
         cross join lateral (select box3d(coalesce(\"the place\", {geometry})) as \"a box\") as placed \
         order by \"found id\" nulls last, \"other id\"",
        key = key_columns(selection),
        name = selection.name_columns(),
        other_key = key_columns(other),
        other_name = other.name_columns(),
    )
}

impl Found {
    fn read(row: &PgRow, other: &Selection) -> Result<Self, sqlx::Error> {
        let key: Vec<String> = row.try_get("own key")?;
        let other_key: Option<Vec<String>> = row.try_get("other key")?;
        let other_name: Option<Vec<String>> = row.try_get("other name")?;
        let place = (row.try_get::<Option<f64>, _>("lon")?, row.try_get::<Option<f64>, _>("lat")?);
        Ok(Self {
            id: row.try_get("found id")?,
            key: key.join(KEY_SEPARATOR),
            name: row.try_get("own name")?,
            other_key: other_key.unwrap_or_default().join(KEY_SEPARATOR),
            other_name: other_name.map(|name| other.layer.filled_name(&name, Language::Uk)).unwrap_or_default(),
            first: row.try_get("the first")?,
            second: row.try_get("the second")?,
            text: row.try_get("the text")?,
            place: place.0.zip(place.1).filter(|(lon, lat)| lon.is_finite() && lat.is_finite()),
        })
    }

    pub fn finding(&self, selection: &Selection, words: &super::detail::Words) -> Finding {
        let layer = &selection.layer;
        let mut parts = Vec::new();
        if let Some((lon, lat)) = self.place {
            parts.push(format!("map=18/{lat:.5}/{lon:.5}"));
        }
        parts.push(format!("layers={}", layer.id));
        if let Some(id) = self.id {
            parts.push(format!("object={}/{id}", layer.id));
        }
        Finding {
            id: self.id,
            key: self.key.clone(),
            name: layer.filled_name(&self.name, Language::Uk),
            detail: words.of(self),
            map: format!("/?{}", parts.join("&")),
        }
    }
}

/// The newest change of any of these relations that the change feed remembers.
pub async fn newest_change(owner: &PgPool, relations: &[String]) -> Result<Option<i64>, sqlx::Error> {
    let newest = sqlx::query_scalar("select max(seq) from misto.changes where relation = any($1)").bind(relations);
    newest.fetch_one(owner).await
}
