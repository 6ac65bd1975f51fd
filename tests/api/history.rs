//! Every version of every record, whoever edits and however.

use chrono::{DateTime, Utc};
use misto::auth::Caller;
use misto::catalogue::select::select;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use crate::harness::City;

const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
     (st_setsrid(st_point(30.5, 50.45), 4326), 'Кава', 'ТС-1', 'дійсний'), \
     (st_setsrid(st_point(30.51, 50.46), 4326), 'Квіти', 'ТС-2', 'дійсний')";

/// The moment at which everything so far has happened, and nothing else.
pub async fn moment(city: &City) -> DateTime<Utc> {
    let text: String =
        sqlx::query_scalar("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    text.parse().unwrap()
}

/// Version, title, who, why, how it ended, by whom and why, from the oldest.
async fn versions(city: &City, key: &str) -> Vec<(i32, String, [Option<String>; 5])> {
    const SQL: &str = "select version, title, recorded_by, recorded_why, archived_how, archived_by, archived_why from ( \
         select version, title, recorded_by, recorded_why, null as archived_how, null as archived_by, \
         null as archived_why, recorded_at, passport_number from registers.kiosks union all \
         select version, title, recorded_by, recorded_why, archived_how, archived_by, archived_why, recorded_at, \
         passport_number from history.kiosks) as all_versions where passport_number = $1 order by recorded_at";
    let rows = sqlx::query(SQL).bind(key).fetch_all(&city.db.owner).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), [2, 3, 4, 5, 6].map(|place| row.get(place)))).collect()
}

/// Titles of the kiosks as of a moment, by id.
async fn titles(city: &City, moment: DateTime<Utc>) -> Vec<String> {
    let selection = select(city.catalogue.layer("kiosks").unwrap(), Caller::Public).as_of(moment).unwrap();
    let sql = format!("select title from {} order by {}", selection.relation(), selection.id());
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&city.db.public).await.unwrap()
}

fn texts<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
    texts.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
}

#[tokio::test]
async fn an_edit_with_any_program_leaves_the_old_version_with_who_and_why() {
    let city = City::new().await;
    let user = "misto";
    let before = moment(&city).await;
    city.sql(KIOSKS).await;
    let made = moment(&city).await;
    let mut psql = city.connect().await;
    psql.execute("update registers.kiosks set title = 'Чай' where passport_number = 'ТС-1'").await.unwrap();
    let renamed = moment(&city).await;
    psql.execute(
        "begin; set local misto.why = 'рішення 12'; set local misto.who = 'somebody else'; \
         delete from registers.kiosks where passport_number = 'ТС-1'; commit",
    )
    .await
    .unwrap();
    let deleted = moment(&city).await;
    assert_eq!(
        versions(&city, "ТС-1").await,
        [
            (1, "Кава".to_owned(), texts([user, "", "changed", user, ""])),
            // only Misto itself is believed who its callers are
            (2, "Чай".to_owned(), texts([user, "", "deleted", user, "рішення 12"])),
        ]
    );
    assert_eq!(titles(&city, before).await, [""; 0]);
    assert_eq!(titles(&city, made).await, ["Кава", "Квіти"]);
    assert_eq!(titles(&city, renamed).await, ["Чай", "Квіти"]);
    assert_eq!(titles(&city, deleted).await, ["Квіти"]);
}

#[tokio::test]
async fn what_misto_writes_is_signed() {
    let city = City::new().await;
    let mut connection = city.db.owner.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    misto::db::author::sign(&mut transaction, "olena", "рішення № 7").await.unwrap();
    transaction.execute(KIOSKS).await.unwrap();
    transaction.execute("update registers.kiosks set title = 'Сік' where passport_number = 'ТС-2'").await.unwrap();
    transaction.commit().await.unwrap();
    connection.execute("update registers.kiosks set title = 'Хліб' where passport_number = 'ТС-2'").await.unwrap();
    let found = versions(&city, "ТС-2").await;
    assert_eq!(found[0].2, texts(["olena", "рішення № 7", "changed", "olena", "рішення № 7"]));
    assert_eq!(
        found[1].2,
        texts(["olena", "рішення № 7", "changed", "misto", ""]),
        "a signature ends with its transaction"
    );
    assert_eq!(found[2].2, texts(["misto", "", "", "", ""]));
}

#[tokio::test]
async fn an_update_that_changes_nothing_makes_no_version() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set title = title, geom = geom").await;
    city.sql(
        "update registers.kiosks set version = 7, recorded_at = '1999-01-01', recorded_by = 'x', recorded_why = 'y'",
    )
    .await;
    let found = versions(&city, "ТС-1").await;
    assert_eq!(found, [(1, "Кава".to_owned(), texts(["misto", "", "", "", ""]))]);
    let old: i64 = sqlx::query_scalar("select count(*) from registers.kiosks where recorded_at < '2020-01-01'")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    assert_eq!(old, 0, "nobody writes into the past");
}

#[tokio::test]
async fn nobody_makes_a_record_in_the_past_or_in_anothers_name() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (passport_number, title, version, recorded_at, recorded_by, recorded_why) \
         values ('ТС-1', 'Кава', 12, '1999-01-01', 'mayor', 'because')",
    )
    .await;
    assert_eq!(versions(&city, "ТС-1").await, [(1, "Кава".to_owned(), texts(["misto", "", "", "", ""]))]);
    assert_eq!(titles(&city, "2000-01-01T00:00:00Z".parse().unwrap()).await, [""; 0]);
    let before = moment(&city).await;
    city.sql("update registers.kiosks set id = id + 100").await;
    assert_eq!(
        versions(&city, "ТС-1").await[0].2,
        texts(["misto", "", "deleted", "misto", ""]),
        "gone under its old id"
    );
    let now = moment(&city).await;
    assert_eq!(
        (titles(&city, before).await, titles(&city, now).await),
        (vec!["Кава".to_owned()], vec!["Кава".to_owned()])
    );
}

#[tokio::test]
async fn versions_follow_each_other_within_a_transaction_and_behind_a_lock() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql(
        "begin; update registers.kiosks set title = 'А' where passport_number = 'ТС-1'; \
         update registers.kiosks set title = 'Б' where passport_number = 'ТС-1'; commit",
    )
    .await;
    // the first to begin is the last to write
    let (mut early, mut late) = (city.connect().await, city.connect().await);
    early.execute("begin; select now()").await.unwrap();
    late.execute("begin; update registers.kiosks set title = 'В' where passport_number = 'ТС-1'").await.unwrap();
    let waiting = tokio::spawn(async move {
        early.execute("update registers.kiosks set title = 'Г' where passport_number = 'ТС-1'").await.unwrap();
        early.execute("commit").await.unwrap();
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    late.execute("commit").await.unwrap();
    waiting.await.unwrap();
    let found: Vec<_> = versions(&city, "ТС-1").await.into_iter().map(|(version, title, _)| (version, title)).collect();
    let wanted = [(1, "Кава"), (2, "А"), (3, "Б"), (4, "В"), (5, "Г")];
    assert_eq!(found, wanted.map(|(version, title)| (version, title.to_owned())));
    let broken: i64 = sqlx::query_scalar(
        "select count(*) from history.kiosks as was left join (select id, version, recorded_at from registers.kiosks \
         union all select id, version, recorded_at from history.kiosks) as next \
         on next.id = was.id and next.version = was.version + 1 \
         where was.archived_at <= was.recorded_at or next.recorded_at is distinct from was.archived_at",
    )
    .fetch_one(&city.db.owner)
    .await
    .unwrap();
    assert_eq!(broken, 0, "each version ends at the moment at which the next begins");
}

#[tokio::test]
async fn a_truncate_archives_everything_and_a_revived_record_counts_on() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let full = moment(&city).await;
    city.sql("truncate registers.kiosks").await;
    let empty = moment(&city).await;
    assert_eq!(titles(&city, full).await, ["Кава", "Квіти"]);
    assert_eq!(titles(&city, empty).await, [""; 0]);
    city.sql(
        "insert into registers.kiosks (id, version, title, passport_number) \
         select id, 0, title, passport_number from history.kiosks where passport_number = 'ТС-1'",
    )
    .await;
    let found: Vec<_> = versions(&city, "ТС-1").await.into_iter().map(|(version, _, _)| version).collect();
    assert_eq!(found, [1, 2]);
}

#[tokio::test]
async fn the_public_role_cannot_read_who_and_why_nor_staff_fields_of_the_past() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for layer in &city.catalogue.layers {
        for schema in ["registers", "history"] {
            let staff = layer.fields.iter().filter(|field| field.access == misto::auth::Access::Staff);
            let closed = staff.map(|field| field.name.as_str()).chain(["recorded_by", "recorded_why"]);
            for column in closed.chain(["archived_by", "archived_why"].into_iter().filter(|_| schema == "history")) {
                let sql = format!("select \"{column}\" from {schema}.\"{}\"", layer.id);
                let error = city.db.public.execute(AssertSqlSafe(sql)).await.unwrap_err();
                assert_eq!(
                    error.as_database_error().unwrap().code().unwrap(),
                    "42501",
                    "{schema}.{} {column}",
                    layer.id
                );
            }
        }
    }
    for sql in ["delete from history.kiosks", "insert into history.kiosks (id) values (1)"] {
        assert!(city.db.public.execute(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn history_is_no_edit_for_the_change_feed() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("delete from misto.changes").await;
    city.sql("update registers.kiosks set title = 'Чай' where passport_number = 'ТС-1'").await;
    let relations: Vec<String> =
        sqlx::query_scalar("select relation from misto.changes").fetch_all(&city.db.owner).await.unwrap();
    assert_eq!(relations, ["registers.kiosks"]);
}

#[tokio::test]
async fn as_of_reads_by_the_indexes_of_both_tables() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number) select st_setsrid(st_point(30 + n * 0.0001, 50), 4326), 'К', \
         'ТС-' || n from generate_series(1, 5000) as n; update registers.kiosks set title = 'Л'; \
         analyze registers.kiosks; analyze history.kiosks",
    )
    .await;
    let layer = city.catalogue.layer("kiosks").unwrap();
    let selection = select(layer, Caller::Public).as_of(moment(&city).await).unwrap();
    for condition in [
        format!("{} = 17", selection.id()),
        format!("st_intersects({}, st_makeenvelope(30.1, 49, 30.1005, 51, 4326))", selection.geometry()),
        format!("{} > 100 order by {0} limit 10", selection.id()),
    ] {
        let columns = selection.columns(&selection.fields);
        let sql = format!("explain select {columns} from {} where {condition}", selection.relation());
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&city.db.public).await.unwrap();
        let plan = plan.join("\n");
        assert!(!plan.contains("Seq Scan"), "{condition}:\n{plan}");
    }
}

#[tokio::test]
async fn whoever_may_edit_a_register_needs_no_other_right_and_is_named() {
    let city = City::new().await;
    let mut clerk = city.connect().await;
    clerk
        .execute(
            "do $$ begin create role clerk login; exception when duplicate_object then null; end $$; \
             grant usage on schema registers to clerk; \
             grant select, insert, update, delete, truncate on registers.kiosks to clerk; \
             set session authorization clerk; set search_path = public; set misto.who = 'mayor'",
        )
        .await
        .unwrap();
    clerk.execute(KIOSKS).await.unwrap();
    clerk.execute("update registers.kiosks set title = 'Чай' where passport_number = 'ТС-1'").await.unwrap();
    clerk.execute("delete from registers.kiosks where passport_number = 'ТС-1'").await.unwrap();
    let found = versions(&city, "ТС-1").await;
    assert_eq!(found[0].2, texts(["clerk", "", "changed", "clerk", ""]));
    assert_eq!(found[1].2, texts(["clerk", "", "deleted", "clerk", ""]));
    assert!(clerk.execute("update history.kiosks set title = 'x'").await.is_err());
    clerk.execute("truncate registers.kiosks").await.unwrap();
    assert_eq!(versions(&city, "ТС-2").await[0].2, texts(["clerk", "", "deleted", "clerk", ""]));
}

#[tokio::test]
async fn a_register_from_before_there_was_a_history_gets_one_and_its_rows_keep_their_silence() {
    let city = City::new().await;
    city.sql(
        "drop table history.kiosks; drop trigger zz_misto_stamp_update on registers.kiosks; \
         drop trigger misto_archive_truncate on registers.kiosks; \
         alter table registers.kiosks disable trigger misto_archive_delete; \
         drop trigger zz_misto_stamp_insert on registers.kiosks; \
         alter table registers.kiosks drop column recorded_by, drop column recorded_why",
    )
    .await;
    city.sql(KIOSKS).await;
    city.catalogue.synchronise(&city.db).await.unwrap();
    city.sql("update registers.kiosks set title = 'Чай' where passport_number = 'ТС-1'").await;
    city.sql("delete from registers.kiosks").await;
    let found = versions(&city, "ТС-1").await;
    assert_eq!(found[0].2, texts(["", "", "changed", "misto", ""]));
    assert_eq!(found[1].2, texts(["misto", "", "deleted", "misto", ""]));
    city.sql(KIOSKS).await;
    assert_eq!(versions(&city, "ТС-2").await.len(), 2);
}

#[tokio::test]
async fn an_edit_of_many_rows_and_an_upsert_keep_every_old_row() {
    let city = City::new().await;
    let many = "select st_setsrid(st_point(30 + n * 0.0001, 50), 4326), 'К' || n, 'ТС-' || n from generate_series(1, 5000) as n";
    city.sql(&format!("insert into registers.kiosks (geom, title, passport_number) {many}")).await;
    city.sql(&format!(
        "insert into registers.kiosks as kept (geom, title, passport_number) {many} union all \
         select null, 'Новий', 'ТС-Н' on conflict (passport_number) do update set title = excluded.title || '!' \
         where kept.id % 2 = 0"
    ))
    .await;
    let kept = |sql: &'static str| {
        let owner = city.db.owner.clone();
        async move { sqlx::query_scalar::<_, i64>(sql).fetch_one(&owner).await.unwrap() }
    };
    assert_eq!(
        kept("select count(*) from history.kiosks where archived_how = 'changed' and title like 'К%'").await,
        2500
    );
    assert_eq!(kept("select count(*) from registers.kiosks where version = 2 and title like '%!'").await, 2500);
    assert_eq!(kept("select count(*) from registers.kiosks where version = 1").await, 2501);
    city.sql("delete from registers.kiosks where id % 5 = 0").await;
    assert_eq!(kept("select count(distinct id) from history.kiosks where archived_how = 'deleted'").await, 1000);
}
