// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * rendezvous.c: lists of descriptors, each check of them, and what is inline.
 */
#include "core_test.h"
#include "craft.h"
#include "rendezvous.h"

/* Offsets in a list's head and in a descriptor. */
enum { COUNT = 0, SEGMENTS = 1, RESERVED = 2, CRC = 4, HEAD = 8 };
enum { ADDR = 0, RKEY = 8, LENGTH = 12, SEGMENT = 16, FLAGS = 17, RESERVED1 = 18, EACH = 20 };
#define D(i, field) (HEAD + EACH * (i) + (field))

static u8 list[2048];

static const struct cxio_desc good[3] = {
	{ .addr = 0x1000, .rkey = 0xaabbccdd, .length = 100, .segment = CXIO_FRONT },
	{ .addr = ~0ull - 99, .rkey = 1, .length = 100, .segment = CXIO_DATA,
	  .flags = CXIO_DESC_INVALIDATE },
	{ .addr = 0, .rkey = 2, .length = CXIO_DESC_MAX, .segment = CXIO_DATA },
};

static const struct cxio_msg_header header = {
	.len = { 100, 7, 100 + CXIO_DESC_MAX },
};

static u32 make(void)
{
	memset(list, 0x77, sizeof(list));
	return cxio_descs_encode(good, 3, 1 << CXIO_FRONT | 1 << CXIO_DATA, list);
}

static void fix_crc(void)
{
	u32 count = list[COUNT] <= CXIO_DESCS_MAX ? list[COUNT] : CXIO_DESCS_MAX;
	u32 crc = cxio_crc32c(0, list, CRC);

	put_le(list + CRC, 4, cxio_crc32c(crc, list + HEAD, count * EACH));
}

CORE_TEST(encode_then_decode)
{
	static struct cxio_desc got[CXIO_DESCS_MAX];
	u32 len = make(), count, i;

	expect_eq(len, 68);
	expect_eq(len, cxio_descs_size(3));
	expect_eq(cxio_descs_size(0), 0);
	expect_eq(cxio_descs_size(CXIO_DESCS_MAX), CXIO_DESCS_BYTES_MAX);
	expect_eq(get_le(list + D(0, RKEY), 4), 0xaabbccdd);
	expect_eq(get_le(list + D(1, ADDR), 8), ~0ull - 99);
	expect_eq(get_le(list + D(2, LENGTH), 4), CXIO_DESC_MAX);
	expect_eq(list[len], 0x77);
	expect_fault(cxio_descs_decode(list, len, &header, got, &count), CXIO_FAULT_NONE);
	expect_eq(count, 3);
	for (i = 0; i < count; i++) {
		expect_eq(got[i].addr, good[i].addr);
		expect_eq(got[i].rkey, good[i].rkey);
		expect_eq(got[i].length, good[i].length);
		expect_eq(got[i].segment, good[i].segment);
		expect_eq(got[i].flags, good[i].flags);
	}
}

static const struct {
	const char *what;
	u32 at;
	u32 size;
	u64 value;
	bool raw;	/* and the CRC is not made to agree */
	enum cxio_fault fault;
} mutations[] = {
	{ "crc", CRC, 1, 0x55, true, CXIO_FAULT_DESCS_CRC },
	{ "addr under the crc", D(2, ADDR), 1, 1, true, CXIO_FAULT_DESCS_CRC },
	{ "no descriptor", COUNT, 1, 0, false, CXIO_FAULT_DESCS_COUNT },
	{ "too many", COUNT, 1, 65, false, CXIO_FAULT_DESCS_COUNT },
	{ "255", COUNT, 1, 255, false, CXIO_FAULT_DESCS_COUNT },
	{ "a fourth, cut off", COUNT, 1, 4, false, CXIO_FAULT_DESCS_SHORT },
	{ "an unknown segment", SEGMENTS, 1, 8 | 5, false, CXIO_FAULT_DESCS_SEGMENTS },
	{ "all bits", SEGMENTS, 1, 0xff, false, CXIO_FAULT_DESCS_SEGMENTS },
	{ "reserved", RESERVED, 2, 0x100, false, CXIO_FAULT_DESCS_RESERVED },
	{ "length 0", D(0, LENGTH), 4, 0, false, CXIO_FAULT_DESC_LENGTH },
	{ "length too great", D(0, LENGTH), 4, CXIO_DESC_MAX + 1, false, CXIO_FAULT_DESC_LENGTH },
	{ "addr wraps", D(1, ADDR), 8, ~0ull - 98, false, CXIO_FAULT_DESC_ADDR },
	{ "segment 4", D(2, SEGMENT), 1, 4, false, CXIO_FAULT_DESC_SEGMENT },
	{ "out of order", D(1, SEGMENT), 1, 3, false, CXIO_FAULT_DESC_SEGMENT },
	{ "not announced", D(0, SEGMENT), 1, 1, false, CXIO_FAULT_DESC_SEGMENT },
	{ "flags", D(0, FLAGS), 1, 2, false, CXIO_FAULT_DESC_FLAGS },
	{ "reserved of one", D(2, RESERVED1), 2, 0x8000, false, CXIO_FAULT_DESC_RESERVED },
	{ "one byte less than the segment", D(2, LENGTH), 4, CXIO_DESC_MAX - 1, false,
	  CXIO_FAULT_DESC_TOTAL },
	{ "one byte more than the segment", D(0, LENGTH), 4, 101, false, CXIO_FAULT_DESC_TOTAL },
	{ "announced, and none for it", SEGMENTS, 1, 7, false, CXIO_FAULT_DESC_TOTAL },
	{ "the last is a sink", D(2, SEGMENT), 1, CXIO_SINK, false, CXIO_FAULT_DESC_TOTAL },
};

CORE_TEST(each_check)
{
	static struct cxio_desc got[CXIO_DESCS_MAX];
	u32 i, count, len;

	for (i = 0; i < ARRAY_SIZE(mutations); i++) {
		len = make();
		put_le(list + mutations[i].at, mutations[i].size, mutations[i].value);
		if (!mutations[i].raw)
			fix_crc();
		core_row(i, mutations[i].what);
		expect_fault(cxio_descs_decode(list, len, &header, got, &count),
			     mutations[i].fault);
		expect_eq(count, 0);
	}
	expect_door_complete(DOOR_DESCS);
}

/* Cut anywhere, a list is refused, and no byte beyond is read. */
CORE_TEST(cut_short)
{
	static struct cxio_desc got[CXIO_DESCS_MAX];
	u32 len = make(), cut, count;

	for (cut = 0; cut < len; cut++) {
		u8 *block = core_block(cut);

		memcpy(block, list, cut);
		expect_fault(cxio_descs_decode(block, cut, &header, got, &count),
			     CXIO_FAULT_DESCS_SHORT);
		expect_eq(count, 0);
	}
}

/* A sink alone: nothing is read. */
CORE_TEST(sink)
{
	const struct cxio_desc d = { .addr = 64, .rkey = 9, .length = 4096, .segment = CXIO_SINK };
	static struct cxio_desc got[CXIO_DESCS_MAX];
	const struct cxio_msg_header h = { .len = { 30 } };
	u32 len, count;

	len = cxio_descs_encode(&d, 1, 0, list);
	expect_fault(cxio_descs_decode(list, len, &h, got, &count), CXIO_FAULT_NONE);
	expect_eq(count, 1);
	expect_eq(got[0].segment, CXIO_SINK);
}

CORE_TEST(what_is_inline)
{
	static const struct {
		u8 segments;
		bool written;
		u64 payload;
	} rows[] = {
		{ 0, false, 111 }, { 1, false, 110 }, { 2, false, 101 }, { 4, false, 11 },
		{ 7, false, 0 }, { 0, true, 11 }, { 1, true, 10 }, { 3, true, 0 },
	};
	const struct cxio_msg_header h = { .len = { 1, 10, 100 } };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cxio_carry carry = { .segments = rows[i].segments,
					    .written = rows[i].written };

		core_row(i, NULL);
		expect_eq(cxio_carry_payload(&carry, &h), rows[i].payload);
	}
	expect_eq(cxio_carry_payload(NULL, &h), 111);
	expect(cxio_carry_all_inline(NULL));
}

CORE_TEST(footers)
{
	struct cxio_msg_footer f = { .crc = { 1, 2, 3 } };

	expect_fault(cxio_footer_check(&f, CXIO_FRONT, 1), CXIO_FAULT_NONE);
	expect_fault(cxio_footer_check(&f, CXIO_FRONT, 2), CXIO_FAULT_FRONT_CRC);
	expect_fault(cxio_footer_check(&f, CXIO_MIDDLE, 1), CXIO_FAULT_MIDDLE_CRC);
	expect_fault(cxio_footer_check(&f, CXIO_DATA, 1), CXIO_FAULT_DATA_CRC);
	f.flags = CXIO_FOOTER_NOCRC;
	expect_fault(cxio_footer_check(&f, CXIO_DATA, 1), CXIO_FAULT_NONE);
	expect_fault(cxio_footer_check(&f, CXIO_MIDDLE, 1), CXIO_FAULT_MIDDLE_CRC);
}

CORE_TEST(reads_are_counted)
{
	struct cxio_reads r;

	cxio_reads_init(&r, 4, 0, 0);
	expect(cxio_reads_start(&r));
	expect(!cxio_reads_start(&r));
	/* The least of three counts, if the CM says one. */
	cxio_reads_init(&r, 4, 3, 0);
	expect_eq(r.depth, 3);
	cxio_reads_init(&r, 3, 4, 0);
	expect_eq(r.depth, 3);
	cxio_reads_init(&r, 4, 3, 5);
	expect_eq(r.depth, 3);
	cxio_reads_init(&r, 4, 3, 2);
	expect(cxio_reads_start(&r));
	expect(cxio_reads_start(&r));
	expect(!cxio_reads_start(&r));
	cxio_reads_end(&r);
	expect(cxio_reads_start(&r));
	cxio_reads_end(&r);
	cxio_reads_end(&r);
	cxio_reads_end(&r);
	expect_eq(r.started, 0);
}

CORE_TEST(lists_are_summed_up)
{
	static const struct cxio_desc d[] = {
		{ .rkey = 1, .length = 100, .segment = CXIO_FRONT },
		{ .rkey = 2, .length = CXIO_DESC_MAX, .segment = CXIO_DATA,
		  .flags = CXIO_DESC_INVALIDATE },
		{ .rkey = 3, .length = 7, .segment = CXIO_DATA, .flags = CXIO_DESC_INVALIDATE },
		{ .rkey = 4, .length = 1000, .segment = CXIO_SINK, .flags = CXIO_DESC_INVALIDATE },
	};

	expect(cxio_descs_to_read(d, ARRAY_SIZE(d)) == 107ull + CXIO_DESC_MAX);
	expect(!cxio_descs_to_read(d, 0));
	expect(!cxio_descs_to_read(&d[3], 1));
	expect_eq(cxio_descs_invalidate(d, ARRAY_SIZE(d)), 2);
	expect_eq(cxio_descs_invalidate(d, 1), 0);
	/* A sink's key is its owner's to end. */
	expect_eq(cxio_descs_invalidate(&d[3], 1), 0);
}

CORE_TEST(what_is_read_is_bounded)
{
	expect(cxio_may_hold(0, 1000, 10));
	expect(cxio_may_hold(4, 6, 10));
	expect(!cxio_may_hold(4, 7, 10));
	expect(!cxio_may_hold(11, 0, 10));
	expect(!cxio_may_hold(1, ~0ull, 10));
	expect(!cxio_dones_too_many(128, 64));
	expect(cxio_dones_too_many(129, 64));
}

CORE_TEST(footers_cover_what_was_not_in_frames)
{
	struct cxio_carry carry = { .segments = 1u << CXIO_FRONT };
	struct cxio_msg_footer f = { 0 };

	expect(cxio_footer_covers(&f, &carry, CXIO_FRONT));
	expect(!cxio_footer_covers(&f, &carry, CXIO_DATA));
	carry.written = true;
	expect(cxio_footer_covers(&f, &carry, CXIO_DATA));
	f.flags = CXIO_FOOTER_NOCRC;
	expect(!cxio_footer_covers(&f, &carry, CXIO_DATA));
	expect(cxio_footer_covers(&f, &carry, CXIO_FRONT));
}

CORE_TEST(a_sink_is_found)
{
	static const struct cxio_desc descs[] = {
		{ .segment = CXIO_FRONT, .length = 1 }, { .segment = CXIO_SINK, .length = 2 },
		{ .segment = CXIO_DATA, .length = 3 }, { .segment = CXIO_SINK, .length = 4 },
	};

	expect(cxio_descs_sink(descs, 4) == &descs[1]);
	expect(cxio_descs_sink(descs, 2) == &descs[1]);
	expect(!cxio_descs_sink(descs, 1) && !cxio_descs_sink(descs, 0));
}

/* A key of one queue pair is nothing on another. */
CORE_TEST(a_sink_is_good_where_it_was_offered)
{
	static const struct cxio_desc sink = { .segment = CXIO_SINK, .length = 4096 }, none;

	expect_eq(cxio_sink_room(&sink, 3, 3), 4096);
	expect_eq(cxio_sink_room(&sink, 3, 4), 0);
	expect_eq(cxio_sink_room(&sink, 0, 0), 0);
	expect_eq(cxio_sink_room(&none, 3, 3), 0);
}

/* What the peer says it has written must have had room, and a place. */
CORE_TEST(a_written_reply_fits_its_sink)
{
	struct cxio_msg_header h = { .len[CXIO_DATA] = 4096 };

	expect(cxio_written_fits(&h, 4096));
	expect(!cxio_written_fits(&h, 4095));
	expect(!cxio_written_fits(&h, 0));
	h.len[CXIO_DATA] = 0;
	expect(cxio_written_fits(&h, 1));
	expect(!cxio_written_fits(&h, 0));
}

static struct core_case cases[] = {
	CORE_CASE(a_written_reply_fits_its_sink),
	CORE_CASE(a_sink_is_found),
	CORE_CASE(a_sink_is_good_where_it_was_offered),
	CORE_CASE(encode_then_decode),
	CORE_CASE(cut_short),
	CORE_CASE(each_check),
	CORE_CASE(sink),
	CORE_CASE(what_is_inline),
	CORE_CASE(footers),
	CORE_CASE(reads_are_counted),
	CORE_CASE(lists_are_summed_up),
	CORE_CASE(what_is_read_is_bounded),
	CORE_CASE(footers_cover_what_was_not_in_frames),
	{}
};

CORE_SUITE(rendezvous, cases);
