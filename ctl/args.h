/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line against the command table. */
#ifndef CTL_ARGS_H
#define CTL_ARGS_H

#include "command.h"

enum { CTL_WATCH_DEFAULT_S = 2, CTL_WATCH_MAX_S = 3600 };

/* Options of flexctl itself, for help and the man page. */
struct ctl_option {
	const char *name;  /* "--watch" */
	const char *value; /* "[=SECONDS]", "" when there is none */
	const char *help;
};
extern const struct ctl_option ctl_options[];
extern const size_t ctl_option_count;

/*
 * Understand argv[1] .. argv[argc - 1]. True: call is filled and to be given to ctl_call_free().
 * False: error says what is wrong and what was perhaps meant. Words of a command may be shortened
 * as long as they stay unique.
 */
bool ctl_parse(int argc, char *const *argv, struct ctl_call *call, struct ctl_error *error);
void ctl_call_free(struct ctl_call *call);

/*
 * The command that `words` begins with; *used is the number of words it took. NULL with a sentence
 * in error. *begun is NULL, or, when only words are missing, the first of the commands that `words`
 * begin: they share the first *used words.
 */
const struct ctl_command *ctl_find(const char *const *words, size_t count, size_t *used,
				   const struct ctl_command **begun, struct ctl_error *error);

/* How many letters to insert, remove, change or swap to get from a to b; at most CTL_EDITS_FAR. */
enum { CTL_EDITS_FAR = 100 };
unsigned ctl_edits(const char *a, const char *b);

#endif
