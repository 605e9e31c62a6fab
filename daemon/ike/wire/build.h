/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing IKE messages, for either role. Payloads are appended in order; every header points at
 * the next one when that is opened. A write that does not fit makes the writer fail, tested once
 * at the end.
 *
 *   clear:   ike_begin, ike_put_*, ike_finish
 *   sealed:  ike_begin_inner, ike_put_*, ike_seal()
 */
#ifndef IKE_WIRE_BUILD_H
#define IKE_WIRE_BUILD_H

#include "ike/wire/message.h"

struct ike_writer {
	struct wr wr;
	uint8_t first;  /* type of the first payload, IKE_PAYLOAD_NONE so far */
	size_t next_at; /* where the type of the next payload belongs */
	size_t open_at; /* header of the payload being written */
	bool inner;     /* no IKE header before the first payload */
	bool any;       /* at least one payload */
};

/* A message in clear text into buf; length and first payload are filled in by ike_finish(). */
void ike_begin(struct ike_writer *w, void *buf, size_t cap, const struct ike_header *header);
/* Length of the message, or 0 when it did not fit. */
size_t ike_finish(struct ike_writer *w);

/* The payloads that go inside SK. buf holds clear text: wipe it when it held a secret. */
void ike_begin_inner(struct ike_writer *w, void *buf, size_t cap);

/* Any payload: open, write the body through w->wr, close. */
void ike_payload_open(struct ike_writer *w, uint8_t type);
void ike_payload_close(struct ike_writer *w);

void ike_put_sa(struct ike_writer *w, const struct ike_sa *sa);
void ike_put_ke(struct ike_writer *w, uint16_t group, const void *value, size_t len);
void ike_put_nonce(struct ike_writer *w, const void *nonce, size_t len);
/* type is IKE_PAYLOAD_IDI or IKE_PAYLOAD_IDR. */
void ike_put_id(struct ike_writer *w, uint8_t type, uint8_t id_type, const void *data, size_t len);
void ike_put_auth(struct ike_writer *w, uint8_t method, const void *data, size_t len);
void ike_put_cert(struct ike_writer *w, uint8_t encoding, const void *data, size_t len);
/* One request for X.509; authorities: count hashes of IKE_AUTHORITY_LEN, none: any authority. */
void ike_put_certreq(struct ike_writer *w, const uint8_t (*authorities)[IKE_AUTHORITY_LEN],
		     size_t count);
/* SIGNATURE_HASH_ALGORITHMS, RFC 7427 4: bit IKE_HASH_* for each one. */
void ike_put_hashes(struct ike_writer *w, uint32_t set);
/* type is IKE_PAYLOAD_TSI or IKE_PAYLOAD_TSR. */
void ike_put_ts(struct ike_writer *w, uint8_t type, const struct ike_ts *ts);
/* spi NULL: none. data NULL: none. */
void ike_put_notify(struct ike_writer *w, uint8_t protocol, const void *spi, size_t spi_len,
		    uint16_t type, const void *data, size_t len);
void ike_put_vendor(struct ike_writer *w, const void *id, size_t len);
/* IKE_PROTOCOL_IKE with no SPI, or ESP with count SPIs. */
void ike_put_delete(struct ike_writer *w, uint8_t protocol, const __be32 *spis, size_t count);

/* CP: open, attributes, ike_payload_close(). */
void ike_cp_open(struct ike_writer *w, uint8_t cfg_type);
void ike_cp_attr(struct ike_writer *w, uint16_t type, const void *value, size_t len);
/* INTERNAL_IP4_ADDRESS and its like, 4 bytes; INTERNAL_IP6_ADDRESS, 16 bytes and the prefix. */
void ike_cp_ip4(struct ike_writer *w, uint16_t type, __be32 addr);
void ike_cp_ip6(struct ike_writer *w, uint16_t type, const struct fg_ip *addr);
void ike_cp_ip6_prefix(struct ike_writer *w, uint16_t type, const struct fg_ip *addr, uint8_t len);
/* INTERNAL_IP4_SUBNET, address and netmask; INTERNAL_IP6_SUBNET through ike_cp_ip6_prefix(). */
void ike_cp_ip4_subnet(struct ike_writer *w, __be32 addr, uint8_t len);

/* Append to an offer or a choice before ike_put_sa(). False: no room. */
bool ike_sa_add_proposal(struct ike_sa *sa, uint8_t number, uint8_t protocol, const void *spi,
			 uint8_t spi_len);
/* Adds to the last proposal. key_bits 0: no attribute. */
bool ike_sa_add_transform(struct ike_sa *sa, uint8_t type, uint16_t id, uint16_t key_bits);

#endif
