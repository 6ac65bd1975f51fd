//! Registers made from files: a new one takes one file, a changed one is extended, a destructive change is refused.

use std::path::PathBuf;

use misto::catalogue::Catalogue;
use misto::db::pool::Db;
use sqlx::Executor;

use crate::harness::{City, bare_database, root};

/// A copy of the project's layers that a test may change.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("layers-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for entry in std::fs::read_dir(root().join("layers")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        Self { folder }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn read(&self) -> Result<Catalogue, Vec<misto::catalogue::reader::Mistake>> {
        Catalogue::read(&self.folder, &root().join("styles"))
    }
}

const PLAYGROUNDS: &str = include_str!("../fixtures/playgrounds.toml");

#[tokio::test]
async fn one_file_and_no_code_makes_a_register() {
    let files = Files::new("playgrounds");
    files.write("playgrounds.toml", PLAYGROUNDS);
    let city = City::with(files.read().unwrap(), bare_database().await).await;
    city.sql(
        "insert into registers.playgrounds (geom, uid, kind, area, contact_phone) \
         values (st_setsrid(st_point(30.5, 50.45), 4326), 'М-1', 'дитячий майданчик', 120.5, '+380')",
    )
    .await;
    let page = city.json("/api/collections/playgrounds/items").await;
    assert_eq!(page["features"][0]["properties"]["area"], 120.5);
    assert!(page["features"][0]["properties"].get("contact_phone").is_none());
    let tiles = city.json("/tiles/playgrounds").await;
    assert_eq!(tiles["vector_layers"][0]["fields"]["kind"], "String");
    let tile = misto::geom::grid::TileId::at(14, 30.5, 50.45);
    assert_eq!(city.get(&format!("/tiles/playgrounds/{tile}")).await.status, 200);
    let style = city.json("/styles/light.json").await;
    let drawn = style["layers"].as_array().unwrap().iter().any(|drawing| drawing["source-layer"] == "playgrounds");
    assert!(drawn, "a register that the style does not know is drawn plainly");
}

#[tokio::test]
async fn a_new_field_extends_the_table_and_keeps_its_rows() {
    let files = Files::new("extended");
    files.write("playgrounds.toml", PLAYGROUNDS);
    let options = bare_database().await;
    let city = City::with(files.read().unwrap(), options.clone()).await;
    city.sql("insert into registers.playgrounds (uid) values ('М-1')").await;
    let field = "\n[[fields]]\nname = \"surface\"\ntitle = { uk = \"Покриття\", en = \"Surface\" }\ntype = \"text\"\n";
    let (head, examples) = PLAYGROUNDS.split_once("[[examples]]").unwrap();
    files.write("playgrounds.toml", &format!("{head}{field}\n[[examples]]{examples}"));
    let city = City::with(files.read().unwrap(), options).await;
    let page = city.json("/api/collections/playgrounds/items").await;
    assert_eq!(page["numberReturned"], 1);
    assert!(page["features"][0]["properties"].as_object().unwrap().contains_key("surface"));
}

#[tokio::test]
async fn a_destructive_change_is_refused_with_its_sql_and_changes_nothing() {
    let files = Files::new("destructive");
    files.write("playgrounds.toml", PLAYGROUNDS);
    let options = bare_database().await;
    City::with(files.read().unwrap(), options.clone()).await;
    let changed = PLAYGROUNDS
        .replace("\"contact_phone\"", "\"telephone\"")
        .replace("type = \"number\"", "type = \"integer\"")
        .replace("\"40,5\"", "40");
    files.write("playgrounds.toml", &changed);
    let db = Db::open(options, 2).await.unwrap();
    let error = format!("{:#}", files.read().unwrap().synchronise(&db).await.unwrap_err());
    assert!(error.contains("alter table registers.\"playgrounds\" drop column \"contact_phone\";"), "{error}");
    assert!(error.contains("alter column \"area\" type bigint"), "{error}");
    let added = db.owner.execute("select telephone from registers.playgrounds").await;
    assert!(added.is_err(), "a refused change must not be half done");
}

#[tokio::test]
async fn a_layer_can_show_a_view_that_somebody_else_made() {
    let files = Files::new("view");
    let options = bare_database().await;
    let db = Db::open(options.clone(), 2).await.unwrap();
    db.owner
        .execute(
            "create schema works; create table works.spot (gid int primary key, shape geometry(Point, 4326), uid text, \
             kind text, area numeric, contact_phone text); \
             create view works.seen as select * from works.spot where kind <> 'hidden'; \
             insert into works.spot values (1, st_setsrid(st_point(30, 50), 4326), 'a', 'дитячий майданчик', 2.5, '+380'), \
             (2, null, 'b', 'hidden', null, null)",
        )
        .await
        .unwrap();
    let source = "[source]\nrelation = \"works.seen\"\nid = \"gid\"\ngeometry = \"shape\"\n\n[[fields]]";
    files.write("spots.toml", &PLAYGROUNDS.replacen("[[fields]]", source, 1));
    let city = City::with(files.read().unwrap(), options.clone()).await;
    let page = city.json("/api/collections/spots/items").await;
    assert_eq!(page["numberReturned"], 1);
    assert_eq!(page["features"][0]["id"], 1);
    files.write("spots.toml", &PLAYGROUNDS.replacen("[[fields]]", &source.replace("gid", "kind"), 1));
    let error = format!("{:#}", files.read().unwrap().synchronise(&db).await.unwrap_err());
    assert!(error.contains("column kind must be a whole number"), "{error}");
}

#[tokio::test]
async fn every_mistake_of_every_file_is_reported_at_once_with_its_line() {
    let files = Files::new("mistakes");
    let wrong = PLAYGROUNDS
        .replace("geometry    = \"point\"", "geometry    = \"dot\"")
        .replace("type = \"number\"", "type = \"numbr\"")
        .replace("key         = [\"uid\"]", "key         = [\"nothing\"]")
        .replace("access = \"staff\"", "access = \"secret\"\ncolour = \"red\"");
    files.write("playgrounds.toml", &wrong);
    files.write("broken.toml", "title = \n");
    let mistakes = files.read().unwrap_err();
    let all = mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for wanted in [
        "layers/broken.toml:1:",
        "`geometry` must be one of point, line, polygon",
        "`type` must be one of text, integer, number",
        "`key` names `nothing`, which is no field",
        "`access` must be one of public, staff",
        "unknown key `colour`; allowed: name, title",
    ] {
        assert!(all.contains(wanted), "{wanted:?} is missing of:\n{all}");
    }
    let geometry_line = wrong.lines().position(|line| line.starts_with("geometry")).unwrap() + 1;
    assert!(all.contains(&format!("layers/playgrounds.toml:{geometry_line}:")), "{all}");
}

#[tokio::test]
async fn an_example_that_comes_out_otherwise_is_a_mistake() {
    let files = Files::new("examples");
    files.write("playgrounds.toml", &PLAYGROUNDS.replace("area = -5", "area = 5"));
    let mistakes = files.read().unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].text.contains("is accepted, but its `area` should be refused"), "{}", mistakes[0].text);
}

#[tokio::test]
async fn a_database_without_postgis_is_refused_in_a_sentence_when_it_cannot_be_added() {
    let options = bare_database().await;
    let owner = Db::open(options.clone(), 2).await.unwrap();
    owner.close().await;
    let mut superuser = sqlx::ConnectOptions::connect(&options).await.unwrap();
    superuser
        .execute(
            "drop extension postgis cascade; \
             do $$ begin create role plain login; exception when duplicate_object then null; end $$; \
             grant misto_owner, misto_public to plain",
        )
        .await
        .unwrap();
    let error = format!("{:#}", Db::open(options.username("plain"), 2).await.unwrap_err());
    assert!(error.contains("CREATE EXTENSION postgis"), "{error}");
}

#[tokio::test]
async fn a_field_of_a_view_that_becomes_staff_only_is_closed_to_the_public_role() {
    let files = Files::new("closed");
    let options = bare_database().await;
    let db = Db::open(options.clone(), 2).await.unwrap();
    db.owner
        .execute(
            "create schema works; create table works.spot (id int primary key, geom geometry(Point, 4326), uid text, \
             kind text, area numeric, contact_phone text)",
        )
        .await
        .unwrap();
    let source = "[source]\nrelation = \"works.spot\"\n\n[[fields]]";
    let layer = PLAYGROUNDS.replacen("[[fields]]", source, 1);
    files.write("spots.toml", &layer.replace("access = \"staff\"", "access = \"public\""));
    files.read().unwrap().synchronise(&db).await.unwrap();
    db.public.execute("select contact_phone from works.spot").await.unwrap();
    files.write("spots.toml", &layer);
    files.read().unwrap().synchronise(&db).await.unwrap();
    assert!(db.public.execute("select contact_phone from works.spot").await.is_err());
    db.public.execute("select area from works.spot").await.unwrap();
}

#[tokio::test]
async fn rights_and_comments_are_put_right_and_otherwise_left_alone() {
    let city = City::new().await;
    let state = async || -> Vec<String> {
        let catalogs = "select 'c' || oid || xmin::text from pg_class where relnamespace = 'registers'::regnamespace \
             union all select 'a' || attrelid || attnum || a.xmin::text from pg_attribute a join pg_class c on c.oid = attrelid \
             where relnamespace = 'registers'::regnamespace union all select 'd' || objoid || objsubid || xmin::text \
             from pg_description order by 1";
        sqlx::query_scalar(catalogs).fetch_all(&city.db.owner).await.unwrap()
    };
    let before = state().await;
    city.catalogue.synchronise(&city.db).await.unwrap();
    assert_eq!(state().await, before, "nothing to do, so no table is locked");
    city.sql("grant insert on registers.kiosks to misto_public; grant update (title) on registers.kiosks to public")
        .await;
    city.sql("revoke select (name) on registers.streets from misto_public").await;
    city.sql("grant select (applicant_name) on history.addresses to misto_public").await;
    city.sql("comment on column registers.kiosks.title is 'щось інше'").await;
    city.catalogue.synchronise(&city.db).await.unwrap();
    for (right, is_given) in [
        ("has_table_privilege('misto_public', 'registers.kiosks', 'insert')", false),
        ("has_column_privilege('misto_public', 'registers.kiosks', 'title', 'update')", false),
        ("has_column_privilege('misto_public', 'registers.streets', 'name', 'select')", true),
        ("has_column_privilege('misto_public', 'history.addresses', 'applicant_name', 'select')", false),
        ("exists (select from pg_description where description = 'щось інше')", false),
    ] {
        let given: bool =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select {right}"))).fetch_one(&city.db.owner).await.unwrap();
        assert_eq!(given, is_given, "{right}");
    }
}
