/** Why the state of a backend could not be had: the `error_type` of `check_errors_total`. */
export const errorTypes = ['timeout', 'unreachable', 'rpc_error', 'unknown', 'protocol_error', 'forbidden'] as const;
export type ErrorType = (typeof errorTypes)[number];

/** What a check found. All but `up` are answered as `down`: in doubt a backend takes no traffic. */
export type Verdict =
  /** `utilization` from 0 to 1 and above, where the backend declared its load; null where it did not. */
  | { readonly kind: 'up'; readonly utilization: number | null }
  /** The backend itself says that it does not serve. */
  | { readonly kind: 'down'; readonly reason: string }
  | { readonly kind: 'error'; readonly errorType: ErrorType; readonly reason: string };

export type AnswerStyle = {
  /** `down #reason` */
  readonly reasons: boolean;
  /** `up NN%` */
  readonly weights: boolean;
};

/** HAProxy shows a description of this length in full. */
const MAX_REASON_LENGTH = 120;

/** The answer's line, with its end. */
export function answerText(verdict: Verdict, style: AnswerStyle): string {
  if (verdict.kind === 'up') return style.weights ? `up ${weightPercent(verdict.utilization)}%\n` : 'up\n';
  return style.reasons ? `down #${oneLine(verdict.reason)}\n` : 'down\n';
}

/**
 * The part of its configured weight that a backend of this load should have. Never 0, which HAProxy reads as drain; 100
 * where it declares no load, as HAProxy would else keep the last weight that it heard.
 */
function weightPercent(utilization: number | null): number {
  return utilization === null ? 100 : Math.max(1, Math.round((1 - Math.min(utilization, 1)) * 100));
}

/** HAProxy reads up to the first CR, LF or NUL. */
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_REASON_LENGTH);
