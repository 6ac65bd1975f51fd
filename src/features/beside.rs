//! The pages beside a page: found while its rows go by.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::request::ItemsRequest;
use super::sort::Cursor;

/// What is to be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Show,
    /// It is of the page before.
    Skip,
    /// It is of the next page: this one has ended.
    End,
}

/// Where the pages beside a page lie, once its rows have gone by.
#[derive(Debug)]
pub struct Beside {
    /// The next page begins after this.
    pub next: Option<Cursor>,
    /// The previous page ends before this.
    pub previous: Option<Cursor>,
    pub returned: i64,
    limit: i64,
    is_first: bool,
    is_back: bool,
    /// There are rows before the page's first.
    has_more_before: bool,
    last: Option<Cursor>,
    /// The column of the first sort value.
    first_key: usize,
    keys: usize,
}

impl Beside {
    pub fn new(request: &ItemsRequest) -> Self {
        Self {
            next: None,
            previous: None,
            returned: 0,
            limit: request.limit,
            is_first: request.start.is_first(),
            is_back: request.start.is_back(),
            // what the page begins after
            has_more_before: !request.start.is_first() && !request.start.is_back(),
            last: None,
            first_key: request.shown.fields.len() + 5,
            keys: request.sort.len(),
        }
    }

    /// Takes notice of a row.
    pub fn pass(&mut self, row: &PgRow) -> Result<Pass, sqlx::Error> {
        if self.last.is_some() {
            self.next = self.last.take();
            return Ok(Pass::End);
        }
        // of a page that is turned back to, rows are counted from its end
        let to_end = if self.is_back { row.try_get::<i64, _>(self.first_key + self.keys)? } else { 0 };
        if to_end > self.limit {
            self.has_more_before = true;
            return Ok(Pass::Skip);
        }
        if self.returned == 0 && self.has_more_before {
            self.previous = Some(self.cursor(row)?);
        }
        self.returned += 1;
        if to_end == 1 {
            // and what it ends before
            self.next = Some(self.cursor(row)?);
        } else if self.returned == self.limit {
            self.last = Some(self.cursor(row)?);
        }
        Ok(Pass::Show)
    }

    /// Ends the page with this row, the last one that was passed, if another comes.
    pub fn end_with(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        self.last = Some(self.cursor(row)?);
        Ok(())
    }

    /// Whether this is the only page.
    pub fn is_alone(&self) -> bool {
        self.is_first && self.next.is_none()
    }

    fn cursor(&self, row: &PgRow) -> Result<Cursor, sqlx::Error> {
        let keys = self.first_key..self.first_key + self.keys;
        let values = keys.map(|place| row.try_get(place)).collect::<Result<_, _>>()?;
        Ok(Cursor { values, id: row.try_get(0)? })
    }
}
