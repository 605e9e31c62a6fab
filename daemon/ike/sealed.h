/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From sealed datagrams to payloads and back: SK, or SKF where both sides know fragments (RFC
 * 7383).
 */
#ifndef IKE_SEALED_H
#define IKE_SEALED_H

#include "ike/core.h"
#include "ike/rules.h"

/* The payloads of a message of the peer. ike_opened_free() when it is dealt with. */
struct ike_opened {
	const uint8_t *plain; /* NULL: fragments are still missing */
	size_t len;
	uint8_t *whole; /* where fragments were put together, NULL: plain lies in the datagram */
};

/*
 * Open a message that ike_parse_clear() read from `from`, in place. digest: of the datagram; when
 * fragments became a whole message, that of its fragment 1. On a drop, and while fragments are
 * missing, there is nothing to free and nothing else changed.
 */
enum ike_drop ike_sealed_open(struct ike_core *core, struct ikesa *sa, struct ike_message *m,
			      const struct ike_arrival *from, uint8_t digest[IKE_DIGEST_LEN],
			      struct ike_opened *opened);
void ike_opened_free(struct ike_opened *opened);

/* The number of a fragment by its first bytes alone, 0: the datagram is not one. */
unsigned ike_fragment_number(const struct ike_arrival *from);
/* Is it the peer's own fragment 1? Opened in place and forgotten. */
bool ike_fragment_proven(struct ikesa *sa, const struct ike_arrival *from);

/* Payloads to this peer, in fragments where they are too long. NULL: see ike_packet_seal(). */
struct ike_packet *ike_sealed_make(const struct ikesa *sa, const struct ike_header *header,
				   const struct ike_writer *inner);
/* Nothing came back: what is too long for some path is divided, and so is all that follows,
 * RFC 7383 2.5.2. sk is what sealed the packet. */
void ike_sealed_smaller(struct ikesa *sa, struct crypto_sk *sk, struct ike_packet **packet);

/* IKE_DUE_FRAGMENTS */
void ike_fragments_over(struct ike_core *core, struct ikesa *sa);

#endif
