// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Random mutations of frames: of some made here, and of some that were recorded from
 * the programs under test.
 *
 * Most may be good frames still, for all that is known here, and then anything in order may
 * follow. Some are spoilt for certain, and nobody may live through those.
 */
#include <stdio.h>
#include <stdlib.h>

#include "raw_cases.h"

/* --- recordings: a frame a line, in hexadecimal --- */

/**
 * recording_add() - write a frame down
 * @file: the recording
 * @f: the frame
 */
void recording_add(FILE *file, const struct frame *f)
{
	u32 i;

	for (i = 0; i < f->len; i++)
		fprintf(file, "%02x", f->buf[i]);
	fputc('\n', file);
}

/* Return: false at the end, or for what is no frame. */
static bool read_frame(FILE *file, struct frame *f)
{
	unsigned int byte;

	f->len = 0;
	while (f->len < sizeof(f->buf) && fscanf(file, "%2x", &byte) == 1) {
		f->buf[f->len++] = (u8)byte;
		if (fgetc(file) == '\n')
			return f->len >= CXIO_FRAME_HEADER;
		fseek(file, -1, SEEK_CUR);
	}
	return false;
}

/**
 * recording_read() - read a recording
 * @r: the recording
 * @name: of its file
 *
 * Return: false if there is not one frame in it.
 */
bool recording_read(struct recording *r, const char *name)
{
	FILE *file = fopen(name, "r");
	struct frame f;

	while (file && r->count < RECORDING_MAX && read_frame(file, &f)) {
		struct frame *frames = realloc(r->frames, (r->count + 1) * sizeof(*frames));

		if (!frames)
			break;
		r->frames = frames;
		r->frames[r->count++] = f;
	}
	if (file)
		fclose(file);
	return r->count;
}

/* --- mutations --- */

static u32 random_below(u32 *state, u32 limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % limit;
}

/* A frame of any type, its body anything. */
static void any_frame(struct peer *p, struct frame *f, u32 *rnd)
{
	u32 i, n = random_below(rnd, 300);

	frame_control(p, f, CXIO_FRAME_GRANT);
	f->buf[offsetof(struct cxio_wire_frame, type)] =
		(u8)(1 + random_below(rnd, CXIO_FRAME_TYPE_END - 1));
	for (i = 0; i < n; i++)
		f->buf[f->len++] = (u8)random_below(rnd, 256);
	frame_fix(f, false, true);
}

/* A good frame of one kind or another, or any. */
static void make_frame(struct peer *p, struct frame *f, u32 *rnd)
{
	static const u8 controls[] = { CXIO_FRAME_GRANT, CXIO_FRAME_KEEPALIVE, CXIO_FRAME_CLOSE };
	u32 kind = random_below(rnd, 8);

	if (kind < 2)
		frame_message(p, f, 1);
	else if (kind < 4)
		frame_rendezvous(p, f, 1);
	else if (kind < 6)
		any_frame(p, f, rnd);
	else
		frame_control(p, f, controls[random_below(rnd, ARRAY_SIZE(controls))]);
}

/* One that was recorded; its grants are of another connection: half keep them. */
static void take_recorded(struct peer *p, struct frame *f, const struct recording *r, u32 *rnd)
{
	struct cxio_wire_frame *w = (void *)f->buf, *now;
	struct frame grant;

	*f = r->frames[random_below(rnd, r->count)];
	if (random_below(rnd, 2))
		return;
	frame_control(p, &grant, CXIO_FRAME_GRANT);
	now = (void *)grant.buf;
	w->ack = now->ack;
	w->grant_frames = now->grant_frames;
	w->grant_msgs = now->grant_msgs;
	w->grant_bytes = now->grant_bytes;
}

static bool has_descs(const struct frame *f)
{
	const struct cxio_wire_frame *w = (const void *)f->buf;

	return w->type == CXIO_FRAME_MESSAGE && w->flags & CXIO_FRAME_DESCS &&
	       f->len >= CXIO_FRAME_HEADER + CXIO_MSG_HEADER + sizeof(struct cxio_wire_descs);
}

static void mutate(struct peer *p, struct frame *f, const struct recording *r, u32 *rnd)
{
	u32 i, flips = 1 + random_below(rnd, 4);

	if (r->count)
		take_recorded(p, f, r, rnd);
	else
		make_frame(p, f, rnd);
	if (!random_below(rnd, 4))
		f->len = random_below(rnd, f->len + 8);
	for (i = 0; i < flips && f->len; i++)
		f->buf[random_below(rnd, f->len)] = (u8)random_below(rnd, 256);
	if (has_descs(f) && random_below(rnd, 2))
		frame_fix_descs(f);
	if (random_below(rnd, 4))
		frame_fix(f, random_below(rnd, 2), random_below(rnd, 2));
}

/* Bytes that a CRC covers and the CRC itself do not belong together. */
static bool wrong_crc(const struct frame *f, bool message)
{
	struct frame good = *f;

	frame_fix(&good, message, false);
	return memcmp(good.buf, f->buf, f->len);
}

/* A message that is all in one frame: are its segments what the footer says? */
static bool wrong_payload(const struct frame *f)
{
	const struct cxio_wire_frame *w = (const void *)f->buf;
	const struct cxio_wire_msg_header *m = (const void *)(f->buf + CXIO_FRAME_HEADER);
	const struct cxio_wire_msg_footer *t = (const void *)(f->buf + f->len - CXIO_MSG_FOOTER);
	const u8 *at = f->buf + CXIO_FRAME_HEADER + CXIO_MSG_HEADER;
	u64 front = le32_to_cpu(m->front_len), middle = le32_to_cpu(m->middle_len);

	if (w->flags != CXIO_FRAME_LAST || CXIO_FRAME_HEADER + CXIO_MSG_HEADER + front + middle +
	    le32_to_cpu(m->data_len) + CXIO_MSG_FOOTER != f->len)
		return false;
	return le32_to_cpu(t->front_crc) != cxio_crc32c(0, at, (u32)front) ||
	       le32_to_cpu(t->middle_crc) != cxio_crc32c(0, at + front, (u32)middle) ||
	       (!(t->flags & CXIO_FOOTER_NOCRC) &&
		le32_to_cpu(t->data_crc) != cxio_crc32c(0, at + front + middle,
							le32_to_cpu(m->data_len)));
}

/* Told without the functions that the other side checks frames with: they may be wrong. */
static bool is_spoilt(const struct frame *f)
{
	const struct cxio_wire_frame *w = (const void *)f->buf;

	if (f->len < CXIO_FRAME_HEADER || wrong_crc(f, false) || !w->type ||
	    w->type >= CXIO_FRAME_TYPE_END || w->reserved ||
	    le32_to_cpu(w->body_len) != f->len - CXIO_FRAME_HEADER)
		return true;
	return w->type == CXIO_FRAME_MESSAGE &&
	       (f->len < CXIO_FRAME_HEADER + CXIO_MSG_HEADER || wrong_crc(f, true) ||
		wrong_payload(f));
}

/*
 * An answer to the keepalive after it, CLOSE, or the end; after what is spoilt CLOSE with a
 * reason, or the end.
 */
static bool survive_mutation(struct peer *p, const struct target *t,
			     const struct recording *r, u32 *rnd, u32 *spoilt)
{
	bool is;
	struct frame f;

	/* With and without a session, if the other side knows any. */
	if (random_below(rnd, 2))
		p->offer.supported |= RAW_FEATURES;
	if (!peer_open(p, case_where(t)))
		return false;
	memset(&f, 0, sizeof(f));
	mutate(p, &f, r, rnd);
	is = is_spoilt(&f);
	*spoilt += is;
	if (!peer_send(p, &f))
		return false;
	frame_control(p, &f, CXIO_FRAME_KEEPALIVE);
	/* It may have ended by now. */
	raw_send(&p->raw, f.buf, f.len, t->limit_ms);
	switch (peer_hear(p, CXIO_FRAME_KEEPALIVE_ACK)) {
	case HEARD_NOTHING:
		return peer_fail(p, "neither an answer nor an end");
	case HEARD_NONSENSE:
		return false;
	case HEARD_FRAME:
		return !is || peer_fail(p, "a spoilt frame was taken");
	case HEARD_CLOSE:
		return !is || peer_reason(p) || peer_fail(p, "a spoilt CLOSE was taken");
	default:
		return true;
	}
}

static bool survive_all(struct peer *p, const struct target *t, const struct recording *r)
{
	u32 i, rnd = t->seed ? t->seed : 1, spoilt = 0;

	for (i = 0; i < t->count; i++) {
		struct peer one;
		u32 before = rnd;
		bool ok;

		peer_init(&one, t->limit_ms);
		ok = survive_mutation(&one, t, r, &rnd, &spoilt);
		peer_drop(&one);
		if (!ok)
			return peer_fail(p, "--seed %u --count 1: %s", before, one.error);
	}
	printf("# %u of %u frames were spoilt for certain\n", spoilt, t->count);
	/* With less than that the rest says little. */
	return spoilt >= t->count / 4 || peer_fail(p, "too few mutations");
}

bool random_made(struct peer *p, const struct target *t)
{
	static const struct recording none;

	return survive_all(p, t, &none);
}

bool random_recorded(struct peer *p, const struct target *t)
{
	return survive_all(p, t, &t->recorded);
}
