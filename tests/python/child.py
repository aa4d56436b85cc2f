# SPDX-License-Identifier: BSD-3-Clause
"""Programs and forks that tests start: each has a deadline, and none outlives the tests."""

import os
import signal
import subprocess
import traceback

SECONDS = 480  # less than a test has (conftest); a slow or busy machine is no failure
STACKS_SECONDS = 60


def run(command, *, text=True, input=None, timeout=SECONDS, meanwhile=None, **options):
    """As subprocess.run, with what is printed captured; `meanwhile` is called with the process when it was started.

    At the deadline the program (and all that it has started) gets SIGABRT, so that a Python tells where it hangs, then
    SIGKILL. When the tests die, it does, too.
    """
    command = ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=text, start_new_session=True,
                          **options) as process:
        try:
            if meanwhile:
                meanwhile(process)
            stdout, stderr = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{command} hung for {timeout} s:\n{stacks_of(process)}") from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def stacks_of(process):
    """The rest of its output."""
    os.killpg(process.pid, signal.SIGABRT)
    try:
        return process.communicate(timeout=STACKS_SECONDS)
    except subprocess.TimeoutExpired as error:
        return error.stdout, error.stderr


def fork(function):
    """Runs a function in a fork of this process, and returns its status: 0 for success, as of os.waitpid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(SECONDS)
            function()
            code = 0
        except BaseException:  # this process goes no further
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]
