// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * balloond-generate WHAT: the parts of the manuals that come from balloond's
 * tables. Not installed.
 */
#include <stdio.h>
#include <string.h>

#include "balloond.h"
#include "control_table.h"

#define STRING(x) #x

/* scdoc takes _ and * for emphasis. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void option(char letter, const char *name, const char *argument, const char *doc)
{
	if (letter)
		printf("*-%c*, ", letter);
	printf("*--%s*", name);
	if (argument)
		printf(" _%s_", argument);
	printf("\n\t");
	put(doc);
	printf(".\n\n");
}

static void options(void)
{
#define OPTION_LINE(letter, name, argument, doc, test) \
	option(letter, STRING(name), argument, doc);
	OPTIONS(OPTION_LINE)
}

static void exits(void)
{
#define EXIT_LINE(status, name, meaning) printf("*%d*\n\t%s\n\n", status, meaning);
	EXITS(EXIT_LINE)
}

static void counters(void)
{
#define COUNTER_LINE(name, meaning, test)	\
	printf("*");				\
	put(#name);				\
	printf("*\n\t%s\n\n", meaning);
	COUNTERS(COUNTER_LINE)
}

static void commands(void)
{
#define COMMAND_LINE(name, changes, arguments, answer, test)		\
	printf("*" #name "* ");						\
	put(arguments);							\
	printf("\n\t%s", changes ? "(root) " : "");			\
	put(answer);							\
	printf("\n\n");
	CONTROL_COMMANDS(COMMAND_LINE)
}

/* What is neither a number nor a list stands in quotes. */
static const char *quote_of(const char *type)
{
	return strcmp(type, "size") && strcmp(type, "number") && strcmp(type, "vms") ? "\"" : "";
}

static void value_of(const char *type)
{
#define CHOICE_WORDS(choice, write, ...)				\
	if (!strcmp(type, #choice)) {					\
		put(write);						\
		return;							\
	}
	CONFIG_CHOICES(CHOICE_WORDS)
	printf("%s_%s_%s", quote_of(type), type, quote_of(type));
}

static void keys(void)
{
#define KEY_LINE(key, type, member, low, high, fallback, doc, test)	\
	printf("*");							\
	put(#key);							\
	printf("* = ");							\
	value_of(#type);						\
	printf("\n\t");							\
	put(doc);							\
	if (*fallback)							\
		printf(". Default: %s%s%s", quote_of(#type), fallback, quote_of(#type)); \
	printf(".\n\n");
	CONFIG_KEYS(KEY_LINE)
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		void (*print)(void);
	} parts[] = {
		{ "options", options }, { "exits", exits }, { "counters", counters },
		{ "commands", commands }, { "keys", keys },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strcmp(argv[1], parts[i].what)) {
			parts[i].print();
			return 0;
		}
	}
	fprintf(stderr, "balloond-generate: options, exits, counters, commands or keys\n");
	return 2;
}
