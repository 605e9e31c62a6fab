// SPDX-License-Identifier: BSD-2-Clause
#include "plane/outer.h"

#include "core/wr.h"

#include <netinet/in.h>

static void write_ip4(struct wr *wr, const struct endpoint *local, const struct endpoint *peer,
		      bool udp)
{
	__be32 from = ip_to4(&local->ip), to = ip_to4(&peer->ip);

	wr_u8(wr, 0x45);
	wr_zero(wr, 7); /* service, length, identification, fragment: DF clear */
	wr_u8(wr, 64);
	wr_u8(wr, udp ? IPPROTO_UDP : IPPROTO_ESP);
	wr_zero(wr, 2);
	wr_bytes(wr, &from, sizeof(from));
	wr_bytes(wr, &to, sizeof(to));
}

static void write_ip6(struct wr *wr, const struct endpoint *local, const struct endpoint *peer,
		      bool udp)
{
	wr_be32(wr, 0x60000000);
	wr_zero(wr, 2);
	wr_u8(wr, udp ? IPPROTO_UDP : IPPROTO_ESP);
	wr_u8(wr, 64);
	wr_bytes(wr, &local->ip, sizeof(local->ip));
	wr_bytes(wr, &peer->ip, sizeof(peer->ip));
}

uint16_t outer_template(uint8_t out[FG_OUTER_MAX], const struct endpoint *local,
			const struct endpoint *peer, bool udp)
{
	struct wr wr = wr_of(out, FG_OUTER_MAX);
	bool is4 = ip_is4(&local->ip);

	if (is4 != ip_is4(&peer->ip))
		return 0;
	if (is4)
		write_ip4(&wr, local, peer, udp);
	else
		write_ip6(&wr, local, peer, udp);
	if (udp) {
		wr_bytes(&wr, &local->port, sizeof(local->port));
		wr_bytes(&wr, &peer->port, sizeof(peer->port));
		wr_zero(&wr, 4);
	}
	return wr.failed ? 0 : (uint16_t)wr.len;
}

__be32 outer_spi(uint32_t random, uint32_t row, uint32_t mask)
{
	uint32_t spi = (random & ~mask) | row;

	if (spi < 256)
		spi |= mask >= 255 ? mask + 1 : 256;
	return htonl(spi);
}
