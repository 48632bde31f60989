"""The cases that follow from a model: what can be missing, which values a field may have.

Nothing here calls a server. What is sent is a dictionary by wire names, with the parameters beside
the `body`; a field is named by its path in it, such as `body.validity.type` or `body.tags[].key`,
where `[]` stands for the first item of a list.
"""

import copy
import re
from dataclasses import dataclass

import sdk

UNKNOWN = "no-such-value"


@dataclass(frozen=True)
class Field:
    """A field of a request, at whatever depth."""

    path: str
    owner: type
    attribute: str

    @property
    def declared(self):
        """The type that the SDK declares, such as `list[str]`."""
        return self.owner.openapi_types[self.attribute]

    @property
    def required(self):
        return self.attribute in sdk.required(self.owner)

    @property
    def values(self):
        """The values that the SDK documents."""
        if self.declared == "bool":
            return (True, False)
        if sdk.nested(self.owner, self.attribute):
            return ()
        words = sdk.documented_values(self.owner, self.attribute)
        if sdk.item_type(self.declared) in ("int", "float"):
            numbers = (word for word in words if str(word).isdigit())
            return tuple(int(number) for number in numbers)
        return words

    def holds(self, value):
        """The value as this field has it: in a list, where it is one."""
        return [value] if self.declared.startswith("list[") else value


def fields(cls, prefix="", seen=()):
    """Every field of a model and of the models in it, outermost first."""
    for attribute, declared in cls.openapi_types.items():
        path = prefix + cls.attribute_map[attribute]
        yield Field(path, cls, attribute)
        model = sdk.nested(cls, attribute)
        if model and model not in seen:
            inner = path + ("[]." if declared.startswith("list[") else ".")
            yield from fields(model, inner, (*seen, model))


def required_fields(operation):
    """What the SDK requires outside of the path, and a body in which something is required."""
    body = operation.body
    for field in fields(operation.request):
        in_path = field.path in operation.in_path
        if field.required and not in_path or (
            field.path == "body" and body and sdk.required(body)
        ):
            yield field


def enumerated_fields(operation):
    return [field for field in fields(operation.request) if field.values]


def leaf(path):
    """The name that a refusal must say: the last one of the path."""
    return re.sub(r"\[\]", "", path.rsplit(".", 1)[-1])


def below(path, tops):
    """The one of `tops` that this path is, or lies below."""
    for top in tops:
        if path == top or path.startswith((top + ".", top + "[].")):
            return top
    return None


# Paths in what is sent.

def steps(path):
    return re.findall(r"\[\]|[^.\[\]]+", path)


def _holder(sent, path):
    """What holds the last step of a path, and that step; nothing when it is not there."""
    *outer, last = ((0 if step == "[]" else step) for step in steps(path))
    for step in outer:
        try:
            sent = sent[step]
        except (KeyError, IndexError, TypeError):
            return None, last
    return sent, last


def get(sent, path):
    holder, last = _holder(sent, path)
    try:
        return holder[last]
    except (KeyError, IndexError, TypeError):
        return None


def without(sent, path):
    """A copy in which nothing is under the path."""
    changed = copy.deepcopy(sent)
    holder, last = _holder(changed, path)
    del holder[last]
    return changed


def replaced(sent, path, value):
    """A copy with this value under the path."""
    changed = copy.deepcopy(sent)
    holder, last = _holder(changed, path)
    holder[last] = value
    return changed


def has_room(sent, path):
    """Whether there is something for the path's last step to stand in."""
    return isinstance(_holder(sent, path)[0], dict | list)


# Answers.

PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool, "datetime": str, "date": str}


def strangers(cls, value, prefix=""):
    """The paths of what was sent that the model does not know, or declares as something else."""
    known = {cls.attribute_map[name]: name for name in cls.openapi_types}
    for wire, inner in value.items():
        path = prefix + wire
        if wire not in known:
            yield path, "unknown"
        elif inner is not None:
            yield from _wrong(cls, known[wire], cls.openapi_types[known[wire]], inner, path)


def _wrong(cls, name, declared, value, path):
    model = sdk.nested(cls, name)
    if declared.startswith("list["):
        if not isinstance(value, list):
            yield path, f"no {declared}"
            return
        found = dict.fromkeys(
            wrong for item in value if item is not None
            for wrong in _wrong(cls, name, declared[5:-1], item, path + "[]")
        )
        yield from found
    elif declared.startswith("dict("):
        if not isinstance(value, dict):
            yield path, f"no {declared}"
    elif model:
        if isinstance(value, dict):
            yield from strangers(model, value, path + ".")
        else:
            yield path, f"no {declared}"
    elif declared in PLAIN:
        number = isinstance(value, bool) and declared in ("int", "float")
        if number or not isinstance(value, PLAIN[declared]):
            yield path, f"no {declared}"


def filled(cls, value, prefix=""):
    """The paths of what is there, not null: of lists, what is there in every item."""
    names = {cls.attribute_map[name]: name for name in cls.openapi_types}
    for wire, inner in value.items():
        if inner is None or wire not in names:
            continue
        path = prefix + wire
        model = sdk.nested(cls, names[wire])
        if isinstance(inner, list):
            yield path
            if model and inner:
                each = [set(filled(model, item, path + "[].")) for item in inner]
                yield from sorted(set.intersection(*each))
        else:
            yield path
            if model and isinstance(inner, dict):
                yield from filled(model, inner, path + ".")
