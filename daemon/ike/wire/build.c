// SPDX-License-Identifier: BSD-2-Clause
#include "ike/wire/build.h"

void ike_begin(struct ike_writer *w, void *buf, size_t cap, const struct ike_header *header)
{
	*w = (struct ike_writer){ .wr = wr_of(buf, cap), .next_at = IKE_NEXT_AT };
	ike_header_write(&w->wr, header);
}

void ike_begin_inner(struct ike_writer *w, void *buf, size_t cap)
{
	*w = (struct ike_writer){ .wr = wr_of(buf, cap), .inner = true };
}

static void patch_u8(struct wr *wr, size_t at, uint8_t v)
{
	if (wr->failed || at >= wr->len)
		wr->failed = true;
	else
		wr->p[at] = v;
}

size_t ike_finish(struct ike_writer *w)
{
	if (!w->any)
		patch_u8(&w->wr, IKE_NEXT_AT, IKE_PAYLOAD_NONE);
	if (w->wr.len > IKE_DATAGRAM_MAX)
		w->wr.failed = true;
	wr_patch_be32(&w->wr, IKE_LENGTH_AT, (uint32_t)w->wr.len);
	return w->wr.failed ? 0 : w->wr.len;
}

void ike_payload_open(struct ike_writer *w, uint8_t type)
{
	if (!w->any)
		w->first = type;
	if (w->any || !w->inner)
		patch_u8(&w->wr, w->next_at, type);
	w->any = true;
	w->open_at = w->wr.len;
	w->next_at = w->wr.len;
	wr_u8(&w->wr, IKE_PAYLOAD_NONE);
	wr_u8(&w->wr, 0);
	wr_be16(&w->wr, 0);
}

/* Write the length of a substructure that began at `at` into its own bytes 2 and 3. */
static void close_at(struct wr *wr, size_t at)
{
	size_t len = wr->len - at;

	if (wr->failed || len > UINT16_MAX)
		wr->failed = true;
	else
		wr_patch_be16(wr, at + 2, (uint16_t)len);
}

void ike_payload_close(struct ike_writer *w)
{
	close_at(&w->wr, w->open_at);
}

/* --- SA, RFC 7296 3.3 --- */

bool ike_sa_add_proposal(struct ike_sa *sa, uint8_t number, uint8_t protocol, const void *spi,
			 uint8_t spi_len)
{
	struct ike_proposal *p;

	if (sa->proposal_count >= IKE_PROPOSALS_MAX || spi_len > IKE_SPI_MAX)
		return false;
	p = &sa->proposal[sa->proposal_count++];
	*p = (struct ike_proposal){ .number = number,
				    .protocol = protocol,
				    .spi_len = spi_len,
				    .first = sa->transform_count };
	if (spi_len)
		memcpy(p->spi, spi, spi_len);
	return true;
}

bool ike_sa_add_transform(struct ike_sa *sa, uint8_t type, uint16_t id, uint16_t key_bits)
{
	if (sa->proposal_count == 0 || sa->transform_count >= IKE_TRANSFORMS_MAX)
		return false;
	sa->transform[sa->transform_count++] =
		(struct ike_transform){ .type = type, .id = id, .key_bits = key_bits };
	sa->proposal[sa->proposal_count - 1].count++;
	return true;
}

static void put_transform(struct wr *wr, const struct ike_transform *t, bool last)
{
	size_t at = wr->len;

	wr_u8(wr, last ? 0 : 3);
	wr_u8(wr, 0);
	wr_be16(wr, 0);
	wr_u8(wr, t->type);
	wr_u8(wr, 0);
	wr_be16(wr, t->id);
	if (t->key_bits) {
		wr_be16(wr, 0x8000 | 14); /* Key Length, short form */
		wr_be16(wr, t->key_bits);
	}
	close_at(wr, at);
}

static void put_proposal(struct wr *wr, const struct ike_sa *sa, const struct ike_proposal *p,
			 bool last)
{
	size_t at = wr->len;

	if (p->count > UINT8_MAX) {
		wr->failed = true;
		return;
	}
	wr_u8(wr, last ? 0 : 2);
	wr_u8(wr, 0);
	wr_be16(wr, 0);
	wr_u8(wr, p->number);
	wr_u8(wr, p->protocol);
	wr_u8(wr, p->spi_len);
	wr_u8(wr, (uint8_t)p->count);
	wr_bytes(wr, p->spi, p->spi_len);
	for (size_t i = 0; i < p->count; i++)
		put_transform(wr, &sa->transform[p->first + i], i + 1 == p->count);
	close_at(wr, at);
}

void ike_put_sa(struct ike_writer *w, const struct ike_sa *sa)
{
	ike_payload_open(w, IKE_PAYLOAD_SA);
	for (size_t i = 0; i < sa->proposal_count; i++)
		put_proposal(&w->wr, sa, &sa->proposal[i], i + 1 == sa->proposal_count);
	ike_payload_close(w);
}

/* --- the small ones --- */

void ike_put_ke(struct ike_writer *w, uint16_t group, const void *value, size_t len)
{
	ike_payload_open(w, IKE_PAYLOAD_KE);
	wr_be16(&w->wr, group);
	wr_be16(&w->wr, 0);
	wr_bytes(&w->wr, value, len);
	ike_payload_close(w);
}

void ike_put_nonce(struct ike_writer *w, const void *nonce, size_t len)
{
	ike_payload_open(w, IKE_PAYLOAD_NONCE);
	wr_bytes(&w->wr, nonce, len);
	ike_payload_close(w);
}

/* One byte, three reserved ones, data: the form of ID and AUTH. */
static void put_tagged(struct ike_writer *w, uint8_t payload, uint8_t tag, const void *data,
		       size_t len)
{
	ike_payload_open(w, payload);
	wr_u8(&w->wr, tag);
	wr_zero(&w->wr, 3);
	wr_bytes(&w->wr, data, len);
	ike_payload_close(w);
}

void ike_put_id(struct ike_writer *w, uint8_t type, uint8_t id_type, const void *data, size_t len)
{
	put_tagged(w, type, id_type, data, len);
}

void ike_put_auth(struct ike_writer *w, uint8_t method, const void *data, size_t len)
{
	put_tagged(w, IKE_PAYLOAD_AUTH, method, data, len);
}

void ike_put_cert(struct ike_writer *w, uint8_t encoding, const void *data, size_t len)
{
	ike_payload_open(w, IKE_PAYLOAD_CERT);
	wr_u8(&w->wr, encoding);
	wr_bytes(&w->wr, data, len);
	ike_payload_close(w);
}

void ike_put_certreq(struct ike_writer *w, const uint8_t (*authorities)[IKE_AUTHORITY_LEN],
		     size_t count)
{
	ike_payload_open(w, IKE_PAYLOAD_CERTREQ);
	wr_u8(&w->wr, IKE_CERT_X509_SIGNATURE);
	wr_bytes(&w->wr, authorities, count * IKE_AUTHORITY_LEN);
	ike_payload_close(w);
}

void ike_put_vendor(struct ike_writer *w, const void *id, size_t len)
{
	ike_payload_open(w, IKE_PAYLOAD_VENDOR);
	wr_bytes(&w->wr, id, len);
	ike_payload_close(w);
}

void ike_put_notify(struct ike_writer *w, uint8_t protocol, const void *spi, size_t spi_len,
		    uint16_t type, const void *data, size_t len)
{
	ike_payload_open(w, IKE_PAYLOAD_NOTIFY);
	if (spi_len > UINT8_MAX)
		w->wr.failed = true;
	wr_u8(&w->wr, protocol);
	wr_u8(&w->wr, (uint8_t)spi_len);
	wr_be16(&w->wr, type);
	wr_bytes(&w->wr, spi, spi_len);
	wr_bytes(&w->wr, data, len);
	ike_payload_close(w);
}

void ike_put_hashes(struct ike_writer *w, uint32_t set)
{
	ike_payload_open(w, IKE_PAYLOAD_NOTIFY);
	wr_u8(&w->wr, IKE_PROTOCOL_NONE);
	wr_u8(&w->wr, 0);
	wr_be16(&w->wr, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS);
	for (uint16_t hash = IKE_HASH_SHA1; hash <= IKE_HASH_IDENTITY; hash++)
		if (set & 1u << hash)
			wr_be16(&w->wr, hash);
	ike_payload_close(w);
}

void ike_put_delete(struct ike_writer *w, uint8_t protocol, const __be32 *spis, size_t count)
{
	ike_payload_open(w, IKE_PAYLOAD_DELETE);
	if (count > UINT16_MAX)
		w->wr.failed = true;
	wr_u8(&w->wr, protocol);
	wr_u8(&w->wr, protocol == IKE_PROTOCOL_IKE ? 0 : sizeof(*spis));
	wr_be16(&w->wr, (uint16_t)count);
	wr_bytes(&w->wr, spis, count * sizeof(*spis));
	ike_payload_close(w);
}

/* --- TS, RFC 7296 3.13 --- */

static void put_address(struct wr *wr, const struct fg_ip *ip, bool is4)
{
	__be32 v4 = ip_to4(ip);

	if (is4)
		wr_bytes(wr, &v4, sizeof(v4));
	else
		wr_bytes(wr, ip->w, sizeof(ip->w));
}

static void put_selector(struct wr *wr, const struct ike_selector *s)
{
	bool is4 = ip_is4(&s->first);
	size_t at = wr->len;

	wr_u8(wr, is4 ? IKE_TS_IPV4_ADDR_RANGE : IKE_TS_IPV6_ADDR_RANGE);
	wr_u8(wr, s->protocol);
	wr_be16(wr, 0);
	wr_be16(wr, s->port_first);
	wr_be16(wr, s->port_last);
	put_address(wr, &s->first, is4);
	put_address(wr, &s->last, is4);
	close_at(wr, at);
}

void ike_put_ts(struct ike_writer *w, uint8_t type, const struct ike_ts *ts)
{
	ike_payload_open(w, type);
	if (ts->count > UINT8_MAX)
		w->wr.failed = true;
	wr_u8(&w->wr, (uint8_t)ts->count);
	wr_zero(&w->wr, 3);
	for (size_t i = 0; i < ts->count; i++)
		put_selector(&w->wr, &ts->selector[i]);
	ike_payload_close(w);
}
