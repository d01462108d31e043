/**
 * User Mode Linux 6.1 keeps a process's vector registers in a buffer of a fixed size, and dies at its first process on a processor
 * whose registers do not fit (those with AMX: "ptrace set fp regs failed, errno = 14"). A shim between it and ptrace(2) hands it
 * as much as it has room for, and puts that back into the whole: nothing in a guest uses what is beyond.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

static char whole[65536];
static long (*next)(enum __ptrace_request, ...);

__attribute__((constructor)) static void find(void) { next = dlsym(RTLD_NEXT, "ptrace"); }

long ptrace(enum __ptrace_request request, ...) {
  va_list list;
  va_start(list, request);
  pid_t pid = va_arg(list, pid_t);
  void *address = va_arg(list, void *);
  void *data = va_arg(list, void *);
  va_end(list);
  if (address != (void *)NT_X86_XSTATE || (request != PTRACE_GETREGSET && request != PTRACE_SETREGSET))
    return next(request, pid, address, data);
  struct iovec *asked = data;
  struct iovec all = {whole, sizeof whole};
  long result = next(PTRACE_GETREGSET, pid, address, &all);
  if (result != 0) return result;
  size_t length = asked->iov_len < all.iov_len ? asked->iov_len : all.iov_len;
  if (request == PTRACE_GETREGSET) {
    memcpy(asked->iov_base, whole, length);
    asked->iov_len = length;
    return 0;
  }
  memcpy(whole, asked->iov_base, length);
  return next(PTRACE_SETREGSET, pid, address, &all);
}
`;

/** What the guest's kernel needs in its environment on this machine. Compiles into `directory` where there is need. */
export function registerShim(directory: string): Readonly<Record<string, string>> {
  if (!/^flags\s*:.*\bamx_tile\b/mu.test(readFileSync('/proc/cpuinfo', 'utf8'))) return {};
  const library = join(directory, 'registers.so');
  try {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, '-x', 'c', '-'], { input: SOURCE });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no guest: on a processor with AMX it needs a C compiler (apt-get install gcc libc6-dev): ${why}`);
  }
  return { LD_PRELOAD: library };
}
