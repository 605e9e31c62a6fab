// SPDX-License-Identifier: BSD-2-Clause
/* Frames between rings, with the kernel's side of the rings played by the test: none leaks. */
#include "worker/rings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 8, FRAMES = 200 };

/* One socket's rings as the kernel would share them. */
struct fake {
	struct port_socket socket;
	uint32_t tx_at[2], fill_at[2], comp_at[2]; /* producer, consumer */
	uint32_t flags;
	struct xdp_desc tx[SIZE];
	uint64_t fill[RINGS_BATCH], comp[SIZE];
};

static struct frames near, far;
static struct fake a, b;

static void make_frames(struct frames *frames)
{
	*frames = (struct frames){ .size = FRAMES * RINGS_FRAME, .count = FRAMES };
	frames->area = calloc(FRAMES, RINGS_FRAME);
	frames->free = calloc(FRAMES, sizeof(*frames->free));
	assert_non_null(frames->area);
	assert_non_null(frames->free);
	for (uint64_t i = 0; i < FRAMES; i++)
		rings_free(frames, i * RINGS_FRAME);
}

static void make_socket(struct fake *fake, struct frames *frames)
{
	struct port_socket *s = &fake->socket;

	memset(fake, 0, sizeof(*fake));
	s->fd = -1;
	s->frames = frames;
	s->tx = (struct xsk_ring_prod){ .cached_cons = SIZE,
					.mask = SIZE - 1,
					.size = SIZE,
					.producer = &fake->tx_at[0],
					.consumer = &fake->tx_at[1],
					.ring = fake->tx,
					.flags = &fake->flags };
	s->fill = (struct xsk_ring_prod){ .cached_cons = RINGS_BATCH,
					  .mask = RINGS_BATCH - 1,
					  .size = RINGS_BATCH,
					  .producer = &fake->fill_at[0],
					  .consumer = &fake->fill_at[1],
					  .ring = fake->fill,
					  .flags = &fake->flags };
	s->comp = (struct xsk_ring_cons){ .mask = SIZE - 1,
					  .size = SIZE,
					  .producer = &fake->comp_at[0],
					  .consumer = &fake->comp_at[1],
					  .ring = fake->comp,
					  .flags = &fake->flags };
}

static int set_up(void **state)
{
	(void)state;
	make_frames(&near);
	make_frames(&far);
	make_socket(&a, &near);
	make_socket(&b, &far);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(near.area);
	free(near.free);
	free(far.area);
	free(far.free);
	return 0;
}

/* The kernel has sent n packets. */
static void complete(struct fake *fake, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fake->comp[fake->comp_at[0]++ % SIZE] = fake->tx[fake->tx_at[1]++ % SIZE].addr;
}

static struct frame take(struct frames *frames, uint64_t *base)
{
	*base = frames->free[--frames->free_count];
	return (struct frame){ .data = frames->area + *base + 300,
			       .end = frames->area + *base + 400 };
}

static void same_memory_is_not_copied(void **state)
{
	uint64_t base;
	struct frame f = take(&near, &base);

	(void)state;
	assert_true(rings_send(&a.socket, &near, base, &f));
	assert_int_equal(near.free_count, FRAMES - 1);
	assert_int_equal(a.tx[0].addr, base + 300);
	assert_int_equal(a.tx[0].len, 100);
	assert_int_equal(a.tx_at[0], 0);                        /* shown with the batch */
	a.fill_at[0] = a.socket.fill.cached_prod = RINGS_BATCH; /* nothing to refill here */
	rings_turn(&a.socket);
	assert_int_equal(a.tx_at[0], 1);
	complete(&a, 1);
	rings_turn(&a.socket);
	assert_int_equal(near.free_count, FRAMES);
	assert_int_equal(near.free[FRAMES - 1], base);
}

static void other_memory_is_copied_once(void **state)
{
	uint64_t base;
	struct frame f = take(&near, &base);

	(void)state;
	memset(f.data, 0x3c, 100);
	assert_true(rings_send(&b.socket, &near, base, &f));
	assert_int_equal(near.free_count, FRAMES);
	assert_int_equal(far.free_count, FRAMES - 1);
	assert_memory_equal(far.area + b.tx[0].addr, f.data, 100);
	/* No frame on the other side: the packet stays with the caller. */
	far.free_count = 0;
	f = take(&near, &base);
	assert_false(rings_send(&b.socket, &near, base, &f));
	assert_int_equal(near.free_count, FRAMES - 1);
	assert_int_equal(far.free_count, 0);
}

static void full_ring_refuses(void **state)
{
	uint64_t base;
	struct frame f;

	(void)state;
	for (int i = 0; i < SIZE; i++) {
		f = take(&near, &base);
		assert_true(rings_send(&a.socket, &near, base, &f));
	}
	f = take(&near, &base);
	assert_false(rings_send(&a.socket, &near, base, &f));
	assert_int_equal(near.free_count, FRAMES - SIZE - 1);
	assert_int_equal(a.tx_at[0], SIZE); /* what was queued has been shown meanwhile */
	complete(&a, 3);
	assert_true(rings_send(&a.socket, &near, base, &f));
	a.fill_at[0] = a.socket.fill.cached_prod = RINGS_BATCH; /* nothing to refill here */
	rings_turn(&a.socket);
	assert_int_equal(near.free_count, FRAMES - SIZE - 1 + 3);
	/* Copying: the copy goes back, too. */
	for (int i = 0; i < SIZE; i++) {
		f = take(&near, &base);
		assert_true(rings_send(&b.socket, &near, base, &f));
	}
	f = take(&near, &base);
	assert_false(rings_send(&b.socket, &near, base, &f));
	assert_int_equal(far.free_count, FRAMES - SIZE);
}

static void fill_ring_is_kept_full(void **state)
{
	(void)state;
	rings_turn(&a.socket);
	assert_int_equal(a.fill_at[0], RINGS_BATCH);
	assert_int_equal(near.free_count, FRAMES - RINGS_BATCH);
	rings_turn(&a.socket);
	assert_int_equal(a.fill_at[0], RINGS_BATCH);
	a.fill_at[1] = RINGS_BATCH; /* the kernel took all */
	rings_turn(&a.socket);
	assert_int_equal(a.fill_at[0], 2 * RINGS_BATCH);
	assert_int_equal(near.free_count, FRAMES - 2 * RINGS_BATCH);
	for (int i = 0; i < RINGS_BATCH; i++)
		assert_int_equal(a.fill[i] % RINGS_FRAME, 0);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(same_memory_is_not_copied),
		ROW(other_memory_is_copied_once),
		ROW(full_ring_refuses),
		ROW(fill_ring_is_kept_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
