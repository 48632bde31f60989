"""What a recipe is: how to call one operation so that it is accepted."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """Valid parameters of one operation.

    `states` are the ways to call it, by name; each is a function of the world. The first one has every
    object that can be sent in it, and is what faulty calls are made of.
    """

    states: dict[str, Callable]
    # What else must change with a value, by "path=value".
    along: dict[str, dict] = field(default_factory=dict)
    # How a text or a list of a length is made of the recipe's, by path, where cutting it or adding
    # letters to it does not do.
    makers: dict[str, Callable] = field(default_factory=dict)
    # What must be the same after a refusal, beside the totals of the service's lists.
    witness: Callable | None = None
    # Another state, for fields that it has: one whose making leaves less behind.
    light: Callable | None = None
    # Takes back what an accepted call made, where the account has room for few.
    undo: Callable | None = None

    @property
    def base(self):
        return next(iter(self.states.values()))


def simple(function, **rest):
    """A recipe with a single state."""
    return Recipe({"full": function}, **rest)


def spaced(text, length):
    """A text of PEM of a length: lines may be empty behind its end."""
    return text.ljust(length, "\n")
