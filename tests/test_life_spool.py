"""Whatever is put into a spool comes out once and in order, whether memory holds it or not."""

from __future__ import annotations

import os
import random

import pytest

from auditsearch.life import spool as module
from auditsearch.life.packing import ArchiveError
from auditsearch.life.spool import Spool


@pytest.fixture
def small(monkeypatch):
    """Runs of a few lines, merged three at a time."""
    monkeypatch.setattr(module, "RUN", 40)
    monkeypatch.setattr(module, "MOST", 3)


def filled(folder, number, **options):
    spool = Spool(folder, **options)
    chance = random.Random(number)
    pairs = [(b"%03d" % chance.randrange(20), b'{"n":"%d"}' % n) for n in range(number)]
    for pair in pairs:
        spool.add(*pair)
    return spool, pairs


@pytest.mark.parametrize("number", [0, 1, 5, 300])
@pytest.mark.parametrize("backwards", [False, True])
def test_lines_come_out_in_the_order_of_their_keys(small, tmp_path, number, backwards):
    spool, pairs = filled(tmp_path, number, backwards=backwards)
    assert list(spool.lines()) == sorted(pairs, reverse=backwards)
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_few_files_are_open_at_once_and_none_afterwards(small, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    spool, _ = filled(tmp_path, 500)
    assert len(spool.runs) < 3
    list(spool.lines())
    spool.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_folder_that_takes_nothing_is_told(small, tmp_path):
    with pytest.raises(ArchiveError, match="make the folder"):
        filled(tmp_path / "none", 50)
