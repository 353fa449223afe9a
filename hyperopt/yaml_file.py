"""YAML with OmegaConf's rules, by libyaml: 1e-3 is a number, dates are text, repeated keys fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

A_DATE = "tag:yaml.org,2002:timestamp"
WITH_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Loader for plain values; uses libyaml if available."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping and reject repeated keys."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping", node.start_mark, f"{name} is given twice", key.start_mark
                )
            seen.add(name)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != A_DATE]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:float", WITH_EXPONENT, list("-+.0123456789"))


def read_yaml(path: Path) -> Any:
    """Return the plain values in a file; {} if it is empty.

    Raises:
        yaml.YAMLError, UnicodeDecodeError, OSError: it cannot be read.
    """
    found = yaml.load(path.read_text(encoding="utf-8"), Loader)
    return {} if found is None else found
