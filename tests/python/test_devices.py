# SPDX-License-Identifier: BSD-3-Clause
"""Moving devices, on a machine that has none at these addresses: what is asked for reaches the library."""

import pytest

import upnvme
from upnvme import devices

ABSENT = ["fffe:ff:1f.6", "fffe:ff:1f.7"]


@pytest.mark.parametrize("addresses", [ABSENT, tuple(ABSENT), iter(ABSENT), ", ".join(ABSENT), ABSENT[0]])
def test_one_device_or_several_can_be_bound(addresses):
    with pytest.raises(upnvme.Error) as caught:
        devices.bind(addresses)
    assert caught.value.code_name == "UPNVME_ERR_DEVICE_NOT_FOUND" and ABSENT[0] in str(caught.value)


def test_unbinding_takes_several_too():
    with pytest.raises(upnvme.Error) as caught:
        devices.unbind([*ABSENT, "nvme0"], force=True)
    assert caught.value.code_name == "UPNVME_ERR_DEVICE_NOT_FOUND"


def test_the_options_reach_the_library():
    for user in 0, "root":
        with pytest.raises(upnvme.Error) as caught:
            devices.bind(ABSENT, "uio_pci_generic", user=user, force=True)
        assert "give vfio-pci for another user" in str(caught.value)
    with pytest.raises(KeyError, match="no-such-user"):
        devices.bind(ABSENT, user="no-such-user")


@pytest.mark.parametrize("addresses", [None, 1, [1], b"0000:01:00.0"])
def test_values_that_are_no_addresses_are_refused(addresses):
    with pytest.raises((TypeError, upnvme.Error)):
        devices.bind(addresses)


def test_the_uses_have_names():
    assert devices.InUse(0x31).name == "MOUNTED|EXPORTED|FUNCTIONS"
