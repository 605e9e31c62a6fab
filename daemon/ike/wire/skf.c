// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

/* RFC 7383 2.5: numbers begin at 1, none is above the total, and none is empty. */
bool skf_validate(struct rd body)
{
	uint16_t number, total;

	return rd_be16(&body, &number) && rd_be16(&body, &total) && number > 0 && number <= total &&
	       body.left > 0;
}

void skf_read(struct rd body, struct ike_message *m)
{
	if (rd_be16(&body, &m->fragment) && rd_be16(&body, &m->fragments))
		m->sk = ike_rest(&body);
}
