// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

/* Encoding and data; the data of a CERTREQ may be empty: any authority will do. */
bool cert_validate(struct rd body)
{
	uint8_t encoding;

	return rd_u8(&body, &encoding);
}
