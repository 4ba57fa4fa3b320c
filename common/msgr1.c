// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ceph's message header and footer: encode, decode, check.
 */
#include "msgr1.h"

static u32 header_crc(const struct cxio_wire_msg_header *w)
{
	return cxio_crc32c(0, w, (u32)offsetof(struct cxio_wire_msg_header, crc));
}

/**
 * cxio_msg_header_encode() - write a message header with its CRC
 * @h: the fields
 * @buf: CXIO_MSG_HEADER bytes
 *
 * Context: any.
 */
void cxio_msg_header_encode(const struct cxio_msg_header *h, void *buf)
{
	struct cxio_wire_msg_header *w = buf;

	w->seq = cpu_to_le64(h->seq);
	w->tid = cpu_to_le64(h->tid);
	w->type = cpu_to_le16(h->type);
	w->priority = cpu_to_le16(h->priority);
	w->version = cpu_to_le16(h->version);
	w->front_len = cpu_to_le32(h->len[CXIO_FRONT]);
	w->middle_len = cpu_to_le32(h->len[CXIO_MIDDLE]);
	w->data_len = cpu_to_le32(h->len[CXIO_DATA]);
	w->data_off = cpu_to_le16(h->data_off);
	w->src_type = h->src_type;
	w->src_num = cpu_to_le64(h->src_num);
	w->compat_version = cpu_to_le16(h->compat_version);
	w->reserved = cpu_to_le16(0);
	w->crc = cpu_to_le32(header_crc(w));
}

/**
 * cxio_msg_header_decode() - read and check a message header
 * @buf: bytes that begin with a message header
 * @len: how many there are; I1: nothing beyond is read
 * @h: the fields, valid when the result is CXIO_FAULT_NONE
 *
 * Context: any. Return: the first fault found.
 */
enum cxio_fault cxio_msg_header_decode(const void *buf, u32 len, struct cxio_msg_header *h)
{
	const struct cxio_wire_msg_header *w = buf;

	if (len < CXIO_MSG_HEADER)
		return CXIO_FAULT_MSG_SHORT;
	if (le32_to_cpu(w->crc) != header_crc(w))
		return CXIO_FAULT_MSG_HEADER_CRC;
	if (le16_to_cpu(w->reserved))
		return CXIO_FAULT_MSG_RESERVED;

	h->seq = le64_to_cpu(w->seq);
	h->tid = le64_to_cpu(w->tid);
	h->type = le16_to_cpu(w->type);
	h->priority = le16_to_cpu(w->priority);
	h->version = le16_to_cpu(w->version);
	h->len[CXIO_FRONT] = le32_to_cpu(w->front_len);
	h->len[CXIO_MIDDLE] = le32_to_cpu(w->middle_len);
	h->len[CXIO_DATA] = le32_to_cpu(w->data_len);
	h->data_off = le16_to_cpu(w->data_off);
	h->src_type = w->src_type;
	h->src_num = le64_to_cpu(w->src_num);
	h->compat_version = le16_to_cpu(w->compat_version);

	if (h->len[CXIO_FRONT] > CXIO_FRONT_MAX)
		return CXIO_FAULT_MSG_FRONT_LEN;
	if (h->len[CXIO_MIDDLE] > CXIO_MIDDLE_MAX)
		return CXIO_FAULT_MSG_MIDDLE_LEN;
	if (h->len[CXIO_DATA] > CXIO_DATA_MAX)
		return CXIO_FAULT_MSG_DATA_LEN;
	return CXIO_FAULT_NONE;
}

/**
 * cxio_msg_footer_encode() - write a message footer
 * @f: the fields
 * @buf: CXIO_MSG_FOOTER bytes
 *
 * Context: any.
 */
void cxio_msg_footer_encode(const struct cxio_msg_footer *f, void *buf)
{
	struct cxio_wire_msg_footer *w = buf;

	w->front_crc = cpu_to_le32(f->crc[CXIO_FRONT]);
	w->middle_crc = cpu_to_le32(f->crc[CXIO_MIDDLE]);
	w->data_crc = cpu_to_le32(f->crc[CXIO_DATA]);
	w->sig = cpu_to_le64(f->sig);
	w->flags = f->flags;
}

/**
 * cxio_msg_footer_decode() - read a message footer
 * @buf: CXIO_MSG_FOOTER bytes
 * @f: the fields; what they mean the channel checks
 *
 * Context: any.
 */
void cxio_msg_footer_decode(const void *buf, struct cxio_msg_footer *f)
{
	const struct cxio_wire_msg_footer *w = buf;

	f->crc[CXIO_FRONT] = le32_to_cpu(w->front_crc);
	f->crc[CXIO_MIDDLE] = le32_to_cpu(w->middle_crc);
	f->crc[CXIO_DATA] = le32_to_cpu(w->data_crc);
	f->sig = le64_to_cpu(w->sig);
	f->flags = w->flags;
}
