/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets of the cookies that an IKE_SA_INIT must return under load (bpf/cookie.h). They are
 * made here, because only flexd can give the same ones to XDP and to every ike that it starts.
 */
#ifndef SESSION_COOKIES_H
#define SESSION_COOKIES_H

#include <event2/event.h>
#include <flexgate/plane.h>

struct broker;

struct cookies {
	struct fg_cookie_secrets secrets;
	struct event *turn; /* NULL: there are none */
};

/* Two secrets, and another one whenever the time of the newest is over. Returns 0 or -errno. */
int cookies_open(struct broker *broker);
void cookies_close(struct broker *broker);
/* ike is ready, perhaps a new one: it hears them. */
void cookies_tell(struct broker *broker);

#endif
