//! Connecting: what the database must be, the two roles, and a pool for each.
//!
//! `misto_owner` owns everything that Misto makes; `misto_public` can read public columns and nothing else, and every
//! read for the public runs as it. The user who connects only lends its right to become these two.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};

use super::sql::identifier;
use crate::geom::systems::KNOWN;

/// How long a statement for the public may run before PostgreSQL cancels it.
pub const PUBLIC_STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);
const OLDEST_POSTGRES: i32 = 15;
const OLDEST_POSTGIS: (u32, u32) = (3, 3);

/// Pools for the two roles.
#[derive(Debug, Clone)]
pub struct Db {
    /// Runs as `misto_owner`: migrations, imports, edits.
    pub owner: PgPool,
    /// Runs as `misto_public`, read-only, with a statement timeout: every read for the public.
    pub public: PgPool,
}

impl Db {
    /// Checks the database, makes the roles and the `misto` schema, opens the pools and applies the migrations.
    pub async fn open(options: PgConnectOptions, connections: u32) -> Result<Self> {
        let options =
            options.application_name("misto").log_slow_statements(log::LevelFilter::Warn, Duration::from_secs(1));
        reach(&options).await?.close().await?;

        let owner = pool(&options, connections, format!("{QUIET}; {OWNER_SESSION}")).await?;
        let public = pool(&options, connections, public_session()).await?;
        sqlx::migrate!().run(&owner).await.context("the database's migrations failed")?;
        Ok(Self { owner, public })
    }

    /// A pool for the public's reads by one large statement, which each connection plans once, for all values: one
    /// connection more than there are cores, so that who comes later waits for a turn and not for a share of all turns.
    pub fn for_one_statement(&self) -> PgPool {
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get()).clamp(1, 16) + 1;
        let session = format!("{}; set plan_cache_mode = force_generic_plan", public_session());
        pool_options(cores as u32, session).connect_lazy_with((*self.public.connect_options()).clone())
    }

    pub async fn close(&self) {
        self.public.close().await;
        self.owner.close().await;
    }
}

/// What every session says first. Notices ("already exists, skipping") would fill the log.
const QUIET: &str = "set client_min_messages = warning";
const OWNER_SESSION: &str = "set role misto_owner; set search_path = misto, public; set timezone = 'Europe/Kyiv'; \
     set datestyle = 'ISO, YMD'; set jit = off";
/// Many read at once, and to start processes for one of them costs more than most statements.
const PUBLIC_SESSION: &str = "set role misto_public; set search_path = public; set timezone = 'Europe/Kyiv'; \
     set datestyle = 'ISO, YMD'; set jit = off; set max_parallel_workers_per_gather = 0; set default_transaction_read_only = on";

fn public_session() -> String {
    format!("{QUIET}; {PUBLIC_SESSION}; set statement_timeout = {}", PUBLIC_STATEMENT_TIMEOUT.as_millis())
}

fn pool_options(connections: u32, session: String) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(10)).after_connect(
        move |connection, _| {
            let session = session.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(session)).await.map(|_| ()) })
        },
    )
}

async fn pool(options: &PgConnectOptions, connections: u32, session: String) -> Result<PgPool> {
    pool_options(connections, session)
        .connect_with(options.clone())
        .await
        .context("cannot work as the roles misto_owner and misto_public; the connecting user must be a member of both")
}

/// Connects as the user that the options name, checks the database and makes the roles and the `misto` schema.
pub async fn reach(options: &PgConnectOptions) -> Result<PgConnection> {
    let mut connection = PgConnection::connect_with(options)
        .await
        .context("cannot connect to the database; check DATABASE_URL, and that PostgreSQL is running there")?;
    connection.execute(QUIET).await?;
    check_postgres(&mut connection).await?;
    check_postgis(&mut connection).await?;
    add_systems(&mut connection).await?;
    make_roles(&mut connection).await?;
    Ok(connection)
}

async fn check_postgres(connection: &mut PgConnection) -> Result<()> {
    let version: String = sqlx::query_scalar("show server_version_num").fetch_one(&mut *connection).await?;
    new_enough_postgres(&version)?;
    let encoding: String = sqlx::query_scalar("show server_encoding").fetch_one(connection).await?;
    if encoding == "SQL_ASCII" {
        bail!("this database's texts have no encoding (SQL_ASCII); Misto needs one that was made with ENCODING 'UTF8'");
    }
    Ok(())
}

/// `version` is `server_version_num`, for example 150018.
fn new_enough_postgres(version: &str) -> Result<()> {
    let major = version.parse::<i32>().unwrap_or(0) / 10_000;
    if major < OLDEST_POSTGRES {
        bail!(
            "this database is PostgreSQL {major}; Misto needs {OLDEST_POSTGRES} or newer: \
             upgrade it, or point DATABASE_URL at another"
        );
    }
    Ok(())
}

async fn check_postgis(connection: &mut PgConnection) -> Result<()> {
    let installed: Option<String> = sqlx::query_scalar("select extversion from pg_extension where extname = 'postgis'")
        .fetch_optional(&mut *connection)
        .await?;
    let version = match installed {
        Some(version) => version,
        None => add_postgis(connection).await?,
    };
    new_enough_postgis(&version)
}

/// `version` is the extension's, for example 3.3.2.
fn new_enough_postgis(version: &str) -> Result<()> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_POSTGIS {
        let (major, minor) = OLDEST_POSTGIS;
        bail!(
            "this database has PostGIS {version}; Misto needs {major}.{minor} or newer: \
             install it on the server and run ALTER EXTENSION postgis UPDATE"
        );
    }
    Ok(())
}

async fn add_postgis(connection: &mut PgConnection) -> Result<String> {
    let available: Option<String> =
        sqlx::query_scalar("select default_version from pg_available_extensions where name = 'postgis'")
            .fetch_optional(&mut *connection)
            .await?;
    let Some(version) = available else {
        bail!(
            "the database server has no PostGIS; install it there (on Debian: apt-get install postgresql-15-postgis-3) and start again"
        );
    };
    // two processes may come to an empty database at once
    sqlx::query("create extension if not exists postgis with schema public").execute(connection).await.context(
        "PostGIS is not enabled in this database and this user may not enable it; \
         run CREATE EXTENSION postgis there as a superuser and start again",
    )?;
    Ok(version)
}

/// Adds the known reference systems that PostGIS's list lacks, the local ones of УСК-2000 by which land is registered: PROJ
/// knows them by their codes. Where the user may not, they are not offered.
async fn add_systems(connection: &mut PgConnection) -> Result<()> {
    const MAY: &str = "select coalesce(has_table_privilege(to_regclass('spatial_ref_sys')::oid, 'insert'), false)";
    const ADD: &str = "insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) \
         select code, 'EPSG', code, '', '' from unnest($1::integer[]) as code on conflict do nothing";
    let may: bool = sqlx::query_scalar(MAY).fetch_one(&mut *connection).await?;
    if may {
        let codes: Vec<_> = KNOWN.iter().map(|system| system.code as i32).collect();
        sqlx::query(ADD)
            .bind(codes)
            .execute(connection)
            .await
            .context("cannot add reference systems to PostGIS's list")?;
    }
    Ok(())
}

/// Roles belong to the whole cluster, so they may exist from another database; membership must be the user's own.
async fn make_roles(connection: &mut PgConnection) -> Result<()> {
    const MAKE: &str = "do $$ declare wanted text; begin
        foreach wanted in array array['misto_owner', 'misto_public'] loop
            if not exists (select from pg_roles where rolname = wanted) then
                begin
                    execute format('create role %I nologin', wanted);
                exception when duplicate_object or unique_violation then null;
                end;
            end if;
            -- from 16 on, a role's maker administers it but may not become it unless it says so
            if not pg_has_role(current_user, wanted,
                case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
                execute format('grant %I to %I', wanted, current_user);
            end if;
        end loop; end $$";
    let hint = "this user may not make Misto's roles; run, as a superuser: \
         CREATE ROLE misto_owner NOLOGIN; CREATE ROLE misto_public NOLOGIN; GRANT misto_owner, misto_public TO <this user>; \
         GRANT CREATE ON DATABASE <this database> TO misto_owner";
    connection.execute(MAKE).await.context(hint)?;
    let database: String = sqlx::query_scalar("select current_database()").fetch_one(&mut *connection).await?;
    let may_create: bool =
        sqlx::query_scalar("select has_database_privilege('misto_owner', current_database(), 'create')")
            .fetch_one(&mut *connection)
            .await?;
    if !may_create {
        let grant = format!("grant create on database {} to misto_owner", identifier(&database));
        connection.execute(AssertSqlSafe(grant)).await.context(hint)?;
    }
    // sqlx keeps its list of migrations in the first schema of the search path
    connection.execute("set role misto_owner; create schema if not exists misto; reset role").await.context(hint)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_refused_in_a_sentence_that_says_what_to_do() {
        let refused = |result: Result<()>| result.unwrap_err().to_string();
        assert!(refused(new_enough_postgres("140011")).contains("PostgreSQL 14; Misto needs 15"));
        assert!(refused(new_enough_postgis("3.1.4")).contains("ALTER EXTENSION postgis UPDATE"));
        assert!(new_enough_postgres("150018").is_ok() && new_enough_postgres("180000").is_ok());
        assert!(new_enough_postgis("3.3.2").is_ok() && new_enough_postgis("4.0.0dev").is_ok());
    }
}
