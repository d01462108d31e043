import test from 'ava';
import fc from 'fast-check';
import { withoutFallen } from '../../../../src/actors/dataplane/fallen/without-fallen.js';
import { desiredOf } from '../../../../src/actors/engine/service/desired.js';
import { Backend, Service, type Subscriber } from '../../../../src/actors/engine/service/service.js';
import { type Target, Targets, unknownStatus } from '../../../../src/actors/engine/targets/targets.js';
import { risen } from '../../../../src/actors/warm-up/risen-target.js';
import type { ServiceConfig, Watermark, Watermarks } from '../../../../src/model/config.js';
import type { DesiredService } from '../../../../src/model/dataplane/desired-service.js';
import type { TargetState } from '../../../../src/model/states.js';
import { port } from '../../../../src/model/units.js';
import { backend, check, service, sorryAt } from '../../../support/fixtures/service.js';

/** The low one is no higher than the high one: else a service that becomes healthy is not so at the next look. */
const marks: fc.Arbitrary<{ readonly low: Watermark; readonly high: Watermark }> = fc
  .tuple(fc.boolean(), fc.nat(100), fc.nat(100))
  .map(([counts, one, other]) => {
    const of = (value: number): Watermark =>
      counts ? { kind: 'count', count: value % 6 } : { kind: 'percent', percent: value };
    const [a, b] = [of(one), of(other)];
    const size = (mark: Watermark) => (mark.kind === 'count' ? mark.count : mark.percent);
    return size(a) <= size(b) ? { low: a, high: b } : { low: b, high: a };
  });
const initial = fc.constantFrom<TargetState>('healthy', 'healthy', 'healthy', 'unhealthy', 'unknown');
const one = fc.record({
  states: fc.array(initial, { minLength: 1, maxLength: 3 }),
  override: fc.constantFrom('none', 'none', 'none', 'draining', 'disabled'),
  weight: fc.nat(3),
});
const made = fc.record({
  watermarks: marks,
  by: fc.constantFrom<Watermarks['by'][]>('count', 'weight'),
  onUnhealthy: fc.constantFrom<ServiceConfig['onUnhealthy'][]>('remove', 'inhibit'),
  sorry: fc.constantFrom(null, sorryAt('10.0.0.99', 80), sorryAt('10.0.0.99', 80, { inhibit: true })),
  resumed: fc.boolean(),
  backends: fc.array(one, { minLength: 1, maxLength: 6 }),
});

/** A service as the engine has it; the first target is shared by all backends that have two or more. */
function engineService(of: typeof made extends fc.Arbitrary<infer T> ? T : never) {
  const targets = new Targets<Subscriber>(1, () => null);
  const { backends: wanted, watermarks, onUnhealthy, sorry } = of;
  const configs = wanted.map(({ weight }, index) => backend(`b${index}`, index + 1, { weight }));
  const held = new Service(service('web', configs, { watermarks: { ...watermarks, by: of.by }, onUnhealthy, sorry }));
  const all: Target<Subscriber>[] = [];
  for (const [index, { states, override }] of wanted.entries()) {
    const config = configs[index] ?? backend('none', 250);
    const member = new Backend(held, config, config.address);
    member.targets = states.map((state, number) => {
      const host = number === 1 ? '10.0.1.1' : config.address;
      const target = targets.subscribe({ host, port: port(8000 + number), check, mark: null }, member);
      target.status = { ...(state === 'unknown' ? unknownStatus(target.key) : risen(target.key)), state };
      all.push(target);
      return target;
    });
    if (override === 'draining') member.override = { kind: 'draining', left: null, untilMs: 0 };
    if (override === 'disabled') member.override = { kind: 'disabled', why: 'a test' };
    held.backends.set(config.name, member);
  }
  if (of.resumed) held.resume();
  held.evaluate();
  return { held, all };
}

/** What the data plane may hold of it. The sorry server of a service that is up is nowhere, so it cannot stay where it is. */
const comparable = ({ destinations, undecided = [] }: DesiredService) => ({
  destinations: destinations.map(({ targets: _, ...destination }) => destination),
  undecided: undecided
    .map(({ address, port }) => `${address}:${port}`)
    .filter((at) => at !== '10.0.0.99:80')
    .sort(),
});

/** Of a backend that another target keeps unknown the data plane knows nothing: that it is dead now frees no sorry server yet. */
const mayFall = ({ status, subscribers }: Target<Subscriber>): boolean =>
  status.state === 'healthy' &&
  [...subscribers].every((each) => each instanceof Backend && each.decision.state !== 'unknown');

const onlyOf = (service: Service): DesiredService => {
  const [only] = desiredOf(service);
  if (only === undefined) throw new Error('a service without a part');
  return only;
};

test('without the engine a service becomes what the engine would make of it', (t) => {
  let concerned = 0;
  fc.assert(
    fc.property(made, fc.array(fc.nat(20)), (of, falling) => {
      const { held, all } = engineService(of);
      // One that is not healthy serves nothing yet that could be taken out.
      fc.pre(held.healthy);
      const before = onlyOf(held);
      const fallen = falling.flatMap((index) => all[index] ?? []).filter(mayFall);
      const alone = withoutFallen(before, new Set(fallen.map(({ key }) => key)));
      for (const target of fallen) target.status = { ...target.status, state: 'unhealthy' };
      held.evaluate();
      if (alone !== before) concerned += 1;
      t.deepEqual(comparable(alone), comparable(onlyOf(held)));
      // Whatever falls, nothing comes in but the sorry server.
      const served = new Set(before.destinations.map((destination) => destination.backend));
      t.true(alone.destinations.every(({ backend: name }) => name === 'sorry' || served.has(name)));
    }),
    { numRuns: 500, seed: 7 },
  );
  t.true(concerned > 100, `${concerned}`);
});
