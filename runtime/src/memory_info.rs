//! How much memory a device has, and the host's from `/proc/meminfo`.

/// Memory of a device in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryInfo {
    /// What can still be allocated.
    pub free: u64,
    /// All there is.
    pub total: u64,
}

/// The host's memory; `None` where the system does not say (only Linux does).
pub(crate) fn host() -> Option<MemoryInfo> {
    parse_meminfo(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse_meminfo(text: &str) -> Option<MemoryInfo> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 =
            line.trim_start_matches(':').trim().strip_suffix(" kB")?.trim().parse().ok()?;
        kib.checked_mul(1024)
    };
    Some(MemoryInfo { free: field("MemAvailable")?, total: field("MemTotal")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_two_fields() {
        let text = "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:    8192 kB\n";
        assert_eq!(parse_meminfo(text), Some(MemoryInfo { free: 8 << 20, total: 16 << 20 }));
        assert_eq!(parse_meminfo("MemTotal: 5 pages\n"), None);
    }
}
