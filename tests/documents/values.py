"""Blocks that are values: they have to be what their kind says, with no key twice."""

import json
import tomllib

import yaml


def parse_json(text):
    json.loads(text, object_pairs_hook=distinct)


def parse_toml(text):
    """TOML itself knows no key twice."""
    tomllib.loads(text)


def parse_yaml(text):
    """One document or several."""
    for _ in yaml.load_all(text, Loader=DistinctLoader):
        pass


def distinct(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"a key stands there twice: {', '.join(sorted(map(str, twice)))}")
    return dict(pairs)


class DistinctLoader(yaml.SafeLoader):
    """Refuses an object that has a key twice."""

    def construct_mapping(self, node, deep=False):
        distinct([(key.value, value) for key, value in node.value])
        return super().construct_mapping(node, deep)
