/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP sockets that flexd opened. Datagrams come and go in batches; an answer leaves from the
 * address that was asked.
 */
#ifndef IKE_NET_H
#define IKE_NET_H

#include "core/ip.h"

#include <event2/event.h>

struct ike_net;

struct ike_net_events {
	void *arg;
	/* The datagram may be changed; it is borrowed until return. ifindex: of the device that it
	 * came by. */
	void (*received)(void *arg, void *datagram, size_t len, const struct endpoint *local,
			 const struct endpoint *peer, unsigned ifindex);
	/* After each batch. */
	void (*settled)(void *arg);
};

int ike_net_new(struct event_base *base, const struct ike_net_events *events, struct ike_net **out);
/* Takes fd when it succeeds; one that is bound to the same endpoint is replaced. local.ip zero: any
 * address. Returns 0 or -errno. */
int ike_net_add(struct ike_net *net, int fd, const struct endpoint *local);
size_t ike_net_sockets(const struct ike_net *net);
/* Queued during a batch, else sent at once. What the kernel does not take is lost. */
void ike_net_send(struct ike_net *net, const void *datagram, size_t len,
		  const struct endpoint *local, const struct endpoint *peer);
void ike_net_free(struct ike_net *net);

#endif
