"""What the official SDK says of its operations, read from the installed packages.

An operation is a method of a client; what it takes and answers are model classes. All of it is found
by looking at those classes when the tests run: a newer SDK makes new cases.
"""

import functools
import importlib
import inspect
import re
from dataclasses import dataclass

# What is read of each service: package, module of the API's version, client class.
CLIENTS = {
    "ccm": ("huaweicloudsdkccm.v1", "CcmClient"),
    "scm": ("huaweicloudsdkscm.v3", "ScmClient"),
    "dcs": ("huaweicloudsdkdcs.v2", "DcsClient"),
    "dds": ("huaweicloudsdkdds.v3", "DdsClient"),
    "sms": ("huaweicloudsdksms.v3", "SmsClient"),
    "iam": ("huaweicloudsdkiam.v3", "IamClient"),
    "eps": ("huaweicloudsdkeps.v1", "EpsClient"),
    "bss": ("huaweicloudsdkbss.v2", "BssClient"),
}


@dataclass(frozen=True)
class Operation:
    """One method of a client, and the request that it takes."""

    service: str
    name: str
    method: str
    path: str
    request: type
    response: type
    # Wire names of the parameters, by where they travel.
    in_path: tuple
    in_query: tuple
    in_header: tuple

    @property
    def route(self):
        return self.method, template(self.path)

    @property
    def body(self):
        """The model of the body, or nothing."""
        return nested(self.request, "body") if "body" in self.request.openapi_types else None

    def __str__(self):
        return f"{self.service}.{self.name}"


def template(path):
    """The path without the names of its parameters, which documents choose as they like."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@functools.cache
def operations(service):
    """The operations of a service's client, by name; none when its package is not installed."""
    package, client = CLIENTS[service]
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError:
        return {}
    client = getattr(module, client)
    names = (re.fullmatch(r"_(\w+)_http_info", name) for name in dir(client))
    found = (_operation(service, module, client, match[1]) for match in names if match)
    return {operation.name: operation for operation in found}


def _operation(service, module, client, name):
    """The client says how it would send a request: an empty one names every parameter."""
    doc = inspect.getdoc(getattr(client, name))
    request = getattr(module, re.search(r":type request: :class:`[\w.]*\.(\w+)`", doc)[1])
    info = getattr(client, f"_{name}_http_info")(request())
    return Operation(
        service, name, info["method"], info["resource_path"], request,
        getattr(module, info["response_type"]),
        tuple(info["path_params"]),
        tuple(parameter for parameter, _ in info["query_params"]),
        tuple(header for header in info["header_params"] if header != "Content-Type"),
    )


# Models.

def models(cls):
    """The module that the models which `cls` names are found in."""
    return importlib.import_module(cls.__module__.split(".model.")[0])


def item_type(declared):
    """`list[X]` and `dict(str, X)` without what is around X."""
    match = re.fullmatch(r"list\[(.+)\]|dict\(str, ?(.+)\)", declared)
    return item_type(match[1] or match[2]) if match else declared


def nested(cls, attribute):
    """The model of an attribute, or of the items of its list; nothing for a plain value."""
    found = getattr(models(cls), item_type(cls.openapi_types[attribute]), None)
    return found if hasattr(found, "openapi_types") else None


def attribute(cls, wire_name):
    """The attribute that travels under a name."""
    for name, wire in cls.attribute_map.items():
        if wire == wire_name:
            return name
    raise KeyError(f"{cls.__name__} knows no {wire_name}")


@functools.cache
def required(cls):
    """The attributes that a model's constructor takes without asking whether they are there."""
    source = inspect.getsource(cls.__init__)
    always = re.findall(r"^        self\.(\w+) = (\w+)$", source, re.MULTILINE)
    return tuple(name for name, value in always if name == value and name in cls.openapi_types)


@functools.cache
def documented_values(cls, name):
    """The values of an enumeration: constants of the class, or what the text prints in bold.

    A text has no form that a program could rely on, so what is found in one is checked by hand once:
    words that are no values, and fields where any value does, are listed in the deviations.
    """
    prefix = name.upper() + "_"
    constants = {
        key: value for key, value in vars(cls).items()
        if key.startswith(prefix) and isinstance(value, (str, int))
    }
    others = [other.upper() + "_" for other in cls.openapi_types
              if other != name and other.startswith(name + "_")]
    values = [value for key, value in constants.items()
              if not any(key.startswith(other) for other in others)]
    return tuple(values) or values_in(inspect.getdoc(getattr(cls, name)) or "")


WORD = r"([A-Za-z0-9][A-Za-z0-9_.-]*)"
# How texts set values apart: in bold, before a colon (as an item of a list or not), as the whole item
# of a list, in quotes.
FORMS = (
    rf"\*\*{WORD}\*\*",
    rf"(?:^|\s)-?\s*{WORD}\s*[:：](?!//|\d)",
    rf"(?:^|\s)-\s+{WORD}(?=\s+-|\s*$)",
    rf"“{WORD}”",
)


def values_in(text):
    """The distinct values that the first paragraph of a property's text sets apart."""
    paragraphs = [part.strip() for part in text.split("\n\n")]
    text = " ".join(part for part in paragraphs[1:] if not part.startswith(":"))
    text = re.sub(r"\[[^\]]*\]\([^)]*\)|https?://\S+", " ", text)
    for form in FORMS:
        words = tuple(dict.fromkeys(re.findall(form, text)))
        if len(words) > 1:
            return words
    return ()


def build(cls, value):
    """A model from what would travel as JSON, with the SDK's own constructors."""
    if isinstance(value, list):
        return [build(cls, item) for item in value]
    if not isinstance(value, dict) or not hasattr(cls, "openapi_types"):
        return value
    arguments = {}
    for wire, inner in value.items():
        name = attribute(cls, wire)
        model = nested(cls, name)
        arguments[name] = build(model, inner) if model else inner
    return cls(**arguments)
