/** From a file, a text or a value to the model: read, lay flags and environment over it, check, build. */

import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Config } from '../model/config.js';
import { ConfigError, type ConfigIssue, unplacedIssue } from '../model/errors.js';
import type { Environment, LoadOptions } from '../model/load-options.js';
import { MAX_COUNTED_ISSUES } from '../schema/limits.js';
import { type Finding, pathText } from '../schema/report.js';
import { parsePartial } from '../schema/walk.js';
import { applyRules, buildConfig, type ConfigDocument, documentSchema, type ParsedDocument } from './document.js';
import { readEnvironment } from './environment.js';
import { issuesOf } from './issues.js';
import { MAX_ISSUES } from './limits.js';
import { applyOverlay } from './overlay.js';
import { readConfigFile } from './read-file.js';
import { SafeMessages } from './safe-messages.js';
import { readValue } from './source/javascript.js';
import {
  attempt,
  type Format,
  formatOf,
  type ReadResult,
  readText,
  type Source,
  withoutPlaces,
} from './source/read.js';
import { nearestNode, type Origin, originOfKey, originOfValue, plainValue, type Tree } from './source/tree.js';

export type Loaded = { readonly config: Config; readonly warnings: readonly ConfigIssue[] };

/** @throws ConfigError with everything that is wrong, in the order of the file */
export const loadConfig = (path: string, options: LoadOptions = {}): Loaded => {
  const text = readConfigFile(path);
  return parseConfig(text, { baseDir: dirname(resolve(path)), ...options, file: path });
};

export type ParseOptions = LoadOptions & {
  /** Named in errors. Default: `(text)`, and none for a value. */
  readonly file?: string;
  /** Default: by the file's ending. */
  readonly format?: Format;
};

/**
 * A text without anything in it is an error: an editor leaves an empty file while it writes, and curl sends nothing where the
 * file is missing. To take away all that runs, here or in the kernel's table, a document says so.
 * @throws ConfigError
 */
export const parseConfig = (text: string, options: ParseOptions = {}): Loaded => {
  const file = options.file ?? '(text)';
  const format = options.format ?? formatOf(file);
  if (text.trim() === '') {
    const message = `the document is empty: write ${nothing[format]} for a configuration of nothing but defaults`;
    throw new ConfigError([{ file, line: 1, column: 1, path: '', message }]);
  }
  return finish(() => readText(text, file, format), options);
};

/** What says that there is nothing to say. */
const nothing = { yaml: '{}', toml: '[node]' } as const satisfies Record<Format, string>;

/** A document as a JavaScript value: from a host, or from an HTTP body. @throws ConfigError */
export const configFromValue = (value: ConfigDocument | unknown, options: ParseOptions = {}): Loaded => {
  const file = options.file ?? '';
  return finish(() => attempt(withoutPlaces(file), () => readValue(value)), options);
};

const finish = (read: () => ReadResult, options: LoadOptions): Loaded => {
  const around: Environment = { ...(options.around ?? readEnvironment()), env: options.env ?? {} };
  const baseDir = resolve(options.baseDir ?? '.');
  const resolvePath = (path: string): string => (isAbsolute(path) ? path : join(baseDir, path));
  const { document, warnings } = checked(read, options, resolvePath);
  return { config: buildConfig(document, around, resolvePath), warnings };
};

/** What it was read from is needed no longer than this: of a large document, that is most of the memory. */
const checked = (
  read: () => ReadResult,
  options: LoadOptions,
  resolvePath: (path: string) => string,
): { readonly document: ParsedDocument; readonly warnings: readonly ConfigIssue[] } => {
  const found = read();
  if (!found.ok) throw new ConfigError(found.issues.slice(0, MAX_ISSUES));
  const { source } = found;
  const overlay = applyOverlay(source.tree, { flags: options.flags ?? {}, env: options.env ?? {} });
  const value = plainValue(source.tree);
  const parsed = documentSchema.safeParse(value);
  // What is no map at all has no parts that could be right; and where enough is wrong already, no rule need be asked.
  const isEnough = !parsed.success && parsed.error.issues.length > MAX_ISSUES;
  const document = parsed.success ? parsed.data : ((isEnough ? null : parsePartial(documentSchema, value)) ?? {});
  const rules = applyRules({ document, has: (path) => isWritten(source.tree, path), resolve: resolvePath });
  const schemaFindings: Finding[] = parsed.success
    ? []
    : issuesOf(parsed.error.issues, value).map((issue) => ({ severity: 'error', ...issue }));
  const safe = new SafeMessages(value);
  const findings = [...schemaFindings, ...rules];
  const errors = [...overlay.errors, ...toldOf(findings, 'error', source, safe)];
  if (errors.length > 0 || !parsed.success) throw new ConfigError(limited(errors));
  const warnings = [...overlay.warnings, ...toldOf(findings, 'warning', source, safe)];
  return { document: parsed.data, warnings: limited(warnings) };
};

const isWritten = (tree: Tree, path: readonly (string | number)[]): boolean => {
  const parent = nearestNode(tree, path.slice(0, -1));
  const step = path.at(-1) ?? '';
  if (parent.kind === 'map') return parent.entries.has(String(step));
  return parent.kind === 'list' && Number(step) < parent.items.length;
};

/**
 * Those of a severity with their places in the file, in its order, each once; of many, only those that are told are placed and put
 * in words.
 */
const toldOf = (
  findings: readonly Finding[],
  severity: Finding['severity'],
  source: Source,
  safe: SafeMessages,
): ConfigIssue[] => {
  const { tree, where } = source;
  const seen = new Set<string>();
  const found: { readonly finding: Finding; readonly origin: Origin; readonly order: number }[] = [];
  for (const finding of findings) {
    if (finding.severity !== severity) continue;
    const origin = finding.atKey ? originOfKey(tree, finding.path) : originOfValue(tree, finding.path);
    found.push({ finding, origin, order: typeof origin === 'number' ? origin : -1 });
  }
  const untold: ConfigIssue = { ...where(0), path: '', message: '' };
  found.sort((left, right) => left.order - right.order);
  return found.flatMap(({ finding, origin }) => {
    // Beyond what is told, each counts.
    if (seen.size > MAX_ISSUES) return [untold];
    const { path } = finding;
    const message = safe.of(finding);
    const place = pathText(path);
    const key = `${place}\n${message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...where(origin), path: place, message }];
  });
};

const limited = (issues: readonly ConfigIssue[]): readonly ConfigIssue[] => {
  const [first] = issues;
  if (first === undefined || issues.length <= MAX_ISSUES) return issues;
  const atLeast = issues.length >= MAX_COUNTED_ISSUES ? 'at least ' : '';
  const message = `${atLeast}${issues.length - MAX_ISSUES} more, not shown`;
  return [...issues.slice(0, MAX_ISSUES), unplacedIssue({ file: first.file, message })];
};
