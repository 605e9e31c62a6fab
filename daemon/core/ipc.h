/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed messages between our processes: one message per SOCK_SEQPACKET packet, a header, a fixed
 * struct, perhaps trailing bytes, perhaps one file descriptor. Both ends are the same build, so
 * structs travel as they lie in memory; the receiver checks type and size against its table before
 * a handler sees anything.
 *
 * Sending never blocks: messages wait for the end of this turn of the event loop and then go out
 * together; what the kernel does not take is queued up to a limit, and an overrun is reported as a
 * closed channel.
 */
#ifndef CORE_IPC_H
#define CORE_IPC_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPC_MESSAGE_MAX = 64 * 1024,     /* body and tail, bytes */
	IPC_QUEUE_MAX = 4 * 1024 * 1024, /* unsent bytes before the channel counts as broken */
};

struct ipc;

/* What a handler is given: a message that the rules let through. */
struct ipc_message {
	uint32_t type;
	const void *body; /* aligned, borrowed until the handler returns */
	size_t len;
	int fd; /* the handler's, -1: none came */
};

/* A message type that this end accepts. Size of the body: min to max bytes. */
struct ipc_rule {
	uint32_t type;
	const char *name;
	size_t min, max;
	/* Returns 0, or -errno: the sender made no sense and the channel's `broken` is called. */
	int (*handle)(void *arg, const struct ipc_message *message);
	/* A descriptor may come with it. Without this a sender who adds one is `broken`, so that
	 * nobody can fill our descriptor table with what no handler looks at. */
	bool takes_fd;
};

struct ipc_events {
	const struct ipc_rule *rules;
	size_t rule_count;
	void *arg;
	/* The peer closed, overran its queue or sent an unknown or ill-sized message. Called once
	 * and from the loop; no message is read or sent afterwards. The callee may ipc_free() the
	 * channel, as may every handler. why is one sentence, borrowed. */
	void (*broken)(void *arg, const char *why);
};

/* Takes fd when it succeeds. Returns 0 or -errno. `events` is copied, its rules stay the caller's.
 */
int ipc_new(struct event_base *base, int fd, const struct ipc_events *events, struct ipc **out);
void ipc_free(struct ipc *ipc);
/* fd (or -1) is duplicated and stays the caller's; with one it goes at once. tail may be NULL.
 * Returns 0 or -errno; after -errno the channel is unusable and `broken` will be called. That the
 * peer is gone may show only later, and only by `broken`. */
int ipc_send(struct ipc *ipc, uint32_t type, const void *body, size_t len, const void *tail,
	     size_t tail_len, int fd);
/* Bytes that the kernel has not taken yet, of IPC_QUEUE_MAX: who has much to say waits here. */
size_t ipc_unsent(const struct ipc *ipc);
/* Before there is a loop: wait for one message of this type; any other is an error. Dispatches it
 * through the rules. Returns 0, -ETIMEDOUT, -EPIPE (closed), -EPROTO (another or an ill-formed
 * message) or what the handler returned; `broken` is not called for these. */
int ipc_wait(struct ipc *ipc, uint32_t type, int timeout_ms);
/* A connected pair, close-on-exec, non-blocking. Returns 0 or -errno. */
int ipc_pair(int fds[2]);
/* The check that stands before every handler, apart so that it can be fuzzed: looks up the type in
 * a raw packet. Returns the rule, or NULL for an unknown or ill-sized one; the message's fd is
 * not set. */
const struct ipc_rule *ipc_check(const struct ipc_rule *rules, size_t count, const void *packet,
				 size_t len, struct ipc_message *message);

#endif
