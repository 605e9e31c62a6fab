// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/message.h"

#include "ike/wire/payload.h"

enum {
	IN_CLEAR = 1,
	IN_SK = 2,
	ANYWHERE = IN_CLEAR | IN_SK,
};

/* What a wrong form is called in the counters. */
enum {
	BAD = IKE_DROP_bad_payload,
	BAD_ID = IKE_DROP_identity_invalid,
	BAD_NONCE = IKE_DROP_bad_nonce,
	BAD_FRAGMENT = IKE_DROP_bad_fragment,
};

/* The payloads that we know. A known payload elsewhere than allowed is misplaced. */
static const struct payload_row {
	uint8_t type;
	uint8_t where;
	bool many;     /* read each one, not only the first */
	uint8_t wrong; /* when validate says no */
	bool (*validate)(struct rd body);
	void (*read)(struct rd body, struct ike_message *m); /* NULL: only counted */
} rows[] = {
	/* clang-format off */
	{ IKE_PAYLOAD_SA,       ANYWHERE, false, BAD,       sa_validate,     sa_read },
	{ IKE_PAYLOAD_KE,       ANYWHERE, false, BAD,       ke_validate,     ke_read },
	{ IKE_PAYLOAD_IDI,      IN_SK,    false, BAD_ID,    id_validate,     id_i_read },
	{ IKE_PAYLOAD_IDR,      IN_SK,    false, BAD_ID,    id_validate,     id_r_read },
	{ IKE_PAYLOAD_CERT,     IN_SK,    true,  BAD,       cert_validate,   cert_read },
	{ IKE_PAYLOAD_CERTREQ,  ANYWHERE, true,  BAD,       certreq_validate, certreq_read },
	{ IKE_PAYLOAD_AUTH,     IN_SK,    false, BAD,       auth_validate,   auth_read },
	{ IKE_PAYLOAD_NONCE,    ANYWHERE, false, BAD_NONCE, nonce_validate,  nonce_read },
	{ IKE_PAYLOAD_NOTIFY,   ANYWHERE, true,  BAD,       notify_validate, notify_read },
	{ IKE_PAYLOAD_DELETE,   IN_SK,    true,  BAD,       delete_validate, delete_read },
	{ IKE_PAYLOAD_VENDOR,   ANYWHERE, true,  BAD,       vendor_validate, vendor_read },
	{ IKE_PAYLOAD_TSI,      IN_SK,    false, BAD,       ts_validate,     ts_i_read },
	{ IKE_PAYLOAD_TSR,      IN_SK,    false, BAD,       ts_validate,     ts_r_read },
	{ IKE_PAYLOAD_SK,       IN_CLEAR, false, BAD,       sk_validate,     sk_read },
	{ IKE_PAYLOAD_CP,       IN_SK,    false, BAD,       cp_validate,     cp_read },
	{ IKE_PAYLOAD_EAP,      IN_SK,    false, BAD,       eap_validate,    NULL },
	{ IKE_PAYLOAD_SKF,      IN_CLEAR, false, BAD_FRAGMENT, skf_validate, skf_read },
	/* clang-format on */
};

static const struct payload_row *row_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

static enum ike_drop unknown_payload(uint8_t type, uint8_t flags, struct ike_message *m)
{
	if (flags & IKE_CRITICAL) {
		m->critical = type;
		return IKE_DROP_critical_payload;
	}
	if (m->unknown < UINT16_MAX)
		m->unknown++;
	return IKE_DROP_NONE;
}

/* The critical bit of a payload that we know says nothing, RFC 7296 3.2. */
static enum ike_drop one_payload(uint8_t type, uint8_t flags, struct rd body, uint8_t where,
				 struct ike_message *m)
{
	const struct payload_row *row = row_of(type);
	bool again = ike_count(m, type) > 0;

	if (type < IKE_COUNTED_TYPES && m->count[type] < UINT8_MAX)
		m->count[type]++;
	if (!row)
		return unknown_payload(type, flags, m);
	m->culprit = type;
	if (!(row->where & where))
		return IKE_DROP_misplaced_payload;
	if (!row->validate(body))
		return (enum ike_drop)row->wrong;
	if (row->read && (row->many || !again))
		row->read(body, m);
	m->culprit = 0;
	return IKE_DROP_NONE;
}

/* RFC 7296 3.2: each generic header names the type of the payload after it. SK and SKF name the
 * first one inside and are the last one outside, 3.14. */
static enum ike_drop chain(uint8_t type, struct rd rd, uint8_t where, struct ike_message *m)
{
	while (type != IKE_PAYLOAD_NONE) {
		uint8_t next, flags;
		uint16_t len;
		struct rd body;
		enum ike_drop drop;

		if (!rd_u8(&rd, &next) || !rd_u8(&rd, &flags) || !rd_be16(&rd, &len) ||
		    len < IKE_PAYLOAD_HEADER_LEN ||
		    !rd_sub(&rd, &body, (size_t)len - IKE_PAYLOAD_HEADER_LEN)) {
			m->culprit = type;
			return IKE_DROP_bad_payload;
		}
		drop = one_payload(type, flags, body, where, m);
		if (drop != IKE_DROP_NONE)
			return drop;
		if (type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF) {
			m->sk_first = next;
			next = IKE_PAYLOAD_NONE;
		}
		type = next;
	}
	return rd_end(&rd) ? IKE_DROP_NONE : IKE_DROP_bad_payload;
}

enum ike_drop ike_parse_clear(const void *datagram, size_t len, struct ike_message *m)
{
	struct rd rd = rd_of(datagram, len);

	memset(m, 0, sizeof(*m));
	if (!ike_header_read(&rd, &m->header))
		return IKE_DROP_short_message;
	if (m->header.length != len)
		return IKE_DROP_bad_length;
	if (m->header.version >> 4 != IKE_VERSION >> 4)
		return IKE_DROP_bad_version;
	if (m->header.spi_i == 0)
		return IKE_DROP_bad_spi;
	return chain(m->header.next, rd, IN_CLEAR, m);
}

enum ike_drop ike_parse_inner(uint8_t first, const void *plain, size_t len, struct ike_message *m)
{
	m->inner = (struct ike_bytes){ plain, len };
	return chain(first, rd_of(plain, len), IN_SK, m);
}

const struct ike_notify *ike_find_notify(const struct ike_message *m, uint16_t type)
{
	for (size_t i = 0; i < m->notify_count; i++)
		if (m->notify[i].type == type)
			return &m->notify[i];
	return NULL;
}

const struct ike_notify *ike_find_error(const struct ike_message *m)
{
	for (size_t i = 0; i < m->notify_count; i++)
		if (m->notify[i].type < IKE_NOTIFY_FIRST_STATUS)
			return &m->notify[i];
	return NULL;
}

const struct ike_attr *ike_find_attr(const struct ike_message *m, uint16_t type)
{
	for (size_t i = 0; i < m->cp.count; i++)
		if (m->cp.attr[i].type == type)
			return &m->cp.attr[i];
	return NULL;
}
