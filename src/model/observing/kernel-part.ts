/** What a view of a VRRP instance tells of its part of the kernel. */
import { z } from 'zod';
import { heldView } from './held-view.js';

export const kernelPart = {
  /** The interface over its own with the virtual MAC address; null = none. `transmit`: which of the two adverts leave by. */
  vmac: z.object({ interface: z.string(), mac: z.string(), transmit: z.enum(['vmac', 'base']) }).nullable(),
  /** What it has in the kernel as master. */
  held: z.array(heldView),
};
