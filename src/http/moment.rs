//! The parameter `datetime`: the moment as of which a register is looked at.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Kyiv;

use super::problem::Problem;

/// Reads a moment (RFC 3339), or a day, which means its end in Kyiv.
pub fn read(text: &str) -> Result<DateTime<Utc>, Problem> {
    // a plus that was not encoded arrives as a space
    let instant = DateTime::parse_from_rfc3339(&text.trim().replace(' ', "+")).map(|moment| moment.to_utc()).ok();
    let moment = instant.or_else(|| end_of(text.trim().parse().ok()?));
    moment.filter(|moment| (1000..=9998).contains(&moment.year())).ok_or_else(|| {
        Problem::bad_request(
            "datetime",
            "datetime — це момент, напр. 2026-11-25T10:00:00+02:00, або день 2026-11-25 (його кінець за Києвом). Проміжків немає.",
            "datetime is a moment, for example 2026-11-25T10:00:00+02:00, or a day, 2026-11-25 (its end in Kyiv). \
             There are no intervals.",
        )
    })
}

fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    let next = day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
    let midnight = Kyiv.from_local_datetime(&next).earliest()?;
    Some(midnight.to_utc() - TimeDelta::microseconds(1))
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
}
