//! Reading a register's rows for an export: through one cursor, so that they are of one moment and only a few are in
//! memory at a time.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres, Transaction};

use super::order::{Order, PARAMETERS};
use super::stream::{Channel, Failure};
use crate::catalogue::layer::Source;
use crate::catalogue::select::Selection;
use crate::http::problem::Problem;

/// For one step of the cursor; the first may have to sort a whole register.
const STEP: &str = "set local statement_timeout = '60s'; set local cursor_tuple_fraction = 1";
const NEXT: &str = "fetch forward 500 from export";

/// Rows that are about to be read.
pub struct Reader {
    selection: Selection,
    transaction: Transaction<'static, Postgres>,
}

impl Reader {
    /// Begins to read. What is wrong with the order is said here.
    pub async fn open(pool: &PgPool, order: &Order) -> Result<Self, Problem> {
        let selection = order.selection()?;
        let conditions = order.filter.conditions(&selection, 1, PARAMETERS)?;
        let sql = format!(
            "declare export no scroll cursor for select {} from {}{}{} order by {}",
            selection.columns(&selection.fields),
            selection.relation(),
            if conditions.sql.is_empty() { "" } else { " where " },
            conditions.sql.join(" and "),
            selection.id()
        );
        let mut transaction = pool.begin().await?;
        transaction.execute(STEP).await?;
        conditions.values.bind(sqlx::query(AssertSqlSafe(sql))).execute(&mut *transaction).await?;
        Ok(Self { selection, transaction })
    }

    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// When a row was last changed, as RFC 3339 in Kyiv; none where Misto does not keep the rows, or there are none.
    pub async fn modified(&mut self) -> Result<Option<String>, Problem> {
        if self.selection.layer.source != Source::Managed {
            return Ok(None);
        }
        let relation = self.selection.relation();
        let sql = format!("select to_char(max(recorded_at), 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM') from {relation}");
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *self.transaction).await?)
    }

    /// Gives every row to every channel, and ends them; how many rows there were.
    pub async fn run(mut self, channels: &mut [Channel]) -> Result<u64, Failure> {
        let mut count = 0;
        loop {
            let before = count;
            // a kept statement would be read by the columns of the cursor that it first met
            let mut rows = sqlx::query(NEXT).persistent(false).fetch(&mut *self.transaction);
            while let Some(row) = rows.try_next().await? {
                let row = self.selection.read(&row, &self.selection.fields)?;
                for channel in channels.iter_mut() {
                    channel.row(&row).await?;
                }
                count += 1;
            }
            if count == before {
                break;
            }
        }
        for channel in channels {
            channel.end().await?;
        }
        Ok(count)
    }
}
