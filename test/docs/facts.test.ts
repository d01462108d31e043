/** What the pages name is there: options, paths of the API, metrics, events, exit codes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parse as parseYaml } from 'yaml';
import { readAgentConfig } from '../../src/actors/agent/standalone/reader.js';
import { allRoutes } from '../../src/actors/gateway/http/route-table.js';
import { exitCode } from '../../src/cli/exit-code.js';
import { documentSchema } from '../../src/config/document.js';
import { isEventType } from '../../src/model/observing/events.js';
import { parse } from '../config/support.js';
import { blocksOf, checkout, pages } from '../support/fixtures/documented-commands.js';
import { allMetrics } from '../support/fixtures/metrics.js';

const textOf = (page: string): string => readFileSync(join(checkout, page), 'utf8');
const docs = pages.filter((page) => !page.startsWith('bench/'));
/** What a pattern finds on the pages, as `PAGE: FOUND`. */
const found = (pattern: RegExp): readonly { readonly page: string; readonly name: string }[] =>
  docs.flatMap((page) => [...textOf(page).matchAll(pattern)].map(([, name = '']) => ({ page, name })));

/** Other programs' files. */
const foreign = new Set(['docs/health.md', 'docs/metrics.md']);
/** Documents that are whole; the others show a section. */
const whole = new Set(['README.md', 'docs/quick-start.md']);

test('every configuration on a page is valid: a whole one for the loader, without a warning, a part for the schema', (t) => {
  const seen: string[] = [];
  for (const page of docs.filter((name) => !foreign.has(name))) {
    for (const { text } of blocksOf(page).filter(({ language }) => language === 'yaml')) {
      seen.push(page);
      if (whole.has(page)) t.deepEqual(parse(text).warnings, [], page);
      const { error } = documentSchema.safeParse(parseYaml(text));
      t.is(error, undefined, page);
    }
  }
  t.deepEqual(seen.sort(), [
    'README.md',
    'docs/agent.md',
    'docs/hooks.md',
    'docs/ipvs.md',
    'docs/quick-start.md',
    'docs/vrrp.md',
    'docs/vrrp.md',
    'docs/vrrp.md',
  ]);
});

test('the TOML of docs/agent.md is a file that the agent reads', async (t) => {
  const [block] = blocksOf('docs/agent.md').filter(({ language }) => language === 'toml');
  const folder = mkdtempSync(join(tmpdir(), 'fulcrum-agent-page-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'agent.toml');
  writeFileSync(file, block?.text ?? '');
  await t.notThrowsAsync(readAgentConfig({ file, env: {}, flags: {} }));
});

test('every path of the API that a page names is served', (t) => {
  const patterns = allRoutes('').map(({ path }) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`));
  const named = found(/(\/api\/v1\/[\w{}:./-]*\w|\/api\/v1\/[\w/-]*\{name\})/g);
  t.true(named.length > 30);
  t.deepEqual(
    named.filter(({ name }) => !patterns.some((pattern) => pattern.test(name))),
    [],
  );
});

test('every metric that a page names is defined', (t) => {
  const named = found(/\b(fulcrum_[a-z_]+[a-z]|health_check_[a-z_]+|check_(?:requests|errors|duration)_[a-z]+)\b/g);
  t.true(named.length > 60);
  const defined = new Set(allMetrics.map(({ name }) => name));
  const isDefined = (name: string) => defined.has(name.replace(/_(?:bucket|sum|count)$/, ''));
  t.deepEqual(
    named.filter(({ name }) => !isDefined(name) && !defined.has(name)),
    [],
  );
});

test('every event that a page names is a type of event', (t) => {
  const named = [...found(/`([a-z-]+)` events?\b/g), ...found(/\bevents? `([a-z-]+)`/g)];
  t.true(named.length > 3);
  // The stream's own, which tells the state itself.
  const ofStream = ['resync', 'state-all', 'state', 'state-gone'];
  t.deepEqual(
    named.filter(({ name }) => !Object.hasOwn(isEventType, name) && !ofStream.includes(name)),
    [],
  );
});

test('docs/cli.md lists the exit codes of the program, and no page names another one', (t) => {
  const codes = Object.values(exitCode).map(String);
  const [, table = ''] = /## Exit codes\n(.*?)\n## /s.exec(textOf('docs/cli.md')) ?? [];
  t.deepEqual(
    [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code),
    codes,
  );
  const named = found(/\bexit(?:s with| code| with)? (\d+)\b/gi);
  t.true(named.length > 10);
  t.deepEqual(
    named.filter(({ name }) => !codes.includes(name)),
    [],
  );
});
