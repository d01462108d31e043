/** Text that must not be shown, with what may be shown of it. Two are equal when their raw texts are. */
export class Secret {
  readonly raw: string;
  readonly shown: string;
  constructor(raw: string, shown: string) {
    this.raw = raw;
    this.shown = shown;
  }
}

export type DocumentValue =
  | string
  | number
  | boolean
  | null
  | Secret
  | readonly DocumentValue[]
  | { readonly [key: string]: DocumentValue };

export type DocumentMap = { readonly [key: string]: DocumentValue };
