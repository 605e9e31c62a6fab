/* SPDX-License-Identifier: BSD-2-Clause */
/* The files flexd opens: run-directory and its lock, the configuration and the secrets. */
#ifndef SESSION_FILES_H
#define SESSION_FILES_H

#include "conf/conf.h"
#include "session/pki_files.h"

struct run_directory {
	char path[CONF_TEXT_MAX];
	int lock; /* -1: none */
};

/* Make it, with the empty directory for chroot, and lock it for this process. 0 or -errno with a
 * sentence logged. */
int run_directory_enter(struct run_directory *run, const char *path);
void run_directory_leave(struct run_directory *run);

/*
 * What is in force. It is kept in memory, so that a child that is started again, or is to take
 * renewed certificates, reads what the others have read, whatever the files say by then. The
 * secrets are a copy that flexd does not look into (file_copy_secret()).
 */
struct conf_files {
	int conf, secrets; /* -1: none */
	struct pki_files pki;
};

#define CONF_FILES_NONE                                                                            \
	{                                                                                          \
		.conf = -1, .secrets = -1, .pki = PKI_FILES_NONE                                   \
	}

/* The file alone, and its text in memory, which is the caller's to close; -1: none. NULL, with at
 * least one error. */
struct conf *conf_file_read(const char *path, int *text, struct conf_errors *errors);
/* With all that it names. NULL, with at least one error. */
struct conf *conf_files_read(const char *path, struct conf_files *files,
			     struct conf_errors *errors);
/* The same text and the same secrets as `now`, with the files of its trustpoints as they are on the
 * disk by now. */
struct conf *conf_files_renew(const struct conf_files *now, const char *path,
			      struct conf_files *files, struct conf_errors *errors);
void conf_files_close(struct conf_files *files);
/* The same file with a position of its own. Returns a descriptor or -errno. */
int file_reopen(int fd);

#endif
