# SPDX-License-Identifier: BSD-3-Clause
"""Runs `upnvme` in a fork of one Python that has loaded it (support/command_server.py).

A test that is about the process itself (signals, a terminal, closed descriptors, limits) starts COMMAND instead.
"""

import concurrent.futures
import functools
import json
import os
import pathlib
import socket
import subprocess
import sys

import child

COMMAND = pathlib.Path(sys.executable).parent / "upnvme"
SERVER = pathlib.Path(__file__).parent / "support" / "command_server.py"
PIPE_BYTES = 1 << 16


class Server:
    """The Python that forks. It ends with this process."""

    def __init__(self):
        self.connection, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, SERVER, str(its.fileno())],
                pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)

    def start(self, arguments, environment, data):
        """Sends a command. Returns where its output and its errors come from."""
        outputs, its_outputs = zip(os.pipe(), os.pipe())
        descriptors = [standard_input(data), *its_outputs]
        message = {"arguments": arguments, "environment": environment, "seconds": child.SECONDS}
        socket.send_fds(self.connection, [json.dumps(message).encode()], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return outputs

    def exit_code(self):
        """The exit code of the command, once it has ended."""
        answer = self.connection.recv(16)
        assert answer, "the server of commands has died"
        return int(answer)


@functools.lru_cache(maxsize=None)
def server():
    return Server()


def read_all(descriptor):
    with open(descriptor, "rb") as file:
        return file.read()


def standard_input(data):
    """A descriptor from which a command reads this, or from which it reads nothing."""
    if data is None:
        return os.open(os.devnull, os.O_RDONLY)
    assert len(data) <= PIPE_BYTES, "it is written before anyone reads"
    end, start = os.pipe()
    with open(start, "wb") as file:
        file.write(data)
    return end


def run(*arguments, code=0, input=None, text=True, env=None):
    """Runs a command, which must end with this code, on a terminal of 200 columns that knows no escapes."""
    arguments = [str(argument) for argument in arguments]
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb"} | (env or {})
    outputs = server().start(arguments, environment, None if input is None else input.encode())
    with concurrent.futures.ThreadPoolExecutor(len(outputs)) as pool:
        said = list(pool.map(read_all, outputs))
    process = subprocess.CompletedProcess(arguments, server().exit_code(),
                                          *([one.decode() for one in said] if text else said))
    assert process.returncode == code, f"{process.stdout}{process.stderr}"
    return process


def of_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options).stdout)
