"""The checked-in lists: what must be there, and where the desk differs by design.

A difference is checked as well: an entry that is no longer true fails.
"""

import functools
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent


@functools.cache
def _read(name):
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def present(operation):
    """State -> fields that must not be null, or nothing for an operation without an answer."""
    listed = _read("present.yaml").get(str(operation), {})
    return {state: (fields or "").split() for state, fields in listed.items()}


def _entries(kind, operation):
    """Entries about an operation, by field. One entry may be about several of both."""
    found = {}
    for entry in _read("deviations.yaml")[kind] or []:
        if str(operation) in entry["of"]:
            for field in entry["fields"]:
                found[field] = entry
    return found


def without_recipe():
    """SDK operations of our routes that no recipe calls, with the reason."""
    return _read("deviations.yaml")["without_recipe"]


def optional(operation):
    """What the SDK requires and the desk does not."""
    return _entries("optional", operation)


def ignored(operation):
    """What is taken and has no effect: whatever is in it is accepted."""
    return _entries("ignored", operation)


def refused_values(operation):
    """Field -> documented values that are refused."""
    entries = _entries("refused_values", operation)
    return {field: [str(value) for value in entry["values"]] for field, entry in entries.items()}


def no_values(operation):
    """Field -> words of its text that are no values of it."""
    entries = _entries("no_values", operation)
    return {field: [str(value) for value in entry["values"]] for field, entry in entries.items()}


def any_value(operation):
    """Fields whose documented values are examples, or that only search: anything is accepted."""
    return _entries("any_value", operation)


def strangers(operation):
    """What is answered beyond the SDK's model, or in another type than it declares."""
    return _entries("strangers", operation)


def empty(operation):
    """Fields for which an empty text counts as none."""
    return _entries("empty", operation)


def unlimited(operation):
    """Limits of the document that this suite cannot send a value for, with the reason."""
    return _entries("unlimited", operation)
