"""Every limit of the server's own document, met and exceeded by one."""

import cases
import deviations
import limits
import sdk
import served
from recipes import RECIPES

KIND = "limits"


def test_limits(trial, operation, recipe, tried):
    """What meets a limit is not refused for that field; what exceeds it is, with the code that the
    document gives, and nothing is stored."""
    document = served.document()
    unlimited = deviations.unlimited(operation)
    unused = set(unlimited)
    for limited in limits.limited(document, operation):
        path = limited.path
        if path in unlimited or cases.below(path, deviations.ignored(operation)):
            unused.discard(path)
            continue
        sent = trial.sent(path)
        value = cases.get(sent, path)
        if value is None:
            tried.case(False, path, "the recipe does not have it")
            continue
        try:
            made = list(limits.made(limited.schema, value, recipe.makers.get(path)))
        except limits.Unmade as why:
            tried.case(False, path, why)
            continue
        for case in made:
            if not (case.within and case.value in documented(operation, path)):
                one_case(trial, limited, case, tried)
    tried.check(not unused, "listed as unlimited, but has no limits", unused)


def documented(operation, path):
    """The values that the SDK documents for a field, which the cases of enumerations send."""
    path = path.removesuffix("[]")
    found = (field.values for field in cases.fields(operation.request) if field.path == path)
    return next(found, ())


def one_case(trial, limited, case, tried):
    path, label = limited.path, f"{limited.path}: {case.label}"
    sent = trial.sent(path)
    trial.watch(sent)
    answer = trial.call(trial.varied(path, case.value))
    if case.value == "" and path in deviations.empty(trial.operation):
        tried.case(answer.accepted, f"{label} (absent here)", answer)
    elif case.within:
        listed = deviations.refused_values(trial.operation).get(path.removesuffix("[]"), [])
        fits = answer.accepted or not answer.blames(cases.leaf(path)) or case.value in listed
        tried.case(fits, label, answer)
    else:
        tried.case(trial.refused(answer, path, limited.refusal), label, answer)
        tried.check(not trial.changed(sent), label, "something was stored")


def test_the_document_has_limits():
    """A document without any would let every test above pass."""
    counts = {
        service: sum(
            len(limited.keywords) for name in names
            for limited in limits.limited(served.document(), sdk.operations(service)[name])
        )
        for service, names in RECIPES.items()
    }
    assert all(counts.values()), counts
