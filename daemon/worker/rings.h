/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AF_XDP sockets of one worker: one per port and receive queue it owns, over shared frame
 * memory. Worker w of n owns the queues q of a port with q % n == w; where a port has fewer queues
 * than there are workers, those without one cannot transmit there and use the stack door.
 *
 * Frames are 4,096 bytes. All ports of a worker share one umem while they run in copy mode. A
 * driver with zero copy cannot share it with the pair, which copies: then the pair has its own, and
 * a packet that changes sides is copied once.
 */
#ifndef WORKER_RINGS_H
#define WORKER_RINGS_H

#include "msg.h"
#include "worker/esp.h"

#include <stdbool.h>
#include <stdint.h>
#include <xdp/xsk.h>

enum {
	RINGS_FRAME = 4096,
	RINGS_SIZE = 1024, /* descriptors in each ring */
	RINGS_BATCH = 64,
	RINGS_SOCKETS = FG_PORTS + FG_QUEUES,
	/* What a frame holds: less the headroom of XDP, the Ethernet header with a tag, and what
	 * ESP adds behind the packet. */
	RINGS_MTU_MAX = RINGS_FRAME - 256 - 18 - 64,
};

struct frames {
	uint8_t *area;
	uint64_t size;
	struct xsk_umem *umem;
	uint64_t *free; /* addresses of frames that nobody holds, a stack */
	uint32_t free_count, count;
};

struct port_socket {
	struct xsk_socket *xsk;
	int fd;
	struct frames *frames;
	uint32_t port, queue;
	bool pair;
	uint32_t pending; /* descriptors written, not yet shown to the kernel */
	bool kick;        /* shown, perhaps not yet taken */
	uint64_t missed;  /* packets the kernel dropped on the way here, so far */
	struct xsk_ring_cons rx, comp;
	struct xsk_ring_prod tx, fill;
};

struct rings {
	struct frames frames[2]; /* [1]: of the pair, where it has its own */
	struct port_socket *socket[RINGS_SOCKETS];
	uint32_t count;
	struct port_socket *by_port[FG_PORTS]; /* to transmit; NULL: no queue there */
	struct port_socket *pair;
	uint32_t zero_copy; /* bit per port */
};

/* Returns 0, or -errno with one sentence in why. index: which worker. */
int rings_open(struct rings *rings, const struct msg_worker_start *start, uint32_t index, char *why,
	       size_t why_size);
void rings_close(struct rings *rings);
/* Put the sockets into fg_xsk. Returns 0 or -errno. */
int rings_publish(const struct rings *rings, int xsk_fd);

/*
 * Queue a frame for transmission; it belongs to the ring afterwards. base: its address in `from`.
 * False: the ring is full or no frame is left to copy to; the frame is still the caller's.
 */
bool rings_send(struct port_socket *to, struct frames *from, uint64_t base, const struct frame *f);
void rings_free(struct frames *frames, uint64_t base);
/* Once per batch and socket: show what was queued, wake the kernel, take back what was sent, give
 * the kernel empty frames. */
void rings_turn(struct port_socket *s);
/* Packets that XDP handed over and the kernel dropped because no frame or no place in the ring was
 * free, since the last call. */
uint64_t rings_missed(struct port_socket *s);

#endif
