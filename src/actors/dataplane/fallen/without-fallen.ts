/**
 * What becomes of a service when some of its targets fall and the engine does not say: what the engine would tell of it, as far as
 * that takes something away. Pure.
 */
import type { DesiredDestination, DesiredService } from '../../../model/dataplane/desired-service.js';
import type { TargetKey } from '../../../model/states.js';

/** The very same service where nothing of it relies on a fallen target. */
export function withoutFallen(service: DesiredService, fallen: ReadonlySet<TargetKey>): DesiredService {
  const { fallback, destinations, undecided } = service;
  const hasFallen = ({ targets }: DesiredDestination): boolean => targets?.some((key) => fallen.has(key)) === true;
  if (fallback === undefined || fallen.size === 0 || !destinations.some(hasFallen)) return service;
  const standing = destinations.filter((destination) => isServing(destination) && !hasFallen(destination));
  const left = fallback.by === 'weight' ? weightOf(standing) : standing.length;
  const stillHealthy = left >= fallback.least;
  const kept = destinations.flatMap((destination) => {
    if (!isServing(destination)) return [destination];
    if (hasFallen(destination)) return fallback.inhibit ? [closed(destination)] : [];
    return stillHealthy ? [destination] : [];
  });
  if (stillHealthy) return { ...service, destinations: kept };
  const { fallback: _, ...down } = service;
  const { sorry } = fallback;
  return {
    ...down,
    // Where it stays in the table while it does not serve, it is there already.
    destinations:
      sorry === null
        ? kept
        : [...kept.filter((one) => one.backend !== sorry.backend || !isSamePlace(one, sorry)), sorry],
    // Where some were never checked, nobody knows that it is down: what serves goes on.
    ...(undecided === undefined ? {} : { undecided: [...undecided, ...standing] }),
  };
}

const weightOf = (destinations: readonly DesiredDestination[]): number =>
  destinations.reduce((sum, { weight }) => sum + weight, 0);

const isSamePlace = (one: DesiredDestination, other: DesiredDestination): boolean =>
  one.address === other.address && one.port === other.port;

/** A drained or inhibited one relies on no target. */
const isServing = ({ targets }: DesiredDestination): boolean => targets !== undefined;

function closed({ targets: _, ...destination }: DesiredDestination): DesiredDestination {
  return { ...destination, weight: 0 };
}
