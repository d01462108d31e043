/**
 * Runs a command: without a shell, as another user where asked, in a session (and so a process group) of its own, with a time limit
 * that ends the whole group, and with bounded output. It never throws: the result tells.
 */
import type { CommandOptions, CommandResult } from '../commands/command.js';
import { Launcher } from '../commands/launcher.js';

export type { CommandEnd, CommandOptions, CommandResult } from '../commands/command.js';

/** Of this thread; it starts with the first command. */
const launcher = new Launcher();

export const runCommand = (options: CommandOptions): Promise<CommandResult> => launcher.run(options);
