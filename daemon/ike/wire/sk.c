// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

bool sk_validate(struct rd body)
{
	return body.left > 0;
}

void sk_read(struct rd body, struct ike_message *m)
{
	m->sk = ike_rest(&body);
}
