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

bool ike_auth_cut(struct ike_bytes data, struct ike_bytes *algorithm, struct ike_bytes *signature)
{
	struct rd rd = rd_of(data.p, data.len);
	uint8_t len;

	if (!rd_u8(&rd, &len) || len == 0 || !rd_bytes(&rd, &algorithm->p, len) || rd.left == 0)
		return false;
	algorithm->len = len;
	*signature = ike_rest(&rd);
	return true;
}
