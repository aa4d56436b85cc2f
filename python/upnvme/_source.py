# SPDX-License-Identifier: BSD-3-Clause
"""Names of controllers, which unlike an open controller can be passed to another process: URIs, and Source."""

from __future__ import annotations

import os
from _thread import allocate_lock

from ._controller import Controller, Namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_lock = allocate_lock()


def uri(path: str | bytes | os.PathLike[str] | os.PathLike[bytes], **keys: object) -> str:
    """The URI of a disk image, with its keys: `upnvme.uri("a b.img", block=512, readonly=True)`.

    Characters with a meaning in a URI are quoted. ValueError: a path that ends as a URI does (`disk.img?block=512`), if
    there is no such file.
    """
    import re
    from urllib.parse import quote

    raw = os.fsencode(path)
    meant = re.search(rb"\?([a-z_]+=[^/]*)\Z", raw)
    if meant and not os.path.lexists(raw):
        arguments = os.fsdecode(meant[1]).replace("&", ", ")
        raise ValueError(f"there is no file {os.fsdecode(raw)!r}: if what follows the ? is keys, give them as "
                         f"arguments: uri({os.fsdecode(raw[:meant.start()])!r}, {arguments})")
    if not raw:
        raise ValueError("path is empty")
    if b"/" not in raw:
        raw = b"./" + raw  # "ram" and "null" have a meaning of their own
    said = "&".join(f"{key}={quote(str(int(value) if isinstance(value, bool) else value))}"
                    for key, value in keys.items())
    return f"soft:{quote(raw)}{'?' if said else ''}{said}"


class Source:
    """A controller that each process opens at its first use: for workers, which get the source by pickling or by a
    fork.

        source = upnvme.Source(upnvme.uri("disk.img", readonly=True))
        multiprocessing.Process(target=work, args=(source,))    # in there: source.namespaces[1].read(0)

    `options` are those of upnvme.open. A controller that several processes open at a time must be read-only. Any
    thread.
    """

    __slots__ = ("uri", "options", "_controller")

    def __init__(self, uri: str, **options: Any) -> None:
        self.uri, self.options = uri, options
        self._controller: Controller | None = None

    @property
    def controller(self) -> Controller:
        """This process's controller, opened if it is not."""
        found = self._controller
        if found is not None and found.is_open:
            return found
        with _lock:
            # The parent's controller is not open in the child.
            if self._controller is None or not self._controller.is_open:
                self._controller = Controller(self.uri, **self.options)
            return self._controller

    @property
    def namespaces(self) -> Namespaces:
        """The namespaces of this process's controller."""
        return self.controller.namespaces

    def close(self) -> None:
        """Closes this process's controller, if it is open; the next use opens it anew."""
        with _lock:
            found, self._controller = self._controller, None
        if found is not None and found.is_open:
            found.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), self.uri, self.options)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"upnvme.Source({self.uri!r}{options})"


def _make(kind: type[Source], uri: str, options: dict[str, Any]) -> Source:
    return kind(uri, **options)


def _after_fork() -> None:
    """Makes the lock anew in a child, since another thread of the parent may have held it."""
    global _lock
    _lock = allocate_lock()


os.register_at_fork(after_in_child=_after_fork)
