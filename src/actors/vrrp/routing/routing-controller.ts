/** An instance's routes and rules: two keepers at work, and what may have taken something away from them. */

import type { VrrpInstanceConfig } from '../../../model/config.js';
import type { HeldView } from '../../../model/observing/held-view.js';
import type { VrrpRouteConfig } from '../../../model/routing-config.js';
import type { Interface } from '../../../os/netlink/interface-table.js';
import type { Route } from '../../../wire/netlink/ip-routes.js';
import { type Rule, ruleText } from '../../../wire/netlink/ip-rules.js';
import type { HeldDependencies } from '../dependencies.js';
import { type HeldThing, Keeper, type KeeperPort } from '../held/keeper.js';
import { absentView, heldViews } from '../held/view.js';
import type { InstanceAlarms } from '../instance-alarms.js';
import { exitOf, routeOf, routeText, rulesOf } from './kernel-routing.js';

type HeldRoute = HeldThing & { readonly route: Route };
type HeldRule = HeldThing & { readonly rule: Rule };
/** `index` null: the interface is missing. */
type PlacedRoute = { readonly config: VrrpRouteConfig; readonly index: number | null };

const NO_ROUTE = new Set(['ESRCH', 'ENODEV', 'ENETUNREACH']);
const NO_RULE = new Set(['ENOENT', 'ESRCH']);

export class RoutingController {
  /** When `work` has something to do. Written here alone. */
  nextNs = Number.POSITIVE_INFINITY;
  readonly #dependencies: HeldDependencies;
  readonly #alarms: InstanceAlarms;
  readonly #routes: Keeper<HeldRoute>;
  readonly #rules: Keeper<HeldRule>;
  #config: readonly VrrpRouteConfig[];
  #placed: readonly PlacedRoute[] = [];
  #link: Interface | null = null;
  /** Of the interface table, when it was last asked whether something is gone. */
  #changes = 0;

  constructor(config: VrrpInstanceConfig, dependencies: HeldDependencies, alarms: InstanceAlarms) {
    this.#dependencies = dependencies;
    this.#alarms = alarms;
    const { routes } = dependencies;
    this.#routes = new Keeper<HeldRoute>({
      ...this.#port(),
      change: (op, things) => routes.change(things.map(({ route }) => ({ kind: 'route', op, route }))),
      // It has the same destination and metric, and perhaps another way.
      whose: () => 'in-the-way',
      isGone: (code) => NO_ROUTE.has(code),
    });
    this.#rules = new Keeper<HeldRule>({
      ...this.#port(),
      change: (op, things) => routes.change(things.map(({ rule }) => ({ kind: 'rule', op, rule }))),
      whose: () => 'found',
      isGone: (code) => NO_RULE.has(code),
    });
    this.#config = config.routes;
    this.#setRules(config);
  }

  configure(config: VrrpInstanceConfig): void {
    this.#config = config.routes;
    this.#setRules(config);
    this.#place();
    this.#settle();
  }

  /** The instance's own interface as it is now, null while it is missing. Call it when all changes so far were read. */
  place(link: Interface | null, nowNs: number): void {
    this.#link = link;
    const { changes } = this.#dependencies.interfaces;
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#place();
    this.#routes.doubt(nowNs);
    this.#rules.doubt(nowNs);
    this.#settle();
  }

  take(): void {
    this.#routes.take();
    this.#rules.take();
    this.#settle();
  }

  release(): void {
    this.#rules.release();
    this.#routes.release();
    this.#settle();
  }

  /** Rules send packets to the routes: the routes come first. */
  work(nowNs: number): void {
    if (this.#routes.nextNs <= nowNs) this.#routes.work(nowNs);
    else if (this.#rules.nextNs <= nowNs) this.#rules.work(nowNs);
    this.#settle();
  }

  /** All that is left to remove, at once: before the thread ends. */
  finish(): void {
    this.#rules.finish();
    this.#routes.finish();
    this.#settle();
  }

  /** What is in the kernel, and what should be. */
  views(): readonly HeldView[] {
    const missing = this.#placed.filter(({ index }) => index === null);
    return [
      ...heldViews('route', this.#routes),
      ...missing.map(({ config }) => absentView('route', routeText(config), config.interface)),
      ...heldViews('rule', this.#rules),
    ];
  }

  #setRules(config: VrrpInstanceConfig): void {
    this.#rules.configure(
      rulesOf(config).map((rule) => {
        const text = ruleText(rule);
        return { key: text, text, rule };
      }),
    );
  }

  #place(): void {
    this.#placed = this.#config.map((config) => ({ config, index: this.#indexOf(config) }));
    this.#routes.configure(
      this.#placed.flatMap(({ config, index }): readonly HeldRoute[] =>
        index === null ? [] : [{ key: keyOf(config, index), text: routeText(config), route: routeOf(config, index) }],
      ),
    );
  }

  #indexOf(config: VrrpRouteConfig): number | null {
    const exit = exitOf(config);
    if (exit === 'by-gateway') return 0;
    const link = exit.interface === null ? this.#link : this.#dependencies.interfaces.byName(exit.interface);
    return link?.index ?? null;
  }

  #settle(): void {
    this.nextNs = Math.min(this.#routes.nextNs, this.#rules.nextNs);
  }

  #port(): Pick<KeeperPort<HeldThing>, 'failed' | 'found' | 'lost' | 'installed'> {
    const raise = (alarm: 'routing-failed' | 'routing-removed', why: string, about: string) =>
      this.#alarms.raise(alarm, why, this.#dependencies.clock.now(), about);
    return {
      failed: ({ text }, op, code) => {
        const hint = code === 'EEXIST' ? ': another route has this destination and metric' : '';
        raise('routing-failed', `${op === 'add' ? 'adding' : 'removing'} ${text} failed: ${code}${hint}`, text);
      },
      found: ({ text }) =>
        this.#dependencies.out.log.info({ rule: text }, 'the rule was there already, and stays there'),
      lost: ({ text }, again) =>
        raise(
          'routing-removed',
          again ? `${text} was gone; it was put back` : `${text} is gone again and again; it is put back later`,
          text,
        ),
      installed() {},
    };
  }
}

/** All that is said of it: what differs is another route. */
const keyOf = (config: VrrpRouteConfig, index: number): string => JSON.stringify([config, index]);
