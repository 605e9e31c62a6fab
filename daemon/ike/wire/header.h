/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IKE header, RFC 7296 3.1, and the generic payload header, 3.2. SPIs are uint64_t in the
 * machine's order, as they read from left to right on the wire.
 */
#ifndef IKE_WIRE_HEADER_H
#define IKE_WIRE_HEADER_H

#include "core/rd.h"
#include "core/wr.h"

enum {
	IKE_HEADER_LEN = 28,
	IKE_PAYLOAD_HEADER_LEN = 4,
	IKE_VERSION = 0x20,        /* major 2, minor 0 */
	IKE_FLAG_INITIATOR = 0x08, /* sent by the original initiator of the IKE SA */
	IKE_FLAG_RESPONSE = 0x20,
	IKE_CRITICAL = 0x80,
	IKE_LENGTH_AT = 24, /* offset of `length` */
	IKE_NEXT_AT = 16,   /* offset of `next` */
	IKE_DATAGRAM_MAX = 65507,
};

struct ike_header {
	uint64_t spi_i, spi_r;
	uint8_t next;    /* type of the first payload */
	uint8_t version; /* major in the high four bits */
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length; /* of the whole message */
};

/* Fails only when there are less than IKE_HEADER_LEN bytes; values are for the caller to judge. */
bool ike_header_read(struct rd *rd, struct ike_header *header);
void ike_header_write(struct wr *wr, const struct ike_header *header);

#endif
