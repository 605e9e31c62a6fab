// SPDX-License-Identifier: BSD-2-Clause
/* The configuration payload, RFC 7296 3.15. */
#include "ike/wire/build.h"

#include <arpa/inet.h>

void ike_cp_open(struct ike_writer *w, uint8_t cfg_type)
{
	ike_payload_open(w, IKE_PAYLOAD_CP);
	wr_u8(&w->wr, cfg_type);
	wr_zero(&w->wr, 3);
}

void ike_cp_attr(struct ike_writer *w, uint16_t type, const void *value, size_t len)
{
	if (len > UINT16_MAX)
		w->wr.failed = true;
	wr_be16(&w->wr, type);
	wr_be16(&w->wr, (uint16_t)len);
	wr_bytes(&w->wr, value, len);
}

void ike_cp_ip4(struct ike_writer *w, uint16_t type, __be32 addr)
{
	ike_cp_attr(w, type, &addr, sizeof(addr));
}

void ike_cp_ip6(struct ike_writer *w, uint16_t type, const struct fg_ip *addr)
{
	ike_cp_attr(w, type, addr->w, sizeof(addr->w));
}

void ike_cp_ip6_prefix(struct ike_writer *w, uint16_t type, const struct fg_ip *addr, uint8_t len)
{
	uint8_t value[sizeof(addr->w) + 1];
	struct wr wr = wr_of(value, sizeof(value));

	wr_bytes(&wr, addr->w, sizeof(addr->w));
	wr_u8(&wr, len);
	ike_cp_attr(w, type, value, wr.len);
}

void ike_cp_ip4_subnet(struct ike_writer *w, __be32 addr, uint8_t len)
{
	uint32_t bits = len > 32 ? 32 : len;
	__be32 value[2] = { addr, htonl((uint32_t)(0xffffffffull << (32 - bits))) };

	ike_cp_attr(w, IKE_ATTR_INTERNAL_IP4_SUBNET, value, sizeof(value));
}
