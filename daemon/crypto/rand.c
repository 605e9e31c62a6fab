// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/rand.h"

#include "core/secret.h"

#include <limits.h>
#include <openssl/rand.h>

bool crypto_random(void *p, size_t len)
{
	if (len <= INT_MAX && (len == 0 || RAND_bytes(p, (int)len) == 1))
		return true;
	wipe(p, len);
	return false;
}
