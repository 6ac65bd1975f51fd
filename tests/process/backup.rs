//! A city dumped beside its running server and restored into another cluster.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::{LIMIT, Server, folder, get, misto, told};

/// A connection into the private cluster of a running server.
async fn connect(var: &Path) -> PgConnection {
    let options = PgConnectOptions::new_without_pgpass().socket(var.join("postgres/run")).port(5432);
    options.ssl_mode(PgSslMode::Disable).username("misto").database("postgres").connect().await.unwrap()
}

async fn add_system(var: &Path, sql: &str) {
    let mut connection = connect(var).await;
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Everything that a database holds and guards, as lines that can be compared.
async fn portrait(var: &Path) -> Vec<String> {
    const OBJECTS: &str = "with own as (select c.*, format('%I.%I', nspname, relname) as name from pg_class c \
           join pg_namespace n on n.oid = relnamespace where nspname in ('registers', 'history', 'links', 'codifiers', 'misto')) \
         select 'relation ' || name || ' ' || relkind::text || relpersistence::text || ' ' || relowner::regrole || ' ' \
             || coalesce(relacl, acldefault('r', relowner))::text || coalesce(obj_description(oid, 'pg_class'), '') from own where relkind <> 'i' \
         union all select 'column ' || name || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull \
             || attidentity::text || coalesce(attacl::text, '') || coalesce(col_description(attrelid, attnum), '') \
             || coalesce(pg_get_expr(adbin, adrelid), '') \
           from own join pg_attribute a on attrelid = own.oid and attnum > 0 and not attisdropped \
           left join pg_attrdef on adrelid = attrelid and adnum = attnum where relkind in ('r', 'p', 'v') \
         union all select 'index ' || pg_get_indexdef(indexrelid) from pg_index where indrelid in (select oid from own) \
         union all select 'trigger ' || pg_get_triggerdef(pg_trigger.oid) || tgenabled::text from pg_trigger \
           where tgrelid in (select oid from own) and not tgisinternal \
         union all select 'constraint ' || conname || pg_get_constraintdef(oid) from pg_constraint \
           where connamespace = any('{registers,history,links,codifiers,misto}'::regnamespace[]) \
         union all select 'function ' || pg_get_functiondef(oid) || proowner::regrole || coalesce(proacl, acldefault('f', proowner))::text \
           from pg_proc where pronamespace = any('{registers,history,links,codifiers,misto}'::regnamespace[]) \
         union all select 'system ' || s::text from public.spatial_ref_sys as s \
         union all select 'schema ' || nspname || nspowner::regrole || coalesce(nspacl, acldefault('n', nspowner))::text from pg_namespace \
           where nspname !~ '^pg_' \
         order by 1";
    const TABLES: &str = "select format('%I.%I', schemaname, tablename) from pg_tables \
         where schemaname in ('registers', 'history', 'links', 'codifiers', 'misto') \
           and tablename not in ('changes', 'marks', 'era') order by 1";
    const SEQUENCES: &str = "select format('%I.%I', schemaname, sequencename) from pg_sequences \
         where schemaname in ('registers', 'history', 'links') order by 1";
    let mut connection = connect(var).await;
    let mut lines: Vec<String> = sqlx::query_scalar(OBJECTS).fetch_all(&mut connection).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut connection).await.unwrap();
    for table in tables {
        let sum = format!(
            "select 'rows ' || count(*) || ' ' || coalesce(md5(string_agg(line, chr(10) order by line collate \"C\")), '') \
             from (select t::text as line from {table} t) as lines"
        );
        let sum: String = sqlx::query_scalar(AssertSqlSafe(sum)).fetch_one(&mut connection).await.unwrap();
        lines.push(format!("{table} {sum}"));
    }
    let sequences: Vec<String> = sqlx::query_scalar(SEQUENCES).fetch_all(&mut connection).await.unwrap();
    for sequence in sequences {
        let next = format!("select last_value || ' ' || is_called from {sequence}");
        let next: String = sqlx::query_scalar(AssertSqlSafe(next)).fetch_one(&mut connection).await.unwrap();
        lines.push(format!("{sequence} next {next}"));
    }
    connection.close().await.unwrap();
    lines
}

/// The two as one, or what the first difference is.
fn assert_same(one: &[String], two: &[String]) {
    for (one, two) in one.iter().zip(two) {
        assert_eq!(one, two);
    }
    assert_eq!(one.len(), two.len());
}

fn ran(var: &Path, arguments: &[&str], file: &Path) -> String {
    let output = misto(var, arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    told(&output)
}

fn refused(var: &Path, arguments: &[&str], file: &Path) -> String {
    let output = misto(var, arguments).arg(file).output().unwrap();
    assert!(!output.status.success(), "{}", told(&output));
    told(&output)
}

/// What a map over the whole city would show of the buildings, as the tile engine has it.
fn shown(server: &Server) -> String {
    let answer = get(server.port, "/tiles/buildings").unwrap_or_default();
    let bounds = answer.split_once("\"bounds\":").and_then(|(_, rest)| rest.split_once(']'));
    bounds.map(|(bounds, _)| bounds.to_owned()).unwrap_or_default()
}

#[test]
fn a_city_dumped_beside_its_server_is_the_same_in_another_cluster_and_a_server_there_shows_it() {
    let runtime = Runtime::new().unwrap();
    let (here, there) = (folder("dump"), folder("restore"));
    let demo = misto(&here, &["demo", "--addresses", "1500"]).output().unwrap();
    assert!(demo.status.success(), "{}", told(&demo));
    let one = Server::start(&here, &[]);
    let file = here.join("city.misto");
    // a local system that the administrator added, and another under its number in the other cluster
    let system = |name: &str| {
        format!(
            "insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) values \
             (990001, 'city', 1, 'LOCAL_CS[\"{name}\"]', '+proj=tmerc +lat_0=0 +lon_0=30.5 +ellps=krass +units=m')"
        )
    };
    runtime.block_on(add_system(&here, &system("Міська, «стара»")));

    // a run that was killed leaves a part that the next one replaces
    let mut killed = misto(&here, &["dump"]).arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let part = here.join("city.misto.part");
    let start = Instant::now();
    while !part.exists() && killed.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(part.exists() && !file.exists(), "only a complete dump has the name that was asked for");

    let said = ran(&here, &["dump"], &file);
    assert!(said.contains("registers with"), "{said}");
    assert!(!part.exists());
    assert!(refused(&here, &["dump"], &file).contains("--force"));
    ran(&here, &["dump", "--force"], &file);

    let two = Server::start(&there, &[]);
    runtime.block_on(add_system(&there, &system("інша")));
    let empty = runtime.block_on(portrait(&there));
    let bytes = fs::read(&file).unwrap();
    let broken = there.join("broken.misto");
    for (length, flipped) in [(bytes.len() / 2, None), (bytes.len(), Some(bytes.len() / 3)), (0, None)] {
        let mut bytes = bytes[..length].to_vec();
        flipped.into_iter().for_each(|place: usize| bytes[place] ^= 1);
        fs::write(&broken, &bytes).unwrap();
        assert!(refused(&there, &["restore"], &broken).contains("nothing was changed"));
    }
    assert_same(&runtime.block_on(portrait(&there)), &empty);

    let said = ran(&there, &["restore"], &file);
    assert!(said.contains("restored") && !said.contains(" here"), "{said}");
    assert_same(&runtime.block_on(portrait(&there)), &runtime.block_on(portrait(&here)));
    // the server that was running follows without a restart
    let start = Instant::now();
    while shown(&two) != shown(&one) {
        assert!(start.elapsed() < LIMIT, "{}\n{}", shown(&two), shown(&one));
        std::thread::sleep(Duration::from_millis(100));
    }

    assert!(refused(&there, &["restore"], &file).contains("--force"));
    ran(&there, &["restore", "--force"], &file);
    assert_same(&runtime.block_on(portrait(&there)), &runtime.block_on(portrait(&here)));
}

#[test]
fn a_dump_of_an_older_misto_is_migrated_and_its_files_come_along() {
    let runtime = Runtime::new().unwrap();
    let (here, there) = (folder("dump-older"), folder("restore-older"));
    let file = here.join("city.misto");
    let server = Server::start(&here, &[]);
    runtime.block_on(async {
        let mut connection = connect(&here).await;
        // as the first Misto made it
        let back = "drop schema registers, history, links, codifiers, misto cascade; set role misto_owner; \
             create schema misto; set search_path = misto, public";
        sqlx::raw_sql(back).execute(&mut connection).await.unwrap();
        let first = sqlx::migrate!().iter().take(1).cloned().collect();
        Migrator::with_migrations(first).run(&mut connection).await.unwrap();
    });
    ran(&here, &["dump"], &file);
    drop(server);

    let (layers, styles) = (there.join("layers"), there.join("styles"));
    let output =
        misto(&there, &["restore", "--layers-to"]).arg(&layers).arg("--styles-to").arg(&styles).arg(&file).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["layers/kiosks.toml", "layers/groups.toml", "styles/light.json"] {
        assert!(fs::read(there.join(name)).unwrap() == fs::read(root.join(name)).unwrap(), "{name}");
    }
    let demo = misto(&there, &["demo", "--addresses", "200"]).output().unwrap();
    assert!(demo.status.success(), "{}", told(&demo));
}
