# SPDX-License-Identifier: BSD-3-Clause
"""The command devices setup: what this machine lacks for driving devices from user space, and how that is put right."""

from __future__ import annotations

import os
import pathlib
import pwd
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from upnvme import devices as api

from .common import NO_LIMIT, Size, as_json, ask, destructive, print_json, sentences, size_text

DRIVERS = {"vfio-pci": api.SystemFlag.VFIO_PCI, "uio_pci_generic": api.SystemFlag.UIO_PCI_GENERIC,
           "igb_uio": api.SystemFlag.IGB_UIO}
LIMITS = pathlib.Path("/etc/security/limits.d")
RULES = pathlib.Path("/etc/udev/rules.d")
RULE = """\
ACTION=="bind", SUBSYSTEM=="pci", DRIVER=="vfio-pci", ATTR{{class}}=="0x010802", \
RUN+="/bin/sh -c 'chown {user} /dev/vfio/$$(basename $$(readlink /sys%p/iommu_group))'"
SUBSYSTEM=="vfio-dev", ATTRS{{class}}=="0x010802", OWNER="{user}"
"""
HUGE = "/sys/kernel/mm/hugepages/hugepages-{}kB/nr_hugepages"


@dataclass
class Step:
    """One thing that a machine needs. Without `todo` it is there; without `apply` only a person can provide it."""

    name: str
    state: str
    todo: str = ""
    apply: Callable[[], None] | None = None


class Pages(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """How many huge pages, and of which size, 0 for the kernel's own default: 512, 1024:2MiB, 4:1GiB."""

    name = "pages"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        number, colon, size = str(value).partition(":")
        if not number.isdecimal():
            self.fail(f"{value!r} is no number of pages: 512, 1024:2MiB, 4:1GiB", param, ctx)
        return int(number), Size().convert(size, param, ctx) if colon else 0


class Limit(Size):
    """A size, or the word unlimited."""

    name = "size|unlimited"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return NO_LIMIT if value == "unlimited" else super().convert(value, param, ctx)


# --- the steps ---------------------------------------------------------------------------------

def iommu(system: api.System, driver: str) -> Step:
    """The IOMMU, which the firmware and the kernel's command line switch on."""
    if api.SystemFlag.IOMMU & system.flags:
        return Step("IOMMU", f"on, {system.niommu_groups} groups")
    needs = ", and vfio-pci needs one" if driver == "vfio-pci" else ""
    return Step("IOMMU", f"none is on{needs}",
                "turn on VT-d, AMD-Vi or the SMMU in the firmware, and boot with intel_iommu=on (Intel)")


def module(system: api.System, driver: str) -> Step:
    """A module, which stays loaded until the next boot."""
    if DRIVERS[driver] & system.flags:
        return Step("driver", f"{driver} is loaded")
    return Step("driver", f"{driver} is not loaded", f"modprobe {driver}", lambda: load(driver))


def load(driver: str) -> None:
    """The PATH of a user who became root may lack /sbin."""
    subprocess.run([shutil.which("modprobe") or "/sbin/modprobe", driver], check=False)
    if not DRIVERS[driver] & api.system().flags:
        raise OSError(f"modprobe did not load {driver}: is it among this kernel's modules?")


def huge_pages(system: api.System, pages: int, size: int) -> Step:
    """Huge pages, which stay set aside until the next boot."""
    size = size or system.huge_bytes
    have = {one["page_bytes"]: one["npages"] for one in system.huge if one["page_bytes"]}
    if size not in have:
        raise click.ClickException(f"huge pages of {size_text(size)}: this kernel has "
                                   f"{', '.join(map(size_text, have)) or 'none'}")
    path = HUGE.format(size // 1024)
    state = f"{have[size]} of {size_text(size)} are set aside"
    if have[size] >= pages:
        return Step("huge pages", state)
    return Step("huge pages", state, f"write {pages} into {path}", lambda: set_aside(path, pages, size))


def set_aside(path: str, pages: int, size: int) -> None:
    """The kernel sets aside as many as it finds memory for, and reports no error."""
    write(pathlib.Path(path), str(pages))
    got = next(one["npages"] for one in api.system().huge if one["page_bytes"] == size)
    if got < pages:
        raise OSError(f"memory was found for {got} huge pages of {pages}: try again soon after booting")


def who(user: str | None) -> str | None:
    """The user whose name goes into files; None for root."""
    user = user or os.environ.get("SUDO_USER") or "root"
    if user == "root":
        return None
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise click.ClickException(f"there is no user {user!r}") from None
    if not re.fullmatch(r"[\w.-]+", user):
        raise click.ClickException(f"the name {user!r} is not one for {LIMITS}")
    return user


def holding(name: str, path: pathlib.Path, text: str, lack: str) -> Step:
    """A file that holds a text."""
    if path.exists() and path.read_text() == text:
        return Step(name, f"{path} says: {text.strip()}")
    return Step(name, lack, f"write into {path}: {text.strip()}", lambda: write(path, text))


def memlock(user: str | None, limit: int) -> Step:
    """limits.conf(5): "-" is both limits; memlock is in KiB. It holds from the next login on."""
    if not user:
        return Step("memlock", "root may lock what it likes; for another user give --user NAME")
    line = f"{user} - memlock {'unlimited' if limit == NO_LIMIT else limit // 1024}\n"
    return holding("memlock", LIMITS / f"upnvme-{user}.conf", line, f"{user} has no limit of ours")


def access(user: str) -> Step:
    """VFIO's node of a group is made anew, and belongs to root, whenever a first device of the group is bound. The rule
    is for events of the device (udev(7)), since an event of the node does not say which device it is for."""
    if not RULES.is_dir():
        return Step("access", f"there is no {RULES} here", f"after each bind: chown {user} /dev/vfio/GROUP")
    return holding("access", RULES / f"70-upnvme-{user}.rules", RULE.format(user=user), f"{user} has no rule of ours")


def write(path: pathlib.Path, text: str) -> None:
    """Writes a whole file."""
    path.write_text(text)


def put_right(steps: list[Step]) -> Iterator[tuple[Step, str]]:
    """Does all steps that can be done, and gives the error of each: empty for success."""
    for step in steps:
        if step.apply:
            try:
                step.apply()
            except OSError as error:
                yield step, str(error)
            else:
                yield step, ""


def as_dict(step: Step, outcome: dict[str, str]) -> dict[str, object]:
    """The steps for JSON; those that were tried have `error`."""
    made: dict[str, object] = {"name": step.name, "state": step.state, "todo": step.todo or None,
                               "can_apply": step.apply is not None}
    if step.name in outcome:
        made |= {"applied": not outcome[step.name], "error": outcome[step.name] or None}
    return made


@click.command()
@click.option("--driver", type=click.Choice(list(DRIVERS)), default="vfio-pci", show_default=True,
              help="With a UIO driver a device can write to all memory.")
@click.option("--huge-pages", "pages", type=Pages(), default=(0, 0), help="Set aside so many: 512, 1024:2MiB, 4:1GiB.")
@click.option("--user", help="Who may lock memory for DMA and drive devices; if not given, who called sudo.")
@click.option("--memlock", "limit", type=Limit(), default="unlimited", show_default=True, help="How much: 8GiB.")
@click.option("--apply", "apply", is_flag=True, help="Do it.")
@destructive
@as_json
@sentences
def setup(driver: str, pages: tuple[int, int], user: str | None, limit: int, apply: bool, yes: bool,
          json_: bool) -> None:
    """Tell what this machine lacks for driving devices from user space, and with --apply put it right."""
    system = api.system()
    user = who(user)
    steps = [iommu(system, driver), module(system, driver), memlock(user, limit)]
    if user:
        steps.append(access(user))
    if pages[0]:
        steps.append(huge_pages(system, *pages))
    if not json_:
        show(steps)
    todo = [step for step in steps if step.apply]
    outcome: dict[str, str] = {}
    if apply and todo:
        ask("Do it?", yes)
        outcome = {step.name: error for step, error in put_right(steps)}
    if json_:
        print_json([as_dict(step, outcome) for step in steps])
    else:
        tell(outcome, bool(todo) and not apply)
    if any(outcome.values()):
        raise SystemExit(1)


def show(steps: list[Step]) -> None:
    """A line for each step, and one for its remedy."""
    for step in steps:
        click.echo(f"{step.name:<11} {step.state}")
        if step.todo:
            click.echo(f"{'':<11} to do: {step.todo}")


def tell(outcome: dict[str, str], undone: bool) -> None:
    """The outcome of a step."""
    for name, error in outcome.items():
        if error:
            click.echo(f"Error: {name}: {error}", err=True)
        else:
            click.echo(f"{name}: done")
    if undone:
        click.echo("Nothing was changed: --apply does what is to do.")
