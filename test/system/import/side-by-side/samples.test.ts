import { compareInGuest } from './in-guest.js';
import { cases } from './samples-cases.js';

compareInGuest(new URL('./samples-cases.js', import.meta.url), cases);
