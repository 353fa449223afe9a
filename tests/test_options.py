"""A value is checked as OmegaConf, which knows the types, would check it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from hyperopt.errors import ConfigError
from hyperopt.options import checked


@dataclass
class Inner:
    widths: tuple[int, ...] = (1,)


@dataclass
class Outer:
    count: int = 0
    perhaps: int | None = None
    rate: float = 0.0
    perhaps_rate: float | None = None
    truth: bool = False
    word: str = ""
    anything: Any = None
    inner: Inner = field(default_factory=Inner)


VALUE = (
    st.none()
    | st.booleans()
    | st.integers(0, 10**6)
    | st.floats(0, 1e6, width=32)
    | st.sampled_from(["", "1", "1.5", "true", "word"])
    | st.lists(st.integers(0, 9) | st.sampled_from(["2", "x"]), max_size=3)
)
KEYS = ["count", "perhaps", "rate", "perhaps_rate", "truth", "word", "anything", "inner.widths"]


@given(st.sampled_from(KEYS), VALUE)
def test_values_are_those_of_omegaconf(key: str, value: Any) -> None:
    config = OmegaConf.structured(Outer)
    whole = isinstance(value, float) and value.is_integer() and key in ("count", "perhaps")
    try:
        OmegaConf.update(config, key, int(value) if whole else value)
        found = OmegaConf.select(config, key)
        expected = OmegaConf.to_container(found) if OmegaConf.is_config(found) else found
        if key == "inner.widths" and not isinstance(value, list):
            raise OmegaConfBaseException
    except OmegaConfBaseException:
        with pytest.raises(ConfigError, match=" is expected"):
            checked(Outer, key, value)
    else:
        assert repr(checked(Outer, key, value)) == repr(expected)


@pytest.mark.parametrize("value", ["???", "${rate}", "a ${oc.env:HOME}"])
@pytest.mark.parametrize("key", KEYS)
def test_what_omegaconf_would_fill_in_later_is_refused(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=" is expected"):
        checked(Outer, key, value)
