/** The two ends of links that are not actors of the tree. */
export const SUPERVISOR = 'supervisor';
export const MAIN = 'main';

/** Beside the doors. `logTo` null = nobody wants logs; `watched` = the main thread is told what happens and how things stand. */
export type Observation = { readonly logTo: 'stderr' | typeof MAIN | null; readonly watched: boolean };
