//! The device's local date and time as text; seconds since 1970 in device-local terms.

/// How a device writes its boot time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `2024-09-18 09:21:28`
    Padded,
    /// `2021-3-5 7:4:9`
    Unpadded,
}

/// The text of a time `seconds` after 1970-01-01 00:00:00, device-local.
pub(crate) fn text(seconds: i64, style: Style) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    match style {
        Style::Padded => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
        Style::Unpadded => format!("{year}-{month}-{day} {hour}:{minute}:{second}"),
    }
}

/// The same as the `Date` of an HTTP answer.
pub(crate) fn http(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let number = seconds.div_euclid(86_400);
    let (year, month, day) = date(number);
    let (week_day, month) = (
        DAYS[number.rem_euclid(7) as usize],
        MONTHS[month as usize - 1],
    );
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{week_day}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Year, month, day of a day number since 1970-01-01, Gregorian. Years are counted from March, so that the leap day
/// is the last of its year.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        assert_eq!(text(0, Style::Padded), "1970-01-01 00:00:00");
        assert_eq!(text(1_219_451, Style::Padded), "1970-01-15 02:44:11");
        assert_eq!(text(951_782_399, Style::Padded), "2000-02-28 23:59:59");
        assert_eq!(text(951_782_400, Style::Padded), "2000-02-29 00:00:00");
        assert_eq!(text(1_614_927_849, Style::Unpadded), "2021-3-5 7:4:9");
        assert_eq!(text(1_798_761_599, Style::Padded), "2026-12-31 23:59:59");
        assert_eq!(http(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 GMT");
    }
}
