"""Whatever the SDK requires is missing, one at a time."""

import cases
import deviations
import sdk

KIND = "missing"


def test_missing(trial, operation, recipe, tried):
    """It is refused by its name, and nothing is stored."""
    optional, ignored = deviations.optional(operation), deviations.ignored(operation)
    unused = set(optional)
    for field in cases.required_fields(operation):
        if cases.below(field.path, ignored):
            continue
        sent = trial.sent()
        if cases.get(sent, field.path) is None:
            tried.case(False, field.path, "the recipe does not have it")
            continue
        trial.watch(sent)
        answer = trial.call(cases.without(sent, field.path))
        if field.path in optional:
            unused.discard(field.path)
            tried.case(answer.accepted, f"{field.path} (optional here)", answer)
            continue
        tried.case(trial.refused(answer, field.path), f"without {field.path}", answer)
        tried.check(not trial.changed(sent), f"without {field.path}", "something was stored")
    tried.check(not unused, "listed as optional, but not required by the SDK", unused)


def test_ignored(trial, operation, recipe, tried):
    """What is listed as ignored is accepted, whatever is in it."""
    for path in deviations.ignored(operation):
        field = next(one for one in cases.fields(operation.request) if one.path == path)
        empty = {} if sdk.nested(field.owner, field.attribute) else cases.UNKNOWN
        answer = trial.call(cases.replaced(trial.sent(), path, field.holds(empty)))
        tried.case(answer.accepted, f"{path} (ignored here)", answer)
