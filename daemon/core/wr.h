/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing cursor over a buffer of fixed size. A write that does not fit marks the cursor failed
 * and changes nothing any more, so a whole message may be built and tested once at its end.
 */
#ifndef CORE_WR_H
#define CORE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
	uint8_t *p; /* start of the buffer, borrowed */
	size_t len; /* bytes written */
	size_t cap;
	bool failed;
};

static inline struct wr wr_of(void *p, size_t cap)
{
	return (struct wr){ .p = p, .cap = cap };
}

/* Room for n bytes to be filled by the caller, or NULL. */
static inline uint8_t *wr_room(struct wr *wr, size_t n)
{
	uint8_t *p = wr->p + wr->len;

	if (wr->failed || wr->cap - wr->len < n) {
		wr->failed = true;
		return NULL;
	}
	wr->len += n;
	return p;
}

static inline void wr_bytes(struct wr *wr, const void *from, size_t n)
{
	uint8_t *p = wr_room(wr, n);

	if (p && n)
		memcpy(p, from, n);
}

static inline void wr_zero(struct wr *wr, size_t n)
{
	uint8_t *p = wr_room(wr, n);

	if (p && n)
		memset(p, 0, n);
}

static inline void wr_u8(struct wr *wr, uint8_t v)
{
	wr_bytes(wr, &v, 1);
}

static inline void wr_be16(struct wr *wr, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(wr, b, sizeof(b));
}

static inline void wr_be32(struct wr *wr, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(wr, b, sizeof(b));
}

static inline void wr_be64(struct wr *wr, uint64_t v)
{
	wr_be32(wr, (uint32_t)(v >> 32));
	wr_be32(wr, (uint32_t)v);
}

/* Overwrite two or four bytes at an offset that was written before. */
static inline void wr_patch_be16(struct wr *wr, size_t at, uint16_t v)
{
	if (wr->failed || at > wr->len || wr->len - at < 2) {
		wr->failed = true;
		return;
	}
	wr->p[at] = (uint8_t)(v >> 8);
	wr->p[at + 1] = (uint8_t)v;
}

static inline void wr_patch_be32(struct wr *wr, size_t at, uint32_t v)
{
	if (wr->failed || at > wr->len || wr->len - at < 4) {
		wr->failed = true;
		return;
	}
	wr->p[at] = (uint8_t)(v >> 24);
	wr->p[at + 1] = (uint8_t)(v >> 16);
	wr->p[at + 2] = (uint8_t)(v >> 8);
	wr->p[at + 3] = (uint8_t)v;
}

#endif
