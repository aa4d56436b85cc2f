# SPDX-License-Identifier: BSD-3-Clause
"""Runs programs of this build, and reports the tests of a file one by one, in the lines that the test runner counts."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = TOP / os.environ.get("UPNVME_BUILD", "build")
SANITIZERS = {"asan": ["-fsanitize=address,undefined"], "tsan": ["-fsanitize=thread"], "coverage": ["--coverage"]}
# The time-out of a command: each takes seconds, but a slow or busy machine is no failure.
PATIENCE = 600
release_only = unittest.skipIf(os.environ.get("UPNVME_TEST_BUILD", "release") != "release", "of the release build only")


# The environment of tested commands, without the variables of the make that runs the test.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key != "MFLAGS"}


def finish(command, code, **options):
    """Runs a command to its end and checks its exit code; its output is text unless `text=False` is given."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, check=False, **{"text": True, **options})
    if done.returncode != code:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}, {code} expected\n"
                             f"{done.stdout}{done.stderr}")
    return done


def run(program, *args, code=0, **options):
    """Runs a program of the build."""
    return finish([BUILD / program, *args], code, **{"timeout": PATIENCE, "stdin": subprocess.DEVNULL, **options})


def call(*command, **options):
    """The output of a command of the system, which must succeed."""
    return finish(command, 0, timeout=PATIENCE, **options).stdout


def library_objects():
    """The objects of the library, without the plug-in's."""
    sources = [path for folder in ("core", "capi/src") for path in sorted((TOP / folder).rglob("*.c"))]
    return [BUILD / "obj" / path.relative_to(TOP).with_suffix(".o") for path in sources if path.parent.name != "plugin"]


def fenced(text, language):
    """The blocks of this language in a page of Markdown."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Case(unittest.TestCase):
    """A test with a folder of its own, which is removed afterwards."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="upnvme-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content=b"", size=None):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            if size is not None:
                file.truncate(size)
        return path

    def program(self, text):
        """Compiles a program as its reader would, with no warning, against this build's library."""
        source = self.file("program.c", text.encode())
        subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", TOP / "capi/include", source,
                        *SANITIZERS.get(os.environ.get("UPNVME_TEST_BUILD"), []), "-L", BUILD / "lib", "-lupnvme",
                        "-pthread", f"-Wl,-rpath,{BUILD / 'lib'}", "-o", self.folder / "program"], check=True,
                       timeout=PATIENCE)
        return self.folder / "program"


class Lines(unittest.TestResult):
    """Prints cmocka's lines for each test."""

    def startTest(self, test):
        super().startTest(test)
        print(f"[ RUN      ] {test._testMethodName}", flush=True)

    def addSuccess(self, test):
        print(f"[       OK ] {test._testMethodName}", flush=True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"{reason}\n[  SKIPPED ] {test._testMethodName}", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        name = getattr(test, "_testMethodName", test)  # what fails before a class's first test is no test
        print(f"{self._exc_info_to_string(err, test)}[  FAILED  ] {name}", flush=True)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            print(f"{subtest}: {self._exc_info_to_string(err, test)}[  FAILED  ] {test._testMethodName}", flush=True)


def run_suite(tests):
    """Runs a suite; the exit code."""
    print(f"[==========] Running {tests.countTestCases()} test(s).")
    result = Lines()
    tests.run(result)
    print(f"[==========] {result.testsRun} test(s) run.")
    return int(not result.wasSuccessful())


def main():
    sys.exit(run_suite(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])))
