// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

/* "The string MUST NOT contain any terminators (e.g., NULL, CR, etc.)", RFC 7296 3.5. */
static bool has_control(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return true;
	return false;
}

bool id_validate(struct rd body)
{
	uint8_t type;

	if (!rd_u8(&body, &type) || !rd_skip(&body, 3))
		return false;
	if (body.left == 0 || body.left > IKE_ID_MAX)
		return false;
	switch (type) {
	case IKE_ID_IPV4_ADDR:
		return body.left == 4;
	case IKE_ID_IPV6_ADDR:
		return body.left == 16;
	case IKE_ID_FQDN:
	case IKE_ID_RFC822_ADDR:
		return !has_control(body.p, body.left);
	default:
		return true;
	}
}

static void id_read(struct rd body, struct ike_identity *id)
{
	id->body = ike_rest(&body);
	if (rd_u8(&body, &id->type) && rd_skip(&body, 3))
		id->data = ike_rest(&body);
}

void id_i_read(struct rd body, struct ike_message *m)
{
	id_read(body, &m->id_i);
}

void id_r_read(struct rd body, struct ike_message *m)
{
	id_read(body, &m->id_r);
}
