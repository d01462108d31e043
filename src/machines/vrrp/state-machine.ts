/**
 * A virtual router's states (RFC 9568 section 6.3, with `master` for its Active):
 *
 *                        +---------------+
 *             +--------->|               |<-------------+
 *             |          |  Initialize   |              |
 *             |   +------|               |----------+   |
 *             |   |      +---------------+          |   |
 *             |   |                                 |   |
 *             |   V                                 V   |
 *     +---------------+                       +---------------+
 *     |               |---------------------->|               |
 *     |    Master     |                       |    Backup     |
 *     |               |<----------------------|               |
 *     +---------------+                       +---------------+
 *
 * and `fault` beside `init`, entered from anywhere while something that the router needs is down. The machine is pure: it
 * knows neither time nor packets. An advert comes as its rank beside this router, a timer as the fact that it fired; what
 * is to be done comes out as effects, in order. `vrrp-table.ts` compiles it, `vrrp-router.ts` drives it.
 */
import { setup } from 'xstate';

/** How a received advert's priority compares with this router's (section 6.4.3 breaks ties by address). */
export type AdvertRank =
  /** Priority 0: the master resigns. */
  | 'resigned'
  | 'lower'
  /** The same priority, from an address that is not greater than this router's. */
  | 'tie-won'
  /** The same priority, from a greater address. */
  | 'tie-lost'
  | 'higher';

export type RouterEventType =
  /** Section 6.4.1, after the start-up delay. */
  | 'startup'
  | 'shutdown'
  /** Something that the router needs is down, or is there again. */
  | 'fault'
  | 'recovered'
  | `advert-${AdvertRank}`
  /** The armed timer fired: Adver_Timer of a master, Active_Down_Timer of a backup. */
  | 'timer'
  /** A lower priority has been master for the preempt delay. */
  | 'preempt-delay-over'
  /** A person asks the master to step down. */
  | 'failover'
  /** The master goes along with its sync group. */
  | 'yield';

/** What a state does at an event, in order. */
export type RouterEffect =
  | 'send-advert'
  /** Priority 0. */
  | 'send-resignation'
  | 'take-addresses'
  | 'release-addresses'
  /** Gratuitous ARP, unsolicited neighbour advertisements. */
  | 'announce'
  /** The same after a rival was heard, whom switches and hosts may have believed; bounded. */
  | 'announce-again'
  /** Active_Adver_Interval := the interval in the advert, or one's own. */
  | 'learn-interval'
  | 'own-interval'
  | 'arm-advert'
  | 'arm-master-down'
  | 'arm-skew'
  | 'arm-preempt-delay'
  | 'disarm';

/** What of the configuration the transitions depend on. */
export type RouterFlags = {
  /** Priority 255: the addresses are this router's own. */
  readonly owner: boolean;
  readonly preempt: boolean;
  /** A preempt delay is configured. */
  readonly delayed: boolean;
};

const routerSetup = setup({
  types: {
    context: {} as RouterFlags,
    input: {} as RouterFlags,
    events: {} as { readonly type: RouterEventType },
  },
  // Effects are named here and carried out by whoever drives the machine: it has no side of its own.
  actions: {
    'send-advert': () => {},
    'send-resignation': () => {},
    'take-addresses': () => {},
    'release-addresses': () => {},
    announce: () => {},
    'announce-again': () => {},
    'learn-interval': () => {},
    'own-interval': () => {},
    'arm-advert': () => {},
    'arm-master-down': () => {},
    'arm-skew': () => {},
    'arm-preempt-delay': () => {},
    disarm: () => {},
  } satisfies Record<RouterEffect, () => void>,
  guards: {
    owner: ({ context }) => context.owner,
    preempts: ({ context }) => context.preempt,
    'preempts-later': ({ context }) => context.preempt && context.delayed,
  },
});

const promote = ['send-advert', 'take-addresses', 'announce', 'arm-advert'] as const satisfies RouterEffect[];
const follow = ['learn-interval', 'arm-master-down'] as const satisfies RouterEffect[];
/**
 * With a last word: a better master that never heard us (a segment that healed) hears it, answers, and tells hosts and
 * switches again where the addresses are.
 */
const yieldTo = [
  'send-advert',
  'release-addresses',
  'learn-interval',
  'arm-master-down',
] as const satisfies RouterEffect[];
/** Section 6.4.3 asserts itself at once, and leaves Adver_Timer as it is. */
const answer = ['send-advert', 'announce-again'] as const satisfies RouterEffect[];
const resign = ['send-resignation', 'release-addresses'] as const satisfies RouterEffect[];
const stepDown = [...resign, 'own-interval', 'arm-master-down'] as const satisfies RouterEffect[];
const settle = [
  { guard: 'owner', target: 'master', actions: promote },
  { target: 'backup', actions: ['own-interval', 'arm-master-down'] },
] as const;

export const vrrpMachine = routerSetup.createMachine({
  context: ({ input }) => input,
  initial: 'init',
  states: {
    init: {
      on: { startup: settle, fault: 'fault' },
    },
    /** Also where a router starts that lacks something. */
    fault: {
      on: { recovered: settle, shutdown: 'init' },
    },
    backup: {
      initial: 'following',
      on: {
        timer: { target: 'master', actions: promote },
        // Section 6.4.2: an equal priority is followed, whatever its address.
        'advert-resigned': { actions: 'arm-skew' },
        'advert-tie-won': { target: '.following', actions: follow },
        'advert-tie-lost': { target: '.following', actions: follow },
        'advert-higher': { target: '.following', actions: follow },
        shutdown: { target: 'init', actions: 'disarm' },
        fault: { target: 'fault', actions: 'disarm' },
      },
      states: {
        /** Hears a master that it accepts, or none yet. */
        following: {
          on: {
            'advert-lower': [
              { guard: 'preempts-later', target: 'delaying', actions: [...follow, 'arm-preempt-delay'] },
              { guard: 'preempts', target: 'preempting' },
              { actions: follow },
            ],
          },
        },
        /** Hears a lower master, and waits for the preempt delay. */
        delaying: {
          on: { 'advert-lower': { actions: follow }, 'preempt-delay-over': 'preempting' },
        },
        /** Discards a lower master's adverts, so that its own timer runs out. */
        preempting: {
          on: { 'advert-lower': [{ guard: 'preempts' }, { target: 'following', actions: follow }] },
        },
        /** Stepped down when asked to: preempts nobody until the new master is gone. */
        yielded: {
          on: { 'advert-lower': { actions: follow } },
        },
      },
    },
    master: {
      on: {
        timer: { actions: ['send-advert', 'arm-advert'] },
        'advert-resigned': { actions: ['send-advert', 'arm-advert'] },
        'advert-lower': { actions: answer },
        'advert-tie-won': { actions: answer },
        'advert-tie-lost': { target: 'backup', actions: yieldTo },
        'advert-higher': { target: 'backup', actions: yieldTo },
        failover: { target: 'backup.yielded', actions: stepDown },
        yield: { target: 'backup', actions: stepDown },
        shutdown: { target: 'init', actions: [...resign, 'disarm'] },
        fault: { target: 'fault', actions: [...resign, 'disarm'] },
      },
    },
  },
});

/** A state with its substate, as the compiled table names it. */
export type RouterPlace =
  | 'init'
  | 'fault'
  | 'backup.following'
  | 'backup.delaying'
  | 'backup.preempting'
  | 'backup.yielded'
  | 'master';

export const routerPlaces = [
  'init',
  'fault',
  'backup.following',
  'backup.delaying',
  'backup.preempting',
  'backup.yielded',
  'master',
] as const satisfies readonly RouterPlace[];

export const routerEvents = [
  'startup',
  'shutdown',
  'fault',
  'recovered',
  'advert-resigned',
  'advert-lower',
  'advert-tie-won',
  'advert-tie-lost',
  'advert-higher',
  'timer',
  'preempt-delay-over',
  'failover',
  'yield',
] as const satisfies readonly RouterEventType[];
