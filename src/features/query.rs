//! Reading features: one by id, a page, or a whole register as a stream.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Row};

use super::beside::{Beside, Pass};
use super::crs::Crs;
use super::output::{Failure, Output};
use super::request::{ItemsRequest, PARAMETERS, Shown};
use crate::catalogue::filter::Values;
use crate::catalogue::geojson::FeatureWriter;
use crate::catalogue::kept;
use crate::catalogue::select::{SelectedRow, Selection};
use crate::geom::systems::KNOWN;
use crate::http::problem::Problem;

/// Rows of one step of a stream.
const NEXT: &str = "fetch forward 1000 from features";
/// A stream is read to its end, and the planner should know.
const STREAM: &str = "set local cursor_tuple_fraction = 1";
/// How long may be counted for `numberMatched`; it is left out where that does not suffice.
const COUNTING: &str = "set local statement_timeout = '250ms'";

/// What a page's rows are read by.
#[derive(Debug)]
pub struct Statement {
    sql: String,
    count: String,
    values: Values,
    /// Whether connections keep it prepared. What has a filter is planned for its values: a box may hold a house or the city.
    is_lasting: bool,
    /// How many of the values are for the count as well: those of the filter, which come first.
    counted: usize,
}

impl Statement {
    /// Reads one row beyond the limit, which tells whether there is another page. Rows of a page that is turned back to
    /// have their distance from its end as their last column.
    pub fn new(request: &ItemsRequest) -> Result<Self, Problem> {
        let (selection, shown) = (&request.selection, &request.shown);
        let conditions = request.filter.conditions(selection, 1, &PARAMETERS.join(", "))?;
        let (mut sql, mut values) = (conditions.sql, conditions.values);
        let count = format!("select count(*) from {}{}", selection.relation(), filtered(&sql));
        let counted = values.texts().len();
        let id = selection.qualified(&selection.id());
        sql.extend(request.sort.condition(&id, &request.start, &mut values));
        let is_back = request.start.is_back();
        let order = request.sort.order(&id, is_back);
        let distance =
            if is_back { format!(", row_number() over (order by {order}) as \"to its end\"") } else { String::new() };
        let sql = format!(
            "select {}, {}{}{distance} from {}{} order by {order} limit {}",
            selection.columns_as_kept(&shown.fields, &shown.geometry(selection)),
            selection.stamp_as_kept(),
            request.sort.columns(),
            selection.relation(),
            filtered(&sql),
            request.limit.saturating_add(1),
        );
        let sql = if is_back { format!("select * from ({sql}) as page order by \"to its end\" desc") } else { sql };
        Ok(Self { sql, count, values, is_lasting: counted == 0, counted })
    }

    fn bound(&self) -> Query<'_, Postgres, PgArguments> {
        self.values.bind(sqlx::query(AssertSqlSafe(self.sql.clone())).persistent(self.is_lasting))
    }

    /// What the count depends on, to remember it by.
    pub fn count_key(&self) -> String {
        format!("{}\0{}", self.count, self.values.texts()[..self.counted].join("\0"))
    }

    /// How many rows meet the filter; none where that takes too long to find out.
    pub async fn count(&self, public: &PgPool) -> Result<Option<i64>, Problem> {
        let mut transaction = public.begin().await?;
        transaction.execute(COUNTING).await?;
        let mut statement = sqlx::query(AssertSqlSafe(self.count.clone())).persistent(self.is_lasting);
        for text in &self.values.texts()[..self.counted] {
            statement = statement.bind(text);
        }
        match statement.fetch_one(&mut *transaction).await {
            Ok(row) => Ok(Some(row.try_get(0)?)),
            Err(error) if code(&error).as_deref() == Some("57014") => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }
}

fn filtered(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) }
}

/// Writes a page's rows.
pub async fn page(public: &PgPool, statement: &Statement, output: &mut Output) -> Result<(), Failure> {
    let mut rows = statement.bound().fetch(public);
    while let Some(row) = rows.try_next().await.map_err(refused)? {
        if !output.row(&row).await? {
            break;
        }
    }
    Ok(())
}

/// Writes rows through a cursor: they are of one moment, and a client that reads slowly keeps only a few in memory.
pub async fn stream(public: &PgPool, statement: &Statement, output: &mut Output) -> Result<(), Failure> {
    let mut transaction = public.begin().await.map_err(Problem::from)?;
    transaction.execute(STREAM).await.map_err(Problem::from)?;
    let declare = format!("declare features no scroll cursor for {}", statement.sql);
    let declare = statement.values.bind(sqlx::query(AssertSqlSafe(declare)));
    declare.execute(&mut *transaction).await.map_err(refused)?;
    loop {
        let mut empty = true;
        // a kept statement would be read by the columns of the first cursor that had this name
        let mut rows = sqlx::query(NEXT).persistent(false).fetch(&mut *transaction);
        while let Some(row) = rows.try_next().await.map_err(refused)? {
            empty = false;
            if !output.row(&row).await? {
                return Ok(());
            }
        }
        if empty {
            return Ok(());
        }
    }
}

/// Rows of a page for people, and where the pages beside it lie.
pub async fn listing(
    public: &PgPool,
    request: &ItemsRequest,
    statement: &Statement,
) -> Result<(Vec<SelectedRow>, Beside), Problem> {
    let (selection, fields) = (&request.selection, &request.shown.fields);
    let rows = statement.bound().fetch_all(public).await;
    let rows = rows.map_err(refused)?;
    let mut beside = Beside::new(request);
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        match beside.pass(row)? {
            Pass::Show => shown.push(selection.read(row, fields)?),
            Pass::Skip => {}
            Pass::End => break,
        }
    }
    Ok((shown, beside))
}

/// A feature as text, without the brace that ends it; none where there is none with that id.
pub async fn one(public: &PgPool, selection: &Selection, shown: &Shown, id: i64) -> Result<Option<Vec<u8>>, Problem> {
    let Some(row) = row(public, selection, shown, id).await? else { return Ok(None) };
    let mut out = Vec::new();
    FeatureWriter::new(selection, &shown.fields, shown.standing, shown.crs.coordinates()).begin(&mut out, &row)?;
    Ok(Some(out))
}

/// A feature's values, its version and the moment at which that was recorded.
pub type Record = (SelectedRow, Option<i32>, Option<String>);

/// A feature with all its fields, as it is kept.
pub async fn record(public: &PgPool, selection: &Selection, id: i64) -> Result<Option<Record>, Problem> {
    let shown = Shown { crs: Crs::Crs84, fields: selection.fields.clone(), standing: true, geometry: true };
    let Some(row) = row(public, selection, &shown, id).await? else { return Ok(None) };
    let stamp = shown.fields.len() + 3;
    let (version, recorded) = (row.try_get(stamp)?, kept::recorded_text(&row, stamp + 1)?);
    Ok(Some((selection.read(&row, &shown.fields)?, version, recorded)))
}

async fn row(public: &PgPool, selection: &Selection, shown: &Shown, id: i64) -> Result<Option<PgRow>, Problem> {
    let sql = format!(
        "select {}, {} from {} where {} = $1",
        selection.columns_as_kept(&shown.fields, &shown.geometry(selection)),
        selection.stamp_as_kept(),
        selection.relation(),
        selection.id()
    );
    Ok(sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(public).await?)
}

/// Codes of the known reference systems that the database can transform into, and the collation of the Ukrainian alphabet
/// where there is one.
pub async fn facts(public: &PgPool) -> Result<(Vec<u32>, Option<String>), sqlx::Error> {
    let known: Vec<_> = KNOWN.iter().map(|system| system.code as i32).collect();
    let sql = "select srid from spatial_ref_sys where srid = any($1) and auth_name = 'EPSG' and auth_srid = srid";
    let codes: Vec<i32> = sqlx::query_scalar(sql).bind(known).fetch_all(public).await?;
    let sql = "select collname::text from pg_collation where collname = 'uk-x-icu' \
               and collencoding in (-1, pg_char_to_encoding(getdatabaseencoding()))";
    let collation = sqlx::query_scalar(sql).fetch_optional(public).await?;
    Ok((codes.into_iter().map(|code| code as u32).collect(), collation))
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}

/// What the database cannot compute of a request's values (a number out of range, a point outside of a system) is the
/// request's mistake.
fn refused(error: sqlx::Error) -> Problem {
    let is_of_values = code(&error).is_some_and(|code| code.starts_with("22") || code == "XX000");
    if !is_of_values {
        return error.into();
    }
    tracing::debug!(%error, "a request's values cannot be used");
    Problem::new(
        axum::http::StatusCode::BAD_REQUEST,
        "Значення в запиті неможливо обчислити: число, дата або координати поза межами.",
        "The request's values cannot be computed with: a number, a date or coordinates are out of range.",
    )
}
