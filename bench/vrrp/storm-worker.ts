import { startStorm } from './storm.js';

startStorm();
