#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the Go module as it is published: bindings/cgo/module.py FOLDER BUILD-ID.

`go mod vendor` copies the files of the package's own folder, and of no other. So each C file and header goes into that
folder, with its path in its name (core/base/error.h: core_base_error.h), and its includes name these files. Cgo would
compile each C file by itself, with its headers, which takes several times as long as to compile those of a room
together. So each room (a folder like core/base) is one C file for cgo, upnvme_ROOM.c, which includes the room's files.
The names of these end in .c.h: Go's cache looks at headers, debuggers find the files, and lines have the numbers that
they have in the tree.

With -tags upnvme_system the module uses the installed library in place of its own copy. The copy needs only a C
compiler; -tags upnvme_uring adds io_uring, and needs liburing.
"""

import pathlib
import re
import shutil
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
INCLUDE = re.compile(r'^(\s*#\s*include\s*)(?:"([^"]+)"|<(upnvme(?:/[^>]+)?\.h|upnvme\.h)>)(.*)$')
# The folders that an include may be relative to, besides the folder of its file.
ROOTS = ("core", "capi/include", "bindings/cgo")
SOURCES = ("core", "capi/src")
HEADERS = ("core", "capi/src", "capi/include", "bindings/cgo")
# DPDK's plug-in is a shared object of its own, which is installed with the library.
LEFT_OUT = ("core/env/dpdk/plugin/",)
BUNDLED = "!upnvme_system && !upnvme_static"

MODULE_H = """// SPDX-License-Identifier: BSD-3-Clause
// What the Go files of the published module include: the library beside them, or the installed one.
#ifdef UPNVME_INSTALLED
#include <upnvme/cgo.h>
#else
#include "upnvme_cgo.h"
#endif
"""

BUILD_H = """// SPDX-License-Identifier: BSD-3-Clause
// What the library's own build says by compiler flags.
#define UPNVME_BUILD_ID "{build_id}"
"""

ROOM_C = """// SPDX-License-Identifier: BSD-3-Clause

//go:build {bundled}

// {room}, as one C file.

#include "upnvme_build.h"
{includes}"""

LINK_BUNDLED = """// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && {bundled}

package upnvme

// The library is a part of this package. CGO_CFLAGS says how far it is optimised: -O2 if that is not set.

// #cgo CFLAGS: -std=gnu11 -D_GNU_SOURCE -DNDEBUG -fvisibility=hidden -pthread
// #cgo LDFLAGS: -pthread -ldl
import "C"
"""

LINK_URING = """// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && upnvme_uring && {bundled}

package upnvme

// The software controller's files by io_uring, for who has liburing.

// #cgo pkg-config: liburing
// #cgo CFLAGS: -DHAVE_LIBURING
import "C"
"""


def flat(path):
    """The module's name of a file of the tree."""
    name = path.as_posix()
    for root in ("capi/include/", "bindings/cgo/"):
        name = name.removeprefix(root)
    return name.replace("/", "_")


def resolve(folder, target):
    """The file of the tree that an include names, or None for a system header."""
    for root in (folder, *(pathlib.Path(root) for root in ROOTS)):
        if (TOP / root / target).is_file():
            return root / target
    return None


def rewrite(path):
    """A C file's text, with includes that name the module's files."""
    lines = []
    for line in (TOP / path).read_text(encoding="utf-8").splitlines():
        match = INCLUDE.match(line)
        found = resolve(path.parent, match[2] or match[3]) if match else None
        # A header that is not found (DPDK's, liburing's) is included by another build only.
        lines.append(f'{match[1]}"{flat(found)}"{match[4]}' if found else line)
    return "\n".join(lines) + "\n"


def files(folders, suffix):
    for folder in folders:
        for path in sorted((TOP / folder).rglob(f"*{suffix}")):
            path = path.relative_to(TOP)
            if not path.as_posix().startswith(LEFT_OUT):
                yield path


def copy_c(out):
    rooms = {}
    for path in files(SOURCES, ".c"):
        name = flat(path) + ".h"
        (out / name).write_text(rewrite(path), encoding="utf-8")
        rooms.setdefault(pathlib.Path(*path.parts[:2]), []).append(f'#include "{name}"\n')
    for room, includes in rooms.items():
        text = ROOM_C.format(bundled=BUNDLED, room=room, includes="".join(includes))
        (out / f"upnvme_{flat(room)}.c").write_text(text, encoding="utf-8")
    for path in files(HEADERS, ".h"):
        (out / flat(path)).write_text(rewrite(path), encoding="utf-8")


def copy_go(out):
    for path in sorted((TOP / "go").rglob("*")):
        name = path.relative_to(TOP / "go")
        if path.is_dir() or "testdata" in name.parts:
            continue
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8").replace("#include <upnvme/cgo.h>", '#include "upnvme_module.h"')
        if name.as_posix() in ("link_pkgconfig.go", "link_static.go"):
            text = text.replace('import "C"', '// #cgo CFLAGS: -DUPNVME_INSTALLED\nimport "C"')
        if name.as_posix() == "link_pkgconfig.go":
            text = text.replace("cgo && !upnvme_static", "cgo && upnvme_system && !upnvme_static")
        (out / name).write_text(text, encoding="utf-8")


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    out, build_id = pathlib.Path(sys.argv[1]), sys.argv[2]
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    copy_go(out)
    copy_c(out)
    (out / "upnvme_module.h").write_text(MODULE_H, encoding="utf-8")
    (out / "upnvme_build.h").write_text(BUILD_H.format(build_id=build_id), encoding="utf-8")
    (out / "link_bundled.go").write_text(LINK_BUNDLED.format(bundled=BUNDLED), encoding="utf-8")
    (out / "link_uring.go").write_text(LINK_URING.format(bundled=BUNDLED), encoding="utf-8")
    shutil.copy(TOP / "LICENSE", out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
