/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message as it was sent, to be sent again: one datagram, or several when it went in fragments
 * (RFC 7383).
 */
#ifndef IKE_PACKET_H
#define IKE_PACKET_H

#include "core/ip.h"
#include "ike/wire/seal.h"

/* One datagram. The non-ESP marker stands before the message. */
struct ike_packet {
	struct ike_packet *next; /* the fragment after this one */
	size_t len;              /* without the marker */
	uint8_t bytes[];         /* IKE_MARKER_LEN zero bytes, then len */
};

struct ike_packet *ike_packet_new(const void *message, size_t len);
void ike_packet_free(struct ike_packet *packet); /* and what follows it; NULL is harmless */

/*
 * Seal these payloads: into one datagram, or into fragments when that would be longer than `max`
 * bytes. max 0: never. NULL: does not fit, no memory, or the key is used up.
 */
struct ike_packet *ike_packet_seal(struct crypto_sk *sk, const struct ike_header *header,
				   uint8_t first, struct ike_bytes payloads, size_t max);
/*
 * The same message in datagrams of at most `max` bytes, RFC 7383 2.5.2; sk is what sealed it. NULL:
 * it is not longer, or it cannot be done; the packet is as it was.
 */
struct ike_packet *ike_packet_divide(struct crypto_sk *sk, const struct ike_packet *packet,
				     size_t max);
/* Bytes of an IKE message for which there is room in an IP datagram of mtu bytes to this peer. */
size_t ike_packet_room(uint16_t mtu, const struct fg_ip *peer);

#endif
