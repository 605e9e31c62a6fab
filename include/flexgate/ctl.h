/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket between flexctl and flexd: <run-directory>/flexd.sock, SOCK_STREAM, one
 * request per connection, text lines of JSON.
 *
 *   request   {"command": "show session", "args": {"detail": true, "name": "va17"}}
 *   answer    {"row": {...}}            any number of, streamed
 *             {"end": {"ok": true}}     always last
 *             {"end": {"ok": false, "error": "one sentence", "hint": "what to do"}}
 *
 * Numbers are JSON numbers, octets and packets whole; addresses, times and names are text; a value
 * that is not there is left out. Names of fields are in ctl/commands.c, which shows them.
 */
#ifndef FLEXGATE_CTL_H
#define FLEXGATE_CTL_H

#define FG_CTL_SOCKET "flexd.sock"
#define FG_RUN_DIRECTORY "/run/flexgate"

enum {
	FG_CTL_REQUEST_MAX = 4096,      /* bytes of a request line */
	FG_CTL_CLIENTS = 16,            /* connections served at once */
	FG_CTL_TIMEOUT_S = 10,          /* a silent client is dropped */
};

#endif
