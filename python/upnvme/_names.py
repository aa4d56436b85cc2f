# SPDX-License-Identifier: BSD-3-Clause
"""The library's sentences with Python's names in place of C's, since sentences name remedies."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_PUBLIC = {"_loop_qpair": ".aio", "aio": ".aio"}

FUNCTIONS = {
    "upnvme_version": "upnvme.__version__", "upnvme_build_info": "upnvme.build_info", "upnvme_open": "upnvme.open",
    "upnvme_close": "Controller.close", "upnvme_ctrlr_poll": "Controller.poll",
    "upnvme_ctrlr_info_get": "Controller.info", "upnvme_ctrlr_uri": "Controller.uri",
    "upnvme_ctrlr_on_event": "Controller.on_event", "upnvme_admin": "Controller.admin",
    "upnvme_admin_submit": "Controller.admin", "upnvme_identify": "Controller.identify",
    "upnvme_log_page": "Controller.log_page", "upnvme_feature_get": "Controller.get_feature",
    "upnvme_feature_set": "Controller.set_feature", "upnvme_features_get": "Controller.features",
    "upnvme_smart_get": "Controller.smart", "upnvme_error_log": "Controller.error_log",
    "upnvme_firmware_get": "Controller.firmware", "upnvme_command_effects": "Controller.command_effects",
    "upnvme_ns_get": "Controller.namespaces", "upnvme_ns_next": "Controller.nsids", "upnvme_ns_id": "Namespace.nsid",
    "upnvme_ns_block_size": "Namespace.block_size", "upnvme_ns_block_count": "Namespace.block_count",
    "upnvme_ns_metadata_size": "Namespace.metadata_size",
    "upnvme_ns_max_transfer_blocks": "Namespace.max_transfer_blocks", "upnvme_ns_info_get": "Namespace.info",
    "upnvme_dma_alloc": "Controller.alloc", "upnvme_dma_free": "Buffer.free",
    "upnvme_mem_register": "Controller.register", "upnvme_mem_unregister": "Controller.unregister",
    "upnvme_qpair_create": "Controller.qpair", "upnvme_qpair_stop": "QPair.stop", "upnvme_qpair_close": "QPair.close",
    "upnvme_qpair_release": "QPair.release", "upnvme_qpair_adopt": "QPair.adopt",
    "upnvme_qpair_abandon": "QPair.abandon", "upnvme_qpair_ring": "QPair.ring", "upnvme_qpair_id": "QPair.id",
    "upnvme_qpair_entries": "QPair.entries", "upnvme_qpair_outstanding_max": "QPair.depth",
    "upnvme_qpair_inflight": "QPair.inflight", "upnvme_qpair_stats_get": "QPair.stats",
    "upnvme_qpair_histogram": "QPair.histogram", "upnvme_histogram_limit_ns": "QPair.histogram",
    "upnvme_qpair_fd": "QPair.fileno", "upnvme_qpair_wait": "QPair.wait", "upnvme_read": "QPair.read",
    "upnvme_write": "QPair.write", "upnvme_compare": "QPair.compare", "upnvme_readv": "QPair.readv",
    "upnvme_writev": "QPair.writev", "upnvme_flush": "QPair.flush", "upnvme_write_zeroes": "QPair.write_zeroes",
    "upnvme_deallocate": "QPair.deallocate", "upnvme_verify": "QPair.verify", "upnvme_io": "QPair.io",
    "upnvme_submit_at": "QPair.submit", "upnvme_io_at": "QPair.io",
    "upnvme_poll": "QPair.poll", "upnvme_reap": "QPair.reap",
    "upnvme_exec": "Namespace.read", "upnvme_error_name": "Error.code_name", "upnvme_status_name": "NVMeError.name",
    "upnvme_status_text": "NVMeError.text", "upnvme_log_set": "upnvme.set_log_level",
    "upnvme_devices_list": "upnvme.devices.list_devices", "upnvme_device_get": "upnvme.devices.get",
    "upnvme_device_bind": "upnvme.devices.bind", "upnvme_device_unbind": "upnvme.devices.unbind",
    "upnvme_devices_bind": "upnvme.devices.bind", "upnvme_devices_unbind": "upnvme.devices.unbind",
    "upnvme_system_get": "upnvme.devices.system",
}

OPTIONS = {
    "upnvme_open_opts.nqpairs": "upnvme.open's queue_pairs",
    "upnvme_open_opts.keep_alive_ms": "upnvme.open's keep_alive",
    "upnvme_open_opts.admin_timeout_ns": "upnvme.open's admin_timeout",
    "upnvme_open_opts.max_transfer_bytes": "upnvme.open's max_transfer",
    "upnvme_open_opts.flags": "upnvme.open's flags", "upnvme_open_opts": "upnvme.open's options",
    "upnvme_qpair_opts": "Controller.qpair's options", "upnvme_qpair_opts.flags": "Controller.qpair's flags",
    "UPNVME_QPAIR_INTERRUPT": "interrupt=True",
    "UPNVME_QPAIR_HISTOGRAM": "histogram=True", "UPNVME_QPAIR_CMB": "cmb=True",
    "UPNVME_OPEN_HOUSEKEEPING": "housekeeping=True",
    "upnvme_op": "command", "upnvme_raw": "raw command", "UPNVME_FORM_RAW": "QPair.raw",
    "UPNVME_FORM_RANGES": "Form.RANGES", "UPNVME_NO_SPLIT": "Flag.NO_SPLIT", "UPNVME_FUSED_FIRST": "Flag.FUSED_FIRST",
    "UPNVME_FUSED_SECOND": "Flag.FUSED_SECOND", "UPNVME_DATA_NONE": "Direction.NONE",
    "UPNVME_DATA_TO_DEVICE": "Direction.TO_DEVICE", "UPNVME_DATA_FROM_DEVICE": "Direction.FROM_DEVICE",
    "UPNVME_FEATURE_CURRENT": "Select.CURRENT", "UPNVME_BIND_FORCE": "force=True",
}


def printable(text: str) -> str:
    """A text that can be printed: bytes of a file's name that are no UTF-8 (PEP 383) are shown as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def public_name(thing: object) -> str:
    """The public name of an object's class."""
    package, _, module = type(thing).__module__.partition(".")
    return f"{package}{_PUBLIC.get(module, '')}.{type(thing).__name__}"


def in_python(text: str) -> str:
    """A sentence of the library with Python's names."""
    import re

    return re.sub(r"\bupnvme_\w+(?:\.\w+)?|\bUPNVME_\w+", _name, text, flags=re.ASCII)


def _name(match: re.Match[str]) -> str:
    name = match[0]
    return FUNCTIONS.get(name) or OPTIONS.get(name) or name
