// SPDX-License-Identifier: BSD-2-Clause
/* A datagram as it comes from a stranger: parsed in the clear, opened with keys that it does not
 * know, and what follows. */
#include "ike_follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_message m;
	static struct crypto_sk *sk[4];
	enum ike_drop drop;

	if (size > IKE_DATAGRAM_MAX)
		return 0;
	drop = ike_parse_clear(data, size, &m);
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
