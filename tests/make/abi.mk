# SPDX-License-Identifier: BSD-3-Clause
# The ABI's promise (tests/abi).

.PHONY: abi-baseline
abi-baseline: ## take the public headers as they are for the promised ABI, after a change on purpose
	@tests/deps/install --optional abi
	@PYTHONDONTWRITEBYTECODE=1 tests/abi/write_baseline.py
