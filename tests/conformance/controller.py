# SPDX-License-Identifier: BSD-3-Clause
"""A controller, asked by lines that a program answers (target.c)."""

import contextlib
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
from harness import BUILD, PATIENCE

TARGET = BUILD / "tests/conformance/target"
NONE, TO_DEVICE, FROM_DEVICE = range(3)
SKIP = 77
# Status type and code. NVMe Base 2.0c, Figures 93 to 98; NVM Command Set 1.0c, Figures 19 to 21
STATUSES = {
    0x000: "Successful Completion", 0x001: "Invalid Command Opcode", 0x002: "Invalid Field in Command",
    0x007: "Command Abort Requested", 0x00b: "Invalid Namespace or Format", 0x00c: "Command Sequence Error",
    0x020: "Namespace is Write Protected", 0x080: "LBA Out of Range", 0x100: "Completion Queue Invalid",
    0x101: "Invalid Queue Identifier", 0x102: "Invalid Queue Size", 0x103: "Abort Command Limit Exceeded",
    0x105: "Asynchronous Event Request Limit Exceeded", 0x109: "Invalid Log Page", 0x10c: "Invalid Queue Deletion",
    0x10d: "Feature Identifier Not Saveable", 0x10e: "Feature Not Changeable", 0x10f: "Feature Not Namespace Specific",
    0x285: "Compare Failure",
}
SUCCESS = STATUSES[0]
OUTSTANDING = "outstanding"


class Missing(Exception):
    """The controller cannot be had here, for this reason."""


class Answer:
    """The end of a command."""

    def __init__(self, words):
        status = int(words[0], 16) & 0x7ff  # type and code, without what is beside them
        self.status = STATUSES.get(status, f"status {status >> 8}/{status & 0xff:02X}h")
        self.result = int(words[1], 16)
        self.data = bytes.fromhex(words[2] if len(words) > 2 else "")


class Controller:
    """One program with one controller, `words` as it takes them."""

    def __init__(self, *words):
        self.process = subprocess.Popen([TARGET, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        if code:
            raise AssertionError(f"{self.process.args}: exit code {code}")

    def line(self, *words):
        """The words of the answer, or a string with the library's refusal."""
        try:
            self.process.stdin.write(" ".join(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline().rstrip("\n")
        if answer.startswith("ok "):
            return answer.split()[1:]
        if answer.startswith("refused ") or answer == OUTSTANDING:
            return answer
        if self.process.wait(PATIENCE) == SKIP:
            raise Missing(answer)
        raise AssertionError(f"{self.process.args} ended with {self.process.returncode} at {words}")

    def number(self, *words):
        return int(self.line(*words)[0], 16)

    def read(self, offset, size):
        return self.number("read", f"{offset:x}", str(size))

    def write(self, offset, size, value):
        return self.number("write", f"{offset:x}", str(size), f"{value:x}")

    def enable(self):
        """With an admin queue, where no driver is."""
        return self.number("enable")

    def page(self):
        return self.number("page")

    def command(self, queue, dwords, read=0, data=b""):
        """`dwords` by their number. The answer, or the library's sentence why it sends no such command."""
        direction = FROM_DEVICE if read else TO_DEVICE if data else NONE
        answer = self.line(queue, str(direction), f"{read or len(data):x}",
                           *(f"{dwords.get(i, 0):x}" for i in range(16)), data.hex())
        return answer if isinstance(answer, str) else Answer(answer)

    def begin(self, dwords):
        """The identifier of an admin command without data that is not waited for."""
        return self.number("begin", *(f"{dwords.get(i, 0):x}" for i in range(16)))

    def end(self, identifier, wait):
        """The command's answer, or OUTSTANDING if there is none yet and `wait` is false."""
        answer = self.line("end" if wait else "ended", f"{identifier:x}")
        return answer if isinstance(answer, str) else Answer(answer)
