/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SESSION_NOTIFY_H
#define SESSION_NOTIFY_H

/*
 * The sd_notify protocol: one datagram of KEY=VALUE lines to the socket that NOTIFY_SOCKET names.
 * Without one, nothing happens. notify_open() is called once and takes the variable out of the
 * environment, so that no child speaks for flexd.
 */
void notify_open(void);
void notify_systemd(const char *lines);
void notify_close(void);

#endif
