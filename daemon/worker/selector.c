// SPDX-License-Identifier: BSD-2-Clause
#include "worker/selector.h"

#include "core/ip.h"

#include <string.h>

/* What of a packet selectors ask for, seen from the gateway. */
struct flow {
	struct fg_ip net; /* the address behind us */
	uint8_t version, protocol;
	bool has_ports; /* else no port can be seen: only "any" and OPAQUE fit */
	uint16_t client_port, net_port;
};

/* RFC 4301 4.4.1.1: protocols in which a port, or something in its place, can be seen. */
static void read_ports(const struct fg_packet *p, bool from_client, struct flow *flow)
{
	enum { ICMP = 1, TCP = 6, UDP = 17, DCCP = 33, ICMP6 = 58, SCTP = 132, UDP_LITE = 136 };
	const uint8_t *l4 = p->ip + p->l4;

	if (p->fragment & FG_FRAGMENT_OFFSET || p->l4 + 4 > (int)p->length)
		return;
	switch (p->protocol) {
	case ICMP:
	case ICMP6:
		flow->client_port = flow->net_port = fg_get16(l4); /* type, code */
		break;
	case TCP:
	case UDP:
	case DCCP:
	case SCTP:
	case UDP_LITE:
		flow->client_port = fg_get16(l4 + (from_client ? 0 : 2));
		flow->net_port = fg_get16(l4 + (from_client ? 2 : 0));
		break;
	default:
		return;
	}
	flow->has_ports = true;
}

static struct flow flow_of(const struct fg_packet *p, bool from_client)
{
	struct flow flow = { .version = p->version, .protocol = p->protocol };

	if (p->version == 4) {
		flow.net.w[2] = fg_be32(0xffff);
		memcpy(&flow.net.w[3], p->ip + (from_client ? 16 : 12), 4);
	} else {
		memcpy(&flow.net, p->ip + (from_client ? 24 : 8), sizeof(flow.net));
	}
	read_ports(p, from_client, &flow);
	return flow;
}

static bool port_fits(const struct flow *flow, uint16_t port, uint16_t first, uint16_t last)
{
	if (first == 0 && last == UINT16_MAX)
		return true;
	if (!flow->has_ports)
		return first > last;
	return port >= first && port <= last;
}

static bool fits(const struct fg_selector *s, const struct flow *flow)
{
	return s->version == flow->version && (!s->protocol || s->protocol == flow->protocol) &&
	       ip_compare(&flow->net, &s->first) >= 0 && ip_compare(&flow->net, &s->last) <= 0 &&
	       port_fits(flow, flow->client_port, s->client_first, s->client_last) &&
	       port_fits(flow, flow->net_port, s->net_first, s->net_last);
}

bool selector_covers(const struct maps *maps, uint32_t row, const struct fg_packet *packet,
		     bool from_client)
{
	const struct flow flow = flow_of(packet, from_client);

	/* Bounded: a list that ends while we read it may have become another one. */
	for (uint32_t rows = 0; row && row < maps->selectors && rows < FG_SELECTORS_MAX; rows++) {
		const struct fg_selectors *s = &maps->selector[row];

		for (uint32_t i = 0; i < s->count && i < FG_SELECTORS_ROW; i++)
			if (fits(&s->at[i], &flow))
				return true;
		row = s->next;
	}
	return false;
}
