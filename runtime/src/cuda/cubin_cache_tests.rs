#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A folder of its own per test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tilewright-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn cache(&self) -> CubinCache {
        CubinCache::new(&Options { cache_dir: Some(self.0.clone()), ..Options::default() })
    }

    fn entry(&self, key: &str) -> PathBuf {
        self.0.join("cubin").join(format!("{key}.cubin"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn linked(bytes: &[u8]) -> impl FnOnce() -> Result<Vec<u8>, Error> {
    let bytes = bytes.to_vec();
    move || Ok(bytes)
}

fn never() -> Result<Vec<u8>, Error> {
    Err(Error::Reference("linked again".to_owned()))
}

#[test]
fn the_second_start_links_nothing() {
    let folder = Folder::new("second");
    assert_eq!(folder.cache().get_or_link("aa11", linked(b"cubin")).unwrap(), b"cubin");
    assert_eq!(folder.cache().get_or_link("aa11", never).unwrap(), b"cubin");
    assert!(folder.cache().get_or_link("aa12", never).is_err(), "another key is another entry");
    folder.cache().forget("aa11");
    assert!(folder.cache().get_or_link("aa11", never).is_err());
}

#[test]
fn a_corrupt_entry_is_linked_again() {
    let folder = Folder::new("corrupt");
    let key = "bb22";
    let damages: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| bytes.truncate(10),
        |bytes| bytes.clear(),
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| bytes[0] = b'X',
    ];
    for damage in damages {
        folder.cache().get_or_link(key, linked(b"first")).unwrap();
        let mut bytes = fs::read(folder.entry(key)).unwrap();
        damage(&mut bytes);
        fs::write(folder.entry(key), bytes).unwrap();
        assert_eq!(folder.cache().get_or_link(key, linked(b"again")).unwrap(), b"again");
        assert_eq!(folder.cache().get_or_link(key, never).unwrap(), b"again");
        folder.cache().forget(key);
    }
}

#[test]
fn threads_that_race_link_once_and_agree() {
    let folder = Folder::new("race");
    let links = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cubin = folder.cache().get_or_link("cc33", || {
                    links.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_millis(30));
                    Ok(vec![7; 100_000])
                });
                assert_eq!(cubin.unwrap(), vec![7; 100_000]);
            });
        }
    });
    assert_eq!(links.into_inner(), 1);
    let files = fs::read_dir(folder.0.join("cubin")).unwrap();
    let left: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

/// Two processes: this test runs itself again as a child, with the folder in a variable.
#[test]
fn processes_that_race_link_once_and_agree() {
    const VARIABLE: &str = "TILEWRIGHT_TEST_CACHE_RACE";
    let link = |folder: &Path| {
        let options = Options { cache_dir: Some(folder.to_owned()), ..Options::default() };
        CubinCache::new(&options).get_or_link("dd44", || {
            let mut log = File::options().create(true).append(true).open(folder.join("links"));
            log.as_mut().unwrap().write_all(b"x").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(100));
            Ok(vec![9; 50_000])
        })
    };
    if let Some(folder) = std::env::var_os(VARIABLE) {
        assert_eq!(link(Path::new(&folder)).unwrap(), vec![9; 50_000]);
        return;
    }
    let folder = Folder::new("processes");
    fs::create_dir_all(&folder.0).unwrap();
    let name = "processes_that_race_link_once_and_agree";
    let children: Vec<_> = (0..3)
        .map(|_| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .arg(name)
                .env(VARIABLE, &folder.0)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(fs::read(folder.0.join("links")).unwrap(), b"x");
}

#[test]
fn keys_depend_on_every_part() {
    let key = CubinCache::key("text", "12.8", 90);
    assert_eq!(key.len(), 64);
    assert_ne!(key, CubinCache::key("text ", "12.8", 90));
    assert_ne!(key, CubinCache::key("text", "12.9", 90));
    assert_ne!(key, CubinCache::key("text", "12.8", 80));
    assert_ne!(CubinCache::key("a", "bc", 1), CubinCache::key("ab", "c", 1));
}

#[test]
fn a_folder_that_cannot_be_made_still_links() {
    let folder = Folder::new("file");
    fs::write(&folder.0, b"a file where the folder should be").unwrap();
    assert_eq!(folder.cache().get_or_link("ee55", linked(b"cubin")).unwrap(), b"cubin");
    fs::remove_file(&folder.0).unwrap();
    let off = CubinCache::new(&Options { cubin_cache: false, ..Options::default() });
    assert_eq!(off.get_or_link("ee55", linked(b"cubin")).unwrap(), b"cubin");
}
