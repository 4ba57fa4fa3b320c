// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fuzzer: Ceph's own structures. What is accepted must be the one encoding of what it
 * says: encoded again, it is the same bytes.
 *
 * Input: a byte that says which structure, with FIX_CRC to make a preamble's CRC and a
 * frame's right first, then its bytes. libFuzzer's buffer ends where they do, so a read
 * beyond them shows.
 */
#include <stdlib.h>

#include "craft.h"
#include "crc32c.h"
#include "msgr1.h"
#include "msgr2.h"

#define FIX_CRC	0x80

enum kind {
	LEGACY, ADDR, VECTOR, BANNER, CONNECT, REPLY, FOOTER, OLD_FOOTER, TAGGED, BANNER2, FRAME,
	HEADER2, KINDS
};

enum { PREAMBLE = 32, PREAMBLE_CRC = 28, FIRST_CRC = 4, EPILOGUE = 13 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static u8 again[1 << 16];

static void same(const u8 *buf, u32 len, u32 used)
{
	if (used > len || memcmp(buf, again, used))
		abort();
}

static void check_addr(const u8 *buf, u32 len)
{
	struct cxio_addr a;
	u32 used;

	if (cxio_addr_decode(buf, len, &a, &used))
		return;
	if (used > len || !cxio_addr_equal(&a, &a) || cxio_addr_len(&a) > CXIO_ADDR_LEN_MAX)
		abort();
	if (cxio_addr_encode(&a, again) != cxio_addr_len(&a))
		abort();
	/* of a later version we write our own */
	if (buf[0] == 1 && buf[1] > 1)
		return;
	same(buf, len, used);
}

static void check_vector(const u8 *buf, u32 len)
{
	struct cxio_addrvec v, w;
	u32 used, i, n;

	if (cxio_addrvec_decode(buf, len, &v, &used))
		return;
	if (used > len || v.count > CXIO_ADDRVEC_MAX)
		abort();
	n = cxio_addrvec_encode(&v, again);
	if (n != cxio_addrvec_len(&v) || n > CXIO_ADDRVEC_LEN_MAX)
		abort();
	if (cxio_addrvec_decode(again, n, &w, &i) || i != n || cxio_addrvec_compare(&v, &w))
		abort();
	/* shorter only if an address of a later version had more */
	if (n > used)
		abort();
	if (n < used)
		return;
	for (i = 0, n = v.bare ? 0 : 5; i < v.count; n += cxio_addr_len(&v.addr[i++]))
		if (buf[n] == 1 && buf[n + 1] > 1)
			again[n + 1] = buf[n + 1];
	same(buf, len, used);
}

static void check_connect(const u8 *buf, u32 len)
{
	struct cxio_connect c;

	if (cxio_connect_decode(buf, len, &c))
		return;
	if (c.authorizer_len > CXIO_AUTHORIZER_MAX)
		abort();
	cxio_connect_encode(&c, again);
	same(buf, len, CXIO_CONNECT_LEN);
}

static void check_reply(const u8 *buf, u32 len)
{
	struct cxio_connect_reply r;

	if (cxio_connect_reply_decode(buf, len, &r))
		return;
	if (r.authorizer_len > CXIO_AUTHORIZER_MAX)
		abort();
	cxio_connect_reply_encode(&r, again);
	same(buf, len, CXIO_CONNECT_REPLY_LEN);
}

static void check_footer(const u8 *buf, u32 len, bool msg_auth)
{
	struct cxio_msg_footer f;

	if (cxio_stream_footer_decode(buf, len, msg_auth, &f))
		return;
	same(buf, len, cxio_stream_footer_encode(&f, msg_auth, again));
}

/* A stream behind the handshake, up to what it does not understand. */
static void check_tagged(const u8 *buf, u32 len)
{
	struct cxio_msg_header h;
	struct cxio_stamp stamp;
	u32 off = 0, need;
	u64 more, seq;

	while (off < len && !cxio_tag_need(buf[off], &need)) {
		u8 tag = buf[off++];

		if (!*cxio_tag_text(tag))
			abort();
		switch (tag) {
		case CXIO_TAG_MSG:
			if (cxio_msg_header_decode(buf + off, len - off, &h))
				return;
			cxio_msg_header_encode(&h, again);
			same(buf + off, len - off, need);
			more = cxio_msg_payload(&h);
			off += need;
			if (more > len - off)
				return;
			off += (u32)more;
			check_footer(buf + off, len - off, true);
			need = cxio_msg_footer_len(true);
			break;
		case CXIO_TAG_ACK:
			if (cxio_ack_decode(buf + off, len - off, &seq))
				return;
			cxio_ack_encode(seq, again);
			same(buf + off, len - off, need);
			break;
		case CXIO_TAG_KEEPALIVE2:
		case CXIO_TAG_KEEPALIVE2_ACK:
			if (cxio_stamp_decode(buf + off, len - off, &stamp))
				return;
			cxio_stamp_encode(&stamp, again);
			same(buf + off, len - off, need);
			break;
		}
		if (need > len - off)
			return;
		off += need;
	}
}

static void check_frame(const u8 *buf, u32 len)
{
	u32 crc[CXIO_MSGR2_SEGMENTS], i, off, end;
	struct cxio_msgr2_preamble p;
	u8 status;

	if (cxio_msgr2_preamble_decode(buf, len, &p))
		return;
	cxio_msgr2_preamble_encode(&p, again);
	same(buf, len, CXIO_MSGR2_PREAMBLE);
	if (p.len[0] > CXIO_MSGR2_CONTROL_MAX || p.len[3] > CXIO_DATA_MAX)
		abort();
	if (cxio_msgr2_frame_check(&p, buf, len, &status))
		return;
	if (cxio_msgr2_frame_len(&p) > len)
		abort();
	for (i = 0; i < CXIO_MSGR2_SEGMENTS; i++) {
		off = (u32)cxio_msgr2_segment_off(&p, i);
		crc[i] = cxio_msgr2_crc(~0u, buf + off, p.len[i]);
	}
	end = CXIO_MSGR2_PREAMBLE + p.len[0];
	same(buf + end, len - end, cxio_msgr2_first_crc_encode(&p, crc[0], again));
	end = (u32)cxio_msgr2_segment_off(&p, CXIO_MSGR2_SEGMENTS);
	same(buf + end, len - end, cxio_msgr2_epilogue_encode(&p, status, crc, again));
}

static void check_rest(u8 kind, const u8 *buf, u32 len)
{
	struct cxio_msgr2_banner b;
	struct cxio_msgr2_header h;
	struct cxio_addr a;

	switch (kind) {
	case LEGACY:
		if (cxio_addr_legacy_decode(buf, len, &a))
			return;
		cxio_addr_legacy_encode(&a, again);
		same(buf, len, CXIO_ADDR_LEGACY_LEN);
		break;
	case BANNER:
		if (cxio_banner_decode(buf, len))
			return;
		cxio_banner_encode(again);
		same(buf, len, CXIO_BANNER_LEN);
		break;
	case BANNER2:
		if (cxio_msgr2_banner_decode(buf, len, &b))
			return;
		cxio_msgr2_banner_encode(&b, again);
		same(buf, len, CXIO_MSGR2_BANNER_LEN);
		break;
	case HEADER2:
		if (cxio_msgr2_header_decode(buf, len, &h))
			return;
		cxio_msgr2_header_encode(&h, again);
		same(buf, len, CXIO_MSGR2_HEADER);
		break;
	}
}

static void check(u8 kind, const u8 *buf, u32 len)
{
	switch (kind) {
	case ADDR:
		check_addr(buf, len);
		break;
	case VECTOR:
		check_vector(buf, len);
		break;
	case CONNECT:
		check_connect(buf, len);
		break;
	case REPLY:
		check_reply(buf, len);
		break;
	case FOOTER:
	case OLD_FOOTER:
		check_footer(buf, len, kind == FOOTER);
		break;
	case TAGGED:
		check_tagged(buf, len);
		break;
	case FRAME:
		check_frame(buf, len);
		break;
	default:
		check_rest(kind, buf, len);
	}
}

/* Right CRCs, as far as the segments lie within the bytes. */
static void fix(u8 *b, u32 len)
{
	u32 off = PREAMBLE, lens[4], i, end;

	if (len < PREAMBLE)
		return;
	put_le(b + PREAMBLE_CRC, 4, test_crc32c(0, b, PREAMBLE_CRC));
	for (i = 0; i < 4; i++) {
		lens[i] = (u32)get_le(b + 2 + 6 * i, 4);
		if (lens[i] > len - off)
			return;
		off += lens[i];
	}
	off = PREAMBLE + lens[0];
	if (lens[0] && FIRST_CRC <= len - off) {
		put_le(b + off, 4, test_crc32c(~0u, b + PREAMBLE, lens[0]));
		off += FIRST_CRC;
	}
	end = off + lens[1] + lens[2] + lens[3];
	if (end > len || EPILOGUE > len - end)
		return;
	for (i = 1; i < 4; i++) {
		put_le(b + end + 1 + 4 * (i - 1), 4,
		       i < b[1] ? test_crc32c(~0u, b + off, lens[i]) : 0);
		off += lens[i];
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 kind, *exact;

	if (!size || size > 8192)
		return 0;
	kind = (u8)((data[0] & ~FIX_CRC) % KINDS);
	if (!(data[0] & FIX_CRC) || kind != FRAME) {
		check(kind, data + 1, (u32)size - 1);
		return 0;
	}
	exact = malloc(size);
	if (!exact)
		return 0;
	memcpy(exact, data, size);
	fix(exact + 1, (u32)size - 1);
	check(kind, exact + 1, (u32)size - 1);
	free(exact);
	return 0;
}
