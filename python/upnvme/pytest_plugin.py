# SPDX-License-Identifier: BSD-3-Clause
"""A pytest plug-in: the fixture `upnvme_controller` gives each test a controller of its own, closed afterwards.

    def test_it(upnvme_controller):
        upnvme_controller.namespaces[1].write(0, bytes(4096))

    @pytest.mark.upnvme("soft:{tmp_path}/disk.img?size=1MiB&block=512", leases=1)
    def test_another(upnvme_controller): ...

The marker's URI may name the test's folder; the other arguments are those of upnvme.open. Without a marker the URI is
that of --upnvme-uri.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any

    from . import Controller

DEFAULT = "soft:ram?size=16MiB"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --upnvme-uri."""
    parser.getgroup("upnvme").addoption("--upnvme-uri", default=DEFAULT, metavar="URI",
                                        help=f"the controller that tests get (default: {DEFAULT})")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", "upnvme(uri, **options): the controller of the test, as upnvme.open has it")


@pytest.fixture
def upnvme_controller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Controller]:
    """A controller for one test, closed after it."""
    import upnvme

    marker = request.node.get_closest_marker("upnvme")
    uri = str(marker.args[0] if marker and marker.args else request.config.getoption("--upnvme-uri"))
    options: dict[str, Any] = marker.kwargs if marker else {}
    with upnvme.open(uri.replace("{tmp_path}", str(tmp_path)), **options) as controller:
        yield controller
