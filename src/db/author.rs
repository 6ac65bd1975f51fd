//! Who makes the edits of a transaction, and why: what their versions bear in the history.

use sqlx::PgConnection;

/// Signs the edits that the connection makes until its transaction ends, and so must be within one. Without it edits
/// bear the name of the user who has connected, and no reason.
pub async fn sign(connection: &mut PgConnection, who: &str, why: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select set_config('misto.who', $1, true), set_config('misto.why', $2, true)")
        .bind(who)
        .bind(why)
        .execute(connection)
        .await?;
    Ok(())
}

/// Who works at the command line.
pub fn operator() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}
