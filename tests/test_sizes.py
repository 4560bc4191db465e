"""Sizes are said so that a person sees at once how much that is."""

from __future__ import annotations

import pytest

from auditsearch.management.sizes import said


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 B"), (999, "999 B"), (1234, "1.2 kB"), (53_400_000, "53 MB"), (9e9, "9.0 GB"), (5e15, "5,000 TB")],
)
def test_a_size_is_said_in_its_unit(size, told):
    assert said(size) == told
