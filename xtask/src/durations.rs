//! How long single tests took, read from what their runners print.

use std::time::Duration;

/// A test and its time.
#[derive(Debug, PartialEq)]
pub(crate) struct Timed {
    /// As its runner names it.
    pub(crate) name: String,
    /// From its start to its end.
    pub(crate) took: Duration,
}

/// The tests in the log of a step, whichever runner wrote it.
pub(crate) fn read(log: &str) -> Vec<Timed> {
    let mut tests = Vec::new();
    // JUnit's console names a test on one line and its time on a later one.
    let mut junit = None;
    for line in log.lines() {
        if let Some(name) = junit_name(line) {
            junit = Some(name);
        } else if let Some(took) = junit_time(line) {
            tests.extend(junit.take().map(|name| timed(name, took)));
        } else {
            tests.extend(
                libtest(line)
                    .or_else(|| pytest(line))
                    .or_else(|| go(line))
                    .or_else(|| node(line)),
            );
        }
    }
    tests
}

fn timed(name: &str, seconds: f64) -> Timed {
    Timed {
        name: name.to_owned(),
        took: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    }
}

/// `test crls::large ... ok <3.400s>`
fn libtest(line: &str) -> Option<Timed> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (_, seconds) = rest.strip_suffix("s>")?.rsplit_once('<')?;
    Some(timed(name, seconds.parse().ok()?))
}

/// `12.34s call     tests/servers/test_nginx.py::test_starts`
fn pytest(line: &str) -> Option<Timed> {
    let mut words = line.split_whitespace();
    let seconds = words.next()?.strip_suffix('s')?.parse().ok()?;
    match (words.next()?, words.next()?) {
        ("call", name) => Some(timed(name, seconds)),
        (part @ ("setup" | "teardown"), name) => Some(timed(&format!("{name} ({part})"), seconds)),
        _ => None,
    }
}

/// `--- PASS: TestIssue (1.23s)`; what is indented is a part of a test above it.
fn go(line: &str) -> Option<Timed> {
    let rest = line
        .strip_prefix("--- PASS: ")
        .or_else(|| line.strip_prefix("--- FAIL: "))?;
    let (name, seconds) = rest.strip_suffix("s)")?.split_once(" (")?;
    Some(timed(name, seconds.parse().ok()?))
}

/// `✔ exports a certificate (12.3ms)`
fn node(line: &str) -> Option<Timed> {
    let rest = line
        .strip_prefix("✔ ")
        .or_else(|| line.strip_prefix("✖ "))?;
    let (name, milliseconds) = rest.strip_suffix("ms)")?.rsplit_once(" (")?;
    Some(timed(name, milliseconds.parse::<f64>().ok()? / 1000.0))
}

/// `│  │  ├─ exports()`, where a class has no parentheses.
fn junit_name(line: &str) -> Option<&str> {
    let (_, name) = line.split_once("─ ")?;
    name.contains('(').then_some(name)
}

/// `│  │  │   duration: 123 ms`
fn junit_time(line: &str) -> Option<f64> {
    let (_, milliseconds) = line.strip_suffix(" ms")?.split_once("duration: ")?;
    Some(milliseconds.parse::<f64>().ok()? / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(log: &str) -> Option<(String, u128)> {
        let tests = read(log);
        assert!(tests.len() <= 1, "{tests:?}");
        tests
            .into_iter()
            .next()
            .map(|test| (test.name, test.took.as_millis()))
    }

    #[test]
    fn each_runner_is_understood() {
        for (log, name, milliseconds) in [
            ("test crls::large ... ok <3.400s>", "crls::large", 3400),
            ("test a::b ... FAILED <0.010s>", "a::b", 10),
            (
                "12.34s call     tests/t.py::test_a",
                "tests/t.py::test_a",
                12340,
            ),
            ("0.50s setup    t.py::test_a", "t.py::test_a (setup)", 500),
            ("--- PASS: TestIssue (1.23s)", "TestIssue", 1230),
            (
                "✔ exports (one) of two (12.5ms)",
                "exports (one) of two",
                12,
            ),
            (
                "│  ├─ exports()\n│  │   tags: []\n│  │   duration: 123 ms",
                "exports()",
                123,
            ),
        ] {
            assert_eq!(one(log), Some((name.to_owned(), milliseconds)), "{log}");
        }
    }

    #[test]
    fn other_lines_are_no_tests() {
        for log in [
            "",
            "running 3 tests",
            "test result: ok. 3 passed; finished in 0.10s",
            "test a ... ok",
            "    --- PASS: TestIssue/part (1.23s)",
            "13 passed in 12.00s",
            "│   duration: 123 ms",
            "│  ├─ SeedsTest\n│  │   duration: 123 ms",
        ] {
            assert_eq!(one(log), None, "{log}");
        }
    }
}
