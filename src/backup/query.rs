//! What a dump has to know of a database, what a restore would meet there, and the SQL around `pg_restore`'s.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::SCHEMAS;
use super::manifest::{About, Migration, System, hexadecimal};
use crate::db::sql::literal;

/// Tables whose rows mean something in their own cluster only: the change feed begins a new era without them, and every
/// reader that follows it reads everything anew. `spatial_ref_sys` is PostGIS's; what others added to it is in the manifest.
pub const EMPTY: [&str; 4] = ["misto.changes", "misto.marks", "misto.era", "*.spatial_ref_sys"];

/// Opens the snapshot that all of a dump is read from; gives its name. It lasts as long as the connection's transaction.
pub async fn hold_snapshot(connection: &mut PgConnection) -> Result<String> {
    connection
        .execute("set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; set timezone = 'UTC'")
        .await?;
    connection.execute("begin isolation level repeatable read read only").await?;
    Ok(sqlx::query_scalar("select pg_export_snapshot()").fetch_one(connection).await?)
}

/// The major version of the server.
pub async fn server(connection: &mut PgConnection) -> Result<u32> {
    const SERVER: &str = "select current_setting('server_version_num')::int / 10000";
    let major: i32 = sqlx::query_scalar(SERVER).fetch_one(connection).await?;
    Ok(major.unsigned_abs())
}

pub async fn postgis(connection: &mut PgConnection) -> Result<String> {
    const POSTGIS: &str = "select coalesce((select extversion from pg_extension where extname = 'postgis'), '')";
    Ok(sqlx::query_scalar(POSTGIS).fetch_one(connection).await?)
}

/// The database in the connection's snapshot.
pub async fn about(connection: &mut PgConnection, written_by: u32) -> Result<About> {
    let tables = tables(connection, None).await?;
    Ok(About {
        postgresql: server(connection).await?,
        written_by,
        postgis: postgis(connection).await?,
        migrations: migrations(connection).await?,
        tables: count(connection, tables).await?,
        strangers: strangers(connection).await?,
        roles: roles(connection).await?,
        systems: systems(connection).await?,
    })
}

/// Reference systems that somebody added to PostGIS's list. PostGIS says by a condition which rows are not its own.
async fn systems(connection: &mut PgConnection) -> Result<Vec<System>> {
    const LIST: &str = "select format('%I.%I', nspname, relname), extcondition[array_position(extconfig, pg_class.oid)] \
         from pg_extension join pg_class on pg_class.oid = any(extconfig) \
           join pg_namespace on pg_namespace.oid = relnamespace \
         where extname = 'postgis' and relname = 'spatial_ref_sys'";
    let list: Option<(String, Option<String>)> = sqlx::query_as(LIST).fetch_optional(&mut *connection).await?;
    let Some((table, condition)) = list else { return Ok(Vec::new()) };
    let sql = format!(
        "select srid, auth_name, auth_srid, srtext, proj4text from {table} {} order by srid",
        condition.unwrap_or_default()
    );
    let mut systems: Vec<System> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?;
    // every Misto that starts adds the known ones that are missing, by their codes alone
    let is_by_code =
        |system: &System| [&system.srtext, &system.proj4text].iter().all(|text| text.as_deref() == Some(""));
    systems.retain(|system| !is_by_code(system));
    Ok(systems)
}

async fn migrations(connection: &mut PgConnection) -> Result<Vec<Migration>> {
    let there: bool = sqlx::query_scalar("select to_regclass('misto._sqlx_migrations') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        bail!("this database holds no city of Misto's: there is nothing to dump");
    }
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select version, checksum from misto._sqlx_migrations where success order by version")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|(version, sum)| Migration { version, checksum: hexadecimal(&sum) }).collect())
}

/// What `pg_dump` leaves out: system schemas, and what belongs to an extension.
const OWN: &str = "nspname !~ '^pg_' and nspname <> 'information_schema' and not exists (select from pg_depend \
     where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')";

/// Quoted names of tables with rows that outlive a crash; of all schemas, or of some.
async fn tables(connection: &mut PgConnection, schemas: Option<&[&str]>) -> Result<Vec<String>> {
    let sql = format!(
        "select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace \
         where relkind = 'r' and relpersistence = 'p' and {OWN} and ($1::text[] is null or nspname = any($1)) \
           and format('%I.%I', nspname, relname) <> all($2) order by 1"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(schemas).bind(&EMPTY[..]).fetch_all(connection).await?)
}

async fn count(connection: &mut PgConnection, tables: Vec<String>) -> Result<BTreeMap<String, i64>> {
    let mut counts = BTreeMap::new();
    for table in tables {
        let sql = format!("select count(*) from only {table}");
        let rows = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        counts.insert(table, rows);
    }
    Ok(counts)
}

/// Tables and views that are not Misto's own, though a layer may show them.
pub async fn strangers(connection: &mut PgConnection) -> Result<Vec<String>> {
    let sql = format!(
        "select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace \
         where relkind = any('{{r,p,v,m,f}}') and {OWN} and nspname <> all($1) order by 1"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(&SCHEMAS[..]).fetch_all(connection).await?)
}

/// Roles beside Misto's that own a thing or have a right that is dumped.
async fn roles(connection: &mut PgConnection) -> Result<Vec<String>> {
    const ROLES: &str = "with things as ( \
           select 'pg_class'::regclass as kind, oid, relnamespace as schema, relowner as owner, relacl as acl from pg_class \
             where relkind = any('{r,p,v,m,f,S}') \
           union all select 'pg_class'::regclass, attrelid, relnamespace, relowner, attacl \
             from pg_attribute join pg_class on pg_class.oid = attrelid where attacl is not null \
           union all select 'pg_proc'::regclass, oid, pronamespace, proowner, proacl from pg_proc \
           union all select 'pg_type'::regclass, oid, typnamespace, typowner, typacl from pg_type \
             where typtype = any('{d,e}') \
           union all select 'pg_namespace'::regclass, oid, oid, nspowner, nspacl from pg_namespace), \
         own as (select things.* from things join pg_namespace on pg_namespace.oid = schema \
           where nspname !~ '^pg_' and nspname <> 'information_schema' and not exists (select from pg_depend \
             where classid = kind and objid = things.oid and deptype = 'e')) \
         select rolname::text from pg_roles where rolname !~ '^pg_' and rolname <> all('{misto_owner,misto_public}') \
           and oid in (select owner from own union select unnest(array[grantee, grantor]) from own, aclexplode(acl)) \
         order by 1";
    Ok(sqlx::query_scalar(ROLES).fetch_all(connection).await?)
}

/// Those of `roles` that this cluster does not have.
pub async fn missing_roles(connection: &mut PgConnection, roles: &[String]) -> Result<Vec<String>> {
    const MISSING: &str = "select role from unnest($1::text[]) as role \
         where not exists (select from pg_roles where rolname = role) order by 1";
    Ok(sqlx::query_scalar(MISSING).bind(roles).fetch_all(connection).await?)
}

/// Tables of registers and their history that have rows, with how many.
pub async fn rows(connection: &mut PgConnection) -> Result<BTreeMap<String, i64>> {
    let tables = tables(connection, Some(&["registers", "history"])).await?;
    let mut counts = count(connection, tables).await?;
    counts.retain(|_, rows| *rows > 0);
    Ok(counts)
}

/// What is not Misto's and would go with its schemas: views over its tables, and tables that refer to them.
pub async fn dependents(connection: &mut PgConnection) -> Result<Vec<String>> {
    const DEPENDENTS: &str = "with own as (select pg_class.oid from pg_class join pg_namespace \
             on pg_namespace.oid = relnamespace where nspname = any($1)), \
         users as (select ev_class as oid from pg_rewrite join pg_depend on classid = 'pg_rewrite'::regclass \
             and objid = pg_rewrite.oid where refclassid = 'pg_class'::regclass and refobjid in (select oid from own) \
           union select conrelid from pg_constraint where confrelid in (select oid from own)) \
         select format('%I.%I', nspname, relname) from users join pg_class on pg_class.oid = users.oid join pg_namespace \
           on pg_namespace.oid = relnamespace where users.oid not in (select oid from own) order by 1";
    Ok(sqlx::query_scalar(DEPENDENTS).bind(&SCHEMAS[..]).fetch_all(connection).await?)
}

/// Closes a connection in order.
pub async fn close(connection: PgConnection) -> Result<()> {
    Ok(connection.close().await?)
}

/// What goes before `pg_restore`'s script. All is one transaction: without its end nothing of it has happened.
pub fn before(systems: &[System]) -> String {
    let mut script = format!(
        "begin;\nset client_min_messages = error;\nset lock_timeout = '60s';\ndrop schema if exists {} cascade;\n",
        SCHEMAS.join(", ")
    );
    if !systems.is_empty() {
        script.push_str(&format!("do {};\n", literal(&add(systems))));
    }
    script
}

/// The body of a block that makes PostGIS's list say what the dump says of these systems. A list that says so already need
/// not be writable.
fn add(systems: &[System]) -> String {
    let text = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), literal);
    let row = |system: &System| {
        let code = system.auth_srid.map_or("null".to_owned(), |code| code.to_string());
        let [authority, wkt, proj] = [&system.auth_name, &system.srtext, &system.proj4text].map(text);
        format!("({}, {authority}::varchar, {code}::int, {wkt}::varchar, {proj}::varchar)", system.srid)
    };
    let rows = systems.iter().map(row).collect::<Vec<_>>().join(", ");
    format!(
        "declare list text; missing record; begin \
           select format('%I.spatial_ref_sys', nspname) into list from pg_extension \
             join pg_namespace on pg_namespace.oid = extnamespace where extname = 'postgis'; \
           for missing in execute 'select * from (values ' || {} || ') as wanted (srid, auth_name, auth_srid, srtext, proj4text) \
               except select srid, auth_name, auth_srid, srtext, proj4text from ' || list loop \
             execute 'insert into ' || list || ' values ($1, $2, $3, $4, $5) \
               on conflict (srid) do update set auth_name = excluded.auth_name, auth_srid = excluded.auth_srid, \
               srtext = excluded.srtext, proj4text = excluded.proj4text' \
               using missing.srid, missing.auth_name, missing.auth_srid, missing.srtext, missing.proj4text; \
           end loop; \
         exception when insufficient_privilege then \
           raise exception 'the dump has reference systems of its own (%), and this user may not write them into \
spatial_ref_sys; let its owner do so first', {}; end",
        literal(&rows),
        literal(&systems.iter().map(|system| system.srid.to_string()).collect::<Vec<_>>().join(", ")),
    )
}

/// What goes after it: every table is counted before the new rows are anybody's, and readers of the change feed are woken.
pub fn after(tables: &BTreeMap<String, i64>) -> String {
    let wanted: Vec<_> = tables.iter().map(|(name, rows)| format!("({}, {rows})", literal(name))).collect();
    let check = format!(
        "declare wanted record; found bigint; begin \
           for wanted in select * from (values {}) as tables(name, rows) loop \
             execute 'select count(*) from only ' || wanted.name into found; \
             if found <> wanted.rows then \
               raise exception '% has % rows, and the dump % of them', wanted.name, found, wanted.rows; \
             end if; \
           end loop; end",
        wanted.join(", ")
    );
    format!(
        "\ndo {};\nselect pg_catalog.pg_notify('misto_changes', '');\ncommit;\nset client_min_messages = error;\nanalyze;\n",
        literal(&check)
    )
}
