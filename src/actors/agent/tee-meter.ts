import type { Meter } from '../../model/observing/meter.js';

/** Counts in two meters: one that goes to the gateway, and one that a listener of the actor's own serves. */
export function teeMeter(first: Meter, second: Meter): Meter {
  return {
    count(name, labels, by) {
      first.count(name, labels, by);
      second.count(name, labels, by);
    },
    gauge(name, labels, value) {
      first.gauge(name, labels, value);
      second.gauge(name, labels, value);
    },
    observe(name, labels, value) {
      first.observe(name, labels, value);
      second.observe(name, labels, value);
    },
    counter(name, labels) {
      const [one, other] = [first.counter(name, labels), second.counter(name, labels)];
      return (by) => {
        one(by);
        other(by);
      };
    },
    histogram(name, labels) {
      const [one, other] = [first.histogram(name, labels), second.histogram(name, labels)];
      return (value) => {
        one(value);
        other(value);
      };
    },
    take: () => first.take(),
  };
}
