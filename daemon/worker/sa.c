// SPDX-License-Identifier: BSD-2-Clause
#include "worker/sa.h"

#include "core/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct esp_sa *slot_of(const struct sa_table *table, uint32_t row)
{
	return (struct esp_sa *)(table->slots + table->stride * row);
}

int sa_table_open(struct sa_table *table, struct crypto *crypto, const struct maps *maps)
{
	void *p;

	memset(table, 0, sizeof(*table));
	table->crypto = crypto;
	table->maps = maps;
	table->rows = maps->sas;
	table->stride = (esp_sa_size(crypto) + 63) / 64 * 64;
	p = mmap(NULL, table->stride * table->rows, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	/* Expanded keys: not into a core file. */
	madvise(p, table->stride * table->rows, MADV_DONTDUMP);
	table->slots = p;
	table->used = calloc(table->rows, sizeof(*table->used));
	if (table->used)
		return 0;
	sa_table_close(table);
	return -ENOMEM;
}

static void forget(struct sa_table *table, uint32_t row)
{
	struct esp_sa *sa = slot_of(table, row);

	crypto_forget(table->crypto, &sa->key);
	wipe(sa, offsetof(struct esp_sa, key));
	table->used[row] = false;
}

void sa_table_close(struct sa_table *table)
{
	for (uint32_t row = 0; table->used && row < table->rows; row++)
		if (table->used[row])
			forget(table, row);
	if (table->slots)
		munmap(table->slots, table->stride * table->rows);
	free(table->used);
	memset(table, 0, sizeof(*table));
}

static bool row_is(const struct fg_sa *row, enum fg_sa_state state, uint32_t generation)
{
	return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == (uint32_t)state &&
	       __atomic_load_n(&row->generation, __ATOMIC_ACQUIRE) == generation;
}

/* flexd may take the row away while we read it: look again after the copy. */
static struct esp_sa *load(struct sa_table *table, uint32_t index, enum fg_sa_state state)
{
	const struct fg_sa *row = &table->maps->sa[index];
	struct esp_sa *sa = slot_of(table, index);
	uint32_t generation = __atomic_load_n(&row->generation, __ATOMIC_ACQUIRE);
	struct fg_sa copy;
	struct crypto_material material;
	bool ok;

	if (table->used[index])
		forget(table, index);
	if (!row_is(row, state, generation))
		return NULL;
	memcpy(&copy, row, sizeof(copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	ok = row_is(row, state, generation);
	material = (struct crypto_material){ .suite = copy.suite,
					     .seal = state == FG_SA_OUT,
					     .esn = copy.flags & FG_SA_ESN,
					     .key = copy.key,
					     .salt = copy.salt,
					     .auth_key = copy.auth_key };
	ok = ok && crypto_expand(table->crypto, &sa->key, &material);
	if (ok) {
		sa->generation = generation;
		sa->session = copy.session;
		sa->selectors = copy.selectors;
		table->used[index] = true;
	}
	wipe(&copy, sizeof(copy));
	return ok ? sa : NULL;
}

struct esp_sa *sa_get(struct sa_table *table, uint32_t row, enum fg_sa_state state)
{
	struct esp_sa *sa;

	if (row >= table->rows)
		return NULL;
	sa = slot_of(table, row);
	if (table->used[row] && row_is(&table->maps->sa[row], state, sa->generation))
		return sa;
	return load(table, row, state);
}

void sa_sweep(struct sa_table *table, uint32_t rows)
{
	for (; rows > 0; rows--) {
		uint32_t at = table->sweep_at;
		const struct fg_sa *row = &table->maps->sa[at];

		table->sweep_at = at + 1 < table->rows ? at + 1 : 0;
		if (!table->used[at])
			continue;
		if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == FG_SA_FREE ||
		    __atomic_load_n(&row->generation, __ATOMIC_ACQUIRE) !=
			    slot_of(table, at)->generation)
			forget(table, at);
	}
}
