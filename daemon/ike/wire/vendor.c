// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

bool vendor_validate(struct rd body)
{
	return body.left > 0;
}

void vendor_read(struct rd body, struct ike_message *m)
{
	if (m->vendor_count == IKE_VENDORS_MAX)
		m->ignored++;
	else
		m->vendor[m->vendor_count++] = ike_rest(&body);
}
