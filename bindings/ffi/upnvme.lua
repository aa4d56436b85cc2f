-- SPDX-License-Identifier: BSD-3-Clause
--
-- upnvme by LuaJIT's FFI: require "upnvme" gives the library's C interface.
--
-- Its functions and constants are fields of `lib`; upnvme.check(result) raises the library's sentence when a call has
-- failed. It opens the installed libupnvme, or the one that $UPNVME_LIBRARY names, and refuses one that does not fit.
local ffi = require "ffi"

local here = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"
local declarations = assert(io.open(here .. "upnvme_cdef.h"))
ffi.cdef(declarations:read "*a")
declarations:close()

local path = os.getenv "UPNVME_LIBRARY" or "libupnvme.so.0"
local lib = ffi.load(path)

local version, abi = ffi.string(lib.upnvme_version()), lib.upnvme_abi_version()
local major, minor = version:match "^(%d+)%.(%d+)"
local fits = abi == lib.UPNVME_ABI_VERSION
local is_older = major * 1000 + minor < lib.UPNVME_VERSION_MAJOR * 1000 + lib.UPNVME_VERSION_MINOR

if not fits or is_older then
	error(("%s is upnvme %s with ABI %d; these declarations are of upnvme %d.%d with ABI %d: take those that were " ..
		"installed with it"):format(path, version, abi, lib.UPNVME_VERSION_MAJOR, lib.UPNVME_VERSION_MINOR,
		lib.UPNVME_ABI_VERSION))
end

local upnvme = { lib = lib }

-- The result of a call that has not failed.
function upnvme.check(result)
	if result < 0 then
		error(ffi.string(lib.upnvme_last_error()), 2)
	end
	return result
end

return upnvme
