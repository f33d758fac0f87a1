//! "Did you mean ...?": the nearest of the names that would have been right.

/// The candidate that is nearest to `name`, if one is near enough to be a slip of the pen: at most a
/// third of its letters inserted, deleted, replaced or swapped with the next. Ties go to the
/// alphabetically first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = name.chars().count();
    let limit = (letters / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| {
            *candidate != name && candidate.chars().count().abs_diff(letters) <= limit
        })
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// A help line: "did you mean `x`?", or `otherwise` where nothing is near.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    match nearest(name, candidates) {
        Some(found) => format!("did you mean `{found}`?"),
        None => otherwise.to_owned(),
    }
}

/// Optimal string alignment distance: edits of one letter and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut earlier: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best =
                (previous[j] + usize::from(x != y)).min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(earlier[j - 1] + 1);
            }
            current.push(best);
        }
        earlier = std::mem::replace(&mut previous, current);
    }
    previous[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits_and_swaps() {
        let cases = [
            ("", "abc", 3),
            ("thread", "thread", 0),
            ("gird", "grid", 1),
            ("kitten", "sitting", 3),
        ];
        for (a, b, expected) in cases {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["block_sum", "block_max", "block_id", "x"];
        assert_eq!(nearest("blok_sum", names), Some("block_sum"));
        assert_eq!(nearest("block_di", names), Some("block_id"));
        assert_eq!(nearest("print", names), None);
        assert_eq!(nearest("y", names), None);
        assert_eq!(did_you_mean("zebra", names, "write a number"), "write a number");
    }
}
