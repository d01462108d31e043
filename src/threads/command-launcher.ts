/** Entry point of the process that runs commands. */
import { serveCommands } from '../os/commands/serve-commands.js';

serveCommands();
