/** One tracker for each name of a map in the configuration. */
export interface Tracker<Thing> {
  configure(thing: Thing): void;
  stop(): Promise<void>;
}

export class Members<Thing> {
  readonly #create: (name: string, thing: Thing, index: number, of: number) => Tracker<Thing>;
  readonly #forget: (name: string) => void;
  readonly #members = new Map<string, Tracker<Thing>>();

  constructor(
    create: (name: string, thing: Thing, index: number, of: number) => Tracker<Thing>,
    forget: (name: string) => void,
  ) {
    this.#create = create;
    this.#forget = forget;
  }

  configure(things: Readonly<Record<string, Thing>>): void {
    for (const [name, member] of this.#members) {
      if (Object.hasOwn(things, name)) continue;
      void member.stop();
      this.#members.delete(name);
      this.#forget(name);
    }
    const all = Object.entries(things);
    all.forEach(([name, thing], index) => {
      const known = this.#members.get(name);
      if (known === undefined) this.#members.set(name, this.#create(name, thing, index, all.length));
      else known.configure(thing);
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.stop()));
  }
}
