"""One contract for all stores: each test here runs on each of them."""

import pytest

pytest.register_assert_rewrite("tests.contract.shelf")
