/** Takes out of the kernel the routes and rules that a killed run of this node left there. */

import type { VrrpConfig } from '../../../model/config.js';
import { type RouteChange, type RouteKey, routeKeyText } from '../../../wire/netlink/ip-routes.js';
import { type Rule, type RuleChange, ruleText } from '../../../wire/netlink/ip-rules.js';
import { routesOf, rulesOf } from './kernel-routing.js';

/** By what tells one from another. */
export type RoutingTexts = { readonly routes: readonly string[]; readonly rules: readonly string[] };
export type OwnRouting = { readonly routes: readonly RouteKey[]; readonly rules: readonly Rule[] };

export const routingTexts = (config: VrrpConfig): RoutingTexts => ({
  routes: config.instances.flatMap((instance) => routesOf(instance).map(routeKeyText)),
  rules: config.instances.flatMap((instance) => rulesOf(instance).map(ruleText)),
});

/**
 * The changes that undo them. `readOwn` reads what in the kernel bears our mark; of that, what neither the journal nor the
 * configuration knows is another Fulcrum's. It is not asked where nothing can be left.
 */
export function leftRouting(
  readOwn: () => OwnRouting,
  journal: RoutingTexts,
  config: VrrpConfig,
): readonly (RouteChange | RuleChange)[] {
  const configured = routingTexts(config);
  const known = new Set([...journal.routes, ...configured.routes]);
  const knownRules = new Set([...journal.rules, ...configured.rules]);
  if (known.size + knownRules.size === 0) return [];
  const { routes, rules } = readOwn();
  return [
    ...rules
      .filter((rule) => knownRules.has(ruleText(rule)))
      .map((rule) => ({ kind: 'rule', op: 'remove', rule }) as const),
    ...routes
      .filter((route) => known.has(routeKeyText(route)))
      .map((route) => ({ kind: 'route', op: 'remove', route }) as const),
  ];
}
