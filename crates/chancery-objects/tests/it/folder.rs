use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use bytes::Bytes;
use chancery_objects::{BucketName, FolderStore, ObjectKey, ObjectStore};

fn bucket(name: &str) -> BucketName {
    BucketName::parse(name).unwrap()
}

fn key(key: &str) -> ObjectKey {
    ObjectKey::parse(key).unwrap()
}

/// All files below a folder, as paths relative to it, sorted.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(
                files(&entry.path())
                    .iter()
                    .map(|file| format!("{name}/{file}")),
            );
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn objects_come_back_until_they_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path().join("objects")).unwrap();
    let (bucket, key) = (bucket("desk"), key("ssl/ca.crt"));
    assert_eq!(store.get(&bucket, &key).await.unwrap(), None);
    assert!(!store.exists(&bucket, &key).await.unwrap());
    store.delete(&bucket, &key).await.unwrap();

    for content in [&b"one"[..], b"", b"three\0\xff"] {
        store
            .put(&bucket, &key, Bytes::copy_from_slice(content))
            .await
            .unwrap();
        assert_eq!(
            store.get(&bucket, &key).await.unwrap().as_deref(),
            Some(content)
        );
        assert!(store.exists(&bucket, &key).await.unwrap());
    }
    store.delete(&bucket, &key).await.unwrap();
    assert_eq!(store.get(&bucket, &key).await.unwrap(), None);
    assert!(!store.exists(&bucket, &key).await.unwrap());
}

#[tokio::test]
async fn a_key_may_begin_as_another_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    let keys = ["a", "a/b", "a/b/c", "a.b", "a-b", "a_b", ".a"];
    for name in keys {
        store
            .put(&bucket("one"), &key(name), Bytes::from(name))
            .await
            .unwrap();
        store
            .put(&bucket("two"), &key(name), Bytes::from(name.repeat(2)))
            .await
            .unwrap();
    }
    for name in keys {
        let one = store
            .get(&bucket("one"), &key(name))
            .await
            .unwrap()
            .unwrap();
        let two = store
            .get(&bucket("two"), &key(name))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((one, two), (Bytes::from(name), Bytes::from(name.repeat(2))));
    }
    let longest = key(&"a/"
        .repeat(99)
        .chars()
        .chain("bc".chars())
        .collect::<String>());
    assert_eq!(longest.as_str().len(), 200);
    store
        .put(&bucket("one"), &longest, Bytes::from("long"))
        .await
        .unwrap();
    assert!(store.exists(&bucket("one"), &longest).await.unwrap());
}

#[tokio::test]
async fn only_the_user_of_the_server_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("deep/objects");
    let store = FolderStore::open(&root).unwrap();
    store
        .put(&bucket("desk"), &key("ssl/ca.crt"), Bytes::from("x"))
        .await
        .unwrap();
    assert_eq!(files(&root), ["desk/ssl+ca.crt"]);
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(""), mode("desk"), mode("desk/ssl+ca.crt")),
        (0o700, 0o700, 0o600)
    );
}

#[tokio::test]
async fn a_put_replaces_the_file_and_never_writes_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    let path = folder.path().join("desk/k");
    store
        .put(&bucket("desk"), &key("k"), Bytes::from("old"))
        .await
        .unwrap();
    let before = fs::metadata(&path).unwrap().ino();
    let reader = fs::File::open(&path).unwrap();
    store
        .put(&bucket("desk"), &key("k"), Bytes::from("new"))
        .await
        .unwrap();
    assert_ne!(fs::metadata(&path).unwrap().ino(), before);
    assert_eq!(std::io::read_to_string(reader).unwrap(), "old");
}

#[tokio::test]
async fn a_restart_keeps_objects_and_clears_what_was_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    store
        .put(&bucket("desk"), &key("k"), Bytes::from("kept"))
        .await
        .unwrap();
    drop(store);
    fs::write(folder.path().join("desk/+4711-0"), "half").unwrap();
    fs::write(folder.path().join("note.txt"), "of the operator").unwrap();

    let store = FolderStore::open(folder.path()).unwrap();
    assert_eq!(
        store.get(&bucket("desk"), &key("k")).await.unwrap(),
        Some(Bytes::from("kept"))
    );
    assert_eq!(files(folder.path()), ["desk/k", "note.txt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_puts_and_gets_see_whole_objects() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    store
        .put(&bucket("desk"), &key("k"), Bytes::from(vec![0; 50_000]))
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 1..=8u8 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..8 {
                let bytes = Bytes::from(vec![writer; 50_000]);
                store.put(&bucket("desk"), &key("k"), bytes).await.unwrap();
                let own = key(&format!("own/{writer}"));
                store
                    .put(&bucket(&format!("b-{writer}")), &own, Bytes::from("x"))
                    .await
                    .unwrap();
                let read = store
                    .get(&bucket("desk"), &key("k"))
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(read.len(), 50_000);
                assert!(read.iter().all(|byte| *byte == read[0]));
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 9, "{:?}", files(folder.path()));
}

#[tokio::test]
async fn a_failed_put_leaves_nothing_and_says_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    // A folder stands where the object should be, so the rename fails.
    fs::create_dir_all(folder.path().join("desk/k/in-the-way")).unwrap();
    let error = store
        .put(&bucket("desk"), &key("k"), Bytes::from("x"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("cannot put object: "),
        "{error}"
    );
    assert_eq!(files(folder.path()), Vec::<String>::new());
    assert!(store.get(&bucket("desk"), &key("k")).await.is_err());
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = FolderStore::open(folder.path().join("file/objects")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot open the object folder: "),
        "{error}"
    );
}

#[tokio::test]
async fn objects_are_found_by_the_end_of_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    assert_eq!(store.ending_with(".crl").await.unwrap(), []);
    for (bucket_name, name) in [
        ("one", "a.crl"),
        ("one", "deep/b.crl"),
        ("one", "a.crl.txt"),
        ("two", "a.crl"),
        ("two", ".crl"),
        ("two", "crl"),
    ] {
        let (bucket, key) = (bucket(bucket_name), key(name));
        store.put(&bucket, &key, Bytes::new()).await.unwrap();
    }
    // What is no object: half-written, no key, in no bucket.
    for path in ["one/+1-2.crl", "one/a b.crl", "a.crl"] {
        fs::write(folder.path().join(path), b"").unwrap();
    }
    fs::create_dir(folder.path().join("No")).unwrap();
    fs::write(folder.path().join("No/a.crl"), b"").unwrap();
    let mut found = store.ending_with(".crl").await.unwrap();
    found.sort();
    let object = |bucket_name, name| (bucket(bucket_name), key(name));
    let expected = [
        object("one", "a.crl"),
        object("one", "deep/b.crl"),
        object("two", ".crl"),
        object("two", "a.crl"),
    ];
    assert_eq!(found, expected);
}
