// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labregs: do this machine's processors keep what programs have in their vector registers?
 *
 *	labregs PROCESSES ROUNDS
 *
 * That many processes at once, each with a pattern of its own; they spin long enough to be
 * interrupted, and give the processor away. Prints how many of the checks found
 * another's pattern.
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECKS	50	/* a round */
#define SPIN	20000

/* @return whether both registers hold still what was put there */
static int kept(uint8_t pattern)
{
	uint8_t in[16], out[32];
	long again = 2;

	memset(in, pattern, sizeof(in));
	__asm__ volatile(
		"	movdqu	(%[in]), %%xmm0\n"
		"	movdqa	%%xmm0, %%xmm15\n"
		"1:	mov	%[spin], %%ecx\n"
		"2:	dec	%%ecx\n"
		"	jnz	2b\n"
		"	mov	$24, %%eax\n"		/* sched_yield */
		"	syscall\n"
		"	dec	%[again]\n"
		"	jnz	1b\n"
		"	movdqu	%%xmm0, (%[out])\n"
		"	movdqu	%%xmm15, 16(%[out])\n"
		: [again] "+r" (again)
		: [in] "r" (in), [out] "r" (out), [spin] "i" (SPIN)
		: "rax", "rcx", "r11", "xmm0", "xmm15", "cc", "memory");
	for (size_t i = 0; i < sizeof(out); i++)
		if (out[i] != pattern)
			return 0;
	return 1;
}

/* A process of its own. @return how many checks failed, 255 at most */
static int checks(uint8_t pattern, long rounds)
{
	int bad = 0;

	for (long i = 0; i < rounds * CHECKS; i++)
		bad += !kept(pattern);
	return bad < 255 ? bad : 255;
}

int main(int argc, char **argv)
{
	int processes = argc == 3 ? atoi(argv[1]) : 0, died = 0;
	long rounds = argc == 3 ? atol(argv[2]) : 0, bad = 0;

	if (processes < 1 || processes > 64 || rounds < 1 || rounds > 100000) {
		fputs("usage: labregs PROCESSES ROUNDS\n", stderr);
		return 2;
	}
	for (int i = 0; i < processes; i++) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (!child)
			_exit(checks((uint8_t)(17 + 3 * i), rounds));
	}
	for (int i = 0, status; i < processes; i++) {
		if (wait(&status) < 0 || !WIFEXITED(status))
			died++;
		else
			bad += WEXITSTATUS(status);
	}
	printf("bad=%ld died=%d checks=%ld\n", bad, died, rounds * CHECKS * processes);
	return bad || died;
}
