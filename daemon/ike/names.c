// SPDX-License-Identifier: BSD-2-Clause
#include "ike/names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *ike_spi_text(uint64_t spi, char buf[IKE_SPI_TEXT_MAX])
{
	snprintf(buf, IKE_SPI_TEXT_MAX, "0x%016" PRIx64, spi);
	return buf;
}

/* Text appended as long as there is room; what does not fit is left out whole. */
static void put(char buf[IKE_PAYLOADS_TEXT_MAX], size_t *used, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void put(char buf[IKE_PAYLOADS_TEXT_MAX], size_t *used, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf + *used, IKE_PAYLOADS_TEXT_MAX - *used, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < IKE_PAYLOADS_TEXT_MAX - *used)
		*used += (size_t)n;
	else
		buf[*used] = '\0';
}

const char *ike_payloads_text(const struct ike_message *m, char buf[IKE_PAYLOADS_TEXT_MAX])
{
	struct ike_name room;
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned type = 1; type < IKE_COUNTED_TYPES; type++) {
		unsigned count = ike_count(m, type);

		if (count == 0 || (type == IKE_PAYLOAD_NOTIFY && m->notify_ignored == 0))
			continue;
		put(buf, &used, "%s%s", used ? " " : "", ike_payload_name(type, &room));
		if (type == IKE_PAYLOAD_NOTIFY)
			put(buf, &used, "(%u unknown)", m->notify_ignored);
		else if (count > 1)
			put(buf, &used, "(%u)", count);
	}
	for (size_t i = 0; i < m->notify_count; i++)
		put(buf, &used, "%sN(%s)", used ? " " : "",
		    ike_notify_name(m->notify[i].type, &room));
	return used ? buf : "no payload";
}
