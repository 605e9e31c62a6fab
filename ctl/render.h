/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as text for people, or as the JSON they came in. */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include "command.h"

#include <stdio.h>

/*
 * Print rows, an array of objects. width is that of the terminal: columns are cut or left out
 * until the table fits; 0 (no terminal) shows everything.
 */
void ctl_render_text(FILE *out, const struct ctl_call *call, const json_t *rows, unsigned width);
void ctl_render_json(FILE *out, const json_t *rows);

/* A field as text; exact adds the whole number to a rounded one. Returns buf. Bytes that could
 * steer a terminal come out as '?'. */
const char *ctl_value_text(const json_t *value, enum ctl_format format, bool exact, char *buf,
			   size_t cap);

#endif
