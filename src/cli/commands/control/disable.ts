import { overrideCommand } from './override.js';

export const register = overrideCommand('disable', 'take a backend out at once');
