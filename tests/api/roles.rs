//! The database's own guard: what the role that serves the public cannot do, whatever the program above it asks.

use sqlx::{AssertSqlSafe, Executor};

use crate::harness::City;

async fn refused(city: &City, sql: &str) {
    let error = city.db.public.execute(AssertSqlSafe(sql.to_owned())).await.expect_err(sql);
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    // insufficient privilege, or a write in a read-only transaction
    assert!(matches!(code.as_deref(), Some("42501" | "25006")), "{sql}: {error}");
}

#[tokio::test]
async fn staff_columns_cannot_be_read_as_the_public_role() {
    let city = City::new().await;
    let mut checked = 0;
    for layer in &city.catalogue.layers {
        for field in &layer.fields {
            let sql = format!("select \"{}\" from registers.\"{}\"", field.name, layer.id);
            match field.access {
                misto::auth::Access::Staff => {
                    refused(&city, &sql).await;
                    checked += 1;
                }
                misto::auth::Access::Public => {
                    city.db.public.execute(AssertSqlSafe(sql)).await.unwrap();
                }
            }
        }
    }
    assert!(checked >= 5, "the first layers have staff fields, only {checked} were found");
    refused(&city, "select * from registers.kiosks").await;
}

#[tokio::test]
async fn the_public_role_cannot_write_or_look_into_the_servers_own_schema() {
    let city = City::new().await;
    refused(&city, "insert into registers.kiosks (title) values ('x')").await;
    refused(&city, "update registers.kiosks set title = 'x'").await;
    refused(&city, "delete from registers.kiosks").await;
    refused(&city, "create table registers.mine (id int)").await;
    refused(&city, "select * from misto._sqlx_migrations").await;
    // even where the session's own read-only default is undone
    let mut connection = city.db.public.acquire().await.unwrap();
    connection.execute("set default_transaction_read_only = off").await.unwrap();
    for sql in ["delete from registers.kiosks", "insert into registers.kiosks (title) values ('x')"] {
        let error = connection.execute(sql).await.expect_err(sql);
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{sql}");
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn the_owner_of_registers_is_no_superuser() {
    let city = City::new().await;
    let superuser: bool = sqlx::query_scalar("select rolsuper from pg_roles where rolname = current_user")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    assert!(!superuser);
}
