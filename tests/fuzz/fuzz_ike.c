// SPDX-License-Identifier: BSD-2-Clause
/* A datagram as it comes from a stranger: parsed in the clear, opened with keys that it does not
 * know, and what follows. */
#include "ike_follow.h"

#define FG_COOKIE_LOAD(from, at, to, n) memcpy(to, (const uint8_t *)(from) + (at), n)
#include "../../bpf/cookie.h"

/* What the guard reads of it, in XDP and in the gate: never past the end, and where both readers
 * find a nonce it is the same one. */
static void guard(const uint8_t *data, size_t size, const struct ike_message *m, enum ike_drop drop)
{
	static const __u64 key[2] = { 1, 2 };
	struct fg_init init = { 0 };
	uint8_t *copy = malloc(size ? size : 1);

	must(copy);
	if (size)
		memcpy(copy, data, size);
	if (fg_init_read(copy, copy + size, (uint32_t)size, &init) == FG_INIT_READ) {
		must(init.ni_at + init.ni_len <= size);
		fg_cookie_mac(key, &init, init.slot, copy, init.ni_at);
		if (drop == IKE_DROP_NONE)
			must(m->nonce.p == data + init.ni_at && m->nonce.len == init.ni_len);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_message m;
	static struct crypto_sk *sk[4];
	enum ike_drop drop;

	if (size > IKE_DATAGRAM_MAX)
		return 0;
	drop = ike_parse_clear(data, size, &m);
	guard(data, size, &m, drop);
	follow(&m, drop);
	if (drop != IKE_DROP_NONE || !ike_count(&m, IKE_PAYLOAD_SK))
		return 0;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t *copy = malloc(size);
		const uint8_t *plain;
		size_t len;

		if (!sk[i])
			sk[i] = fuzz_sk(i);
		must(copy && sk[i]);
		memcpy(copy, data, size);
		must(ike_open(sk[i], copy, &m, &plain, &len) == IKE_DROP_auth_failed);
		free(copy);
	}
	return 0;
}
