# SPDX-License-Identifier: BSD-3-Clause
"""Runs the command line in forks of a Python that has loaded it: a Python of its own would take longer to start than
most commands take. tests/python/command.py starts this program and sends it command lines.

A message is JSON with the arguments and the environment, and brings the descriptors 0, 1 and 2; the answer is the
fork's exit code. A fork ends as any Python does. One that hangs tells where, and ends.
"""

import faulthandler
import gc
import json
import os
import socket
import sys

import upnvme.cli  # noqa: F401
from upnvme.__main__ import main

MESSAGE_BYTES = 1 << 17
# What was loaded is no garbage: a fork does not look through it at its end.
gc.collect()
gc.freeze()


def become(command, descriptors):
    """Makes this process the one that was asked for."""
    faulthandler.dump_traceback_later(command["seconds"], exit=True)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv[1:] = command["arguments"]
    os.environ.clear()
    os.environ.update(command["environment"])


def serve(connection):
    """Returns in each fork, and in this process when nobody asks any more: whether this is a fork."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 3)
        if not message:
            return False
        pid = os.fork()
        if pid == 0:
            connection.close()
            become(json.loads(message), descriptors)
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


if serve(socket.socket(fileno=int(sys.argv[1]))):
    main()
