/** What the bench and its writer thread say to each other; tables come in the engine's own encoding. */
export type ToWriterThread = Uint8Array | 'reconcile';

/** The name of the service that is told last. */
export const LAST_SERVICE = 'last';

export type FromWriterThread =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'acknowledged';
      /** Monotonic, the same for all threads. */
      readonly atNs: number;
      readonly changes: number;
      readonly failure: string | null;
    }
  /** LAST_SERVICE, and all before it, are written. */
  | { readonly kind: 'written'; readonly atNs: number }
  | {
      readonly kind: 'reconciled';
      readonly readNs: number;
      readonly diffNs: number;
      readonly entries: number;
      readonly changes: number;
    };
