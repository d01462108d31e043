/** The kernel's settings below /proc/sys, of this thread's network namespace. The names are paths, such as `net/ipv4/ip_forward`. */
import { readFileSync, writeFileSync } from 'node:fs';

const ROOT = '/proc/sys';

/** What is changed through: tests give others. */
export type Sysctls = {
  /** Null where there is no such setting, or it is no number. */
  read(this: void, name: string): number | null;
  /** Null = done; else an errno name, such as EROFS in a container. */
  write(this: void, name: string, value: number): string | null;
};

export const sysctls: Sysctls = {
  read(name) {
    try {
      const text = readFileSync(`${ROOT}/${name}`, 'utf8').trim();
      return /^-?\d+$/.test(text) ? Number(text) : null;
    } catch {
      return null;
    }
  },
  write(name, value) {
    try {
      writeFileSync(`${ROOT}/${name}`, `${value}`);
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  },
};
