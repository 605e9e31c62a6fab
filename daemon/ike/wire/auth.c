// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

bool auth_validate(struct rd body)
{
	uint8_t method;

	return rd_u8(&body, &method) && rd_skip(&body, 3) && body.left > 0;
}

void auth_read(struct rd body, struct ike_message *m)
{
	if (rd_u8(&body, &m->auth.method) && rd_skip(&body, 3))
		m->auth.data = ike_rest(&body);
}
