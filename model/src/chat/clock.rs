//! `strftime_now` of chat templates: the current date, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From the day of the epoch, a Thursday.
const DAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// Days of each month in a year that starts in March, where the leap day comes last.
const FROM_MARCH: [u64; 12] = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];

/// Formats `now` as C's `strftime` does; `Err` holds a directive that is not known.
pub(super) fn strftime(format: &str, now: SystemTime) -> Result<String, char> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let month_name = MONTHS.get(month).copied().unwrap_or_default();
    let day_name = DAYS.get((days % 7) as usize).copied().unwrap_or_default();
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out.push_str(&match chars.next() {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{:02}", month + 1),
            Some('d') => format!("{day:02}"),
            Some('B') => month_name.to_owned(),
            Some('b') => month_name.chars().take(3).collect(),
            Some('A') => day_name.to_owned(),
            Some('a') => day_name.chars().take(3).collect(),
            Some('H') => format!("{:02}", time / 3600),
            Some('M') => format!("{:02}", time / 60 % 60),
            Some('S') => format!("{:02}", time % 60),
            Some('%') => "%".to_owned(),
            Some(other) => return Err(other),
            None => return Err('%'),
        });
    }
    Ok(out)
}

/// Year, month (0 is January) and day of the month, of a day since 1970-01-01.
fn civil(days: u64) -> (u64, usize, u64) {
    // Counted from 0000-03-01, the calendar repeats every 400 years of 146 097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    // Centuries of 36 524 days and years of 365, each last one a day longer.
    let century = (day / 36_524).min(3);
    let day = day - century * 36_524;
    let (four, day) = (day / 1461, day % 1461);
    let single = (day / 365).min(3);
    let mut day = day - single * 365;
    let mut month = 0;
    while let Some(&length) = FROM_MARCH.get(month).filter(|&&length| day >= length) {
        day -= length;
        month += 1;
    }
    let year = era * 400 + century * 100 + four * 4 + single + u64::from(month >= 10);
    (year, (month + 2) % 12, day + 1)
}

#[cfg(test)]
mod tests {
    use super::strftime;
    use std::time::{Duration, UNIX_EPOCH};

    fn at(seconds: u64) -> Result<String, char> {
        strftime("%a %d %b %Y %H:%M:%S", UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn known_instants() {
        assert_eq!(at(0).as_deref(), Ok("Thu 01 Jan 1970 00:00:00"));
        assert_eq!(at(951_782_400).as_deref(), Ok("Tue 29 Feb 2000 00:00:00"));
        assert_eq!(at(1_234_567_890).as_deref(), Ok("Fri 13 Feb 2009 23:31:30"));
        assert_eq!(at(1_709_251_199).as_deref(), Ok("Thu 29 Feb 2024 23:59:59"));
        assert_eq!(at(1_709_251_200).as_deref(), Ok("Fri 01 Mar 2024 00:00:00"));
        assert_eq!(at(4_107_542_400).as_deref(), Ok("Mon 01 Mar 2100 00:00:00"));
    }

    #[test]
    fn unknown_directives_are_named() {
        assert_eq!(strftime("%Q", UNIX_EPOCH), Err('Q'));
    }
}
