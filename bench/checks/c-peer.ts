/** A C program that connects to a closed port, blocking: the least that a refused check can cost. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compileC } from '../support/c-program.js';

const run = promisify(execFile);

const SOURCE = `#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
	int port = atoi(argv[1]), count = atoi(argv[2]);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	for (int i = 0; i < count; i++) {
		struct timespec a, b;
		clock_gettime(CLOCK_MONOTONIC, &a);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int result = connect(fd, (struct sockaddr *)&address, sizeof address);
		int code = errno;
		close(fd);
		clock_gettime(CLOCK_MONOTONIC, &b);
		if (result == 0 || code != ECONNREFUSED) return 1;
		printf("%.3f\\n", (b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3);
	}
	return 0;
}
`;

/** Compiles the program, and answers with what takes `count` samples, in us. */
export async function buildCPeer(directory: string): Promise<(port: number, count: number) => Promise<number[]>> {
  const binary = await compileC(directory, 'refused', SOURCE);
  return async (port, count) => {
    const { stdout } = await run(binary, [String(port), String(count)], { maxBuffer: 64 * 2 ** 20 });
    return stdout.trimEnd().split('\n').map(Number);
  };
}
