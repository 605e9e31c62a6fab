/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside core/ipc*.c only: what a channel is made of. */
#ifndef CORE_IPC_INTERNAL_H
#define CORE_IPC_INTERNAL_H

#include "core/ipc.h"

#include <sys/queue.h>
#include <sys/socket.h>

/* What stands before every body. 8 bytes keep the body aligned for any struct of msg.h. */
struct ipc_header {
	uint32_t type;
	uint32_t len; /* of what follows; the packet must agree */
};

enum {
	IPC_PACKET_MAX = sizeof(struct ipc_header) + IPC_MESSAGE_MAX,
	IPC_BATCH = 8, /* packets that one system call takes or brings */
	IPC_WHY_MAX = 200,
};

/* A packet that waits for the end of this turn of the loop, or for the peer to read. */
struct ipc_unsent {
	STAILQ_ENTRY(ipc_unsent) next;
	size_t len;
	int fd; /* our duplicate, -1: none */
	uint8_t packet[];
};

/* Where a packet comes in. */
struct ipc_slot {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec part;
	_Alignas(8) uint8_t packet[IPC_PACKET_MAX];
};

struct ipc {
	int fd; /* -1 once freed */
	struct ipc_events events;
	struct event *readable, *writable, *report;
	STAILQ_HEAD(, ipc_unsent) queue;
	size_t queued;       /* bytes */
	size_t queued_count; /* packets */
	bool full;           /* the kernel takes no more for now */
	bool broken;         /* nothing is read or sent any more */
	bool reported;
	unsigned depth; /* callbacks under way that still need this struct */
	char why[IPC_WHY_MAX];
	struct mmsghdr msg[IPC_BATCH];
	struct ipc_slot slot[IPC_BATCH];
};

/* From here on the channel is deaf and dumb; `broken` follows from the loop. */
void ipc_fail(struct ipc *ipc, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- ipc_send.c --- */

/* Send what waits until the kernel takes no more. Returns 0 or -errno after ipc_fail(). */
int ipc_flush(struct ipc *ipc);
/* Forget what waits. */
void ipc_drop_unsent(struct ipc *ipc);

#endif
