//! No core dumps: the memory of a process that dies holds keys.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Has the process leave no core dump, neither in a file nor with a program that the system runs for it
/// (`core_pattern`), and lets no other process of the same user read its memory.
///
/// # Errors
/// If the system does not let it.
pub(crate) fn forbid() -> io::Result<()> {
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
