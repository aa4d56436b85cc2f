# SPDX-License-Identifier: BSD-3-Clause
"""A capture file of NVMe over TCP, as Wireshark's dissector takes it: commands to a controller, and its answers."""

import struct

PORT = 4420
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
LINKTYPE_RAW = 101  # packets of IP
TCP_FLAGS = 0x18  # PSH, ACK
# PDU types. NVMe/TCP Transport 1.0c, 3.6.1
ICREQ, ICRESP, COMMAND, RESPONSE, C2H_DATA = 0, 1, 4, 5, 7
LAST_PDU = 4
SGL_TRANSPORT = 0x5a
SGL = 0x40  # PSDT 01b
FABRICS, CONNECT = 0x7f, 1


def pdu(kind, header, data=b"", flags=0):
    """A PDU with this header after the common one. NVMe/TCP 3.6.1"""
    size = 8 + len(header)
    return struct.pack("<BBBBI", kind, flags, size, size if data else 0, size + len(data)) + header + data


def entry(opcode, cid, size, dwords, nsid=0):
    """A submission queue entry whose data the transport moves."""
    words = [dwords.get(number, 0) for number in range(10, 16)]
    return (struct.pack("<BBHI", opcode, SGL, cid, nsid) + bytes(16) + struct.pack("<QI3xB", 0, size, SGL_TRANSPORT) +
            struct.pack("<6I", *words))


class Capture:
    """A connection of the admin queue's."""

    def __init__(self):
        self.packets = []
        self.sequence = {CLIENT: 1, SERVER: 1}
        self.cid = 0
        self.segment(CLIENT, pdu(ICREQ, bytes(120)))
        self.segment(SERVER, pdu(ICRESP, struct.pack("<HBBI", 0, 0, 0, 0x20000) + bytes(112)))
        self.connect()

    def segment(self, source, payload):
        target = SERVER if source == CLIENT else CLIENT
        ports = (50000, PORT) if source == CLIENT else (PORT, 50000)
        tcp = struct.pack(">HHIIBBHHH", *ports, self.sequence[source], self.sequence[target], 5 << 4, TCP_FLAGS, 65535,
                          0, 0) + payload
        self.packets.append(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), len(self.packets), 0, 64, 6, 0, source,
                                        target) + tcp)
        self.sequence[source] += len(payload)

    def respond(self, cid, result=0):
        self.segment(SERVER, pdu(RESPONSE, struct.pack("<QHHHH", result, 0, 0, cid, 0)))

    def connect(self):
        """To the admin queue. NVMe Base 2.0c, 6.3"""
        names = b"nqn.2014-08.org.nvmexpress:uuid:00000000-0000-0000-0000-000000000001".ljust(256, b"\0")
        data = bytes(16) + struct.pack("<H", 0xffff) + bytes(238) + names + names + bytes(256)
        command = struct.pack("<BBHB", FABRICS, SGL, self.cid, CONNECT) + bytes(19)
        command += struct.pack("<QI3xB", 0, len(data), 1) + struct.pack("<HHHBxI", 0, 0, 31, 0, 0) + bytes(12)
        self.segment(CLIENT, pdu(COMMAND, command, data))
        self.respond(self.cid, 1)

    def command(self, opcode, dwords, data, nsid=0):
        """A command of the host's, and the data with which the controller answers."""
        self.cid += 1
        self.segment(CLIENT, pdu(COMMAND, entry(opcode, self.cid, len(data), dwords, nsid)))
        self.segment(SERVER, pdu(C2H_DATA, struct.pack("<HHIII", self.cid, 0, 0, len(data), 0), data, LAST_PDU))
        self.respond(self.cid)

    def save(self, path):
        header = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, LINKTYPE_RAW)
        path.write_bytes(header + b"".join(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet
                                           for number, packet in enumerate(self.packets)))
