// SPDX-License-Identifier: BSD-2-Clause
#include "worker/rings.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/socket.h>

/* Most descriptors one wake-up of a copying socket takes before it answers EAGAIN. */
enum { KERNEL_BATCH = 32 };

void rings_free(struct frames *frames, uint64_t base)
{
	frames->free[frames->free_count++] = base;
}

static void take_back(struct port_socket *s)
{
	uint32_t at, n = xsk_ring_cons__peek(&s->comp, RINGS_SIZE, &at);

	for (uint32_t i = 0; i < n; i++)
		rings_free(s->frames, *xsk_ring_cons__comp_addr(&s->comp, at + i) &
					      ~(uint64_t)(RINGS_FRAME - 1));
	if (n)
		xsk_ring_cons__release(&s->comp, n);
}

static bool tx_empty(const struct port_socket *s)
{
	return __atomic_load_n(s->tx.consumer, __ATOMIC_ACQUIRE) == *s->tx.producer;
}

static void show(struct port_socket *s)
{
	if (!s->pending)
		return;
	xsk_ring_prod__submit(&s->tx, s->pending);
	s->pending = 0;
	s->kick = true;
}

static void wake(struct port_socket *s)
{
	if (!s->kick)
		return;
	if (xsk_ring_prod__needs_wakeup(&s->tx)) {
		for (int i = 0; i < RINGS_SIZE / KERNEL_BATCH && !tx_empty(s); i++)
			if (sendto(s->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN)
				break;
	}
	/* What the device did not take now is tried again in the next turn. */
	s->kick = !tx_empty(s);
}

static void refill(struct port_socket *s)
{
	struct frames *frames = s->frames;
	uint32_t at;

	while (frames->free_count >= RINGS_BATCH &&
	       xsk_ring_prod__reserve(&s->fill, RINGS_BATCH, &at) == RINGS_BATCH) {
		for (uint32_t i = 0; i < RINGS_BATCH; i++)
			*xsk_ring_prod__fill_addr(&s->fill,
						  at + i) = frames->free[--frames->free_count];
		xsk_ring_prod__submit(&s->fill, RINGS_BATCH);
	}
	if (xsk_ring_prod__needs_wakeup(&s->fill))
		recvfrom(s->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

void rings_turn(struct port_socket *s)
{
	show(s);
	wake(s);
	take_back(s);
	refill(s);
}

uint64_t rings_missed(struct port_socket *s)
{
	struct xdp_statistics statistics = { 0 };
	socklen_t len = sizeof(statistics);
	uint64_t total, missed;

	if (getsockopt(s->fd, SOL_XDP, XDP_STATISTICS, &statistics, &len))
		return 0;
	total = statistics.rx_dropped + statistics.rx_ring_full;
	missed = total - s->missed;
	s->missed = total;
	return missed;
}

static bool queue_tx(struct port_socket *to, uint64_t address, uint32_t len)
{
	struct xdp_desc *desc;
	uint32_t at;

	if (xsk_ring_prod__reserve(&to->tx, 1, &at) != 1) {
		show(to);
		wake(to);
		take_back(to);
		if (xsk_ring_prod__reserve(&to->tx, 1, &at) != 1)
			return false;
	}
	desc = xsk_ring_prod__tx_desc(&to->tx, at);
	desc->addr = address;
	desc->len = len;
	desc->options = 0;
	to->pending++;
	return true;
}

bool rings_send(struct port_socket *to, struct frames *from, uint64_t base, const struct frame *f)
{
	uint32_t len = (uint32_t)(f->end - f->data);
	struct frames *frames = to->frames;
	uint64_t copy;

	if (frames == from)
		return queue_tx(to, (uint64_t)(f->data - from->area), len);
	if (!frames->free_count)
		take_back(to);
	if (!frames->free_count)
		return false;
	copy = frames->free[--frames->free_count];
	memcpy(frames->area + copy, f->data, len);
	if (!queue_tx(to, copy, len)) {
		rings_free(frames, copy);
		return false;
	}
	rings_free(from, base);
	return true;
}
