// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

bool nonce_validate(struct rd body)
{
	return body.left >= IKE_NONCE_MIN && body.left <= IKE_NONCE_MAX;
}

void nonce_read(struct rd body, struct ike_message *m)
{
	m->nonce = ike_rest(&body);
}
