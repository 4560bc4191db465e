"""Reading a store ahead of the work that is done with it."""

from __future__ import annotations

import sys

from auditsearch.life.reading import TURN, batches


class Given(list):
    """A scan that gives what is in the list."""

    def __next__(self):
        if not self:
            raise StopIteration
        return self.pop(0)

    def close(self):
        self.clear()


class Remote:
    """A server's scan, as far as reading ahead is concerned."""

    embedded = False

    def scan(self, partition, node):
        return Given(["one", "two", "three"])


def test_each_batch_comes_once_in_order():
    assert list(batches(Remote(), "p")) == ["one", "two", "three"]


def test_threads_take_short_turns_while_a_server_is_read_and_the_usual_ones_afterwards():
    usual = sys.getswitchinterval()
    reading = batches(Remote(), "p")
    next(reading)
    assert sys.getswitchinterval() == TURN
    reading.close()
    assert sys.getswitchinterval() == usual
