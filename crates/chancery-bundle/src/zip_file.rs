//! ZIP archives (APPNOTE 6.3.10) of a few small files in memory.

use std::io::{Cursor, Write};

use zeroize::Zeroizing;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::BundleError;

/// One file of an archive. Its name never depends on what a caller sent.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

impl Member {
    pub(crate) fn new(name: &'static str, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { name, bytes }
    }
}

/// Packs the members in their order. The same members give the same bytes: the time in the
/// archive is always the format's earliest, 1980-01-01.
pub(crate) fn write(members: &[Member]) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    // Members may be private keys; whoever unpacks them should be the only one to read them.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);

    // One allocation: a buffer that grows leaves copies of keys in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size_bound(members)));
    let mut writer = ZipWriter::new(Cursor::new(&mut *bytes));
    for member in members {
        writer.start_file(member.name, options)?;
        writer.write_all(&member.bytes)?;
    }
    writer.finish()?;
    Ok(bytes)
}

/// More bytes than the archive needs: deflate adds at most 5 bytes per block of some kilobytes
/// to what it cannot compress, and the headers of a member take about 100 bytes and its name twice.
fn size_bound(members: &[Member]) -> usize {
    members
        .iter()
        .map(|member| member.bytes.len() + member.bytes.len() / 64 + 2 * member.name.len() + 256)
        .sum::<usize>()
        + 256
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read;

    use proptest::prelude::*;
    use zip::ZipArchive;

    use super::*;

    fn members(contents: &[Vec<u8>]) -> Vec<Member> {
        ["server.key", "chain.crt", "server.crt"]
            .into_iter()
            .zip(contents)
            .map(|(name, content)| Member::new(name, Zeroizing::new(content.clone())))
            .collect()
    }

    #[test]
    fn members_are_deflated_dated_1980_and_private_to_their_owner() {
        let packed = write(&members(&[vec![b'a'; 1000]])).unwrap();
        assert!(packed.len() < 300);
        let mut archive = ZipArchive::new(Cursor::new(&**packed)).unwrap();
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.compression(), CompressionMethod::Deflated);
        assert_eq!(file.last_modified(), Some(DateTime::default()));
        assert_eq!(file.unix_mode(), Some(0o100_600));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn members_come_back_in_order_from_one_allocation(
            contents in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..40_000), 0..=3)
        ) {
            let members = members(&contents);
            let packed = write(&members).unwrap();
            prop_assert!(packed.len() <= size_bound(&members));
            prop_assert_eq!(&*packed, &*write(&members).unwrap());

            let mut archive = ZipArchive::new(Cursor::new(&**packed)).unwrap();
            prop_assert_eq!(archive.len(), members.len());
            for (index, member) in members.iter().enumerate() {
                let mut file = archive.by_index(index).unwrap();
                let mut content = Vec::new();
                file.read_to_end(&mut content).unwrap();
                prop_assert_eq!(file.name().unwrap(), member.name);
                prop_assert_eq!(&content, &*member.bytes);
            }
        }
    }
}
