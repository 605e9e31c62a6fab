// SPDX-License-Identifier: BSD-2-Clause
#include "session/cookies.h"

#include "../../bpf/cookie.h"
#include "core/secret.h"
#include "crypto/rand.h"
#include "session/broker.h"

#include <errno.h>
#include <string.h>

#define AREA "cookies"

enum { SLOT_MS = FG_COOKIE_SLOT_S * 1000 };

void cookies_tell(struct broker *broker)
{
	const struct cookies *c = &broker->cookies;

	if (c->turn)
		supervise_to_ike(broker, MSG_COOKIE_SECRETS, &c->secrets, sizeof(c->secrets));
}

static void put_everywhere(struct broker *broker)
{
	plane_guard_secrets(broker->plane, &broker->cookies.secrets);
	cookies_tell(broker);
}

/* The newest takes the place of the older one. Without randomness the old ones stay. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval again = clock_timeval(SLOT_MS);
	struct broker *broker = arg;
	struct cookies *c = &broker->cookies;
	uint64_t key[2];

	(void)fd;
	(void)what;
	if (crypto_random(key, sizeof(key))) {
		memcpy(c->secrets.key[(c->secrets.slot + 1) & 1], key, sizeof(key));
		c->secrets.slot++;
		put_everywhere(broker);
	} else {
		log_error(AREA, "no randomness for the next secret: %s", strerror(errno));
	}
	wipe(key, sizeof(key));
	event_add(c->turn, &again);
}

int cookies_open(struct broker *broker)
{
	const struct timeval first = clock_timeval(SLOT_MS);
	struct cookies *c = &broker->cookies;

	/* The number of the first slot says nothing about how long we run. */
	if (!crypto_random(&c->secrets.slot, sizeof(c->secrets.slot)) ||
	    !crypto_random(c->secrets.key, sizeof(c->secrets.key))) {
		log_error(AREA, "no randomness for the secrets: %s", strerror(errno));
		return -EIO;
	}
	c->turn = evtimer_new(broker->base, on_turn, broker);
	if (!c->turn || event_add(c->turn, &first)) {
		log_error(AREA, "out of memory");
		return -ENOMEM;
	}
	put_everywhere(broker);
	return 0;
}

void cookies_close(struct broker *broker)
{
	struct cookies *c = &broker->cookies;

	if (c->turn)
		event_free(c->turn);
	c->turn = NULL;
	wipe(&c->secrets, sizeof(c->secrets));
}
