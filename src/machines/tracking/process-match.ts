/** Whether a process is the one that a configuration means. Pure. */

/** TASK_COMM_LEN without the closing zero: the kernel keeps no more of a name. */
const NAME_BYTES = 15;

export type Process = { readonly name: string; readonly commandLine: readonly string[] };

/** One word without a slash is a process's name; anything else is how its command line begins. */
export function isProcess({ name, commandLine }: Process, command: readonly string[]): boolean {
  const [word = ''] = command;
  if (command.length > 1 || word.includes('/')) return command.every((each, index) => commandLine[index] === each);
  return name === word.slice(0, NAME_BYTES);
}
