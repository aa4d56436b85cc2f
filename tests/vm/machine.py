# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a guest, and QEMU's options for them: NVMe controllers behind an IOMMU, without KVM."""

import dataclasses

FIRST_SLOT = 0x08  # QEMU gives its other devices those below
PROCESSORS = 2
FIRST_EXTRA_BUS = 0x40
# The place in the machine of a test file's first controller: the controllers of other files may come before it. The
# program that loads a file sets it (together.py).
first = 0


@dataclasses.dataclass
class Namespace:
    """One namespace. `faults` are blkdebug's rules, as (event, iotype, sector) of 512 bytes. The identifier is the
    place in the list, from 1 on, unless it is given."""

    size: int
    block: int = 4096
    faults: tuple = ()
    nsid: int = None


@dataclasses.dataclass
class Controller:
    """One controller; `options` are those of QEMU's nvme device, for example {"mdts": 2}. With `plug` it can be pulled
    and plugged, each time with the next of its namespaces, in blocks of 512 bytes: QEMU can plug in no others, and none
    twice. With `beside` it is function 1 of the slot of the controller with that place in the list, whose options say
    {"multifunction": "on"}. With `node` it is on a bus of that NUMA node's, behind a port. Those with the same
    `subsystem` share the namespaces of the first of them."""

    namespaces: tuple
    options: dict = dataclasses.field(default_factory=dict)
    plug: bool = False
    beside: int = None
    node: int = None
    subsystem: str = None


@dataclasses.dataclass
class Machine:
    """The machine around the controllers. The IOMMU, if there is one, has `address_bits`; memory, in MiB, and the two
    processors are shared out among the `nodes`; `hugepages` of 2 MiB are set aside when the guest boots; without
    `multipath` the kernel makes a disk of a namespace for each controller that has it."""

    iommu: bool = True
    address_bits: int = 48
    memory: int = 1024
    nodes: int = 1
    hugepages: int = 0
    multipath: bool = True

    def kernel_words(self):
        words = ["intel_iommu=on", "iommu=pt"] if self.iommu else []
        words += [] if self.multipath else ["nvme_core.multipath=N"]
        return words + ([f"hugepages={self.hugepages}"] if self.hugepages else [])

    def memory_arguments(self):
        """Memory that the server of the host's root sees, too."""
        for node in range(self.nodes):
            yield from ("-object", f"memory-backend-memfd,id=mem{node},size={self.memory // self.nodes}M,share=on",
                        "-numa", f"node,nodeid={node},memdev=mem{node}")
        for processor in range(PROCESSORS):
            yield from ("-numa", f"cpu,node-id={processor % self.nodes},socket-id={processor}")

    def arguments(self):
        # One thread for all processors: with a thread each, QEMU before 8.1 shows a processor a new map of the memory
        # before it has taken the old map's translations away from it. When a device comes, goes or is switched off,
        # accesses of the other processor go astray then: a doorbell or a timer's interrupt is lost, or QEMU dies. The
        # protections of a kernel against its programs are slow on an emulated processor: TCG begins anew at each
        # change.
        yield from ("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-machine",
                    "q35,kernel-irqchip=off", "-accel", "tcg,thread=single",
                    "-cpu", "max,smap=off,smep=off,pku=off,la57=off", "-smp",
                    f"{PROCESSORS},sockets={PROCESSORS}", "-m", f"{self.memory}M",
                    "-device", "isa-debug-exit,iobase=0x501,iosize=1")
        yield from self.memory_arguments()
        if self.iommu:
            yield from ("-device", f"intel-iommu,intremap=on,caching-mode=on,aw-bits={self.address_bits}")


def place(index):
    """The place in the machine of the controller with this place in the file's list."""
    return first + index


def address_of(index, function=0):
    """The PCI address at which a guest finds the controller with this place in the list."""
    return f"0000:00:{FIRST_SLOT + place(index):02x}.{function}"


def serial_of(index):
    return f"serial{place(index)}"


def port_of(index):
    """QEMU's name of the port that the controller is behind."""
    return f"port{place(index)}"


def device_of(index):
    """QEMU's name of the controller."""
    return f"nvme{place(index)}"


def disk_of(index, number):
    return f"disk{place(index)}.{number}"


def disk_options(folder, name, namespace):
    path = folder / name
    with path.open("wb") as file:
        file.truncate(namespace.size)
    if not namespace.faults:
        return (f"driver=raw,node-name={name},discard=unmap,file.driver=file,file.discard=unmap,"
                f"file.filename={path},cache.no-flush=on")
    rules = folder / f"{name}.faults"
    rules.write_text("".join(f'[inject-error]\nevent = "{event}"\niotype = "{iotype}"\nsector = "{sector}"\n'
                             f'errno = "5"\nonce = "off"\n' for event, iotype, sector in namespace.faults))
    return (f"driver=raw,node-name={name},file.driver=blkdebug,file.config={rules},file.image.driver=file,"
            f"file.image.filename={path},cache.no-flush=on")


def plugged_device(index, controller, number):
    """QEMU's description of a controller that can be plugged in."""
    return {"driver": "nvme", "id": device_of(index), "serial": serial_of(index), "bus": port_of(index),
            "drive": disk_of(index, number), **controller.options}


def controller_arguments(folder, index, controller):
    for number, namespace in enumerate(controller.namespaces, 1):
        yield from ("-blockdev", disk_options(folder, disk_of(index, number), namespace))
    address = address_of(index) if controller.beside is None else address_of(controller.beside, function=1)
    slot = f"bus=pcie.0,addr={address.removeprefix('0000:00:')}"
    port = f"pcie-root-port,id={port_of(index)},chassis={place(index) + 1}"
    if controller.node is not None:
        extra_bus = f"bus{place(index)}"
        yield from ("-device", f"pxb-pcie,id={extra_bus},bus_nr={FIRST_EXTRA_BUS + 8 * place(index)},"
                               f"numa_node={controller.node},{slot}", "-device", f"{port},bus={extra_bus}")
        slot = f"bus={port_of(index)},addr=0"
    if controller.plug:
        yield from ("-device", f"{port},{slot}")
        device = plugged_device(index, controller, 1)
        yield from ("-device", ",".join(f"{key}={value}" for key, value in device.items()).removeprefix("driver="))
        return
    options = "".join(f",{key}={value}" for key, value in controller.options.items())
    serial = serial_of(index)
    if controller.subsystem:
        serial = controller.subsystem  # one for all its controllers (NVMe Base 2.0, figure 275)
        options += f",subsys={controller.subsystem}"
        if controller.namespaces:
            yield from ("-device", f"nvme-subsys,id={controller.subsystem}")
    yield from ("-device", f"nvme,id={device_of(index)},serial={serial},{slot}{options}")
    for number, namespace in enumerate(controller.namespaces, 1):
        nsid, block = namespace.nsid or number, namespace.block
        yield from ("-device", f"nvme-ns,bus={device_of(index)},drive={disk_of(index, number)},nsid={nsid},"
                               f"logical_block_size={block},physical_block_size={block}")
