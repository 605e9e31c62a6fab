// SPDX-License-Identifier: BSD-2-Clause
#include "ike/child.h"

#include "core/secret.h"
#include "ike/sa.h"

#include <stdlib.h>

bool ike_child_request(const struct ikesa *sa, const struct ike_esp_choice *choice,
		       struct ike_bytes ni, struct ike_bytes nr, struct msg_sa_add *add)
{
	*add = (struct msg_sa_add){
		.ike = sa->handle,
		.session = sa->session,
		.spi_out = choice->spi,
		.suite = choice->suite,
		/* RFC 7296 2.23: as soon as there is a NAT, and only where the peer floated. */
		.udp = (sa->peer_nat || sa->local_nat) &&
		       sa->path.local.port == htons(FG_NATT_PORT),
	};
	/* The client is the initiator of this exchange: what it sends comes in. */
	if (ike_child_keys(&sa->keys, ni, nr, choice->suite, &add->in, &add->out))
		return true;
	wipe(add, sizeof(*add));
	return false;
}

bool ike_child_add(struct ikesa *sa, const struct ike_esp_choice *choice, __be32 spi_in)
{
	struct ike_child *child = malloc(sizeof(*child));

	if (!child)
		return false;
	*child = (struct ike_child){
		.next = sa->child,
		.spi_in = spi_in,
		.spi_out = choice->spi,
		.suite = choice->suite,
	};
	sa->child = child;
	return true;
}

bool ike_child_del(struct ikesa *sa, __be32 spi_out, __be32 *spi_in)
{
	for (struct ike_child **at = &sa->child; *at; at = &(*at)->next) {
		struct ike_child *child = *at;

		if (child->spi_out != spi_out)
			continue;
		*spi_in = child->spi_in;
		*at = child->next;
		free(child);
		return true;
	}
	return false;
}

void ike_child_free_all(struct ikesa *sa)
{
	while (sa->child) {
		struct ike_child *next = sa->child->next;

		free(sa->child);
		sa->child = next;
	}
}
