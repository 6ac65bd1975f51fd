//! A reader's place in the change feed: the transactions whose changes it has seen.

use std::fmt;
use std::str::FromStr;

/// A snapshot of transactions (as `pg_snapshot` has it) within an era of the database: everything that had ended when
/// the snapshot was taken has been seen. Written `era:xmin:xmax:xip,…`; to everybody outside an opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    era: i64,
    /// All below have ended.
    first_running: u64,
    /// None from here on had begun.
    next: u64,
    /// Those between the two that were running, in order.
    running: Vec<u64>,
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position of the change feed")]
pub struct NoPosition;

impl Position {
    /// Whether everything that `other` has seen has been seen here too.
    pub fn covers(&self, other: &Self) -> bool {
        let hidden_there = |transaction: &u64| other.running.binary_search(transaction).is_ok();
        // beyond our end there may be only transactions that were running there
        let beyond = other.running.partition_point(|transaction| *transaction < self.next);
        let unseen_beyond = (other.running.len() - beyond) as u64;
        let unseen_within = self.running.iter().all(|running| *running >= other.next || hidden_there(running));
        self.era == other.era && unseen_within && other.next.saturating_sub(self.next) <= unseen_beyond
    }

    /// Whether the two can be compared: the database has not begun anew between them.
    pub fn is_of_era(&self, other: &Self) -> bool {
        self.era == other.era
    }

    /// The part that PostgreSQL reads as a `pg_snapshot`.
    pub(super) fn snapshot(&self) -> String {
        let running: Vec<_> = self.running.iter().map(u64::to_string).collect();
        format!("{}:{}:{}", self.first_running, self.next, running.join(","))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.era, self.snapshot())
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    /// Takes only what PostgreSQL takes too, so that a stranger's text cannot make a statement fail.
    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let mut parts = text.splitn(4, ':');
        let mut part = || parts.next().ok_or(NoPosition);
        let era = part()?.parse().map_err(|_| NoPosition)?;
        let first_running = part()?.parse().map_err(|_| NoPosition)?;
        let next = part()?.parse().map_err(|_| NoPosition)?;
        let running = part()?.split(',').filter(|number| !number.is_empty());
        let running: Vec<u64> = running.map(str::parse).collect::<Result<_, _>>().map_err(|_| NoPosition)?;
        let in_order = running.is_sorted_by(|one, two| one < two);
        let within = running.iter().all(|transaction| (first_running..next).contains(transaction));
        let bounds = 0 < first_running && first_running <= next;
        if bounds && in_order && within { Ok(Self { era, first_running, next, running }) } else { Err(NoPosition) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(position: &Position, transaction: u64) -> bool {
        transaction < position.next && !position.running.contains(&transaction)
    }

    fn any_position() -> impl Strategy<Value = Position> {
        (1..12u64, 0..8u64, proptest::collection::btree_set(0..8u64, 0..8)).prop_map(
            |(first_running, width, running)| {
                let running = running.into_iter().filter(|place| *place < width).map(|place| first_running + place);
                Position { era: 7, first_running, next: first_running + width, running: running.collect() }
            },
        )
    }

    proptest! {
        #[test]
        fn one_covers_another_when_it_has_seen_all_of_it(one in any_position(), two in any_position()) {
            let all = (0..24).all(|transaction| !seen(&two, transaction) || seen(&one, transaction));
            prop_assert_eq!(one.covers(&two), all);
        }

        #[test]
        fn a_position_is_read_as_it_was_written(position in any_position()) {
            prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        }
    }

    #[test]
    fn a_position_of_another_era_says_nothing_of_this_one() {
        let position = |text: &str| text.parse::<Position>().unwrap();
        assert!(position("1:20:20:").covers(&position("1:10:10:")));
        assert!(!position("2:20:20:").covers(&position("1:10:10:")));
    }

    #[test]
    fn what_postgresql_would_not_take_is_no_position() {
        for text in [
            "",
            "5",
            "1:2:3",
            "1:0:3:",
            "1:3:2:",
            "1:2:9:5,4",
            "1:2:9:4,4",
            "1:2:9:1",
            "1:2:9:9",
            "1:2:9:x",
            "1:2:9:3:4",
            "x:2:9:",
            "1:-2:9:",
            "1:2:99999999999999999999999:",
        ] {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
