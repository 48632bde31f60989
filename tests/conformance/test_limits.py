"""Every limit of the server's own document, met and exceeded by one."""

import cases
import deviations
import limits
import pytest
import served

KIND = "limits"


def test_limits(trial, operation, recipe, tried):
    """What meets a limit is not refused for that field; what exceeds it is, with the code that the
    document gives, and nothing is stored."""
    document = described()
    unlimited = deviations.unlimited(operation)
    unused = set(unlimited)
    for limited in limits.limited(document, operation):
        path = limited.path
        if path in unlimited or cases.below(path, deviations.ignored(operation)):
            unused.discard(path)
            continue
        if path in operation.in_path:
            continue  # an id of another form is no resource's
        sent = trial.sent(path)
        value = cases.get(sent, path)
        if value is None:
            tried.case(False, path, "the recipe does not have it")
            continue
        try:
            made = list(limits.made(limited.schema, value, recipe.texts.get(path)))
        except limits.Unmade as why:
            tried.case(False, path, why)
            continue
        for case in made:
            one_case(trial, limited, case, tried)
    tried.check(not unused, "listed as unlimited, but has no limits", unused)


def described():
    """The document, which a server may not have yet."""
    return served.document() or pytest.skip("SKIPPED: the server has no /openapi.json")


def one_case(trial, limited, case, tried):
    path, label = limited.path, f"{limited.path}: {case.label}"
    sent = trial.sent(path)
    trial.watch(sent)
    answer = trial.call(cases.replaced(sent, path, case.value))
    if case.within:
        named = answer.accepted or not answer.blames(cases.leaf(path))
        tried.case(named, label, answer)
    else:
        tried.case(trial.refused(answer, path, limited.refusal), label, answer)
        tried.check(not trial.changed(sent), label, "something was stored")


def test_the_document_has_limits():
    """A document without any would let every test above pass."""
    from recipes import RECIPES

    counts = {
        service: sum(
            len(limited.keywords) for name in names
            for limited in limits.limited(
                described(), cases.sdk.operations(service)[name])
        )
        for service, names in RECIPES.items()
    }
    assert all(counts.values()), counts
