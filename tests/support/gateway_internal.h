/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the gateway: gateway.c turns the core, the others are its neighbours. */
#ifndef SUPPORT_GATEWAY_INTERNAL_H
#define SUPPORT_GATEWAY_INTERNAL_H

#include "support/gateway.h"

/* A test that cannot go on. */
void gateway_die(const char *what);
/* A message of the core for aaa, for flexd: its answer goes to the core at once. */
void gateway_aaa(struct gateway *gw, const struct gateway_message *m);
void gateway_flexd(struct gateway *gw, const struct gateway_message *m);

#endif
