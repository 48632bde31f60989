"""Fields with a list of values: each of them, and one that is none."""

import cases
import deviations

KIND = "enum"


def test_values(trial, operation, recipe, tried):
    """Every documented value is accepted; what is listed as refused is refused by its name."""
    for field, values in enumerated(operation):
        listed = deviations.refused_values(operation).get(field.path, [])
        if not cases.has_room(trial.sent(field.path), field.path):
            tried.case(False, field.path, "the recipe does not have what it is in")
            continue
        for value in values:
            label = f"{field.path}={value}"
            answer = trial.call(trial.varied(field.path, value, field.holds))
            if str(value) in listed:
                holds = trial.refused(answer, field.path)
                tried.case(holds, f"{label} (refused here)", answer)
            else:
                tried.case(answer.accepted, label, answer)


def test_unknown_values(trial, operation, recipe, tried):
    """An unknown value is refused with the field's name and the allowed values."""
    for field, values in enumerated(operation):
        sent = trial.sent(field.path)
        if not cases.has_room(sent, field.path):
            continue  # shown by the other test
        trial.watch(sent)
        unknown = cases.replaced(sent, field.path, field.holds(cases.UNKNOWN))
        answer = trial.call(unknown)
        if field.path in deviations.any_value(operation):
            tried.case(answer.accepted, f"{field.path} (any value here)", answer)
            continue
        label = f"{field.path} of {cases.UNKNOWN}"
        tried.case(trial.refused(answer, field.path), label, answer)
        listed = deviations.refused_values(operation).get(field.path, [])
        allowed = [str(value) for value in values if str(value) not in listed]
        unsaid = [value for value in allowed if not answer.blames(value)]
        tried.check(not unsaid, f"{label} does not say {unsaid}", answer)
        tried.check(not trial.changed(sent), label, "something was stored")


def enumerated(operation):
    """The fields with values, without words that are none and what is ignored."""
    no_values = deviations.no_values(operation)
    for field in cases.enumerated_fields(operation):
        values = [value for value in field.values
                  if str(value) not in no_values.get(field.path, [])]
        if values and not cases.below(field.path, deviations.ignored(operation)):
            yield field, values
