// SPDX-License-Identifier: BSD-2-Clause
#include "worker/rings.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	SEND_BUFFER = 8 << 20, /* bytes of skbs under way in copy mode */
	TX_BUDGET_OPTION = 9,  /* XDP_MAX_TX_SKB_BUDGET, Linux 6.17 */
	BUSY_TRIES = 40,       /* a predecessor's queues are released a little late */
	BUSY_PAUSE_NS = 50 * 1000 * 1000,
};

struct opening {
	struct rings *rings;
	const struct msg_worker_start *start;
	uint32_t index;
	bool zero_copy; /* try */
	char *why;
	size_t why_size;
};

static int frames_open(struct frames *frames, uint32_t sockets, struct port_socket *first)
{
	const struct xsk_umem_config config = { .fill_size = RINGS_SIZE,
						.comp_size = RINGS_SIZE,
						.frame_size = RINGS_FRAME };
	int result;

	/* Each socket's frames are in its fill, its receive or its transmit ring, or in the batch.
	 */
	frames->count = sockets * (3 * RINGS_SIZE + RINGS_BATCH);
	frames->size = (uint64_t)frames->count * RINGS_FRAME;
	frames->free = calloc(frames->count, sizeof(*frames->free));
	frames->area = mmap(NULL, frames->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (frames->area == MAP_FAILED) {
		frames->area = NULL;
		return -ENOMEM;
	}
	if (!frames->free)
		return -ENOMEM;
	/* Packets in clear text: not into a core file. */
	madvise(frames->area, frames->size, MADV_DONTDUMP);
	madvise(frames->area, frames->size, MADV_HUGEPAGE);
	/* The lowest lies on top: few packets touch few pages. */
	for (uint32_t i = frames->count; i > 0; i--)
		frames->free[frames->free_count++] = (uint64_t)(i - 1) * RINGS_FRAME;
	result = xsk_umem__create(&frames->umem, frames->area, frames->size, &first->fill,
				  &first->comp, &config);
	return result;
}

static void frames_close(struct frames *frames)
{
	if (frames->umem)
		xsk_umem__delete(frames->umem);
	if (frames->area)
		munmap(frames->area, frames->size);
	free(frames->free);
	memset(frames, 0, sizeof(*frames));
}

static int create(struct port_socket *s, const char *device, bool copy)
{
	const struct xsk_socket_config config = {
		.rx_size = RINGS_SIZE,
		.tx_size = RINGS_SIZE,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (uint16_t)(XDP_USE_NEED_WAKEUP | (copy ? XDP_COPY : 0)),
	};
	const struct timespec pause = { 0, BUSY_PAUSE_NS };
	int result = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && result == -EBUSY; i++) {
		if (i)
			nanosleep(&pause, NULL);
		result = xsk_socket__create_shared(&s->xsk, device, s->queue, s->frames->umem,
						   &s->rx, &s->tx, &s->fill, &s->comp, &config);
	}
	return result;
}

static bool is_zero_copy(int fd)
{
	struct xdp_options options = { 0 };
	socklen_t len = sizeof(options);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0 &&
	       options.flags & XDP_OPTIONS_ZEROCOPY;
}

static uint32_t socket_count(const struct msg_worker_start *start, uint32_t index)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < start->port_count; i++)
		for (uint32_t q = index; q < start->ports[i].queues; q += start->workers)
			n++;
	return n;
}

static int open_socket(const struct opening *o, size_t at, uint32_t queue, struct frames *frames)
{
	struct rings *rings = o->rings;
	uint32_t port = o->start->ports[at].port;
	const char *device = o->start->ports[at].name;
	struct port_socket *s = aligned_alloc(64, (sizeof(*s) + 63) / 64 * 64);
	int result, buffer = SEND_BUFFER, budget = RINGS_SIZE / 2;

	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	/* From here on rings_close() frees it: libxdp keeps pointers into it. */
	rings->socket[rings->count++] = s;
	s->port = port;
	s->queue = queue;
	s->pair = o->start->ports[at].pair;
	s->frames = frames;
	result = frames->umem ? 0 : frames_open(frames, socket_count(o->start, o->index), s);
	if (result == 0)
		result = create(s, device, !o->zero_copy || s->pair || !o->start->ports[at].native);
	if (result) {
		snprintf(o->why, o->why_size, "port %s queue %u: no AF_XDP socket: %s", device,
			 queue,
			 result == -EBUSY ? "another program holds the queue" : strerror(-result));
		return result;
	}
	s->fd = xsk_socket__fd(s->xsk);
	/* Both only help: where the kernel refuses, it works with its own limits. */
	setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(s->fd, SOL_XDP, TX_BUDGET_OPTION, &budget, sizeof(budget));
	if (is_zero_copy(s->fd))
		rings->zero_copy |= 1u << port;
	if (!rings->by_port[port])
		rings->by_port[port] = s;
	if (s->pair && !rings->pair)
		rings->pair = s;
	return 0;
}

static int open_port(const struct opening *o, size_t at, struct frames *frames)
{
	uint32_t queues = o->start->ports[at].queues;

	for (uint32_t queue = o->index; queue < queues; queue += o->start->workers) {
		int result;

		if (o->rings->count == RINGS_SOCKETS) {
			snprintf(o->why, o->why_size,
				 "more than %u receive queues for one worker: raise workers",
				 (unsigned)RINGS_SOCKETS);
			return -E2BIG;
		}
		result = open_socket(o, at, queue, frames);
		if (result)
			return result;
	}
	return 0;
}

/* The ports first, then the pair: only then is it known whether memory can be shared with it. */
static int open_ports(const struct opening *o)
{
	struct rings *rings = o->rings;

	for (int pair = 0; pair < 2; pair++)
		for (uint32_t i = 0; i < o->start->port_count; i++) {
			struct frames *frames = &rings->frames[pair && rings->zero_copy ? 1 : 0];
			int result;

			if (!o->start->ports[i].pair != !pair)
				continue;
			result = open_port(o, i, frames);
			if (result)
				return result;
		}
	if (rings->pair)
		return 0;
	snprintf(o->why, o->why_size,
		 "worker %u has no queue on the pair: it needs as many queues as there are workers",
		 o->index);
	return -EINVAL;
}

static int check_mtu(const struct opening *o)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = 0;

	if (fd < 0)
		return -errno;
	for (uint32_t i = 0; i < o->start->port_count && result == 0; i++) {
		struct ifreq request = { 0 };
		const char *device = o->start->ports[i].name;

		memcpy(request.ifr_name, device, sizeof(request.ifr_name) - 1);
		if (ioctl(fd, SIOCGIFMTU, &request)) {
			result = -errno;
			snprintf(o->why, o->why_size, "port %s: %s", device, strerror(errno));
		} else if (request.ifr_mtu > RINGS_MTU_MAX) {
			result = -EMSGSIZE;
			snprintf(o->why, o->why_size,
				 "port %s: MTU %d is too large for AF_XDP frames, %d at most",
				 device, request.ifr_mtu, RINGS_MTU_MAX);
		}
	}
	close(fd);
	return result;
}

static int check_start(const struct opening *o)
{
	const struct msg_worker_start *start = o->start;

	if (start->port_count > FG_PORTS || start->workers == 0 ||
	    start->workers > MSG_WORKERS_MAX) {
		snprintf(o->why, o->why_size, "%u ports and %u workers: at most %d and %d",
			 start->port_count, start->workers, FG_PORTS, MSG_WORKERS_MAX);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < start->port_count; i++)
		if (start->ports[i].port >= FG_PORTS || start->ports[i].queues > FG_QUEUES ||
		    !msg_text_ok(start->ports[i].name, sizeof(start->ports[i].name))) {
			snprintf(o->why, o->why_size,
				 "port %u with %u queues: at most %d ports and %d queues",
				 start->ports[i].port, start->ports[i].queues, FG_PORTS, FG_QUEUES);
			return -EINVAL;
		}
	return check_mtu(o);
}

int rings_open(struct rings *rings, const struct msg_worker_start *start, uint32_t index, char *why,
	       size_t why_size)
{
	struct opening o = { rings, start, index, true, why, why_size };
	int result;

	memset(rings, 0, sizeof(*rings));
	result = check_start(&o);
	if (result)
		return result;
	result = open_ports(&o);
	/* One device with zero copy and one without: both copy. */
	if (result && rings->zero_copy) {
		rings_close(rings);
		o.zero_copy = false;
		result = open_ports(&o);
	}
	if (result) {
		rings_close(rings);
		return result;
	}
	for (uint32_t i = 0; i < rings->count; i++)
		rings_turn(rings->socket[i]);
	return 0;
}

void rings_close(struct rings *rings)
{
	for (uint32_t i = 0; i < rings->count; i++)
		xsk_socket__delete(rings->socket[i]->xsk);
	frames_close(&rings->frames[0]);
	frames_close(&rings->frames[1]);
	for (uint32_t i = 0; i < rings->count; i++)
		free(rings->socket[i]);
	memset(rings, 0, sizeof(*rings));
}

int rings_publish(const struct rings *rings, int xsk_fd)
{
	for (uint32_t i = 0; i < rings->count; i++) {
		const struct port_socket *s = rings->socket[i];
		uint32_t key = s->port * FG_QUEUES + s->queue;

		if (bpf_map_update_elem(xsk_fd, &key, &s->fd, BPF_ANY))
			return -errno;
	}
	return 0;
}
