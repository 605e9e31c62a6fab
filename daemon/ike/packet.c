// SPDX-License-Identifier: BSD-2-Clause
#include "ike/packet.h"

#include "core/secret.h"
#include "ike/limits.h"

#include <stdlib.h>

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, UDP_HEADER = 8 };

static struct ike_packet *packet_of(size_t len)
{
	struct ike_packet *packet = malloc(sizeof(*packet) + IKE_MARKER_LEN + len);

	if (!packet)
		return NULL;
	packet->next = NULL;
	packet->len = len;
	memset(packet->bytes, 0, IKE_MARKER_LEN);
	return packet;
}

struct ike_packet *ike_packet_new(const void *message, size_t len)
{
	struct ike_packet *packet = packet_of(len);

	if (packet)
		memcpy(packet->bytes + IKE_MARKER_LEN, message, len);
	return packet;
}

void ike_packet_free(struct ike_packet *packet)
{
	while (packet) {
		struct ike_packet *next = packet->next;

		free(packet);
		packet = next;
	}
}

/* The marker is counted where it is not sent too: a peer may float to port 4500 at any time. */
size_t ike_packet_room(uint16_t mtu, const struct fg_ip *peer)
{
	size_t headers = (ip_is4(peer) ? IPV4_HEADER : IPV6_HEADER) + UDP_HEADER + IKE_MARKER_LEN;

	return mtu > headers ? mtu - headers : 0;
}

static struct ike_packet *seal_whole(struct crypto_sk *sk, const struct ike_header *header,
				     uint8_t first, struct ike_bytes payloads)
{
	size_t cap = payloads.len + IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN +
		     CRYPTO_SK_OVERHEAD_MAX;
	const struct ike_writer inner = {
		.wr = { .p = (uint8_t *)(uintptr_t)payloads.p,
			.len = payloads.len,
			.cap = payloads.len },
		.first = first,
		.inner = true,
	};
	struct ike_packet *packet = packet_of(cap);

	if (!packet)
		return NULL;
	packet->len = ike_seal(sk, header, &inner, packet->bytes + IKE_MARKER_LEN, cap);
	if (packet->len)
		return packet;
	ike_packet_free(packet);
	return NULL;
}

static struct ike_packet *seal_fragments(struct crypto_sk *sk, const struct ike_header *header,
					 uint8_t first, struct ike_bytes payloads, size_t max)
{
	size_t room = ike_seal_room(sk, max, true);
	size_t total = room ? (payloads.len + room - 1) / room : 0;
	struct ike_packet *head = NULL, **end = &head;

	if (total == 0 || total > UINT16_MAX)
		return NULL;
	for (size_t i = 0; i < total; i++) {
		size_t left = payloads.len - i * room;
		const struct ike_bytes part = { payloads.p + i * room, left < room ? left : room };

		*end = packet_of(max);
		if (*end)
			(*end)->len = ike_seal_fragment(sk, header, first, (uint16_t)(i + 1),
							(uint16_t)total, part,
							(*end)->bytes + IKE_MARKER_LEN, max);
		if (!*end || (*end)->len == 0) {
			ike_packet_free(head);
			return NULL;
		}
		end = &(*end)->next;
	}
	return head;
}

struct ike_packet *ike_packet_seal(struct crypto_sk *sk, const struct ike_header *header,
				   uint8_t first, struct ike_bytes payloads, size_t max)
{
	if (max == 0 || payloads.len <= ike_seal_room(sk, max, false))
		return seal_whole(sk, header, first, payloads);
	return seal_fragments(sk, header, first, payloads, max);
}

static size_t longest(const struct ike_packet *packet)
{
	size_t len = 0;

	for (; packet; packet = packet->next)
		if (packet->len > len)
			len = packet->len;
	return len;
}

/* Opens one datagram of ours into the list of all payloads. */
static bool gather(struct crypto_sk *sk, const struct ike_packet *packet, struct ike_message *m,
		   struct wr *all)
{
	uint8_t *copy = malloc(packet->len);
	const uint8_t *plain;
	size_t len;
	bool ok;

	if (!copy)
		return false;
	memcpy(copy, packet->bytes + IKE_MARKER_LEN, packet->len);
	ok = ike_parse_clear(copy, packet->len, m) == IKE_DROP_NONE &&
	     ike_open(sk, copy, m, &plain, &len) == IKE_DROP_NONE;
	if (ok)
		wr_bytes(all, plain, len);
	wipe(copy, packet->len);
	free(copy);
	return ok && !all->failed;
}

struct ike_packet *ike_packet_divide(struct crypto_sk *sk, const struct ike_packet *packet,
				     size_t max)
{
	struct ike_packet *smaller = NULL;
	struct ike_header header = { 0 };
	uint8_t first = IKE_PAYLOAD_NONE, *bytes;
	struct ike_message m;
	struct wr all;
	size_t cap = 0;
	bool ok = true;

	if (longest(packet) <= max)
		return NULL;
	for (const struct ike_packet *p = packet; p; p = p->next)
		cap += p->len;
	bytes = malloc(cap);
	if (!bytes)
		return NULL;
	all = wr_of(bytes, cap);
	for (const struct ike_packet *p = packet; ok && p; p = p->next) {
		ok = gather(sk, p, &m, &all);
		if (ok && p == packet) {
			header = m.header;
			first = m.sk_first;
		}
	}
	if (ok)
		smaller = ike_packet_seal(sk, &header, first, (struct ike_bytes){ bytes, all.len },
					  max);
	wipe(bytes, cap);
	free(bytes);
	return smaller;
}
