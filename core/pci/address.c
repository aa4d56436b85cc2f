/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of PCI functions as text. */
#include "pci/address.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* Reads `min` to `max` hexadecimal digits and the character `end` behind them. */
static bool take_hex(const char **text, unsigned min, unsigned max, char end, uint32_t *value)
{
	unsigned n = 0;

	*value = 0;
	while (n < max && isxdigit((unsigned char)(*text)[n]))
		n++;
	if (n < min || (*text)[n] != end)
		return false;
	*value = (uint32_t)strtoul(*text, NULL, 16);
	*text += n + (end != '\0');
	return true;
}

static bool has_domain(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && strchr(colon + 1, ':');
}

int pci_address_parse(char address[PCI_ADDRESS_ROOM], const char *text)
{
	uint32_t domain = 0, bus, device, function;
	const char *at = text;
	bool good;

	/* The domain of a device behind Intel's VMD has more than 16 bits. */
	good = (!has_domain(text) || take_hex(&at, 4, 8, ':', &domain)) &&
	       take_hex(&at, 2, 2, ':', &bus) && take_hex(&at, 2, 2, '.', &device) &&
	       take_hex(&at, 1, 1, '\0', &function) && device < 32 && function < 8;
	if (!good)
		return error_set(-EINVAL, UPNVME_ERR_DEVICE_ADDRESS,
				 "\"%.*s\" is no PCI address: give domain:bus:device.function in "
				 "hexadecimal, for example 0000:01:00.0 (upnvme-devices list)",
				 text_fit(text, 40), text);
	snprintf(address, PCI_ADDRESS_ROOM, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return 0;
}
