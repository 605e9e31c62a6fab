// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

enum { ATTR_TYPE_MASK = 0x7fff }; /* the highest bit is reserved */

static bool attr_get(struct rd *body, struct ike_attr *attr)
{
	uint16_t type, len;

	if (!rd_be16(body, &type) || !rd_be16(body, &len) || !rd_bytes(body, &attr->value.p, len))
		return false;
	attr->type = type & ATTR_TYPE_MASK;
	attr->value.len = len;
	return true;
}

bool cp_validate(struct rd body)
{
	struct ike_attr attr;
	uint8_t type;

	if (!rd_u8(&body, &type) || !rd_skip(&body, 3))
		return false;
	while (body.left > 0)
		if (!attr_get(&body, &attr))
			return false;
	return true;
}

void cp_read(struct rd body, struct ike_message *m)
{
	struct ike_cp *cp = &m->cp;
	struct ike_attr attr;

	if (!rd_u8(&body, &cp->type) || !rd_skip(&body, 3))
		return;
	while (body.left > 0 && attr_get(&body, &attr)) {
		if (cp->count == IKE_ATTRS_MAX)
			cp->ignored++;
		else
			cp->attr[cp->count++] = attr;
	}
}
