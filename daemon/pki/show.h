/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PKI_SHOW_H
#define PKI_SHOW_H

#include "msg.h"
#include "pki/pki.h"

typedef void pki_show_row(void *arg, const struct msg_pki_row *row);

/* Every certificate and list of every trustpoint, then what is wrong with them. */
void pki_show(const struct pki *pki, int64_t now, pki_show_row *show, void *arg);

#endif
