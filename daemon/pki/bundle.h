/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The public files of all trustpoints as one file in memory. flexd reads them from the disk and
 * packs them, `ike` and `aaa` get the descriptor: so all read the same, also one that is started
 * again later. Private keys are not in it.
 */
#ifndef PKI_BUNDLE_H
#define PKI_BUNDLE_H

#include "core/rd.h"

#include <stddef.h>
#include <stdint.h>

enum pki_kind {
	PKI_KIND_CA = 1,
	PKI_KIND_OWN,
	PKI_KIND_OCSP,
	PKI_KIND_CRL,
};

enum {
	PKI_NAME_MAX = 511,                 /* bytes of a file's name */
	PKI_FILE_MAX = 16 * 1024 * 1024,    /* of one file */
	PKI_BUNDLE_MAX = 128 * 1024 * 1024, /* of all of them */
};

struct pki_file {
	uint32_t trustpoint; /* index in the configuration */
	uint8_t kind;        /* enum pki_kind */
	char name[PKI_NAME_MAX + 1];
	const uint8_t *bytes; /* borrowed */
	size_t len;
};

/* Make an empty one. Returns its descriptor or -errno. */
int pki_bundle_new(void);
/* Returns 0, -EFBIG (a limit above), -ENAMETOOLONG, or -errno. */
int pki_bundle_add(int fd, const struct pki_file *file);

/* All bytes of a bundle, to be freed; fd stays open, its position does not matter. NULL: it cannot
 * be read. */
uint8_t *pki_bundle_read(int fd, size_t *len);
/* The next file. False: that was the last, or rd->failed. */
bool pki_bundle_next(struct rd *rd, struct pki_file *file);

#endif
