#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's huge pages: as a guest in the process, as the application's own, and their places. The other files test that
I/O is the same with them."""

import os
import pathlib
import re
import subprocess

import guest
import library
import together
from guest import Controller, MIB, Namespace
from repeats import LONG

CONTROLLERS = [Controller((Namespace(64 * MIB, 4096),)), Controller((Namespace(16 * MIB, 512),))]
ADDRESS, OTHER = guest.address_of(0), guest.address_of(1)
HUGE_PAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
HUGE_SIZE = 2 * MIB
PYTHON = guest.host.TOP / "build/venv/bin/python"
IN_PYTHON = """
import pathlib, sys, upnvme
with upnvme.open(sys.argv[1]) as ctrlr:
    print(ctrlr.info.environment, pathlib.Path(upnvme.__file__).parent)
maps = pathlib.Path("/proc/self/maps").read_text()
print(*{line.split()[-1] for line in maps.splitlines() if "libupnvme-dpdk" in line})
"""
LITTLE_ROOM = f"--as={4 << 30}"  # EAL reserves far more addresses


def free_pages():
    return int(re.search(r"HugePages_Free: +(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])


class Dpdk(guest.harness.Case):
    def setUp(self):
        super().setUp()
        for address in (ADDRESS, OTHER):
            if guest.driver_of(address) != "vfio-pci":
                guest.bind(address, "vfio-pci")

    def opened(self, uri, code=0, **environment):
        """The output of another process that opens the controller, and ends."""
        process = guest.hold(self, [uri], env={**os.environ, **environment})
        said, _ = process.communicate()
        self.assertEqual(process.returncode, code, said)
        return said.strip()

    def test_dpdk_leaves_the_process_as_it_was(self):
        for keys in ({"env": "dpdk"}, {"pages": "huge"}, *([{"env": None}, {"env": "vfio"}] if LONG else [])):
            guest.run("tests/vm/device/test_polite", guest.uri_of(ADDRESS, **keys))

    def test_pythons_package_brings_its_own(self):
        """The plug-in is found beside the package's library, without any other word on its place."""
        if not PYTHON.exists():
            self.skipTest(f"{PYTHON} was not built: make python")
        environment = {name: value for name, value in os.environ.items() if name != "UPNVME_PLUGIN_DIR"}
        environment["PYTHONPYCACHEPREFIX"] = str(guest.host.TOP / "build/pycache")  # from make vm-packages
        done = subprocess.run([PYTHON, "-c", IN_PYTHON, guest.uri_of(ADDRESS, env="dpdk")], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        chosen, package, plugin = done.stdout.split()
        self.assertEqual((chosen, plugin), ("dpdk", f"{package}/libupnvme-dpdk.so"))

    def test_an_application_that_runs_dpdk_is_served_from_its_memory(self):
        guest.run("tests/vm/dpdk/test_own_eal", guest.uri_of(ADDRESS, env="dpdk"))
        guest.run("tests/vm/dpdk/test_own_eal", guest.uri_of(ADDRESS, env="dpdk"), "no-huge")

    def test_dpdk_is_chosen_on_request_only(self):
        """Free huge pages were set aside for another purpose."""
        before = free_pages()
        with library.Controller(guest.uri_of(ADDRESS)) as controller:
            controller.buffer(8 * MIB)
            self.assertEqual(free_pages(), before)
        for keys, chosen in (({}, "vfio"), ({"env": "vfio"}, "vfio"), ({"env": "dpdk"}, "dpdk")):
            said = guest.run("bin/upnvme-perf", "--uri", guest.uri_of(ADDRESS, **keys), "--ios", 10, "--json").stdout
            self.assertIn(f'"environment": "{chosen}"', said)

    def test_dpdk_without_huge_pages_is_refused_with_the_remedy(self):
        HUGE_PAGES.write_text("0")
        said = self.opened(guest.uri_of(ADDRESS, env="dpdk"), code=1)
        self.assertIn("HUGE_PAGES", said)
        self.assertIn("upnvme-devices setup --huge-pages", said)
        said = self.opened(guest.uri_of(ADDRESS, pages="huge"), code=1)
        self.assertIn("HUGE_PAGES", said)
        HUGE_PAGES.write_text("160")
        self.assertEqual(self.opened(guest.uri_of(ADDRESS, env="dpdk")), "open")

    def test_a_start_that_failed_is_explained_again_when_it_is_tried_again(self):
        said, _ = guest.hold(self, [guest.uri_of(ADDRESS, env="dpdk")] * 2, limit=LITTLE_ROOM).communicate()
        first, second = said.splitlines()
        self.assertIn("cannot be started", first)
        self.assertEqual(second, first)

    def test_a_plug_in_of_another_build_is_refused(self):
        said = self.opened(guest.uri_of(ADDRESS, env="dpdk"), code=1,
                           UPNVME_PLUGIN_DIR=str(guest.BUILD / "stubs/other_build"))
        self.assertIn("PLUGIN", said)
        self.assertIn("0.0.1-another", said)

    def test_huge_pages_go_back_to_the_kernel(self):
        before = free_pages()
        with library.Controller(guest.uri_of(ADDRESS, env="dpdk")) as controller:
            controller.buffer(64 * MIB)
            self.assertLessEqual(free_pages(), before - 32)
        self.assertGreaterEqual(free_pages(), before - 2)  # EAL keeps the page of its own records

    def test_memory_takes_no_descriptor_for_each_page(self):
        descriptors = pathlib.Path("/proc/self/fd")
        with library.Controller(guest.uri_of(ADDRESS, env="dpdk")) as controller:
            before = len(list(descriptors.iterdir()))
            controller.buffer(64 * MIB)
            self.assertLess(len(list(descriptors.iterdir())), before + 8)

    def test_huge_pages_without_dpdk_are_huge(self):
        before = free_pages()
        with library.Controller(guest.uri_of(ADDRESS, pages="huge")) as controller:
            memory = controller.buffer(8 * MIB)
            self.assertEqual(memory.value % HUGE_SIZE, 0)
            self.assertLessEqual(free_pages(), before - 4)
            self.assertEqual(controller.transfer("upnvme_write", controller.qpair(), memory, 0, 2048), 0)
        self.assertEqual(free_pages(), before)

    def test_controllers_with_memory_of_one_kind_share_it(self):
        with library.Controller(guest.uri_of(ADDRESS, env="dpdk")) as first, \
             library.Controller(guest.uri_of(OTHER, env="dpdk")) as second, \
             library.Controller(f"soft:ram?size={MIB}") as stranger:
            memory = first.buffer(4096)
            self.assertEqual(first.transfer("upnvme_read", first.qpair(), memory, 0, 1), 0)
            self.assertEqual(second.transfer("upnvme_write", second.qpair(), memory, 0, 8), 0)
            with self.assertRaises(library.UpnvmeError) as caught:
                stranger.transfer("upnvme_write", stranger.qpair(), memory, 0, 1)
            self.assertEqual(caught.exception.code, "BUFFER_UNREACHABLE")


FILE = guest.File(CONTROLLERS, machine=guest.FOR_DPDK, dpdk=True)

if __name__ == "__main__":
    together.main(__file__)
