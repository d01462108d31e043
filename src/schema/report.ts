/** What rules find fault with, and where. */
export type Steps = readonly (string | number)[];
export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly path: Steps;
  readonly atKey: boolean;
  readonly message: string;
};

/** What the rules look at: the parts of the document that are right, and what was written at all. */
export type Subject<Document> = {
  readonly document: Document;
  /** Whether something is written at a path, right or wrong: only what is not there is missing. */
  readonly has: (path: Steps) => boolean;
  /** A path of the document as an absolute one. */
  readonly resolve: (path: string) => string;
};

/** Collects what rules find. */
export class Report {
  readonly findings: Finding[] = [];
  error(path: Steps, message: string): void {
    this.findings.push({ severity: 'error', path, atKey: false, message });
  }
  warning(path: Steps, message: string): void {
    this.findings.push({ severity: 'warning', path, atKey: false, message });
  }
}

/** Reports values that come twice, at the second place; `undefined` is no value. */
export class Unique {
  readonly #seen = new Map<string, Steps>();
  readonly #report: Report;
  constructor(report: Report) {
    this.#report = report;
  }
  /** @returns whether it is the first of its kind */
  add(value: string | undefined, path: Steps, message: (first: string) => string): boolean {
    if (value === undefined) return true;
    const first = this.#seen.get(value);
    if (first === undefined) this.#seen.set(value, path);
    else this.#report.error(path, message(pathText(first)));
    return first === undefined;
  }
}

/** Longer keys are cut and quoted: no key of the document is as long. */
const MAX_KEY = 100;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

/** `services[0].port`; keys that would be misread are quoted. */
export const pathText = (path: Steps): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!PLAIN_KEY.test(step)) return `${text}[${JSON.stringify(step.slice(0, MAX_KEY))}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
