import { overrideCommand } from './override.js';

export const register = overrideCommand('enable', 'undo drain or disable');
