// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The suites as a program: TAP on stdout.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include "core_test.h"
#include "suites.h"

static const struct core_suite *const suites[] = { CORE_SUITES };

/**
 * struct block - memory of the test that runs
 * @next: the one before
 * @memory: by itself, so that it ends where it says
 */
struct block {
	struct block *next;
	void *memory;
};

static struct block *blocks;
static jmp_buf ended;
static char report[700];

/**
 * core_end_case() - the test that runs has failed; does not return
 * @file: where
 * @line: likewise
 * @text: why
 */
void core_end_case(const char *file, int line, const char *text)
{
	snprintf(report, sizeof(report), "# %s:%d: error: %s\n", file, line, text);
	longjmp(ended, 1);
}

/**
 * core_alloc() - memory until the test ends
 * @len: bytes
 *
 * Return: the memory, or NULL.
 */
void *core_alloc(u32 len)
{
	struct block *b = malloc(sizeof(*b));

	if (!b)
		return NULL;
	b->memory = malloc(len);
	b->next = blocks;
	blocks = b;
	return b->memory;
}

static bool run(const struct core_case *c)
{
	bool ok = false;

	core_begin_case();
	if (!setjmp(ended)) {
		c->run(NULL);
		ok = true;
	}
	while (blocks) {
		struct block *b = blocks;

		blocks = b->next;
		free(b->memory);
		free(b);
	}
	return ok;
}

static bool wanted(const struct core_suite *s, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], s->name))
			return true;
	return argc == 1;
}

static void list(void)
{
	const struct core_case *c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (c = suites[i]->cases; c->name; c++)
			printf("%s %s\n", suites[i]->name, c->name);
}

int main(int argc, char **argv)
{
	const struct core_case *c;
	u32 i, number = 0, bad = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	if (argc > 1 && argv[1][0] == '-') {
		fputs("usage: core [--list | SUITE...]\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (c = suites[i]->cases; wanted(suites[i], argc, argv) && c->name; c++)
			number++;
	printf("1..%u\n", number);
	number = 0;
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		if (!wanted(suites[i], argc, argv))
			continue;
		core_begin_suite();
		for (c = suites[i]->cases; c->name; c++) {
			bool ok = run(c);

			printf("%sok %u - %s: %s\n", ok ? "" : "not ", ++number, suites[i]->name,
			       c->name);
			if (!ok)
				fputs(report, stdout);
			bad += !ok;
		}
	}
	return bad || !number;
}
