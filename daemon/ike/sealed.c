// SPDX-License-Identifier: BSD-2-Clause
#include "ike/sealed.h"

#include "core/secret.h"
#include "ike/fragment.h"

#include <stdlib.h>

unsigned ike_fragment_number(const struct ike_arrival *from)
{
	struct rd rd = rd_of(from->datagram, from->len);
	struct ike_header header;
	uint16_t number;

	return ike_header_read(&rd, &header) && header.next == IKE_PAYLOAD_SKF &&
			       rd_skip(&rd, IKE_PAYLOAD_HEADER_LEN) && rd_be16(&rd, &number)
		       ? number
		       : 0;
}

bool ike_fragment_proven(struct ikesa *sa, const struct ike_arrival *from)
{
	struct crypto_sk *sk = sa->sk_in_before ? sa->sk_in_before : sa->sk_in;
	const uint8_t *plain;
	struct ike_message m;
	size_t len;

	return sa->fragment_mtu && sk &&
	       ike_parse_clear(from->datagram, from->len, &m) == IKE_DROP_NONE && m.fragment == 1 &&
	       ike_open(sk, from->datagram, &m, &plain, &len) == IKE_DROP_NONE;
}

static struct ike_fragments **arriving(struct ikesa *sa, const struct ike_message *m)
{
	return &sa->arriving[m->header.flags & IKE_FLAG_RESPONSE ? 1 : 0];
}

/* What has come of a message goes; so does the deadline, unless the other direction has it, too. */
static void forget(struct ike_core *core, struct ikesa *sa, struct ike_fragments **set)
{
	if (!*set)
		return;
	ike_fragments_forget(set);
	if (!sa->arriving[0] && !sa->arriving[1])
		ike_due_at(core, sa, IKE_DUE_FRAGMENTS, IKE_NEVER);
}

/* A fragment that was opened: is the message complete? */
static enum ike_drop keep(struct ike_core *core, struct ikesa *sa, struct ike_message *m,
			  uint8_t digest[IKE_DIGEST_LEN], struct ike_opened *opened)
{
	size_t limit = ike_state_in(sa->state, IKE_IN_SETUP) ? IKE_WHOLE_SETUP_MAX : IKE_WHOLE_MAX;
	struct ike_fragments **set = arriving(sa, m);
	const struct ike_bytes part = { opened->plain, opened->len };
	enum ike_drop drop = ike_fragment_keep(set, m, part, digest, limit, &core->fragments_held);

	*opened = (struct ike_opened){ 0 };
	if (drop != IKE_DROP_NONE)
		return drop;
	if (!ike_fragments_complete(*set)) {
		if (sa->due_ms[IKE_DUE_FRAGMENTS] == IKE_NEVER)
			ike_due_at(core, sa, IKE_DUE_FRAGMENTS, ike_now(core) + IKE_FRAGMENTS_MS);
		return IKE_DROP_NONE;
	}
	opened->plain = opened->whole = ike_fragments_join(*set, m, &opened->len);
	memcpy(digest, ike_fragments_digest(*set), IKE_DIGEST_LEN);
	forget(core, sa, set);
	return opened->whole ? IKE_DROP_NONE : IKE_DROP_fragment_limit;
}

enum ike_drop ike_sealed_open(struct ike_core *core, struct ikesa *sa, struct ike_message *m,
			      const struct ike_arrival *from, uint8_t digest[IKE_DIGEST_LEN],
			      struct ike_opened *opened)
{
	bool fragment = ike_count(m, IKE_PAYLOAD_SKF) > 0;
	enum ike_drop drop = IKE_DROP_NONE;

	*opened = (struct ike_opened){ 0 };
	if (fragment)
		drop = sa->fragment_mtu ? ike_fragment_check(*arriving(sa, m), m)
					: IKE_DROP_misplaced_payload;
	if (drop == IKE_DROP_NONE)
		drop = ike_open(sa->sk_in, from->datagram, m, &opened->plain, &opened->len);
	if (drop == IKE_DROP_NONE && fragment)
		drop = keep(core, sa, m, digest, opened);
	else if (drop == IKE_DROP_NONE)
		/* It came whole after all. */
		forget(core, sa, arriving(sa, m));
	return drop;
}

void ike_opened_free(struct ike_opened *opened)
{
	if (opened->whole)
		wipe(opened->whole, opened->len);
	free(opened->whole);
}

struct ike_packet *ike_sealed_make(const struct ikesa *sa, const struct ike_header *header,
				   const struct ike_writer *inner)
{
	const struct ike_bytes payloads = { inner->wr.p, inner->wr.len };
	size_t max = sa->fragment_mtu ? ike_packet_room(sa->fragment_mtu, &sa->path.peer.ip) : 0;

	return inner->wr.failed ? NULL
				: ike_packet_seal(sa->sk_out, header, inner->first, payloads, max);
}

void ike_sealed_smaller(struct ikesa *sa, struct crypto_sk *sk, struct ike_packet **packet)
{
	uint16_t small = ip_is4(&sa->path.peer.ip) ? IKE_MTU_SMALL4 : IKE_MTU_SMALL6;
	struct ike_packet *smaller;

	if (!sa->fragment_mtu || !sk)
		return;
	if (small > sa->fragment_mtu)
		small = sa->fragment_mtu;
	smaller = ike_packet_divide(sk, *packet, ike_packet_room(small, &sa->path.peer.ip));
	/* What was short got lost for another reason, or is only a copy of the peer's request. */
	if (!smaller)
		return;
	sa->fragment_mtu = small;
	ike_packet_free(*packet);
	*packet = smaller;
}

void ike_fragments_over(struct ike_core *core, struct ikesa *sa)
{
	(void)core;
	for (int i = 0; i < 2; i++)
		ike_fragments_forget(&sa->arriving[i]);
}
