//! The business of the desk: accounts, authorities, certificates, instances, tasks, custody and
//! audit.
//!
//! Every rule and every state machine lives here; HTTP and SQL do not. One resource is one module,
//! and the modules of the layers above and below carry the same name. A public function takes the
//! [`Context`] first: who calls, in which request, allowed to do what. The desk's time, randomness
//! and storage are handed in through [`Parts`], so a test can hold all of them.
#![forbid(unsafe_code)]

mod behalf;
mod cache;
mod clock;
mod context;
mod desk;
mod error;
mod health;
mod high_water;
mod ids;
mod issuance;
mod notes;
mod quotas;
mod retry;
mod steady;
mod storage;
mod subject;
mod turns;
mod under_way;
mod workers;

pub mod access_keys;
pub mod accounts;
pub mod agencies;
pub mod authorities;
pub mod bootstrap;
pub mod crls;
pub mod custody;
pub mod denials;
pub mod described;
pub mod domains;
pub mod enterprise_projects;
pub mod groups;
pub mod instances;
pub mod jobs;
pub mod json;
pub mod limits;
pub mod migration_sources;
pub mod migration_tasks;
pub mod objects;
pub mod ocsp;
pub mod orders;
pub mod policy;
pub mod private_certificates;
pub mod projects;
pub mod roles;
pub mod service_authorities;
pub mod store_certificates;
pub mod tags;
pub mod throttle;
pub mod tokens;
pub mod users;
pub mod validity;

pub use behalf::{Patience, Waiter};
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::{Caller, Context, Credential};
pub use desk::{Desk, Parts, Settings};
pub use error::{Error, Kind, Refusal, Result, Thing};
pub use health::NotReady;
pub use high_water::{Beside, HighWater};
pub use notes::Notes;
pub use quotas::{QuotaUse, Quotas};
pub use throttle::{Client, Network};
pub use under_way::{CallUnderWay, UnderWay};
pub use workers::{Waiting, Workers};
