import type { Probe } from '../../finding.js';

export const unread: Probe = (facts) =>
  facts.unread.map(({ what, why, command }) => ({ severity: 'info', what: `not looked at: ${what}`, why, command }));
