//! What the log of a link says: spills, and matrix instructions that were serialised.

/// Lines worth a warning: `wgmma` that ptxas serialised (C7510 to C7518; C7519 is harmless) and
/// functions that spill registers.
pub(super) fn warnings(log: &str) -> Vec<String> {
    log.lines()
        .map(str::trim)
        .filter(|line| serialised(line) || spills(line))
        .map(str::to_owned)
        .collect()
}

fn serialised(line: &str) -> bool {
    line.match_indices("C75").any(|(at, _)| {
        let code = line[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        code == 4
            && line[at + 1..at + 5].parse::<u32>().is_ok_and(|code| (7510..=7518).contains(&code))
    })
}

/// `0 bytes stack frame, 16 bytes spill stores, 8 bytes spill loads`.
fn spills(line: &str) -> bool {
    line.split(',').any(|part| {
        part.contains("spill")
            && part
                .split_whitespace()
                .find_map(|word| word.parse::<u64>().ok())
                .is_some_and(|bytes| bytes > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_serialised_wgmma_but_not_the_harmless_code() {
        let line = "ptxas info : (C7510) Potential Performance Loss: wgmma.mma_async instructions \
                    are serialized due to insufficient register resources in function 'k'";
        assert_eq!(warnings(line).len(), 1);
        assert!(warnings(&line.replace("C7510", "C7518")).len() == 1);
        assert!(warnings(&line.replace("C7510", "C7519")).is_empty());
        assert!(warnings(&line.replace("C7510", "C75100")).is_empty());
    }

    #[test]
    fn finds_spills_but_not_their_absence() {
        let log = "ptxas info : Function properties for k\n\
                   0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n\
                   8 bytes stack frame, 16 bytes spill stores, 0 bytes spill loads\n\
                   ptxas info : Used 168 registers";
        assert_eq!(
            warnings(log),
            ["8 bytes stack frame, 16 bytes spill stores, 0 bytes spill loads"]
        );
    }
}
