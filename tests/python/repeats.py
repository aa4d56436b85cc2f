# SPDX-License-Identifier: BSD-3-Clause
"""What repeats something that another test of the same run shows is left out, unless UPNVME_LONG is set
(`make check LONG=yes`).

    @repeats("by test_another")
    def test_again(): ...

The reason says what shows the same already. Left out is not skipped: nothing is missing.
"""

import os

import pytest

LONG = bool(os.environ.get("UPNVME_LONG"))


def repeats(reason):
    """A mark of a test, or of one of its parameters."""
    return pytest.mark.repeats(reason)


def pytest_configure(config):
    config.addinivalue_line("markers", "repeats(reason): another test shows the same")


def pytest_collection_modifyitems(config, items):
    left_out = [] if LONG else [item for item in items if item.get_closest_marker("repeats")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        print(f"\nNOTE {len(left_out)} tests are left out, which repeat others: make check LONG=yes")
