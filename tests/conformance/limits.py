"""The limits of the server's document (OpenAPI 3.1), and values that meet or exceed them by one.

Nothing here calls a server.
"""

import re
from dataclasses import dataclass, field

import cases
import sdk

KEYWORDS = ("minLength", "maxLength", "pattern", "enum", "minimum", "maximum", "minItems", "maxItems")


@dataclass(frozen=True)
class Limited:
    """A field with limits: its path as in `cases`, and its schema."""

    path: str
    schema: dict = field(hash=False)

    @property
    def refusal(self):
        """Status and code of what exceeds a limit."""
        return self.schema.get("x-refusal")

    @property
    def keywords(self):
        return [word for word in KEYWORDS if word in self.schema]


def described(document, operation):
    """The document's description of an operation of the SDK, or nothing."""
    for path, item in document["paths"].items():
        if sdk.template(path) == sdk.template(operation.path):
            return item.get(operation.method.lower())
    return None


def resolved(document, schema):
    """A schema with what it refers to in its place. What stands beside a reference wins."""
    seen = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = found | {key: value for key, value in schema.items() if key != "$ref"}
    return plain(document, schema)


def plain(document, schema):
    """A schema that allows null beside something else, as that something."""
    for word in ("anyOf", "oneOf"):
        others = [one for one in schema.get(word, ()) if one.get("type") != "null"]
        if len(others) == 1:
            rest = {key: value for key, value in schema.items() if key != word}
            return resolved(document, others[0]) | rest
    return schema


def limited(document, operation):
    """Every field of an operation that has a limit."""
    description = described(document, operation) or {}
    for parameter in description.get("parameters", ()):
        parameter = resolved(document, parameter)
        if parameter.get("in") == "path":
            continue  # an id of another form is that of nothing
        schema = resolved(document, parameter.get("schema", {}))
        refusal = parameter.get("x-refusal")
        if refusal:
            schema = {"x-refusal": refusal} | schema
        yield from _limited(document, parameter["name"], schema, ())
    body = resolved(document, description.get("requestBody", {}))
    for content in body.get("content", {}).values():
        yield from _limited(document, "body", resolved(document, content.get("schema", {})), ())


def _limited(document, path, schema, outer):
    one = Limited(path, schema)
    if one.keywords:
        yield one
    properties = schema.get("properties", {})
    if any(properties is above for above in outer):
        return  # a schema within itself
    outer = (*outer, properties) if properties else outer
    for name, inner in properties.items():
        yield from _limited(document, f"{path}.{name}", resolved(document, inner), outer)
    if isinstance(schema.get("items"), dict):
        yield from _limited(document, f"{path}[]", resolved(document, schema["items"]), outer)


@dataclass(frozen=True)
class Case:
    """A value for a field, and whether it is within the limits."""

    label: str
    value: object = field(hash=False)
    within: bool


class Unmade(Exception):
    """A value that meets a limit, which only a recipe could make."""


def made(schema, value, maker=None):
    """The cases of a field that has this value in a recipe.

    `maker` makes a text or a list of a length of it, where lengthening or cutting makes none that fits.
    """
    for word in (word for word in KEYWORDS if word in schema):
        yield from MAKERS[word](schema, value, maker)


def _texts(word, beyond):
    def cases_of(schema, value, maker):
        length = schema[word]
        wanted = maker(value, length) if maker else lengthened(value, length, schema)
        yield Case(f"{word} {length}", wanted, True)
        length += beyond
        if length >= 0:
            exceeding = maker(value, length) if maker else resized(str(value), length)
            yield Case(f"{word} {length - beyond}, exceeded", exceeding, False)
    return cases_of


def _numbers(word, beyond):
    def cases_of(schema, value, _):
        limit = schema[word]
        as_sent = str if isinstance(value, str) else lambda number: number
        yield Case(f"{word} {limit}", as_sent(limit), True)
        yield Case(f"{word} {limit}, exceeded", as_sent(limit + beyond), False)
    return cases_of


def _items(word, beyond):
    def cases_of(schema, value, maker):
        limit = schema[word]
        yield Case(f"{word} {limit}", (maker or several)(value, limit), True)
        if limit + beyond >= 0:
            exceeding = (maker or several)(value, limit + beyond)
            yield Case(f"{word} {limit}, exceeded", exceeding, False)
    return cases_of


def _pattern(schema, value, _):
    yield Case("pattern", value, True)
    yield Case("pattern, exceeded", unmatched(schema, str(value)), False)


def _enum(schema, value, _):
    for one in schema["enum"]:
        if one is not None:
            yield Case(f"enum {one}", one, True)
    yield Case("enum, exceeded", cases.UNKNOWN, False)


MAKERS = {
    "minLength": _texts("minLength", -1), "maxLength": _texts("maxLength", 1),
    "minimum": _numbers("minimum", -1), "maximum": _numbers("maximum", 1),
    "minItems": _items("minItems", -1), "maxItems": _items("maxItems", 1),
    "pattern": _pattern, "enum": _enum,
}


def resized(value, length, filler="a"):
    return value[:length].ljust(length, filler)


def lengthened(value, length, schema):
    """A text of a length that the pattern allows, made of the value."""
    for filler in ("a", "0", "A", "-", " "):
        found = resized(str(value), length, filler)
        if matches(schema, found):
            return found
    raise Unmade(f"no text of {length} characters that matches {schema['pattern']}")


def matches(schema, text):
    """Patterns of OpenAPI are of ECMAScript: what differs from Python's is written alike here."""
    return "pattern" not in schema or re.search(python(schema["pattern"]), text) is not None


def python(pattern):
    """An ECMAScript pattern for `re`: `$` is the end, not also before a line's end."""
    pattern = re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda match: f"\\U{match[1]:0>8}", pattern)
    return re.sub(r"(?<!\\)\$(?=$|\))", r"\\Z", pattern)


def unmatched(schema, value):
    """A text like the value, of allowed length, that the pattern does not match."""
    longest = schema.get("maxLength", len(value) + 1)
    for strange in ("!", " ", "\x01", "\n", "%", "x", "€", "\0", ""):
        for found in (value[:-1] + strange, strange + value[1:], value + strange, strange):
            if len(found) <= longest and len(found) >= schema.get("minLength", 0):
                if not matches(schema, found):
                    return found
    raise Unmade(f"every text matches {schema['pattern']}")


def several(value, number):
    """A list of a length, of the items of the value; texts differ."""
    items = [*value[:number]]
    while len(items) < number:
        items.append(other(value[0], len(items)))
    return items


def other(item, number):
    """An item like this one, that differs in its first text."""
    if isinstance(item, str):
        return f"{item}{number}"
    if isinstance(item, dict):
        for name, inner in item.items():
            if isinstance(inner, str):
                return item | {name: f"{inner}{number}"}
    return item
