// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

bool ke_validate(struct rd body)
{
	uint16_t group;

	return rd_be16(&body, &group) && rd_skip(&body, 2) && body.left > 0;
}

void ke_read(struct rd body, struct ike_message *m)
{
	if (!rd_be16(&body, &m->ke.group) || !rd_skip(&body, 2))
		return;
	m->ke.value = ike_rest(&body);
}
