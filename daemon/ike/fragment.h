/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message that comes in fragments, RFC 7383 2.6. A fragment is kept after its own integrity check
 * said that it is the peer's, so only a peer with keys can make us hold memory: bounded per
 * message, in all, and by IKE_DUE_FRAGMENTS in time.
 */
#ifndef IKE_FRAGMENT_H
#define IKE_FRAGMENT_H

#include "ike/limits.h"
#include "ike/wire/message.h"

/* What is here of one message; NULL: nothing. */
struct ike_fragments;

/* Before it costs a decryption: is there a use for this fragment? */
enum ike_drop ike_fragment_check(const struct ike_fragments *set, const struct ike_message *m);
/*
 * Keep an authenticated fragment; plain is its part of the payloads and is copied, digest that of
 * its datagram. Another message ID or a larger total than before begins anew, RFC 7383 2.6. limit:
 * bytes that this message may take; *held: those of all messages in fragments, at most
 * IKE_FRAGMENTS_HELD. On a drop nothing changed.
 */
enum ike_drop ike_fragment_keep(struct ike_fragments **set, const struct ike_message *m,
				struct ike_bytes plain, const uint8_t digest[IKE_DIGEST_LEN],
				size_t limit, size_t *held);
bool ike_fragments_complete(const struct ike_fragments *set);
/*
 * All payloads of a complete message in one piece, NULL: no memory. m then looks as if it had come
 * with SK. The caller wipes and frees it.
 */
uint8_t *ike_fragments_join(const struct ike_fragments *set, struct ike_message *m, size_t *len);
/* Of the datagram with fragment 1 of a complete message. */
const uint8_t *ike_fragments_digest(const struct ike_fragments *set);
/* Wipes; *set is NULL afterwards, as it may be before. */
void ike_fragments_forget(struct ike_fragments **set);

#endif
