//! The parameter `datetime`: the moment as of which a register is looked at, or the time within which its records were in
//! force.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Kyiv;

use super::problem::Problem;

/// When a register is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    At(DateTime<Utc>),
    /// From and until; none: open.
    Within(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// Reads a moment (RFC 3339), or a day, which means its end in Kyiv.
pub fn read(text: &str) -> Result<DateTime<Utc>, Problem> {
    moment(text, end_of).ok_or_else(|| {
        Problem::bad_request(
            "datetime",
            "datetime — це момент, напр. 2026-11-25T10:00:00+02:00, або день 2026-11-25 (його кінець за Києвом). Проміжків тут немає.",
            "datetime is a moment, for example 2026-11-25T10:00:00+02:00, or a day, 2026-11-25 (its end in Kyiv). \
             There are no intervals here.",
        )
    })
}

/// Reads a moment, or an interval of two (OGC API – Features §7.15.4), one of which may be `..` or nothing. A day at the
/// beginning of an interval means its beginning in Kyiv.
pub fn read_when(text: &str) -> Result<When, Problem> {
    let when = match text.split_once('/') {
        None => moment(text, end_of).map(When::At),
        Some((from, until)) => within(from.trim(), until.trim()),
    };
    when.ok_or_else(|| {
        Problem::bad_request(
            "datetime",
            "datetime — це момент, напр. 2026-11-25T10:00:00+02:00, день 2026-11-25 (його кінець за Києвом) або проміжок: \
             2026-01-01/2026-06-30, ../2026-06-30, 2026-01-01/..",
            "datetime is a moment, for example 2026-11-25T10:00:00+02:00, a day, 2026-11-25 (its end in Kyiv), or an \
             interval: 2026-01-01/2026-06-30, ../2026-06-30, 2026-01-01/..",
        )
    })
}

fn within(from: &str, until: &str) -> Option<When> {
    let is_open = |text: &str| matches!(text, "" | "..");
    let from = if is_open(from) { None } else { Some(moment(from, start_of)?) };
    let until = if is_open(until) { None } else { Some(moment(until, end_of)?) };
    match (from, until) {
        (None, None) => None,
        (Some(from), Some(until)) if from > until => None,
        _ => Some(When::Within(from, until)),
    }
}

fn moment(text: &str, of_day: fn(NaiveDate) -> Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    // a plus that was not encoded arrives as a space
    let instant = DateTime::parse_from_rfc3339(&text.trim().replace(' ', "+")).map(|moment| moment.to_utc()).ok();
    let moment = instant.or_else(|| of_day(text.trim().parse().ok()?));
    moment.filter(|moment| (1000..=9998).contains(&moment.year()))
}

fn start_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(Kyiv.from_local_datetime(&day.and_hms_opt(0, 0, 0)?).earliest()?.to_utc())
}

fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(start_of(day.checked_add_days(Days::new(1))?)? - TimeDelta::microseconds(1))
}

/// As the parameter's value, to a microsecond, and so that nothing in it needs an escape.
pub fn write(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Whether a layer looks then as it does now: later today.
pub fn is_now(moment: DateTime<Utc>) -> bool {
    let now = Utc::now();
    let day = |moment: DateTime<Utc>| moment.with_timezone(&Kyiv).date_naive();
    moment >= now && day(moment) == day(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_or_the_end_of_a_day_is_read() {
        let read = |text: &str| read(text).map(write);
        assert_eq!(read("2026-11-25T10:00:00+02:00").unwrap(), "2026-11-25T08:00:00.000000Z");
        assert_eq!(read("2026-11-25T10:00:00 02:00").unwrap(), "2026-11-25T08:00:00.000000Z");
        assert_eq!(read("2026-11-25").unwrap(), "2026-11-25T21:59:59.999999Z");
        assert_eq!(read("2026-07-01").unwrap(), "2026-07-01T20:59:59.999999Z");
        for wrong in
            ["", "yesterday", "2026-11-25/..", "../2026-11-25", "2026-13-01", "9999-12-31", "0001-01-01T00:00:00Z"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interval_may_be_open_at_one_end() {
        let day = |text: &str| moment(text, start_of);
        let (first, last) = (day("2026-01-01"), moment("2026-06-30", end_of));
        for (text, when) in [
            ("2026-01-01/2026-06-30", When::Within(first, last)),
            ("2026-01-01/..", When::Within(first, None)),
            ("2026-01-01/", When::Within(first, None)),
            ("../2026-06-30", When::Within(None, last)),
            ("/2026-06-30", When::Within(None, last)),
            ("2026-06-30", When::At(last.unwrap())),
        ] {
            assert_eq!(read_when(text).unwrap(), when, "{text}");
        }
        for wrong in ["../..", "/", "2026-06-30/2026-01-01", "2026-01-01/2026-02-01/2026-03-01", "x/..", ""] {
            assert!(read_when(wrong).is_err(), "{wrong}");
        }
    }
}
