// SPDX-License-Identifier: BSD-2-Clause
#include "ike/fragment.h"

#include "core/secret.h"
#include "core/wr.h"

#include <stdlib.h>

struct piece {
	uint8_t *bytes; /* NULL: not here yet */
	size_t len;
};

struct ike_fragments {
	size_t *held, size; /* all messages in fragments; this one, counted in there */
	uint32_t message_id;
	uint8_t exchange;
	uint8_t first; /* type of the first payload, from fragment 1 */
	uint16_t total, here;
	uint8_t digest[IKE_DIGEST_LEN]; /* of fragment 1 */
	struct piece piece[];           /* total of them */
};

static bool same_message(const struct ike_fragments *set, const struct ike_message *m)
{
	return set && set->message_id == m->header.message_id;
}

enum ike_drop ike_fragment_check(const struct ike_fragments *set, const struct ike_message *m)
{
	if (m->fragments > IKE_FRAGMENTS_MAX)
		return IKE_DROP_fragment_limit;
	if (!same_message(set, m))
		return IKE_DROP_NONE;
	if (m->fragments < set->total || m->header.exchange != set->exchange)
		return IKE_DROP_fragment_total;
	if (m->fragments == set->total && set->piece[m->fragment - 1].bytes)
		return IKE_DROP_fragment_again;
	return IKE_DROP_NONE;
}

static struct ike_fragments *begin(const struct ike_message *m, size_t *held)
{
	size_t size = sizeof(struct ike_fragments) + m->fragments * sizeof(struct piece);
	struct ike_fragments *set = calloc(1, size);

	if (!set)
		return NULL;
	set->held = held;
	set->size = size;
	*held += size;
	set->message_id = m->header.message_id;
	set->exchange = m->header.exchange;
	set->total = m->fragments;
	return set;
}

void ike_fragments_forget(struct ike_fragments **set)
{
	struct ike_fragments *old = *set;

	*set = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < old->total; i++) {
		if (old->piece[i].bytes)
			wipe(old->piece[i].bytes, old->piece[i].len);
		free(old->piece[i].bytes);
	}
	*old->held -= old->size;
	free(old);
}

/* Zero bytes are a fragment too; it must not look like one that is missing. */
static bool put(struct ike_fragments *set, const struct ike_message *m, struct ike_bytes plain,
		const uint8_t digest[IKE_DIGEST_LEN])
{
	struct piece *piece = &set->piece[m->fragment - 1];

	piece->bytes = malloc(plain.len ? plain.len : 1);
	if (!piece->bytes)
		return false;
	if (plain.len)
		memcpy(piece->bytes, plain.p, plain.len);
	piece->len = plain.len;
	set->size += plain.len;
	*set->held += plain.len;
	set->here++;
	if (m->fragment == 1) {
		set->first = m->sk_first;
		memcpy(set->digest, digest, sizeof(set->digest));
	}
	return true;
}

enum ike_drop ike_fragment_keep(struct ike_fragments **set, const struct ike_message *m,
				struct ike_bytes plain, const uint8_t digest[IKE_DIGEST_LEN],
				size_t limit, size_t *held)
{
	enum ike_drop drop = ike_fragment_check(*set, m);
	bool anew = !same_message(*set, m) || m->fragments > (*set)->total;
	size_t here = anew ? 0 : (*set)->size;

	if (drop != IKE_DROP_NONE)
		return drop;
	if (plain.len > limit || here > limit - plain.len || *held + plain.len > IKE_FRAGMENTS_HELD)
		return IKE_DROP_fragment_limit;
	if (anew) {
		ike_fragments_forget(set);
		*set = begin(m, held);
	}
	if (!*set || !put(*set, m, plain, digest))
		return IKE_DROP_fragment_limit;
	return IKE_DROP_NONE;
}

bool ike_fragments_complete(const struct ike_fragments *set)
{
	return set && set->here == set->total;
}

const uint8_t *ike_fragments_digest(const struct ike_fragments *set)
{
	return set->digest;
}

uint8_t *ike_fragments_join(const struct ike_fragments *set, struct ike_message *m, size_t *len)
{
	uint8_t *whole = malloc(set->size);
	struct wr wr = wr_of(whole, whole ? set->size : 0);

	if (!whole)
		return NULL;
	for (size_t i = 0; i < set->total; i++)
		wr_bytes(&wr, set->piece[i].bytes, set->piece[i].len);
	*len = wr.len;
	m->sk_first = set->first;
	m->count[IKE_PAYLOAD_SKF] = 0;
	m->count[IKE_PAYLOAD_SK] = 1;
	return whole;
}
