// SPDX-License-Identifier: BSD-2-Clause
#include "core/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t rounded(size_t len)
{
	return (len + page() - 1) / page() * page();
}

/*
 * A page that cannot be touched on either side; the bytes end where the second one begins, so that
 * reading past them faults at once.
 */
static uint8_t *pages_new(size_t len)
{
	size_t inner = rounded(len);
	uint8_t *base = mmap(NULL, inner + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);

	if (base == MAP_FAILED)
		return NULL;
	if (mprotect(base + page(), inner, PROT_READ | PROT_WRITE) < 0 ||
	    madvise(base + page(), inner, MADV_DONTDUMP) < 0 ||
	    madvise(base + page(), inner, MADV_WIPEONFORK) < 0) {
		munmap(base, inner + 2 * page());
		return NULL;
	}
	/* RLIMIT_MEMLOCK may be small; a secret that could be swapped is better than no service. */
	(void)mlock(base + page(), inner);
	return base + page() + inner - len;
}

int secret_set(struct secret *s, const void *from, size_t len)
{
	uint8_t *bytes = NULL;

	if (len > SIZE_MAX / 4)
		return -ENOMEM;
	if (len > 0) {
		bytes = pages_new(len);
		if (!bytes)
			return -ENOMEM;
		memcpy(bytes, from, len);
	}
	secret_free(s);
	*s = (struct secret){ .len = len, .bytes = bytes };
	return 0;
}

void secret_free(struct secret *s)
{
	if (s->bytes) {
		size_t inner = rounded(s->len);

		wipe(s->bytes, s->len);
		munmap(s->bytes + s->len - inner - page(), inner + 2 * page());
	}
	*s = (struct secret){ 0 };
}

void wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}

bool ct_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= x[i] ^ y[i];
	return differ == 0;
}

int secret_harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
