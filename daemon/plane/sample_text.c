// SPDX-License-Identifier: BSD-2-Clause
#include "plane/sample_text.h"

#include "core/rd.h"

#include <linux/if_ether.h>
#include <stdio.h>

enum {
	UDP_HEADER = 8,
	ESP_HEADER = 8,
	IP4_HEADER_WORDS = 5,
	IP4_OFFSET_MASK = 0x1fff,
};

struct outer {
	struct endpoint src, dst; /* port 0: without one */
	uint8_t protocol;
	bool upper; /* its header follows */
	uint32_t spi;
};

static bool read_ip4(struct rd *rd, struct outer *o)
{
	uint8_t version_words = 0;
	uint16_t fragment = 0;
	__be32 src = 0, dst = 0;
	unsigned words;

	rd_u8(rd, &version_words);
	rd_skip(rd, 5);
	rd_be16(rd, &fragment);
	rd_skip(rd, 1);
	rd_u8(rd, &o->protocol);
	rd_skip(rd, 2);
	rd_copy(rd, &src, sizeof(src));
	if (!rd_copy(rd, &dst, sizeof(dst)) || version_words >> 4 != 4)
		return false;
	o->src.ip = ip_from4(src);
	o->dst.ip = ip_from4(dst);
	words = version_words & 15;
	o->upper = words >= IP4_HEADER_WORDS && !(fragment & IP4_OFFSET_MASK) &&
		   rd_skip(rd, 4 * (words - IP4_HEADER_WORDS));
	return true;
}

static bool read_ip6(struct rd *rd, struct outer *o)
{
	uint8_t version = 0;

	rd_u8(rd, &version);
	rd_skip(rd, 5);
	rd_u8(rd, &o->protocol);
	rd_skip(rd, 1);
	rd_copy(rd, &o->src.ip, sizeof(o->src.ip));
	if (!rd_copy(rd, &o->dst.ip, sizeof(o->dst.ip)) || version >> 4 != 6)
		return false;
	o->upper = true;
	return true;
}

static void read_udp(struct rd *rd, struct outer *o)
{
	uint16_t src, dst, len;

	if (!rd_be16(rd, &src) || !rd_be16(rd, &dst))
		return;
	o->src.port = htons(src);
	o->dst.port = htons(dst);
	/* A keepalive is shorter than ESP; behind it stands what filled the frame up. */
	if ((src == FG_NATT_PORT || dst == FG_NATT_PORT) && rd_be16(rd, &len) &&
	    len >= UDP_HEADER + ESP_HEADER && rd_skip(rd, 2))
		rd_be32(rd, &o->spi); /* 0: IKE, RFC 3948 2.2 */
}

static bool read_frame(struct rd *rd, struct outer *o)
{
	uint16_t type = 0;

	rd_skip(rd, 2 * ETH_ALEN);
	while (rd_be16(rd, &type) && (type == ETH_P_8021Q || type == ETH_P_8021AD))
		rd_skip(rd, 2);
	if (rd->failed ||
	    !((type == ETH_P_IP && read_ip4(rd, o)) || (type == ETH_P_IPV6 && read_ip6(rd, o))))
		return false;
	if (o->upper && o->protocol == IPPROTO_UDP)
		read_udp(rd, o);
	else if (o->upper && o->protocol == IPPROTO_ESP)
		rd_be32(rd, &o->spi);
	return true;
}

static const char *side_text(const struct endpoint *side, bool ports, char buf[IP_TEXT_MAX])
{
	return ports ? endpoint_text(side, buf) : ip_text(&side->ip, buf);
}

const char *sample_text(const struct fg_event *event, char buf[SAMPLE_TEXT_MAX])
{
	size_t captured = event->captured;
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX], spi[32] = "";
	struct outer o = { 0 };
	struct rd rd;
	bool ports;

	if (captured > sizeof(event->head))
		captured = sizeof(event->head);
	rd = rd_of(event->head, captured);
	buf[0] = '\0';
	if (!read_frame(&rd, &o))
		return buf;
	/* Port 0 is nobody's, but on one side it is worth showing. */
	ports = o.src.port || o.dst.port;
	if (o.spi)
		snprintf(spi, sizeof(spi), " spi 0x%08x", o.spi);
	snprintf(buf, SAMPLE_TEXT_MAX, "%s -> %s%s", side_text(&o.src, ports, src),
		 side_text(&o.dst, ports, dst), spi);
	return buf;
}
