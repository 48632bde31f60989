"""The generator itself, on models and documents that are written here. No server."""

import cases
import limits
import pytest
import sdk


class Inner:
    openapi_types = {"kind": "str", "size": "int", "tags": "list[str]"}
    attribute_map = {"kind": "Kind", "size": "size", "tags": "tags"}

    def __init__(self, kind=None, size=None, tags=None):
        self.kind = kind
        if size is not None:
            self.size = size
        if tags is not None:
            self.tags = tags

    @property
    def kind(self):
        """Gets the kind of this Inner.

        The kind. - **A** : one - **B** : another

        :return: The kind. - **C** : of no paragraph
        """
        return self._kind

    @kind.setter
    def kind(self, kind):
        self._kind = kind


class Outer:
    openapi_types = {"name": "str", "inner": "Inner", "items": "list[Inner]", "rest": "dict(str, str)"}
    attribute_map = {"name": "name", "inner": "inner", "items": "items", "rest": "rest"}

    def __init__(self, name=None, inner=None, items=None, rest=None):
        self.name = name
        self.inner = inner
        if items is not None:
            self.items = items
        if rest is not None:
            self.rest = rest


@pytest.fixture(autouse=True)
def models_of_this_file(monkeypatch):
    monkeypatch.setattr(sdk, "models", lambda cls: type("module", (), {"Inner": Inner}))


SENT = {"name": "n", "inner": {"Kind": "A"}, "items": [{"Kind": "A"}, {"Kind": "B"}]}


def test_required_is_what_a_constructor_does_not_ask_about():
    assert sdk.required(Outer) == ("name", "inner")
    assert sdk.required(Inner) == ("kind",)


def test_fields_at_every_depth():
    paths = [field.path for field in cases.fields(Outer)]
    assert paths == ["name", "inner", "inner.Kind", "inner.size", "inner.tags", "items",
                     "items[].Kind", "items[].size", "items[].tags", "rest"]


def test_models_are_built_by_wire_names():
    built = sdk.build(Outer, SENT)
    assert (type(built.inner), built.inner.kind) == (Inner, "A")
    assert [one.kind for one in built.items] == ["A", "B"]
    with pytest.raises(KeyError):
        sdk.build(Outer, {"nmae": "n"})


def test_values_are_constants_or_what_a_text_sets_apart():
    assert sdk.documented_values(Inner, "kind") == ("A", "B")
    texts = {
        "状态。 - **ROOT** : 根CA - **SUB** : 从属CA": ("ROOT", "SUB"),
        "取值： - ASC：升序。 - DESC：降序。": ("ASC", "DESC"),
        "类型 MIGRATE_FILE:文件 MIGRATE_BLOCK:块": ("MIGRATE_FILE", "MIGRATE_BLOCK"),
        "取值   - Sharding   - Single": ("Sharding", "Single"),
        "取“0”，表示。 - 取“1”，表示。": ("0", "1"),
        "格式为HH:mm:ss": (),
        "见[地址](https://example.com/a:b)。": (),
        "**重要** **ONE**": (),
    }
    for text, values in texts.items():
        assert sdk.values_in(f"Gets it.\n\n{text}\n\n:return: it") == values, text
    constants = type("Constants", (), {"openapi_types": {"type": "str", "type_of": "str"},
                                       "TYPE_A": "a", "TYPE_OF_B": "b", "type": property(None)})
    assert sdk.documented_values(constants, "type") == ("a",)


def test_paths():
    assert cases.get(SENT, "inner.Kind") == cases.get(SENT, "items[].Kind") == "A"
    assert cases.get(SENT, "inner.size") is cases.get(SENT, "rest.x.y") is None
    assert cases.has_room(SENT, "inner.size") and not cases.has_room(SENT, "rest.x")
    assert cases.without(SENT, "items[].Kind")["items"] == [{}, {"Kind": "B"}]
    assert cases.replaced(SENT, "inner.size", 3)["inner"] == {"Kind": "A", "size": 3}
    assert SENT == {"name": "n", "inner": {"Kind": "A"}, "items": [{"Kind": "A"}, {"Kind": "B"}]}
    assert cases.leaf("body.items[].Kind") == "Kind" and cases.leaf("body.tags[]") == "tags"
    assert cases.below("body.items[].Kind", ["body.items"]) == "body.items"
    assert cases.below("body.itemsize", ["body.items"]) is None


def test_strangers_are_unknown_or_of_another_type():
    answer = {"name": 1, "nmae": "n", "inner": {"Kind": "A", "size": True},
              "items": [{"Kind": None}, {"Knd": "B"}, {"Knd": "C"}], "rest": {"any": 1}}
    assert list(cases.strangers(Outer, answer)) == [
        ("name", "no str"), ("nmae", "unknown"), ("inner.size", "no int"),
        ("items[].Knd", "unknown")]
    assert list(cases.strangers(Outer, SENT)) == []


def test_filled_is_there_in_every_item():
    answer = {"name": None, "inner": {"Kind": "A"}, "items": [{"Kind": "A", "size": 1}, {"Kind": "B"}]}
    assert list(cases.filled(Outer, answer)) == ["inner", "inner.Kind", "items", "items[].Kind"]


DOCUMENT = {
    "paths": {"/v1/{id}": {"post": {
        "parameters": [
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9},
             "x-refusal": {"status": 400, "code": "X.1"}},
            {"name": "id", "in": "path", "schema": {"type": "string", "maxLength": 4}},
            {"$ref": "#/components/parameters/free"},
        ],
        "requestBody": {"content": {"application/json": {"schema": {
            "$ref": "#/components/schemas/Body"}}}},
    }}},
    "components": {
        "parameters": {"free": {"name": "free", "in": "query", "schema": {"type": "string"}}},
        "schemas": {"Body": {"type": "object", "properties": {
            "name": {"type": "string", "maxLength": 4, "pattern": "^[a-z]+$"},
            "inner": {"anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]},
            "tags": {"type": "array", "maxItems": 2, "items": {"type": "string", "enum": ["a"]}},
        }}, "Inner": {"type": "object", "properties": {
            "size": {"type": "integer", "minimum": 0, "x-refusal": {"status": 400, "code": "X.2"}},
            "inner": {"$ref": "#/components/schemas/Inner"}}}},
    },
}


def test_limits_are_found_at_every_depth():
    operation = type("Operation", (), {"path": "/v1/{name}", "method": "POST"})
    found = {one.path: one for one in limits.limited(DOCUMENT, operation)}
    assert {path: one.keywords for path, one in found.items() if "inner.inner" not in path} == {
        "limit": ["maximum"], "body.name": ["maxLength", "pattern"], "body.inner.size": ["minimum"],
        "body.tags": ["maxItems"], "body.tags[]": ["enum"]}
    assert found["limit"].refusal["code"] == "X.1"
    assert found["body.inner.size"].refusal["code"] == "X.2"


def test_limits_are_met_and_exceeded_by_one():
    def of(schema, value, text=None):
        return [(case.value, case.within) for case in limits.made(schema, value, text)]

    assert of({"maxLength": 4}, "ab") == [("abaa", True), ("abaaa", False)]
    assert of({"minLength": 1}, "ab") == [("a", True), ("", False)]
    assert of({"minLength": 0}, "ab") == [("", True)]
    assert of({"maxLength": 3, "pattern": "^[0-9]+$"}, "12")[:2] == [("120", True), ("12aa", False)]
    assert of({"minimum": 1, "maximum": 9}, 5) == [(1, True), (0, False), (9, True), (10, False)]
    assert of({"maximum": 9}, "5") == [("9", True), ("10", False)]
    assert of({"maxItems": 2}, ["a"]) == [(["a", "a1"], True), (["a", "a1", "a2"], False)]
    assert of({"minItems": 1}, [{"k": "a"}]) == [([{"k": "a"}], True), ([], False)]
    assert of({"enum": ["a", None]}, "a") == [("a", True), (cases.UNKNOWN, False)]
    assert of({"pattern": "^[a-z]+$"}, "ab") == [("ab", True), ("a!", False)]
    assert of({"maxLength": 3}, "ab", text=lambda value, n: value[0] * n)[0] == ("aaa", True)
    with pytest.raises(limits.Unmade):
        of({"maxLength": 4, "pattern": "^a.b$"}, "axb")
    with pytest.raises(limits.Unmade):
        of({"pattern": ""}, "ab")
