//! Transactions as data: statements, what each of them expects, and audit entries.

use std::borrow::Cow;

use crate::StoreError;
use crate::audit::AuditEntry;
use crate::label;
use crate::table::{Table, placeholders};
use crate::value::{Value, params};

/// What is stored together or not at all. Filled by the functions of the resources, handed to
/// [`crate::Store::commit`].
#[derive(Clone)]
pub struct Transaction {
    pub(crate) name: &'static str,
    pub(crate) statements: Vec<Statement>,
    pub(crate) audit: Vec<AuditEntry>,
}

/// One statement of a transaction.
#[derive(Clone)]
pub(crate) struct Statement {
    /// SQL with the placeholders `$1`, `$2`, ...
    pub(crate) sql: Cow<'static, str>,
    pub(crate) params: Vec<Value>,
    pub(crate) expect: Expect,
}

/// How many rows a statement has to change, or to find if it changes nothing.
#[derive(Clone, Copy)]
pub(crate) enum Expect {
    Any,
    /// Exactly one, or the transaction ends with this conflict.
    One(&'static str),
}

impl Transaction {
    /// An empty transaction. `name` says in the log what it does: `certificate.issue`.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            statements: Vec::new(),
            audit: Vec::new(),
        }
    }

    /// What it does.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds an audit entry. It is stored with the rest of the transaction or not at all.
    pub fn audit(&mut self, entry: AuditEntry) -> &mut Self {
        self.audit.push(entry);
        self
    }

    /// The audit entries added so far.
    pub fn audit_entries(&self) -> &[AuditEntry] {
        &self.audit
    }

    /// Adds a statement that may change any number of rows.
    pub(crate) fn execute(&mut self, sql: &'static str, params: Vec<Value>) -> &mut Self {
        self.push(sql, params, Expect::Any)
    }

    /// Adds a statement that must change exactly one row, or the transaction conflicts.
    pub(crate) fn one(
        &mut self,
        label: &'static str,
        sql: impl Into<Cow<'static, str>>,
        params: Vec<Value>,
    ) -> &mut Self {
        self.push(sql, params, Expect::One(label))
    }

    /// Adds the insertion of a row.
    pub(crate) fn insert<T: Table>(&mut self, row: &T) -> &mut Self {
        self.push(T::insert(), row.values(), Expect::Any)
    }

    /// Adds the insertion of a row of the account `domain_id` on a condition, or the transaction
    /// conflicts with `label`.
    ///
    /// In `condition` the parameters `more` are `{1}`, `{2}`, ... The account's row is locked
    /// first, so that two nodes on one database do not both find the condition met.
    pub(crate) fn insert_if<T: Table>(
        &mut self,
        row: &T,
        domain_id: &str,
        (label, condition): (&'static str, &'static str),
        more: Vec<Value>,
    ) -> &mut Self {
        self.lock_domain(domain_id);
        self.insert_where(row, (label, condition), more)
    }

    /// The same without a lock, where a condition that no longer holds a moment later does no harm.
    pub(crate) fn insert_where<T: Table>(
        &mut self,
        row: &T,
        (label, condition): (&'static str, &'static str),
        more: Vec<Value>,
    ) -> &mut Self {
        let mut values = row.values();
        let (table, columns, cells) = (T::NAME, T::columns(), placeholders(values.len()));
        let mut condition = condition.to_owned();
        for index in 1..=more.len() {
            let place = format!("${}", values.len() + index);
            condition = condition.replace(&format!("{{{index}}}"), &place);
        }
        values.extend(more);
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {cells} WHERE {condition}");
        self.push(sql, values, Expect::One(label))
    }

    /// Adds the change of a row that has to be as it was read, or the transaction conflicts with
    /// `label`: so of two changes that were made on the same row, neither writes back what the other
    /// has changed. Written are `columns` of `new`; compared are all of `old`.
    ///
    /// The first column of the table is its key.
    pub(crate) fn replace<T: Table>(
        &mut self,
        label: &'static str,
        (old, new): (&T, &T),
        columns: &[&str],
    ) -> &mut Self {
        let mut values = Vec::new();
        let (mut set, mut as_read) = (Vec::new(), Vec::new());
        for (column, value) in T::COLUMNS.iter().zip(new.values()) {
            if columns.contains(column) {
                values.push(value);
                set.push(format!("{column} = ${}", values.len()));
            }
        }
        for (column, value) in T::COLUMNS.iter().zip(old.values()) {
            if value == Value::Null {
                as_read.push(format!("{column} IS NULL"));
                continue;
            }
            values.push(value);
            as_read.push(format!("{column} = ${}", values.len()));
        }
        let (table, set, as_read) = (T::NAME, set.join(", "), as_read.join(" AND "));
        let sql = format!("UPDATE {table} SET {set} WHERE {as_read}");
        self.push(sql, values, Expect::One(label))
    }

    /// Locks the row of an account until the transaction ends, so that on two nodes what depends
    /// on other rows of the account happens one after the other. Conflicts with
    /// [`label::DOMAIN`].
    pub(crate) fn lock_domain(&mut self, domain_id: &str) -> &mut Self {
        let sql = "UPDATE domains SET created_at = created_at WHERE id = $1";
        self.one(label::DOMAIN, sql, params![domain_id])
    }

    fn push(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        params: Vec<Value>,
        expect: Expect,
    ) -> &mut Self {
        self.statements.push(Statement {
            sql: sql.into(),
            params,
            expect,
        });
        self
    }

    /// Refuses what one of the engines could not keep, so that both refuse it.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let statements = self
            .statements
            .iter()
            .flat_map(|statement| &statement.params);
        let entries = self.audit.iter().flat_map(AuditEntry::texts);
        if statements.into_iter().any(has_nul) || entries.into_iter().any(|t| t.contains('\0')) {
            return Err(StoreError::Invalid("text must not hold a NUL character"));
        }
        Ok(())
    }
}

/// Shows the name and the size; parameters may be password hashes or sealed keys.
impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (statements, audit) = (self.statements.len(), self.audit.len());
        write!(
            f,
            "Transaction({:?}, {statements} statements, {audit} audit entries)",
            self.name
        )
    }
}

/// PostgreSQL keeps no NUL character in text.
pub(crate) fn has_nul(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}
