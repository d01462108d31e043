import { overrideCommand } from './override.js';

export const register = overrideCommand('drain', 'let a backend finish its connections, and take it out');
