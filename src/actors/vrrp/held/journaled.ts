import type { VrrpConfig } from '../../../model/config.js';
import type { JournalContent } from '../addresses/journal.js';
import { journalEntries } from '../addresses/leftovers.js';
import { routingTexts } from '../routing/left-routing.js';
import { journalInterfaces } from '../vmac/leftover-interfaces.js';

/** What the journal must remember of a configuration. */
export const journaled = (config: VrrpConfig): Omit<JournalContent, 'settings'> => ({
  addresses: journalEntries(config),
  ...routingTexts(config),
  interfaces: journalInterfaces(config),
});
