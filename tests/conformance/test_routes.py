"""Which of the SDK's operations the server has, and that each has a recipe."""

import deviations
import served
from recipes import RECIPES


def test_every_route_has_a_recipe():
    ours, _ = served.operations()
    assert len(ours) >= 60
    known = {f"{service}.{name}" for service, recipes in RECIPES.items() for name in recipes}
    assert {str(one) for one in ours} - known - set(deviations.without_recipe()) == set()


def test_every_recipe_is_of_a_route():
    ours = {str(one) for one in served.operations()[0]}
    known = {f"{service}.{name}" for service, recipes in RECIPES.items() for name in recipes}
    assert known - ours == set()
    assert set(deviations.without_recipe()) - ours == set()
    assert known & set(deviations.without_recipe()) == set()


def test_the_document_lists_every_route():
    """The SDK's other operations are no routes: the document leaves none out."""
    _, others = served.operations()
    unlisted = [
        str(one) for one in others
        if served.answers(one.method, one.path) and not served.shadowed(one.route, served.routes())
    ]
    assert unlisted == []


def test_every_listed_route_answers():
    ours, _ = served.operations()
    silent = [str(one) for one in ours if not served.answers(one.method, one.path)]
    assert silent == []
