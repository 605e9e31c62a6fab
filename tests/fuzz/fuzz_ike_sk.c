// SPDX-License-Identifier: BSD-2-Clause
/*
 * What an authenticated peer may put into SK. Input: a byte that picks the cipher, the type of the
 * first payload, the payloads. Read as they are, and once more out of a sealed message: both must
 * say the same.
 */
#include "ike_follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ike_header header = { .spi_i = 1,
					   .spi_r = 2,
					   .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_IKE_AUTH,
					   .flags = IKE_FLAG_INITIATOR };
	static struct ike_message raw, opened;
	static uint8_t message[IKE_DATAGRAM_MAX];
	static struct crypto_sk *sk[4];
	struct ike_writer inner;
	struct rd rd = rd_of(data, size);
	const uint8_t *payloads, *plain;
	uint8_t which, first;
	enum ike_drop drop;
	size_t total, len;

	if (!rd_u8(&rd, &which) || !rd_u8(&rd, &first) || rd.left > 16 * 1024)
		return 0;
	len = rd.left;
	rd_bytes(&rd, &payloads, len);
	memset(&raw, 0, sizeof(raw));
	drop = ike_parse_inner(first, payloads, len, &raw);
	follow(&raw, drop);

	which %= 4;
	if (!sk[which])
		sk[which] = fuzz_sk(which);
	inner = (struct ike_writer){
		.wr = { .p = (uint8_t *)(uintptr_t)payloads, .len = len, .cap = len },
		.first = first,
		.inner = true
	};
	total = ike_seal(sk[which], &header, &inner, message, sizeof(message));
	must(total > len);
	must(ike_parse_clear(message, total, &opened) == IKE_DROP_NONE);
	must(opened.sk_first == first);
	must(ike_open(sk[which], message, &opened, &plain, &total) == IKE_DROP_NONE);
	must(total == len && (len == 0 || memcmp(plain, payloads, len) == 0));
	must(ike_parse_inner(opened.sk_first, plain, total, &opened) == drop);
	must(opened.notify_count == raw.notify_count && opened.culprit == raw.culprit);
	return 0;
}
