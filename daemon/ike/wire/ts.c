// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

enum {
	SELECTOR_HEADER_LEN = 4,
	SELECTOR4_LEN = 16,
	SELECTOR6_LEN = 40,
};

/* One selector: its type and all of it as a cursor. */
static bool selector_next(struct rd *body, uint8_t *type, struct rd *selector)
{
	struct rd peek = *body;
	uint16_t len;

	if (!rd_u8(&peek, type) || !rd_skip(&peek, 1) || !rd_be16(&peek, &len))
		return false;
	if (len < SELECTOR_HEADER_LEN)
		return false;
	if (*type == IKE_TS_IPV4_ADDR_RANGE && len != SELECTOR4_LEN)
		return false;
	if (*type == IKE_TS_IPV6_ADDR_RANGE && len != SELECTOR6_LEN)
		return false;
	return rd_sub(body, selector, len);
}

bool ts_validate(struct rd body)
{
	uint8_t count, type;
	struct rd selector;

	if (!rd_u8(&body, &count) || !rd_skip(&body, 3) || count == 0)
		return false;
	for (; count > 0; count--)
		if (!selector_next(&body, &type, &selector))
			return false;
	return rd_end(&body);
}

static bool address_read(struct rd *rd, uint8_t type, struct fg_ip *ip)
{
	__be32 v4;

	if (type == IKE_TS_IPV6_ADDR_RANGE)
		return rd_copy(rd, ip->w, sizeof(ip->w));
	if (!rd_copy(rd, &v4, sizeof(v4)))
		return false;
	*ip = ip_from4(v4);
	return true;
}

/* 65535-0 is OPAQUE; any other range that ends before it begins holds nothing. IPv4 addresses do
 * not come as mapped ones. */
static bool selector_sane(const struct ike_selector *s, bool is4)
{
	if (ip_is4(&s->first) != is4 || ip_is4(&s->last) != is4 ||
	    ip_compare(&s->first, &s->last) > 0)
		return false;
	return s->port_first <= s->port_last || (s->port_first == 65535 && s->port_last == 0);
}

static bool selector_read(struct rd *rd, uint8_t type, struct ike_selector *s)
{
	if (type != IKE_TS_IPV4_ADDR_RANGE && type != IKE_TS_IPV6_ADDR_RANGE)
		return false;
	return rd_skip(rd, 1) && rd_u8(rd, &s->protocol) && rd_skip(rd, 2) &&
	       rd_be16(rd, &s->port_first) && rd_be16(rd, &s->port_last) &&
	       address_read(rd, type, &s->first) && address_read(rd, type, &s->last) &&
	       selector_sane(s, type == IKE_TS_IPV4_ADDR_RANGE);
}

static void ts_read(struct rd body, struct ike_ts *ts)
{
	uint8_t count, type;
	struct rd selector;

	if (!rd_u8(&body, &count) || !rd_skip(&body, 3))
		return;
	for (; count > 0 && selector_next(&body, &type, &selector); count--) {
		struct ike_selector s = { 0 };

		if (ts->count < IKE_SELECTORS_MAX && selector_read(&selector, type, &s))
			ts->selector[ts->count++] = s;
		else
			ts->ignored++;
	}
}

void ts_i_read(struct rd body, struct ike_message *m)
{
	ts_read(body, &m->ts_i);
}

void ts_r_read(struct rd body, struct ike_message *m)
{
	ts_read(body, &m->ts_r);
}
