// SPDX-License-Identifier: BSD-2-Clause
#include "ike/names.h"

#include <inttypes.h>
#include <stdio.h>

const char *ike_spi_text(uint64_t spi, char buf[IKE_SPI_TEXT_MAX])
{
	snprintf(buf, IKE_SPI_TEXT_MAX, "0x%016" PRIx64, spi);
	return buf;
}

const char *ike_payloads_text(const struct ike_message *m, char buf[IKE_PAYLOADS_TEXT_MAX])
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned type = 1; type < IKE_COUNTED_TYPES; type++) {
		struct ike_name room;
		const char *name = ike_payload_name(type, &room);
		unsigned count = ike_count(m, type);
		int n;

		if (count == 0)
			continue;
		if (count == 1)
			n = snprintf(buf + used, IKE_PAYLOADS_TEXT_MAX - used, "%s%s",
				     used ? " " : "", name);
		else
			n = snprintf(buf + used, IKE_PAYLOADS_TEXT_MAX - used, "%s%s(%u)",
				     used ? " " : "", name, count);
		if (n < 0 || (size_t)n >= IKE_PAYLOADS_TEXT_MAX - used)
			break;
		used += (size_t)n;
	}
	return buf;
}
