//! Lists: conditions, order and pages, with the same answer from both engines.

use crate::value::Value;

/// One page of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// How many rows there are in all pages.
    pub total: u64,
}

/// Which part of a list is wanted, and in which order. Rows that sort equal are ordered by id, so
/// pages do not overlap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page<S> {
    /// What to sort by.
    pub sort: S,
    /// Upwards or downwards.
    pub direction: Direction,
    /// The most rows to return.
    pub limit: u32,
    /// How many rows to leave out before.
    pub offset: u32,
}

/// The direction of a sorted list. Nulls count as lowest.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Direction {
    /// Lowest first.
    Ascending,
    /// Highest first.
    #[default]
    Descending,
}

/// What a list can be sorted by.
pub(crate) trait Sort: Copy {
    /// The column.
    fn column(self) -> &'static str;
    /// Whether it has nulls.
    fn nullable(self) -> bool {
        false
    }
}

impl<S> Page<S> {
    /// A page of a list whose highest row, such as the newest, comes first.
    pub fn newest_first(sort: S, limit: u32, offset: u32) -> Self {
        Self {
            sort,
            direction: Direction::Descending,
            limit,
            offset,
        }
    }
}

/// The ORDER BY list of a page. Without nulls the clause about them is left out: PostgreSQL would
/// not use an index of the plain order for it.
pub(crate) fn order<S: Sort>(page: &Page<S>) -> String {
    let column = page.sort.column();
    let (direction, nulls) = match page.direction {
        Direction::Ascending => ("ASC", " NULLS FIRST"),
        Direction::Descending => ("DESC", " NULLS LAST"),
    };
    let nulls = if page.sort.nullable() { nulls } else { "" };
    format!("{column} {direction}{nulls}, id {direction}")
}

/// Conditions that all have to hold.
#[derive(Clone, Default)]
pub(crate) struct Filter {
    clauses: Vec<String>,
    params: Vec<Value>,
}

impl Filter {
    /// The column has this value; no condition when there is none.
    pub(crate) fn equal(self, column: &str, value: Option<impl Into<Value>>) -> Self {
        self.compare(column, "=", value)
    }

    /// The column has one of these values; no condition when there is no list.
    pub(crate) fn one_of(mut self, column: &str, values: Option<&[String]>) -> Self {
        let Some(values) = values else { return self };
        let mut places = Vec::with_capacity(values.len());
        for value in values {
            self.params.push(Value::Text(value.clone()));
            places.push(format!("${}", self.params.len()));
        }
        self.clauses.push(match places.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("{column} IN ({})", places.join(", ")),
        });
        self
    }

    /// The column is in one of the rows that `select` finds with the conditions that `fill` adds.
    pub(crate) fn in_rows(
        mut self,
        column: &str,
        select: &str,
        fill: impl FnOnce(Self) -> Self,
    ) -> Self {
        let inner = Self {
            clauses: Vec::new(),
            // Places are numbered through.
            params: std::mem::take(&mut self.params),
        };
        let (condition, params) = fill(inner).finish();
        self.params = params;
        self.clauses
            .push(format!("{column} IN ({select} WHERE {condition})"));
        self
    }

    /// The column is at least this value; no condition when there is none.
    pub(crate) fn at_least(self, column: &str, value: Option<impl Into<Value>>) -> Self {
        self.compare(column, ">=", value)
    }

    /// The column is below this value; no condition when there is none.
    pub(crate) fn below(self, column: &str, value: Option<impl Into<Value>>) -> Self {
        self.compare(column, "<", value)
    }

    /// The column is null or above this value; no condition when there is none.
    pub(crate) fn null_or_above(mut self, column: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.params.push(value.into());
            let place = self.params.len();
            self.clauses
                .push(format!("({column} IS NULL OR {column} > ${place})"));
        }
        self
    }

    /// The column is beyond (`<` or `>`) this value, or the same and the id is beyond.
    pub(crate) fn beyond(mut self, column: &str, beyond: &str, value: i64, id: &str) -> Self {
        self.params.push(value.into());
        self.params.push(id.into());
        let (value, id) = (self.params.len() - 1, self.params.len());
        self.clauses.push(format!(
            "({column} {beyond} ${value} OR ({column} = ${value} AND id {beyond} ${id}))"
        ));
        self
    }

    /// One of the columns contains the text, ASCII letters in either case; no condition when
    /// there is none.
    pub(crate) fn contains(mut self, columns: &[&str], text: Option<&String>) -> Self {
        let Some(text) = text else { return self };
        self.params.push(Value::Text(pattern(text)));
        let place = self.params.len();
        let clauses: Vec<_> = columns
            .iter()
            .map(|column| format!("lower({column}) LIKE ${place} ESCAPE '!'"))
            .collect();
        self.clauses.push(format!("({})", clauses.join(" OR ")));
        self
    }

    /// The condition for WHERE and its parameters.
    pub(crate) fn finish(self) -> (String, Vec<Value>) {
        match self.clauses.is_empty() {
            true => ("1 = 1".to_owned(), self.params),
            false => (self.clauses.join(" AND "), self.params),
        }
    }

    fn compare(mut self, column: &str, operator: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.params.push(value.into());
            self.clauses
                .push(format!("{column} {operator} ${}", self.params.len()));
        }
        self
    }
}

/// The longest search text, in characters. Longer ones than any column holds would only meet
/// SQLite's limit for patterns (50,000 bytes), which PostgreSQL does not have.
const LONGEST_SEARCH: usize = 10_000;

/// A LIKE pattern that finds `text` anywhere, with `!` before what LIKE would take as a wildcard.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars().take(LONGEST_SEARCH) {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_escape_wildcards_and_fold_ascii() {
        assert_eq!(pattern("50%_a!"), "%50!%!_a!!%");
        assert_eq!(pattern("ÄbC\\"), "%Äbc\\%");
    }

    #[test]
    fn conditions_number_their_parameters() {
        let text = "x".to_owned();
        let filter = Filter::default()
            .equal("domain_id", Some("d"))
            .equal("status", None::<&str>)
            .contains(&["name", "domain"], Some(&text))
            .below("at", Some(7));
        let (condition, params) = filter.finish();
        assert_eq!(
            condition,
            "domain_id = $1 AND (lower(name) LIKE $2 ESCAPE '!' OR lower(domain) LIKE $2 ESCAPE \
             '!') AND at < $3"
        );
        assert_eq!(params.len(), 3);
    }
}
