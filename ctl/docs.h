/* SPDX-License-Identifier: BSD-2-Clause */
/* Help, manual page and completion, all written from the command table. */
#ifndef CTL_DOCS_H
#define CTL_DOCS_H

#include "command.h"

#include <stdio.h>

void ctl_docs_help(FILE *out);
void ctl_docs_command(FILE *out, const struct ctl_command *command);
void ctl_docs_man(FILE *out);
void ctl_docs_completion(FILE *out);

#endif
