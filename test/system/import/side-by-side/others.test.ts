import { compareInGuest } from './in-guest.js';
import { cases } from './others-cases.js';

compareInGuest(new URL('./others-cases.js', import.meta.url), cases);
