// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finding connects, replies and messages in recorded streams.
 */
#include "recorded.h"

/**
 * copy() - memory of the exact size
 * @at: bytes
 * @len: how many
 *
 * Return: a copy.
 */
struct bytes copy(const void *at, u32 len)
{
	struct bytes b = { malloc(len + !len), len };

	assert_non_null(b.at);
	memcpy(b.at, at, len);
	return b;
}

/**
 * load() - a file of tests/vectors/ceph
 * @name: its name
 *
 * Return: what is in it.
 */
struct bytes load(const char *name)
{
	const char *dir = getenv("CXIO_VECTORS");
	static u8 buf[1 << 16];
	char path[500];
	FILE *f;
	u32 len;

	snprintf(path, sizeof(path), "%s/ceph/%s", dir ? dir : "tests/vectors", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	len = (u32)fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return copy(buf, len);
}

/* The authorizer behind the connect, or reply, number @which. Return: where the next is. */
static u32 authorizer(const struct bytes *s, bool client, u32 which, struct bytes *a)
{
	u32 at = client ? 9 + 136 : 9 + 2 * 136, fixed = client ? 33 : 26, i, len = 0;

	for (i = 0; i <= which; i++) {
		at += fixed + len;
		memcpy(&len, s->at + at - 5, 4);
		if (i == which && a)
			*a = copy(s->at + at, len);
	}
	return at + len;
}

/* Message number @which behind @at, where tags begin. */
static struct recorded message(const struct bytes *s, u32 at, u32 which)
{
	struct recorded m;
	u8 tag;

	for (;;) {
		assert_in_range(at, 0, s->len - 1);
		tag = s->at[at++];
		if (tag == CXIO_TAG_MSG) {
			assert_false(cxio_msg_header_decode(s->at + at, s->len - at, &m.header));
			at += CXIO_MSG_HEADER;
			if (!which--)
				break;
			at += m.header.len[0] + m.header.len[1] + m.header.len[2] +
				CXIO_MSG_FOOTER;
		} else {
			assert_true(tag == CXIO_TAG_KEEPALIVE2 || tag == CXIO_TAG_KEEPALIVE2_ACK);
			at += 8;
		}
	}
	m.front = copy(s->at + at, m.header.len[0]);
	at += m.header.len[0] + m.header.len[1] + m.header.len[2];
	assert_false(cxio_stream_footer_decode(s->at + at, s->len - at, true, &m.footer));
	return m;
}

/**
 * said() - a message
 * @stream: RECORDED_MON or RECORDED_OSD
 * @way: "c2s" or "s2c"
 * @which: from 0
 *
 * Return: it.
 */
struct recorded said(const char *stream, const char *way, u32 which)
{
	bool client = !strcmp(way, "c2s"), osd = !strcmp(stream, RECORDED_OSD);
	struct bytes s;
	struct recorded m;
	char name[80];

	snprintf(name, sizeof(name), "%s.%s.bin", stream, way);
	s = load(name);
	/* behind the last connect or reply there is the number of SEQ */
	m = message(&s, authorizer(&s, client, osd, NULL) + 8, which);
	free(s.at);
	return m;
}

/**
 * shown() - an authorizer of the client to the OSD, or what the OSD said to it
 * @way: "c2s" or "s2c"
 * @which: 0: before or with the challenge; 1: after it
 *
 * Return: its bytes.
 */
struct bytes shown(const char *way, u32 which)
{
	struct bytes s, a;
	char name[80];

	snprintf(name, sizeof(name), "%s.%s.bin", RECORDED_OSD, way);
	s = load(name);
	authorizer(&s, !strcmp(way, "c2s"), which, &a);
	free(s.at);
	return a;
}
