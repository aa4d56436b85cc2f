# SPDX-License-Identifier: BSD-3-Clause
"""Random commands against a model that is an array of bytes: over memory and files, with blocks of several sizes."""

import asyncio
import random
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import upnvme
import upnvme.aio

BLOCKS = 48
extents = st.integers(0, BLOCKS - 1).flatmap(lambda lba: st.tuples(st.just(lba), st.integers(1, BLOCKS - lba)))


class Model(RuleBasedStateMachine):
    """One namespace, by all faces at a time; `model` is what it should hold."""

    @initialize(kind=st.sampled_from(["ram", "file"]), block=st.sampled_from([512, 4096, 16384]),
                mode=st.sampled_from(["inline", "thread"]), more=st.sampled_from(["", "&mdts=2", "&noiob=3", "&sgl=0"]))
    def begin(self, kind, block, mode, more):
        self.block, self.image = block, tempfile.NamedTemporaryFile()
        path = self.image.name if kind == "file" else "ram"
        self.image.truncate(BLOCKS * block)
        size = f"size={BLOCKS * block}&" if kind == "ram" else ""
        self.uri, self.keeps = f"soft:{path}?{size}block={block}&mode={mode}{more}", kind == "file"
        self.model = bytearray(BLOCKS * block)
        self.open()

    def open(self):
        self.ctrlr = upnvme.open(self.uri)
        self.ns, self.qp = self.ctrlr.namespaces[1], self.ctrlr.qpair(8)
        self.buf = self.ctrlr.alloc(BLOCKS * self.block)
        assert (self.ns.block_size, self.ns.block_count) == (self.block, BLOCKS)

    def teardown(self):
        if hasattr(self, "ctrlr"):
            self.ctrlr.close()
            self.image.close()

    def place(self, extent):
        return slice(extent[0] * self.block, (extent[0] + extent[1]) * self.block)

    def fill(self, extent, seed):
        data = random.Random(seed).randbytes(extent[1] * self.block)
        self.model[self.place(extent)] = data
        return data

    @staticmethod
    def apart(extents):
        """A batch is in no order: of those that overlap the first is taken."""
        free, chosen = set(range(BLOCKS)), []
        for extent in extents:
            blocks = set(range(extent[0], sum(extent)))
            if blocks <= free:
                free -= blocks
                chosen.append(extent)
        return chosen

    def batch(self, kinds, seed):
        """Commands for extents that are apart, with the model's answers, and the places of reads in the buffer."""
        ops, at, reads = upnvme.Batch(len(kinds)), 0, []
        for i, (extent, kind) in enumerate(kinds):
            size = extent[1] * self.block
            if kind == upnvme.Op.READ:
                reads.append((at, bytes(self.model[self.place(extent)])))
            elif kind == upnvme.Op.WRITE:
                self.buf[at:at + size] = self.fill(extent, seed + i)
            else:
                self.model[self.place(extent)] = bytes(size)
            for name, value in (("opcode", kind), ("nsid", 1), ("lba", extent[0]), ("blocks", extent[1]),
                                ("offset", at), ("tag", i)):
                ops.column(name)[i] = value
            at += size
        return ops, reads

    @rule()
    def open_anew(self):
        """A file keeps its bytes; memory is new."""
        self.ctrlr.close()
        if not self.keeps:
            self.model = bytearray(len(self.model))
        self.open()

    kinds = st.lists(st.tuples(extents, st.sampled_from([1, 2, 8, 9])), min_size=1, max_size=20)

    @rule(kinds=kinds, seed=st.integers(0, 255), way=st.sampled_from(["run", "submit", "aio"]))
    def mixed_batch(self, kinds, seed, way):
        """Reads, writes, write zeroes and deallocations together: at once, as room appears, or awaited."""
        chosen = self.apart([extent for extent, _ in kinds])
        kinds = [(extent, next(upnvme.Op(kind) for one, kind in kinds if one == extent)) for extent in chosen]
        ops, reads = self.batch(kinds, seed)
        if way == "run":
            tags = self.qp.run(ops, self.buf).check()["tag"].tolist()
        elif way == "submit":
            tags = self.reap_all(ops)
        else:
            tags = self.await_it(ops, reads)
        assert sorted(tags) == list(range(len(kinds)))
        if way != "aio" or not self.keeps:
            assert all(self.buf[at:at + len(data)] == data for at, data in reads)

    def reap_all(self, ops):
        """Submits and reaps by hand."""
        left, sent, tags = memoryview(ops), 0, []
        while len(tags) < len(ops):
            if sent < len(ops):
                try:
                    sent += self.qp.submit(left[sent:], self.buf)
                except upnvme.WouldBlockError:
                    pass
            tags += self.qp.reap(min=1, timeout=10).check()["tag"].tolist()
        return tags

    def await_it(self, ops, reads):
        """Through a loop, and a controller, of its own: only a file is the same then."""
        if not self.keeps:
            return self.reap_all(ops)
        image = bytes(self.buf)
        self.ctrlr.close()

        async def main():
            async with upnvme.aio.open(self.uri) as ctrlr:
                buf = ctrlr.alloc(len(image))
                buf[:] = image
                done = await ctrlr.qpair(4).run(ops, buf)
                assert all(buf[at:at + len(data)] == data for at, data in reads)
                return done.check()["tag"].tolist()

        try:
            return asyncio.run(main())
        finally:
            self.open()

    @rule(at=st.integers(0, BLOCKS * 16384), size=st.integers(0, 40000), seed=st.integers(0, 255))
    def write_as_a_file(self, at, size, seed):
        at %= len(self.model)
        data = random.Random(seed).randbytes(min(size, len(self.model) - at))
        with self.ns.open("r+b", offset=at, buffering=0) as file:
            n = 0
            while n < len(data):
                n += file.write(data[n:])
        self.model[at:at + len(data)] = data

    @rule(at=st.integers(0, BLOCKS * 16384), size=st.integers(0, 40000))
    def read_as_a_file(self, at, size):
        at %= len(self.model)
        with self.ns.open("rb") as file:
            file.seek(at)
            assert file.read(size) == bytes(self.model[at:at + size])

    @rule(extent=extents, seed=st.integers(0, 255))
    def write(self, extent, seed):
        self.ns.write(extent[0], self.fill(extent, seed))

    @rule(extent=extents, seed=st.integers(0, 255))
    def write_by_callback(self, extent, seed):
        self.buf[:extent[1] * self.block] = self.fill(extent, seed)
        done = []
        self.qp.write(self.ns, self.buf, *extent, callback=done.append)
        while not done:
            self.qp.poll(timeout=1)
        assert done[0].check().blocks == extent[1]

    @rule(extent=extents)
    def write_zeroes(self, extent):
        self.ns.write_zeroes(*extent)
        self.model[self.place(extent)] = bytes(extent[1] * self.block)

    @rule(extent=extents)
    def deallocate(self, extent):
        self.ns.deallocate(*extent)
        self.model[self.place(extent)] = bytes(extent[1] * self.block)

    @rule(extent=extents)
    def read(self, extent):
        assert bytes(self.ns.read(*extent)) == bytes(self.model[self.place(extent)])

    @rule(extent=extents, cut=st.integers(0, 1 << 16))
    def read_into_pieces(self, extent, cut):
        size = extent[1] * self.block
        cut = cut % size // 4 * 4
        pieces = [piece for piece in (self.buf[:cut], self.buf[cut:size]) if len(piece)]
        done = []
        try:
            self.qp.readv(self.ns, pieces, *extent, callback=done.append)
        except upnvme.ArgumentError as error:
            assert error.code_name == "UPNVME_ERR_IOVEC"
            return
        while not done:
            self.qp.poll(timeout=1)
        done[0].check()
        assert self.buf[:size] == self.model[self.place(extent)]

    @rule(extent=extents)
    def compare(self, extent):
        self.ns.compare(extent[0], bytes(self.model[self.place(extent)]))

    @rule(lba=st.integers(0, 2**64 - 1), blocks=st.integers(1, 2**32 - 1))
    def read_past_the_end(self, lba, blocks):
        if lba + blocks <= BLOCKS:
            return
        try:
            self.ns.read(lba, blocks)
        except upnvme.RangeError:
            return
        raise AssertionError("was read")

    @invariant()
    def nothing_is_in_flight(self):
        assert not hasattr(self, "qp") or self.qp.inflight == 0


Model.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, database=None,
                                   suppress_health_check=list(HealthCheck))
TestModel = Model.TestCase
