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

/* Notifies whose data has a form of its own; min to max bytes. What is known and stands not here
 * has none, or its reader is patient with it. */
static const struct {
	uint16_t type, min, max;
} forms[] = {
	{ IKE_NOTIFY_SET_WINDOW_SIZE, 4, 4 },        /* RFC 7296 2.3 */
	{ IKE_NOTIFY_ADDITIONAL_IP4_ADDRESS, 4, 4 }, /* RFC 4555 4.2.2 */
	{ IKE_NOTIFY_ADDITIONAL_IP6_ADDRESS, 16, 16 },
	{ IKE_NOTIFY_NO_ADDITIONAL_ADDRESSES, 0, 0 },
	{ IKE_NOTIFY_UPDATE_SA_ADDRESSES, 0, 0 },
	{ IKE_NOTIFY_COOKIE2, 8, 64 },
	{ IKE_NOTIFY_NO_NATS_ALLOWED, 12, 36 },
	{ IKE_NOTIFY_REDIRECT, 2, 2 + 255 + IKE_NONCE_MAX }, /* RFC 5685 6 */
	{ IKE_NOTIFY_REDIRECTED_FROM, 2, 2 + 255 },
};

/* GW Ident Type, GW Ident Len, identity, and in a REDIRECT perhaps a nonce. */
static bool gateway_ok(struct rd data, bool alone)
{
	uint8_t type, len;

	if (!rd_u8(&data, &type) || !rd_u8(&data, &len) || !rd_skip(&data, len) ||
	    (alone && data.left > 0))
		return false;
	return type == 1 ? len == 4 : type == 2 ? len == 16 : type == 3 && len > 0;
}

static bool form_ok(const struct ike_notify *notify)
{
	struct rd data = rd_of(notify->data.p, notify->data.len);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].type == notify->type &&
		    (notify->data.len < forms[i].min || notify->data.len > forms[i].max))
			return false;
	switch (notify->type) {
	case IKE_NOTIFY_NO_NATS_ALLOWED:
		return data.left == 12 || data.left == 36;
	case IKE_NOTIFY_REDIRECT:
	case IKE_NOTIFY_REDIRECTED_FROM:
		return gateway_ok(data, notify->type == IKE_NOTIFY_REDIRECTED_FROM);
	default:
		return true;
	}
}

bool notify_validate(struct rd body)
{
	struct ike_notify notify;

	return notify_get(&body, &notify) && form_ok(&notify);
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
