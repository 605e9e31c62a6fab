/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading cursor: the only way to look at bytes from outside. Every read says whether it
 * succeeded; a cursor that failed once stays failed, so a chain of reads may be tested at its end.
 * Multi-byte values are big-endian on the wire and native in the variable.
 */
#ifndef CORE_RD_H
#define CORE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p; /* borrowed */
	size_t left;
	bool failed;
};

static inline struct rd rd_of(const void *p, size_t len)
{
	return (struct rd){ .p = p, .left = len };
}

/* Borrow the next n bytes. */
static inline bool rd_bytes(struct rd *rd, const uint8_t **p, size_t n)
{
	if (rd->failed || rd->left < n) {
		rd->failed = true;
		return false;
	}
	*p = rd->p;
	rd->p += n;
	rd->left -= n;
	return true;
}

static inline bool rd_skip(struct rd *rd, size_t n)
{
	const uint8_t *p;

	return rd_bytes(rd, &p, n);
}

static inline bool rd_copy(struct rd *rd, void *to, size_t n)
{
	const uint8_t *p;

	if (!rd_bytes(rd, &p, n))
		return false;
	if (n)
		memcpy(to, p, n);
	return true;
}

/* The next n bytes as a cursor of their own. */
static inline bool rd_sub(struct rd *rd, struct rd *sub, size_t n)
{
	const uint8_t *p;

	if (!rd_bytes(rd, &p, n))
		return false;
	*sub = rd_of(p, n);
	return true;
}

static inline bool rd_u8(struct rd *rd, uint8_t *v)
{
	return rd_copy(rd, v, 1);
}

static inline bool rd_be16(struct rd *rd, uint16_t *v)
{
	const uint8_t *p;

	if (!rd_bytes(rd, &p, 2))
		return false;
	*v = (uint16_t)(p[0] << 8 | p[1]);
	return true;
}

static inline bool rd_be32(struct rd *rd, uint32_t *v)
{
	const uint8_t *p;

	if (!rd_bytes(rd, &p, 4))
		return false;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return true;
}

static inline bool rd_be64(struct rd *rd, uint64_t *v)
{
	uint32_t hi, lo;

	if (!rd_be32(rd, &hi) || !rd_be32(rd, &lo))
		return false;
	*v = (uint64_t)hi << 32 | lo;
	return true;
}

/* True when every byte was read and no read failed. */
static inline bool rd_end(const struct rd *rd)
{
	return !rd->failed && rd->left == 0;
}

#endif
