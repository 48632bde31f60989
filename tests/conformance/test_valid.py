"""Valid calls: accepted, and answered with what the SDK's models know."""

import cases
import deviations

KIND = "valid"


def test_valid(world, operation, recipe, tried):
    """Every field of an answer is known, of the declared type; those of the list are there."""
    present = deviations.present(operation)
    assert set(present) <= set(recipe.states), "present.yaml lists states that no recipe has"
    known = deviations.strangers(operation)
    unseen = set(known)
    for state, make in recipe.states.items():
        answer = world.call(operation, make(world))
        if not tried.case(answer.accepted, state, answer):
            continue
        tried.check(type(answer.response) is operation.response, state, type(answer.response))
        document = answer.document or {}
        for path, why in cases.strangers(operation.response, document):
            unseen.discard(path)
            tried.check(path in known, f"{state}: {path}", f"{why} to {operation.response.__name__}")
        filled = set(cases.filled(operation.response, document)) | {
            name for name, header in operation.response.attribute_map.items()
            if header.startswith("X-") and getattr(answer.response, name)
        }
        for path in present.get(state, []):
            tried.check(path in filled, f"{state}: {path}", "is null or not there")
    tried.check(not unseen, "listed as strangers, but not answered", unseen)
