//! The moment a device says it started.

use crate::xml::trim;

/// `BootTime`: when a device started, in its own local time.
///
/// Devices without a clock count from 1970 and jump when they learn the time: a difference of years
/// is a clock that was set, not a reboot (A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

/// A text that is not a date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a boot time: expected a date and time such as 2024-09-18 09:21:28")]
pub struct BootTimeError;

impl BootTime {
    /// Reads `2024-09-18 09:21:28`; numbers may be unpadded (`2021-3-5 7:4:9`, A), the separator may be `T` (C).
    pub fn parse(text: &str) -> Result<BootTime, BootTimeError> {
        let text = trim(text);
        let (date, time) = text.split_once([' ', 'T']).ok_or(BootTimeError)?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time.trim_start(), ':')?;
        let fits = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            // A leap second is written as 60.
            && second <= 60;
        if !fits {
            return Err(BootTimeError);
        }
        // The ranges were checked above, so the casts keep the values.
        Ok(BootTime {
            year,
            month: month as u8,
            day: day as u8,
            hour: hour as u8,
            minute: minute as u8,
            second: second as u8,
        })
    }

    /// Seconds since 1970-01-01 00:00:00 in the device's local time.
    pub fn seconds(self) -> i64 {
        let days = days_since_1970(
            i64::from(self.year),
            i64::from(self.month),
            i64::from(self.day),
        );
        days * 86_400
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
    }
}

impl std::fmt::Display for BootTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let BootTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

/// Exactly three numbers of one to four digits.
fn numbers(text: &str, separator: char) -> Result<[u16; 3], BootTimeError> {
    let mut parts = text.split(separator);
    let mut next = || {
        let part = parts.next().ok_or(BootTimeError)?;
        let digits =
            !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits {
            part.parse().map_err(|_| BootTimeError)
        } else {
            Err(BootTimeError)
        }
    };
    let numbers = [next()?, next()?, next()?];
    if parts.next().is_none() {
        Ok(numbers)
    } else {
        Err(BootTimeError)
    }
}

fn days_in_month(year: u16, month: u16) -> u16 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar. Counting years from March puts the leap day last, so that
/// the length of the months before any month is one linear formula.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let before_month = (month * 153 + 2) / 5;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719 468 is the number of days from 0000-03-01 to 1970-01-01.
    year * 365 + leap_days + before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_seconds() {
        for (text, seconds) in [
            ("1970-01-01 00:00:00", 0),
            ("1970-01-15 02:44:11", 14 * 86_400 + 2 * 3600 + 44 * 60 + 11),
            ("2024-02-29 23:59:59", 1_709_251_199),
            ("2024-09-18 09:21:28", 1_726_651_288),
            ("2021-3-5 7:4:9", 1_614_927_849),
            (" 2024-09-18T09:21:28\r\n", 1_726_651_288),
            ("2100-03-01 00:00:00", 4_107_542_400),
        ] {
            assert_eq!(
                BootTime::parse(text).map(BootTime::seconds),
                Ok(seconds),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in [
            "",
            "2024-09-18",
            "2024-09-18 09:21",
            "2024-13-01 00:00:00",
            "2023-02-29 00:00:00",
            "2024-09-18 24:00:00",
            "2024-09-18 09:21:28:1",
            "+2024-09-18 09:21:28",
            "20245-09-18 09:21:28",
            "--- :::",
        ] {
            assert_eq!(BootTime::parse(text), Err(BootTimeError), "{text}");
        }
    }

    #[test]
    fn orders_by_time_and_shows_padded() {
        let [a, b] =
            ["2021-3-5 7:4:9", "2021-3-5 17:4:9"].map(|text| BootTime::parse(text).unwrap());
        assert!(a < b);
        assert_eq!(a.to_string(), "2021-03-05 07:04:09");
    }
}
