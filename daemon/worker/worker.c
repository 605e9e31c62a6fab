// SPDX-License-Identifier: BSD-2-Clause
#include "worker/worker.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	IDLE_ROUNDS = 8, /* empty looks at all rings before sleeping in poll() */
	IDLE_MS = 1000,  /* wake up that often to wipe keys that nobody uses any more */
	SWEEP_MS = 64,
	SWEEP_ALL_MS = 1000, /* the whole table is looked at in this time */
	MISSED_MS = 500,     /* how old the counter of what the kernel dropped may be */
};

static void send_note(void *arg, const struct note *note)
{
	const struct worker *worker = arg;

	/* A full pipe loses it; the next packet of this kind says it again. */
	if (write(worker->note_fd, note, sizeof(*note)) < 0)
		return;
}

static void set_clock(struct worker *worker)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	worker->forward.now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sweep(struct worker *worker)
{
	uint64_t now = worker->forward.now_ms, since = now - worker->swept_ms;
	uint64_t rows = worker->forward.sas.rows;

	if (since < SWEEP_MS)
		return;
	worker->swept_ms = now;
	if (since < SWEEP_ALL_MS)
		rows = rows * since / SWEEP_ALL_MS + 1;
	sa_sweep(&worker->forward.sas, (uint32_t)rows);
}

/* Nobody knows any more whose packets these were. */
static void count_missed(struct worker *worker)
{
	uint64_t now = worker->forward.now_ms;

	if (now - worker->missed_ms < MISSED_MS)
		return;
	worker->missed_ms = now;
	for (uint32_t i = 0; i < worker->rings.count; i++)
		forward_drop(&worker->forward, 0, FG_DROP_no_frame,
			     rings_missed(worker->rings.socket[i]));
}

static void pass(struct worker *worker, struct port_socket *from, uint64_t address, uint32_t len)
{
	struct frames *frames = from->frames;
	uint64_t base = address & ~(uint64_t)(RINGS_FRAME - 1);
	uint8_t *data = frames->area + address;
	struct frame frame = { .room = frames->area + base,
			       .limit = frames->area + base + RINGS_FRAME,
			       .data = data,
			       .end = data + len };
	struct port_socket *to = NULL;
	struct fg_meta meta;
	struct way way;

	memcpy(&meta, data - sizeof(meta), sizeof(meta));
	way = forward_packet(&worker->forward, &frame, &meta);
	if (way.door == DOOR_STACK)
		to = worker->rings.pair;
	else if (way.door == DOOR_PORT)
		to = worker->rings.by_port[way.port];
	if (to && rings_send(to, frames, base, &frame))
		return;
	if (to)
		forward_drop(&worker->forward, meta.session, FG_DROP_tx_full, 1);
	rings_free(frames, base);
}

/* Two passes: the first asks the cache for what the second reads. */
static void prefetch(const struct worker *worker, struct port_socket *s, uint32_t at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *data = s->frames->area +
				      xsk_ring_cons__rx_desc(&s->rx, at + i)->addr;

		__builtin_prefetch(data - sizeof(struct fg_meta));
		__builtin_prefetch(data + 64);
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *data = s->frames->area +
				      xsk_ring_cons__rx_desc(&s->rx, at + i)->addr;
		struct fg_meta meta;

		memcpy(&meta, data - sizeof(meta), sizeof(meta));
		if (meta.esp)
			sa_prefetch(&worker->forward.sas, meta.sa);
		else if (meta.session < worker->forward.maps->sessions)
			sa_prefetch(&worker->forward.sas,
				    worker->forward.maps->session[meta.session].sa_out);
	}
}

static uint32_t receive(struct worker *worker, struct port_socket *s)
{
	uint32_t at, n = xsk_ring_cons__peek(&s->rx, RINGS_BATCH, &at);

	if (!n)
		return 0;
	prefetch(worker, s, at, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&s->rx, at + i);

		pass(worker, s, desc->addr, desc->len);
	}
	xsk_ring_cons__release(&s->rx, n);
	return n;
}

/* False: told to stop. */
static bool sleep_until_work(struct worker *worker)
{
	struct pollfd fds[RINGS_SOCKETS + 1];
	uint32_t n = worker->rings.count;

	for (uint32_t i = 0; i < n; i++) {
		const struct port_socket *s = worker->rings.socket[i];

		fds[i] = (struct pollfd){ .fd = s->fd,
					  .events = (short)(POLLIN | (s->kick ? POLLOUT : 0)) };
	}
	fds[n] = (struct pollfd){ .fd = worker->stop_fd, .events = POLLIN };
	if (poll(fds, n + 1, IDLE_MS) > 0 && fds[n].revents)
		return false;
	return true;
}

static bool told_to_stop(const struct worker *worker)
{
	struct pollfd fd = { .fd = worker->stop_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static void *run(void *arg)
{
	struct worker *worker = arg;
	uint32_t idle = 0;

	for (;;) {
		uint32_t n = 0;

		set_clock(worker);
		for (uint32_t i = 0; i < worker->rings.count; i++)
			n += receive(worker, worker->rings.socket[i]);
		for (uint32_t i = 0; i < worker->rings.count; i++)
			rings_turn(worker->rings.socket[i]);
		/* Under load nobody polls: look for the end as often as for old keys. */
		if (worker->forward.now_ms - worker->swept_ms >= SWEEP_MS && told_to_stop(worker))
			break;
		sweep(worker);
		count_missed(worker);
		idle = n ? 0 : idle + 1;
		if (idle > IDLE_ROUNDS && !sleep_until_work(worker))
			break;
	}
	return NULL;
}

/* Frames for the stack door: to fgp0, from the pair's own device. */
static int pair_header(struct worker *worker, const struct msg_worker_start *start, char *why,
		       size_t why_size)
{
	struct ifreq request = { 0 };
	int fd, result = 0;

	for (uint32_t i = 0; i < start->port_count; i++)
		if (start->ports[i].pair) {
			memcpy(worker->forward.pair_eth, start->ports[i].pair_mac, 6);
			memcpy(request.ifr_name, start->ports[i].name,
			       sizeof(request.ifr_name) - 1);
		}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request)) {
		result = -errno;
		snprintf(why, why_size, "port %s has no hardware address: %s", request.ifr_name,
			 strerror(errno));
	}
	memcpy(worker->forward.pair_eth + 6, request.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return result;
}

int worker_open(struct worker *worker, const struct msg_worker_start *start,
		const struct maps *maps, uint32_t index, char *why, size_t why_size)
{
	int result;

	memset(worker, 0, sizeof(*worker));
	worker->index = index;
	worker->crypto = crypto_new((enum crypto_choice)start->crypto, why, why_size);
	if (!worker->crypto)
		return -ENOTSUP;
	result = forward_open(&worker->forward, maps, worker->crypto, index);
	if (result) {
		snprintf(why, why_size, "no memory for the keys of %u SAs", maps->sas);
		goto failed;
	}
	worker->forward.note = send_note;
	worker->forward.note_arg = worker;
	result = rings_open(&worker->rings, start, index, why, why_size);
	if (result)
		goto failed;
	result = pair_header(worker, start, why, why_size);
	if (result)
		goto failed;
	for (uint32_t port = 0; port < FG_PORTS; port++)
		if (worker->rings.by_port[port] && !worker->rings.by_port[port]->pair)
			worker->forward.ports |= 1u << port;
	result = rings_publish(&worker->rings, maps->xsk_fd);
	if (result == 0)
		return 0;
	snprintf(why, why_size, "sockets cannot be put into fg_xsk: %s", strerror(-result));
failed:
	worker_close(worker);
	return result;
}

int worker_run(struct worker *worker, int note_fd, int stop_fd)
{
	int result;

	worker->note_fd = note_fd;
	worker->stop_fd = stop_fd;
	result = pthread_create(&worker->thread, NULL, run, worker);
	if (result)
		return -result;
	worker->running = true;
	return 0;
}

void worker_close(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	rings_close(&worker->rings);
	forward_close(&worker->forward);
	crypto_free(worker->crypto);
	memset(worker, 0, sizeof(*worker));
}
