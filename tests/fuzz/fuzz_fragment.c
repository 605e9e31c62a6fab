// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments of an authenticated peer, in any order, number, size and division. Input: a byte that
 * picks the cipher, then records: what kind, message ID, number, total, length and that many bytes.
 * A record is sealed as the peer would, or comes as raw bytes behind a header, as a stranger's.
 */
#include "ike_follow.h"

#include "core/secret.h"
#include "ike/fragment.h"

enum { RAW = 1, OTHER_EXCHANGE = 2, SMALL_LIMIT = 4, LIMIT = 4096 };

static size_t make(struct crypto_sk *sk, struct rd *rd, uint8_t *out, size_t cap, uint8_t *kind)
{
	uint8_t id, len;
	uint16_t number, total;
	const uint8_t *bytes;
	struct ike_header header = { .spi_i = 1,
				     .spi_r = 2,
				     .version = IKE_VERSION,
				     .exchange = IKE_EXCHANGE_IKE_AUTH,
				     .flags = IKE_FLAG_INITIATOR,
				     .next = IKE_PAYLOAD_SKF };
	struct wr wr = wr_of(out, cap);

	if (!rd_u8(rd, kind) || !rd_u8(rd, &id) || !rd_be16(rd, &number) || !rd_be16(rd, &total) ||
	    !rd_u8(rd, &len) || !rd_bytes(rd, &bytes, len))
		return 0;
	header.message_id = id & 3;
	if (*kind & OTHER_EXCHANGE)
		header.exchange = IKE_EXCHANGE_INFORMATIONAL;
	if (!(*kind & RAW))
		return ike_seal_fragment(sk, &header, IKE_PAYLOAD_NOTIFY, number, total,
					 (struct ike_bytes){ bytes, len }, out, cap);
	header.length = (uint32_t)(IKE_HEADER_LEN + len);
	ike_header_write(&wr, &header);
	wr_bytes(&wr, bytes, len);
	return wr.failed ? 0 : wr.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto_sk *sk[4];
	static struct ike_message m;
	static const uint8_t digest[IKE_DIGEST_LEN];
	struct ike_fragments *set = NULL;
	struct rd rd = rd_of(data, size);
	uint8_t which, kind, message[1024];
	size_t held = 0, total;

	if (!rd_u8(&rd, &which))
		return 0;
	which %= 4;
	if (!sk[which])
		sk[which] = fuzz_sk(which);
	while (rd.left > 0 && !rd.failed) {
		size_t len = make(sk[which], &rd, message, sizeof(message), &kind), before = held;
		struct ike_bytes part;
		enum ike_drop drop;

		if (len == 0 || ike_parse_clear(message, len, &m) != IKE_DROP_NONE ||
		    !ike_count(&m, IKE_PAYLOAD_SKF) ||
		    ike_open(sk[which], message, &m, &part.p, &part.len) != IKE_DROP_NONE)
			continue;
		must(!(kind & RAW)); /* nobody forges one */
		must(m.fragment > 0 && m.fragment <= m.fragments);
		drop = ike_fragment_keep(&set, &m, part, digest, kind & SMALL_LIMIT ? 100 : LIMIT,
					 &held);
		must(drop == IKE_DROP_NONE || held == before);
		must(held <= LIMIT + 256 * 64);
		if (!ike_fragments_complete(set))
			continue;
		if (drop == IKE_DROP_NONE) {
			uint8_t *whole = ike_fragments_join(set, &m, &total);

			must(whole && total <= LIMIT);
			must(ike_count(&m, IKE_PAYLOAD_SK) == 1);
			follow(&m, ike_parse_inner(m.sk_first, whole, total, &m));
			free(whole);
		}
		ike_fragments_forget(&set);
		must(held == 0);
	}
	ike_fragments_forget(&set);
	must(held == 0);
	return 0;
}
