/** What a metric is. Whoever counts one defines it: /metrics serves and docs/metrics.md lists all. */

type Named<L extends string> = { readonly name: string; readonly help: string; readonly labels: readonly L[] };
export type Counter<L extends string = string> = Named<L> & { readonly type: 'counter' };
export type Gauge<L extends string = string> = Named<L> & {
  readonly type: 'gauge';
  /** Before it is told nothing is known of it, and 0 would say something. */
  readonly absentUntilTold: boolean;
};
export type Histogram<L extends string = string> = Named<L> & {
  readonly type: 'histogram';
  readonly buckets: readonly number[];
};
export type MetricDefinition = Counter | Gauge | Histogram;

type Nameless<M extends MetricDefinition> = Omit<M, 'name'>;

export const counter = <L extends string>(help: string, labels: readonly L[]): Nameless<Counter<L>> => ({
  type: 'counter',
  help,
  labels,
});
export const gauge = <L extends string>(
  help: string,
  labels: readonly L[],
  until: 'zero until told' | 'absent until told' = 'zero until told',
): Nameless<Gauge<L>> => ({ type: 'gauge', help, labels, absentUntilTold: until === 'absent until told' });
export const histogram = <L extends string>(
  help: string,
  labels: readonly L[],
  buckets: readonly number[],
): Nameless<Histogram<L>> => ({ type: 'histogram', help, labels, buckets });

/** Definitions by their names. */
export const defineMetrics = <T extends Readonly<Record<string, { readonly help: string }>>>(table: T) =>
  Object.fromEntries(Object.entries(table).map(([name, rest]) => [name, { name, ...rest }])) as unknown as {
    readonly [N in keyof T & string]: T[N] & { readonly name: N };
  };

export const secondsFrom10us = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
] as const;
export const secondsFrom100us = [1e-4, 5e-4, 1e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
