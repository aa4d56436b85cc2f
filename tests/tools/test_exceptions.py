#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A C++ program's exceptions pass through the library, which finds its way again."""

import os
import shutil
import subprocess
import sys

from harness import BUILD, SANITIZERS, TOP, Case, finish, main


class Exceptions(Case):
    def test_exceptions_pass_through_the_library_and_nothing_is_lost(self):
        program = self.folder / "program"
        subprocess.run(["g++", "-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", TOP / "capi/include",
                        TOP / "tests/tools/exceptions.cpp", *SANITIZERS.get(os.environ.get("UPNVME_TEST_BUILD"), []),
                        "-L", BUILD / "lib", "-lupnvme", "-pthread", f"-Wl,-rpath,{BUILD / 'lib'}", "-o", program],
                       check=True, timeout=120)
        self.assertEqual(finish([program], 0, timeout=120).stdout.splitlines(),
                         ["upnvme_poll", "upnvme_reap", "upnvme_exec", "upnvme_qpair_stop", "upnvme_ctrlr_poll",
                          "an event"])


if __name__ == "__main__":
    if not shutil.which("g++"):
        print("g++ is not installed (make deps)")
        sys.exit(77)
    main()
