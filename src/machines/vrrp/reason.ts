/** Why a virtual router changed its state: what happened, as a value and in words. Pure. */
import { OWNER_PRIORITY } from '../../wire/vrrp/advert.js';
import type { RouterEventType, RouterPlace } from './state-machine.js';

export type RouterReason =
  /** A person, the configuration, a fault or the program; the words come with it. */
  | { readonly kind: 'asked'; readonly why: string }
  /** An address owner begins as master. */
  | { readonly kind: 'owner'; readonly why: string }
  /** The master told that it stops (priority 0). */
  | { readonly kind: 'resigned' }
  /** The master fell silent. */
  | { readonly kind: 'silent' }
  /** No master was heard since this router began to listen. */
  | { readonly kind: 'unheard' }
  /** This router stepped down when it was asked to, and nobody else took over. */
  | { readonly kind: 'untaken' }
  /** A master of lower priority goes on, and this router takes over from it. */
  | { readonly kind: 'preempts' }
  /** A better master was heard. */
  | { readonly kind: 'higher' }
  | { readonly kind: 'tie-lost' };

/** What a backup knows of the master when its timer runs out. */
export type HeardOfMaster = {
  /** Since it began to listen. */
  readonly any: boolean;
  /** The last word that counted was a resignation. */
  readonly resigned: boolean;
  /** A lower master adverted since the timer was armed, and was passed over. */
  readonly passedOver: boolean;
};

/** `why` goes with an event that is no packet and no timer. */
export function reasonOf(
  type: RouterEventType,
  from: RouterPlace,
  to: RouterPlace,
  heard: HeardOfMaster,
  why: string,
): RouterReason {
  switch (type) {
    case 'timer':
      if (heard.passedOver) return { kind: 'preempts' };
      if (heard.resigned) return { kind: 'resigned' };
      if (heard.any) return { kind: 'silent' };
      return { kind: from === 'backup.yielded' ? 'untaken' : 'unheard' };
    case 'advert-higher':
      return { kind: 'higher' };
    case 'advert-tie-lost':
      return { kind: 'tie-lost' };
    default:
      return { kind: to === 'master' ? 'owner' : 'asked', why };
  }
}

/** The peer last heard, in words, and the times that a reason names. */
export type ReasonFacts = {
  /** Such as `10.0.0.2, priority 100`; null where no peer was heard. */
  readonly peer: string | null;
  readonly masterDownMs: number;
  /** Why adverts were refused since the last that was accepted; null where none was. */
  readonly refused: string | null;
};

export function reasonText(reason: RouterReason, { peer, masterDownMs, refused }: ReasonFacts): string {
  const from = peer === null ? '' : `: ${peer}`;
  const what = refused === null ? '' : ` (one was refused: ${refused})`;
  const wait = `the master down interval of ${masterDownMs.toFixed(1)} ms${what}`;
  switch (reason.kind) {
    case 'asked':
      return reason.why;
    case 'owner':
      return `${reason.why}: the owner of the addresses (priority ${OWNER_PRIORITY}) is master at once`;
    case 'resigned':
      return `the master resigned${from}`;
    case 'silent':
      return `no advert within ${wait}${peer === null ? '' : `; the last was from ${peer}`}`;
    case 'unheard':
      return `no master was heard: no advert within ${wait}`;
    case 'untaken':
      return `no other node took over after this one was asked to step down: no advert within ${wait}`;
    case 'preempts':
      return `a master of lower priority was preempted${from}`;
    case 'higher':
      return `a master of higher priority was heard${from}`;
    case 'tie-lost':
      return `a master of the same priority and a higher address was heard${from}`;
    default:
      return reason satisfies never;
  }
}
