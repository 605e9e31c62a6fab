// SPDX-License-Identifier: BSD-2-Clause
/* The receive window, as rows: a number, and what must be said of it. */
#include "worker/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W    FG_REPLAY_BITS
#define OK   FG_DROP_NONE
#define OLD  FG_DROP_replay_old
#define SEEN FG_DROP_replay_seen

static const struct step {
	uint32_t seq;
	enum fg_drop_reason want;
	uint64_t top; /* afterwards */
	bool newest;
} steps[] = {
	/* clang-format off */
	{ 0, OLD, 0, false },           /* never valid, RFC 4303 3.3.3 */
	{ 1, OK, 1, true },
	{ 1, SEEN, 1, false },
	{ 0, OLD, 1, false },
	{ 9, OK, 9, true },
	{ 8, OK, 9, false },
	{ 7, OK, 9, false },
	{ 7, SEEN, 9, false },
	{ 8, SEEN, 9, false },
	{ 9, SEEN, 9, false },
	{ 63, OK, 63, true },           /* edges of a word */
	{ 64, OK, 64, true },
	{ 65, OK, 65, true },
	{ 63, SEEN, 65, false },
	{ 64, SEEN, 65, false },
	{ 62, OK, 65, false },
	{ W, OK, W, true },             /* 1 is now at the left edge */
	{ 1, SEEN, W, false },
	{ 2, OK, W, false },
	{ W + 1, OK, W + 1, true },     /* and now left of it */
	{ 1, OLD, W + 1, false },
	{ 2, SEEN, W + 1, false },
	{ 3, OK, W + 1, false },
	{ W + 3, OK, W + 3, true },
	{ 3, OLD, W + 3, false },
	{ 4, OK, W + 3, false },
	{ 2 * W + 3, OK, 2 * W + 3, true },     /* a whole window further */
	{ W + 3, OLD, 2 * W + 3, false },
	{ W + 4, OK, 2 * W + 3, false },
	{ W + 5, OK, 2 * W + 3, false },
	{ W + 4, SEEN, 2 * W + 3, false },
	{ 3 * W + 2, OK, 3 * W + 2, true },     /* one less than a window */
	{ 2 * W + 3, SEEN, 3 * W + 2, false },
	{ 2 * W + 2, OLD, 3 * W + 2, false },
	{ 100 * W, OK, 100 * W, true },         /* many windows */
	{ 99 * W, OLD, 100 * W, false },
	{ 99 * W + 1, OK, 100 * W, false },
	{ 100 * W - 1, OK, 100 * W, false },
	{ 100 * W - 64, OK, 100 * W, false },
	{ 100 * W - 64, SEEN, 100 * W, false },
	{ UINT32_MAX - 1, OK, UINT32_MAX - 1, true },   /* the end of 32 bits */
	{ UINT32_MAX - W, OK, UINT32_MAX - 1, false },
	{ UINT32_MAX - W - 1, OLD, UINT32_MAX - 1, false },
	{ UINT32_MAX, OK, UINT32_MAX, true },
	{ UINT32_MAX - W, OLD, UINT32_MAX, false },
	{ UINT32_MAX, SEEN, UINT32_MAX, false },
	{ 0, OLD, UINT32_MAX, false },          /* no wrap */
	{ 1, OLD, UINT32_MAX, false },
	/* clang-format on */
};

static void rows(void **state)
{
	static struct fg_sa sa;

	(void)state;
	memset(&sa, 0, sizeof(sa));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *s = &steps[i];
		bool newest = true;

		print_message("step %zu: %u\n", i, s->seq);
		assert_int_equal(replay_check(&sa, s->seq), s->want);
		assert_int_equal(replay_update(&sa, s->seq, &newest), s->want);
		assert_int_equal(newest, s->newest);
		assert_int_equal(sa.seq, s->top);
	}
}

/* Asking changes nothing: only an authenticated packet moves the window. */
static void check_only_looks(void **state)
{
	struct fg_sa sa = { .seq = 7 }, copy = sa;

	(void)state;
	for (uint32_t seq = 0; seq < 5000; seq++)
		replay_check(&sa, seq);
	assert_memory_equal(&sa, &copy, sizeof(sa));
}

/* Against a window that remembers everything. */
static void random_walk(void **state)
{
	enum { SPACE = 40000 };
	static bool seen[SPACE];
	struct fg_sa sa = { 0 };
	uint32_t top = 0, position = 1;
	bool newest;

	(void)state;
	srand(4303);
	for (size_t i = 0; i < 400000 && position < SPACE - 3000; i++) {
		uint32_t seq = position + (uint32_t)(rand() % 2600);
		enum fg_drop_reason want = OK;

		if (rand() % 40 == 0)
			position += (uint32_t)(rand() % (rand() % 50 ? 40 : 2500));
		seq = seq > 1300 ? seq - 1300 : 0;
		if (seq == 0 || (top >= W && seq <= top - W))
			want = OLD;
		else if (seen[seq])
			want = SEEN;
		assert_int_equal(replay_update(&sa, seq, &newest), want);
		if (want == OK) {
			assert_int_equal(newest, seq > top);
			seen[seq] = true;
			top = seq > top ? seq : top;
		}
	}
	assert_true(top > 4 * W);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(check_only_looks),
		cmocka_unit_test(random_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
