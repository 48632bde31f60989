//! Row structs: the columns of a table are the fields of a struct, in their order.

use crate::StoreError;
use crate::value::{Row, Value};

/// A struct that is one row of a table. Written by [`table!`].
pub(crate) trait Table: Sized {
    /// The table.
    const NAME: &'static str;
    /// Its columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
    /// The cells, in this order.
    fn values(&self) -> Vec<Value>;
    /// A row of a query for these columns, in this order.
    fn from_row(row: Row) -> Result<Self, StoreError>;
    /// The columns as a list for SELECT.
    fn columns() -> &'static str;
    /// The statement that inserts one row.
    fn insert() -> &'static str;
}

/// Declares a row struct: `table! { pub struct XRow in "xs" { pub id: String, ... } }`.
///
/// Field names are column names; field types are [`crate::value::Column`]s. `Debug` shows the
/// first field, the key, and nothing else: rows hold password hashes and sealed keys.
macro_rules! table {
    (
        $(#[$meta:meta])*
        $vis:vis struct $Row:ident in $name:literal {
            $($(#[$field_meta:meta])* pub $field:ident: $Type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Eq, PartialEq)]
        $vis struct $Row {
            $($(#[$field_meta])* pub $field: $Type,)+
        }

        impl $crate::table::Table for $Row {
            const NAME: &'static str = $name;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn values(&self) -> Vec<$crate::value::Value> {
                vec![$($crate::value::Column::to_value(&self.$field)),+]
            }

            fn from_row(mut row: $crate::value::Row) -> Result<Self, $crate::StoreError> {
                Ok(Self { $($field: row.take()?),+ })
            }

            fn columns() -> &'static str {
                static LIST: std::sync::LazyLock<String> =
                    std::sync::LazyLock::new(|| $Row::COLUMNS.join(", "));
                &LIST
            }

            fn insert() -> &'static str {
                static SQL: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
                    let (name, columns) = ($name, <$Row as $crate::table::Table>::columns());
                    let cells = $crate::table::placeholders($Row::COLUMNS.len());
                    format!("INSERT INTO {name} ({columns}) VALUES ({cells})")
                });
                &SQL
            }
        }

        impl std::fmt::Debug for $Row {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let key = $crate::table::Table::values(self).into_iter().next();
                let key = match &key {
                    Some($crate::value::Value::Text(text)) => text.as_str(),
                    _ => "",
                };
                write!(f, "{}({key:?}, ..)", stringify!($Row))
            }
        }
    };
}
pub(crate) use table;

/// `$1, $2, ..., $count`.
pub(crate) fn placeholders(count: usize) -> String {
    (1..=count)
        .map(|number| format!("${number}"))
        .collect::<Vec<_>>()
        .join(", ")
}
