"""Fixtures of the conformance suite, its parameters, and the count at its end."""

from collections import Counter, defaultdict

import pytest
import sdk
from recipes import RECIPES
from trial import Trial
from world import World

KINDS = ("valid", "missing", "enum", "limits")
COUNTS = defaultdict(Counter)


def pytest_generate_tests(metafunc):
    """A test that takes `operation` and `recipe` runs once for each recipe."""
    if "recipe" in metafunc.fixturenames:
        pairs = [
            pytest.param(sdk.operations(service)[name], recipe, id=f"{service}.{name}")
            for service, recipes in RECIPES.items() for name, recipe in recipes.items()
        ]
        metafunc.parametrize(("operation", "recipe"), pairs)


@pytest.fixture(scope="session")
def whole_world():
    return World()


@pytest.fixture
def world(whole_world):
    yield whole_world
    whole_world.tidy()


@pytest.fixture
def trial(world, operation, recipe):
    return Trial(world, operation, recipe)


class Cases:
    """The cases of one operation and kind: all are tried, then all that failed are shown."""

    def __init__(self, name, kind):
        self.counts = COUNTS[name]
        self.kind = kind
        self.failures = []

    def case(self, holds, label, answer):
        """A case, counted."""
        self.counts[self.kind] += 1
        return self.check(holds, label, answer)

    def check(self, holds, label, answer):
        """Something more that a case has to fulfil."""
        if not holds:
            self.failures.append(f"{label}: {answer}")
        return holds


@pytest.fixture
def tried(request):
    return Cases(request.node.callspec.id, request.module.KIND)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """A test whose cases did not all hold fails with a line for each that did not."""
    result = yield
    tried = pyfuncitem.funcargs.get("tried")
    if tried is not None and tried.failures:
        pytest.fail("\n".join(tried.failures), pytrace=False)
    return result


def pytest_terminal_summary(terminalreporter):
    if not COUNTS:
        return
    write = terminalreporter.write_line
    terminalreporter.section("conformance: cases by operation")
    services = defaultdict(Counter)
    for name, counts in COUNTS.items():
        services[name.split(".")[0]].update(counts)
    width = max(map(len, COUNTS))
    write(f"{'':{width}} " + " ".join(f"{kind:>8}" for kind in KINDS))
    for service, total in services.items():
        rows = [(name, counts) for name, counts in COUNTS.items()
                if name.startswith(service + ".")]
        for name, counts in [*rows, (f"{service}, all", total)]:
            write(f"{name:{width}} " + " ".join(f"{counts[kind]:8}" for kind in KINDS))
    whole = sum((counts for counts in services.values()), Counter())
    write(f"{'all':{width}} " + " ".join(f"{whole[kind]:8}" for kind in KINDS))
