// SPDX-License-Identifier: BSD-2-Clause
#include "ike/nat.h"

#include <string.h>

static bool hash_equal(const struct ike_header *header, const struct endpoint *ep,
		       const struct ike_notify *notify)
{
	uint8_t hash[IKE_NAT_HASH_LEN];

	return ike_nat_hash(header->spi_i, header->spi_r, ep, hash) &&
	       notify->data.len == sizeof(hash) && memcmp(notify->data.p, hash, sizeof(hash)) == 0;
}

static bool differs(const struct ike_message *m, uint16_t type, const struct endpoint *seen,
		    bool *came)
{
	*came = false;
	for (size_t i = 0; i < m->notify_count; i++) {
		if (m->notify[i].type != type)
			continue;
		*came = true;
		if (hash_equal(&m->header, seen, &m->notify[i]))
			return false;
	}
	return *came;
}

struct ike_nat ike_nat_read(const struct ike_message *m, const struct ike_path *path)
{
	struct ike_nat nat;
	bool source, destination;

	nat.peer = differs(m, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, &path->peer, &source);
	nat.local = differs(m, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, &path->local, &destination);
	nat.came = source && destination;
	return nat;
}

static void put(struct ike_writer *w, const struct ikesa *sa, uint16_t type,
		const struct endpoint *ep)
{
	uint8_t hash[IKE_NAT_HASH_LEN];

	if (ike_nat_hash(sa->spi_i, sa->spi_r, ep, hash))
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, type, hash, sizeof(hash));
	else
		w->wr.failed = true;
}

void ike_nat_put(struct ike_writer *w, const struct ikesa *sa, const struct ike_path *path)
{
	put(w, sa, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, &path->local);
	put(w, sa, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, &path->peer);
}
