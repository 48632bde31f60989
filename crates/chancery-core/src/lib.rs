//! The business of the desk: accounts, authorities, certificates, instances, tasks, custody and audit.
#![forbid(unsafe_code)]
