/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trustpoints of a configuration name: read, copied, watched. */
#ifndef SESSION_PKI_FILES_H
#define SESSION_PKI_FILES_H

#include "conf/conf.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Copies in memory, so that a child that is started again gets what the others have: the public
 * files as one bundle (pki/bundle.h), each private key by itself (file_copy_secret()).
 */
struct pki_files {
	int bundle;                    /* -1: none */
	int key[CONF_TRUSTPOINTS_MAX]; /* by trustpoint; -1: none */
	uint64_t stamp;                /* of the files on the disk just before they were read */
};

#define PKI_FILES_NONE                                                                             \
	{                                                                                          \
		.bundle = -1                                                                       \
	}

/* keys: the private ones too. False: why says in a sentence which file is wrong, and files hold
 * nothing. */
bool pki_files_read(const struct conf *conf, bool keys, struct pki_files *files, char *why,
		    size_t cap);
void pki_files_close(struct pki_files *files);
/*
 * A number that changes when one of these files does, also by a rename above it (its name is
 * followed anew each time) or when a list comes to or goes from a directory. It asks for states,
 * never for contents.
 */
uint64_t pki_files_stamp(const struct conf *conf);

#endif
