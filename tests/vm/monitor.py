# SPDX-License-Identifier: BSD-3-Clause
"""QEMU's monitor, as the guest and the host talk to it."""

import json


class Monitor:
    """The protocol, over a stream of bytes that is not buffered."""

    def __init__(self, stream):
        self.stream = stream
        self.seen = b""
        try:
            self.ask("qmp_capabilities")
        except AssertionError as error:
            if "already complete" not in str(error):  # as where another process of the guest's was here before
                raise

    def line(self):
        while b"\n" not in self.seen:
            self.seen += self.stream.read(4096)
        line, self.seen = self.seen.split(b"\n", 1)
        return json.loads(line)

    def ask(self, command, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        answer = self.line()
        while "return" not in answer:  # what is neither is an event
            if "error" in answer:
                raise AssertionError(f"{command}: {answer['error']['desc']}")
            answer = self.line()
        return answer["return"]
