//! Values as both engines know them, and how Rust types become columns.

use crate::StoreError;

/// A parameter of a statement or a cell of a row.
#[derive(Clone, Eq, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A number, a time (milliseconds since 1970 UTC) or a truth value (0 or 1).
    Int(i64),
    /// Text without NUL characters.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Prints the kind only: values may be password hashes or sealed keys.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int(..)",
            Self::Text(_) => "Text(..)",
            Self::Bytes(_) => "Bytes(..)",
        })
    }
}

/// One row of an answer; its cells are taken from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// A row of these cells.
    pub fn new(cells: Vec<Value>) -> Self {
        Self(cells.into_iter())
    }

    /// The next cell.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        let cell = self
            .0
            .next()
            .ok_or_else(|| StoreError::Engine("a row is too short".into()))?;
        T::from_value(cell)
    }
}

/// A Rust type that is kept in one column.
pub(crate) trait Column: Sized {
    /// The value that is stored.
    fn to_value(&self) -> Value;
    /// The stored value again.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

/// Values for the placeholders `$1`, `$2`, ... in this order.
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use params;

fn unexpected<T>(wanted: &str, found: &Value) -> Result<T, StoreError> {
    Err(StoreError::Engine(format!(
        "a column holds {found:?} where {wanted} is expected"
    )))
}

impl Column for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(number) => Ok(number),
            other => unexpected("a number", &other),
        }
    }
}

impl Column for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => unexpected("0 or 1", &other),
        }
    }
}

impl Column for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => unexpected("text", &other),
        }
    }
}

impl Column for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => unexpected("bytes", &other),
        }
    }
}

/// A list of byte strings in one column: each one after its length as four bytes, big-endian.
impl Column for Vec<Vec<u8>> {
    fn to_value(&self) -> Value {
        let mut bytes = Vec::new();
        for item in self {
            // A certificate is far below 4 GiB; a longer item would not read back.
            bytes.extend((item.len() as u32).to_be_bytes());
            bytes.extend(item);
        }
        Value::Bytes(bytes)
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        let bytes = Vec::<u8>::from_value(value)?;
        let mut rest = bytes.as_slice();
        let mut items = Vec::new();
        while !rest.is_empty() {
            let item = rest.split_first_chunk::<4>().and_then(|(length, after)| {
                after.split_at_checked(u32::from_be_bytes(*length) as usize)
            });
            let Some((item, after)) = item else {
                return Err(StoreError::Engine(
                    "a list of byte strings is cut short".into(),
                ));
            };
            items.push(item.to_vec());
            rest = after;
        }
        Ok(items)
    }
}

impl<T: Column> Column for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        truth.to_value()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lists_of_byte_strings_come_back() {
        for list in [vec![], vec![vec![]], vec![vec![1, 2], vec![], vec![0; 300]]] {
            assert_eq!(Vec::<Vec<u8>>::from_value(list.to_value()).unwrap(), list);
        }
    }

    #[test]
    fn a_list_that_is_cut_short_is_refused() {
        let Value::Bytes(bytes) = vec![vec![7; 5]].to_value() else {
            panic!("not bytes")
        };
        for length in 1..bytes.len() {
            let cut = Value::Bytes(bytes[..length].to_vec());
            assert!(Vec::<Vec<u8>>::from_value(cut).is_err(), "{length}");
        }
    }

    #[test]
    fn a_column_of_another_type_is_refused_without_its_value() {
        let error = i64::from_value(Value::Text("secret".into())).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(bool::from_value(Value::Int(2)).is_err());
        assert!(String::from_value(Value::Null).is_err());
        assert_eq!(Option::<String>::from_value(Value::Null).unwrap(), None);
    }
}
