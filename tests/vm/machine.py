# SPDX-License-Identifier: BSD-3-Clause
"""What a guest consists of, and how QEMU is told: NVMe controllers behind an IOMMU, without KVM."""

import dataclasses

FIRST_SLOT = 0x10


@dataclasses.dataclass
class Namespace:
    """One namespace. `faults` are blkdebug's rules, as (event, iotype, sector) of 512 bytes."""

    size: int
    block: int = 4096
    faults: tuple = ()


@dataclasses.dataclass
class Controller:
    """One controller; `options` are those of QEMU's nvme device, for example {"mdts": 2}. With `plug` it can be pulled
    and plugged, each time with the next of its namespaces, in blocks of 512 bytes: QEMU can plug in no others, and none
    twice."""

    namespaces: tuple
    options: dict = dataclasses.field(default_factory=dict)
    plug: bool = False


def address_of(index):
    """The PCI address at which a guest finds the controller with this place in the list."""
    return f"0000:00:{FIRST_SLOT + index:02x}.0"


def disk_of(index, number):
    return f"disk{index}.{number}"


def disk_options(folder, name, namespace):
    path = folder / name
    with path.open("wb") as file:
        file.truncate(namespace.size)
    if not namespace.faults:
        return f"driver=raw,node-name={name},file.driver=file,file.filename={path},cache.no-flush=on"
    rules = folder / f"{name}.faults"
    rules.write_text("".join(f'[inject-error]\nevent = "{event}"\niotype = "{iotype}"\nsector = "{sector}"\n'
                             f'errno = "5"\nonce = "off"\n' for event, iotype, sector in namespace.faults))
    return (f"driver=raw,node-name={name},file.driver=blkdebug,file.config={rules},file.image.driver=file,"
            f"file.image.filename={path},cache.no-flush=on")


def plugged_device(index, controller, number):
    """QEMU's description of a controller that can be plugged in."""
    return {"driver": "nvme", "id": f"nvme{index}", "serial": f"serial{index}", "bus": f"port{index}",
            "drive": disk_of(index, number), **controller.options}


def controller_arguments(folder, index, controller):
    for number, namespace in enumerate(controller.namespaces, 1):
        yield from ("-blockdev", disk_options(folder, disk_of(index, number), namespace))
    slot = f"addr={FIRST_SLOT + index:#x}"
    if controller.plug:
        yield from ("-device", f"pcie-root-port,id=port{index},chassis={index + 1},{slot}")
        device = plugged_device(index, controller, 1)
        yield from ("-device", ",".join(f"{key}={value}" for key, value in device.items()).removeprefix("driver="))
        return
    options = "".join(f",{key}={value}" for key, value in controller.options.items())
    yield from ("-device", f"nvme,id=nvme{index},serial=serial{index},{slot}{options}")
    for number, namespace in enumerate(controller.namespaces, 1):
        yield from ("-device", f"nvme-ns,bus=nvme{index},drive={disk_of(index, number)},nsid={number},"
                               f"logical_block_size={namespace.block},physical_block_size={namespace.block}")


def machine_arguments(address_bits, memory):
    # One thread for both processors: with a thread each, QEMU before 8.1 shows a processor a new map of the memory
    # before it has taken the old map's translations away from it. When a device comes, goes or is switched off,
    # accesses of the other processor go astray then: a doorbell or a timer's interrupt is lost, or QEMU dies.
    return ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35,memory-backend=mem,kernel-irqchip=off", "-accel", "tcg,thread=single", "-cpu", "max",
            "-smp", "2", "-m", memory, "-object", f"memory-backend-memfd,id=mem,size={memory},share=on",
            "-device", f"intel-iommu,intremap=on,caching-mode=on,aw-bits={address_bits}",
            "-device", "isa-debug-exit,iobase=0x501,iosize=1"]
