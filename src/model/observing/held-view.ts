import { z } from 'zod';

/** Something that a VRRP master has in the kernel. */
export type HeldView = Readonly<z.infer<typeof heldView>>;
export const heldView = z.object({
  kind: z.enum(['address', 'route', 'rule']),
  /** As ip(8) writes it. */
  text: z.string(),
  /** Put there by us, by others, or not there. */
  state: z.enum(['set', 'found', 'absent']),
  /** Why it is not there; null also where nobody wants it there. */
  why: z.string().nullable(),
});
