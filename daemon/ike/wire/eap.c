// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

/* Code, identifier, length of the packet with these four bytes. RFC 3748 4. */
bool eap_validate(struct rd body)
{
	size_t whole = body.left;
	uint16_t len;

	return rd_skip(&body, 2) && rd_be16(&body, &len) && len == whole;
}
