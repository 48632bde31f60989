//! Settings of the installation: small values by name.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

table! {
    /// A setting.
    pub(crate) struct SettingRow in "settings" {
        /// Unique.
        pub name: String,
        /// Whatever it is.
        pub value: Vec<u8>,
    }
}

impl Store {
    /// The value of a setting.
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<SettingRow> = self.first("WHERE name = $1", params![name]).await?;
        Ok(row.map(|row| row.value))
    }
}

impl Transaction {
    /// Adds a setting; a duplicate when it is there already, which lets one of several nodes win.
    pub fn insert_setting(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.insert(&SettingRow {
            name: name.to_owned(),
            value: value.to_vec(),
        })
    }

    /// Adds a setting unless it is there already.
    pub fn put_setting_if_absent(&mut self, name: &str, value: &[u8]) -> &mut Self {
        let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.execute(sql, params![name, value])
    }

    /// Adds or replaces a setting.
    pub fn put_setting(&mut self, name: &str, value: &[u8]) -> &mut Self {
        let sql = "INSERT INTO settings (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.execute(sql, params![name, value])
    }
}
