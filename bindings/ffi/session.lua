#!/usr/bin/env luajit
-- SPDX-License-Identifier: BSD-3-Clause
--
-- A session from LuaJIT: opens a controller, writes a block, reads it back by callback, and compares it in a batch.
--
--	LUA_PATH="$PREFIX/share/upnvme/?.lua" luajit session.lua [URI]
local ffi = require "ffi"
local upnvme = require "upnvme"
local lib, check = upnvme.lib, upnvme.check

local uri = arg[1] or "soft:ram?size=1MiB"

-- A function that returns a handle through a pointer gets a place for it, an array of one, which has the handle afterwards.
local place = ffi.new("upnvme_ctrlr *[1]")
check(lib.upnvme_open(place, uri, nil))
local ctrlr = place[0]

place = ffi.new("upnvme_ns *[1]")
check(lib.upnvme_ns_get(place, ctrlr, 1))
local ns = place[0]

place = ffi.new("upnvme_qpair *[1]")
check(lib.upnvme_qpair_create(place, ctrlr, nil)) -- this thread owns it
local qp = place[0]

local bytes = lib.upnvme_ns_block_size(ns)
place = ffi.new("void *[1]")
check(lib.upnvme_dma_alloc(place, ctrlr, bytes, 0))
local buf = place[0]

-- A callback may run only inside a call that LuaJIT does not compile.
local function poll()
	return lib.upnvme_poll(qp, 0)
end
jit.off(poll)

local finished, status
local on_done = ffi.cast("upnvme_cb", function(_, done)
	finished, status = true, done.status
end)

-- Checks the result of a call: 0 if the command was accepted. Then polls until the command's callback has run.
local function finish(result)
	check(result)
	finished = false
	while not finished do
		check(poll())
	end
	if status ~= 0 then
		error("the controller answers: " .. ffi.string(lib.upnvme_status_text(status)))
	end
end

ffi.copy(buf, "Hello, NVMe!")
finish(lib.upnvme_write(qp, ns, buf, 0, 1, on_done, nil))
ffi.fill(buf, bytes)
finish(lib.upnvme_read(qp, ns, buf, 0, 1, on_done, nil))
print(("LBA 0 of %s: %s"):format(uri, ffi.string(buf)))

-- A batch needs no callback: its completions have the tags of the ops.
local ops = ffi.new("struct upnvme_op[2]")
local done = ffi.new("struct upnvme_completion[2]")
for i = 0, 1 do
	ops[i].opcode = lib.UPNVME_OP_COMPARE
	ops[i].nsid = 1
	ops[i].lba = i
	ops[i].blocks = 1
	ops[i].buf = buf
	ops[i].tag = 100 + i
end
local n = check(lib.upnvme_exec(qp, ops, 2, done, 2, 10000000000ULL))
for i = 0, n - 1 do
	print(("tag %d: %s"):format(tonumber(done[i].tag), ffi.string(lib.upnvme_status_name(done[i].status))))
end

-- The error of a refused call is a sentence that says why.
print(select(2, pcall(check, lib.upnvme_read(qp, ns, buf, 1000000, 1, on_done, nil))))

check(lib.upnvme_dma_free(ctrlr, buf))
check(lib.upnvme_qpair_close(qp))
check(lib.upnvme_close(ctrlr))
on_done:free()
