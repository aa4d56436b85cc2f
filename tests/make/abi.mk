# SPDX-License-Identifier: BSD-3-Clause
# The ABI's promise (tests/abi).

.PHONY: abi-baseline
abi-baseline: ## take the public headers as they are for the promised ABI, after a change on purpose
	@tests/deps/install check
	@PYTHONDONTWRITEBYTECODE=1 $(DESCRIBER) tests/abi/write_baseline.py
