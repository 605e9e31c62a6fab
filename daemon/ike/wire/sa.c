// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/payload.h"

enum {
	LAST = 0,
	MORE_PROPOSALS = 2,
	MORE_TRANSFORMS = 3,
	PROPOSAL_HEADER_LEN = 8,
	TRANSFORM_HEADER_LEN = 8,
	ATTRIBUTE_SHORT = 0x8000, /* AF bit: the value stands in place of the length */
	ATTRIBUTE_KEY_LENGTH = 14,
};

/* A transform cut out of its proposal, and the attributes that end it. */
struct cut_transform {
	uint8_t more;
	struct ike_transform t;
	struct rd attributes;
};

struct cut_proposal {
	uint8_t more, number, protocol, spi_len, transform_count;
	const uint8_t *spi;
	struct rd transforms;
};

static bool transform_cut(struct rd *rd, struct cut_transform *out)
{
	uint16_t len;

	out->t = (struct ike_transform){ 0 };
	return rd_u8(rd, &out->more) && rd_skip(rd, 1) && rd_be16(rd, &len) &&
	       len >= TRANSFORM_HEADER_LEN && rd_u8(rd, &out->t.type) && rd_skip(rd, 1) &&
	       rd_be16(rd, &out->t.id) &&
	       rd_sub(rd, &out->attributes, (size_t)len - TRANSFORM_HEADER_LEN);
}

static bool proposal_cut(struct rd *rd, struct cut_proposal *out)
{
	struct rd body;
	uint16_t len;

	if (!rd_u8(rd, &out->more) || !rd_skip(rd, 1) || !rd_be16(rd, &len) ||
	    len < PROPOSAL_HEADER_LEN || !rd_sub(rd, &body, (size_t)len - 4))
		return false;
	if (!rd_u8(&body, &out->number) || !rd_u8(&body, &out->protocol) ||
	    !rd_u8(&body, &out->spi_len) || !rd_u8(&body, &out->transform_count) ||
	    !rd_bytes(&body, &out->spi, out->spi_len))
		return false;
	out->transforms = body;
	return true;
}

/*
 * RFC 7296 3.3.5. The only attribute that exists is Key Length in the short form; one that we do
 * not know makes the transform unusable, not the message malformed.
 */
static bool attributes_read(struct rd rd, struct ike_transform *t)
{
	while (rd.left > 0) {
		uint16_t type, value;

		if (!rd_be16(&rd, &type) || !rd_be16(&rd, &value))
			return false;
		if (type == (ATTRIBUTE_SHORT | ATTRIBUTE_KEY_LENGTH) && t->key_bits == 0 &&
		    value != 0) {
			t->key_bits = value;
			continue;
		}
		t->strange = true;
		if (!(type & ATTRIBUTE_SHORT) && !rd_skip(&rd, value))
			return false;
	}
	return true;
}

static bool spi_len_right(uint8_t protocol, uint8_t len)
{
	switch (protocol) {
	case IKE_PROTOCOL_IKE:
		return len == 0 || len == 8;
	case IKE_PROTOCOL_AH:
	case IKE_PROTOCOL_ESP:
		return len == 4;
	default:
		return true;
	}
}

static bool proposal_validate(struct cut_proposal p)
{
	if (!spi_len_right(p.protocol, p.spi_len))
		return false;
	for (unsigned left = p.transform_count; left > 0; left--) {
		struct cut_transform t;

		if (!transform_cut(&p.transforms, &t) || !attributes_read(t.attributes, &t.t))
			return false;
		if (t.more != (left > 1 ? MORE_TRANSFORMS : LAST))
			return false;
	}
	return rd_end(&p.transforms);
}

bool sa_validate(struct rd body)
{
	if (body.left == 0)
		return false;
	while (body.left > 0) {
		struct cut_proposal p;

		if (!proposal_cut(&body, &p) || !proposal_validate(p))
			return false;
		if (p.more != (body.left > 0 ? MORE_PROPOSALS : LAST))
			return false;
	}
	return true;
}

static bool proposal_read(struct cut_proposal p, struct ike_sa *sa)
{
	struct ike_proposal *to;

	if (sa->proposal_count == IKE_PROPOSALS_MAX || p.spi_len > IKE_SPI_MAX ||
	    p.transform_count > IKE_TRANSFORMS_MAX - sa->transform_count)
		return false;
	to = &sa->proposal[sa->proposal_count++];
	to->number = p.number;
	to->protocol = p.protocol;
	to->spi_len = p.spi_len;
	if (p.spi_len)
		memcpy(to->spi, p.spi, p.spi_len);
	to->first = sa->transform_count;
	for (unsigned i = 0; i < p.transform_count; i++) {
		struct cut_transform t;

		if (!transform_cut(&p.transforms, &t) || !attributes_read(t.attributes, &t.t))
			break;
		sa->transform[sa->transform_count++] = t.t;
	}
	to->count = (uint16_t)(sa->transform_count - to->first);
	return true;
}

void sa_read(struct rd body, struct ike_message *m)
{
	struct cut_proposal p;

	while (body.left > 0 && proposal_cut(&body, &p))
		if (!proposal_read(p, &m->sa))
			m->sa.ignored++;
}
