// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

static bool notify_get(struct rd *body, struct ike_notify *notify)
{
	uint8_t spi_len;

	if (!rd_u8(body, &notify->protocol) || !rd_u8(body, &spi_len) ||
	    !rd_be16(body, &notify->type) || !rd_bytes(body, &notify->spi.p, spi_len))
		return false;
	notify->spi.len = spi_len;
	notify->data = ike_rest(body);
	return true;
}

bool notify_validate(struct rd body)
{
	struct ike_notify notify;

	return notify_get(&body, &notify);
}

/* An unknown error counts as an error, an unknown status type is ignored: RFC 7296 3.10.1. */
void notify_read(struct rd body, struct ike_message *m)
{
	struct ike_notify notify;

	if (!notify_get(&body, &notify))
		return;
	if (m->notify_count == IKE_NOTIFIES_MAX ||
	    (notify.type >= IKE_NOTIFY_FIRST_STATUS && !ike_notify_known(notify.type)))
		m->notify_ignored++;
	else
		m->notify[m->notify_count++] = notify;
}

uint32_t ike_hashes_read(const struct ike_notify *notify)
{
	struct rd rd = rd_of(notify ? notify->data.p : NULL, notify ? notify->data.len : 0);
	uint32_t set = 0;
	uint16_t hash;

	while (rd_be16(&rd, &hash))
		if (hash >= IKE_HASH_SHA1 && hash <= IKE_HASH_IDENTITY)
			set |= 1u << hash;
	return set;
}
