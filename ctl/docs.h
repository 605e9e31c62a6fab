/* SPDX-License-Identifier: BSD-2-Clause */
/* Help, manual page and completion, all written from the command table. */
#ifndef CTL_DOCS_H
#define CTL_DOCS_H

#include "command.h"

#include <stdio.h>

/* All commands; with begun those that share its first `words` words. */
void ctl_docs_help(FILE *out, const struct ctl_command *begun, size_t words);
void ctl_docs_command(FILE *out, const struct ctl_command *command);
void ctl_docs_man(FILE *out);
void ctl_docs_completion(FILE *out);

#endif
