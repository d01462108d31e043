/** The page at `/` in a real browser, on a real gateway; the actors behind it are played. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import type { StateItem } from '../../../src/model/observing/state-item.js';
import type { BackendView, ServiceView } from '../../../src/model/observing/views.js';
import { configWith } from '../../support/fixtures/config.js';
import { backendFixture, checkFixture, serviceFixture, vrrpFixture } from '../../support/fixtures/views.js';
import { needs } from '../../support/needs.js';
import { openBrowser } from '../../support/peers/browser.js';
import { actorView, type Rig, startRig } from '../../support/rigs/gateway-rig.js';

const withBrowser = needs('chromium');
const token = 'a-token-of-the-test.1';

const sick = checkFixture({ state: 'unhealthy', failures: 3, successes: 0, message: 'refused in connect' });
const web = serviceFixture('web', {
  why: '1 of 2 backends healthy, 1 needed',
  backends: [
    backendFixture('a'),
    backendFixture('b', {
      state: 'unhealthy',
      weight: 0,
      why: 'http failed 3 times: refused in connect',
      checks: [sick],
    }),
  ],
});

const backendItem = (
  service: string,
  { name, address, port, weight, state, why, drained }: BackendView,
): StateItem => ({
  type: 'backend',
  key: `backend/${service}/${name}`,
  service,
  name,
  address,
  port,
  weight,
  state,
  why,
  drained,
});
function tellServices(rig: Rig, services: readonly ServiceView[]): void {
  for (const { name, enabled, healthy, why, backends } of services) {
    rig.tell('engine', {
      kind: 'state',
      item: { type: 'service', key: `service/${name}`, name, enabled, healthy, why },
    });
    for (const each of backends) rig.tell('engine', { kind: 'state', item: backendItem(name, each) });
  }
}

const flowing = { active: 2, inactive: 0, connections: 7, bytes_in: 100, bytes_out: 2048 };

async function start(t: ExecutionContext, services: readonly ServiceView[], port = 0) {
  const tokenFile = join(mkdtempSync(join(tmpdir(), 'fulcrum-dashboard-')), 'token');
  writeFileSync(tokenFile, token);
  const overrides: unknown[] = [];
  const failovers: string[] = [];
  const rig = await startRig(t, {
    config: {
      control: { socket: null, http: { host: '127.0.0.1', port }, grpc: null, tokenFile },
      vrrp: { ...configWith().vrrp, instances: [{ name: 'vi1' }] as never },
    },
    behaviour: {
      engine: {
        services: ({ name }) => services.filter((service) => name === null || service.name === name),
        override: (ask) => {
          overrides.push(ask);
          return [`${ask.service}/${ask.backend}`];
        },
      },
      dataplane: { traffic: () => [{ service: 'web', backend: 'a', ...flowing }] },
      vrrp: {
        failover: ({ name }) => {
          failovers.push(name);
          return { message: `${name} steps down` };
        },
      },
    },
  });
  tellServices(rig, services);
  rig.tell('supervisor', { kind: 'state', item: { type: 'actor', key: 'actor/engine', view: actorView('engine') } });
  rig.tell('vrrp', { kind: 'state', item: { type: 'vrrp', key: 'vrrp/vi1', view: vrrpFixture('vi1') } });
  return { rig, url: `http://127.0.0.1:${rig.port('control.http')}/`, overrides, failovers };
}

const row = (page: Page, name: string) => page.locator('tr.backend').filter({ has: page.locator(`text="${name}"`) });

withBrowser('what flows to a backend is shown, a drain with what is left, and its end as drained', async (t) => {
  const { rig, url } = await start(t, [web]);
  const { page, complaints } = await openBrowser(t);
  await page.goto(url);
  await page.waitForSelector('text="2 connections, 7 ever · 100 B in, 2.00 KiB out"');
  const tell = (item: Partial<BackendView>) =>
    rig.tell('engine', { kind: 'state', item: backendItem('web', backendFixture('a', item)) });
  tell({ state: 'draining', why: 'draining: 2 left, 14 s' });
  await row(page, 'a').locator('text="draining: 2 left, 14 s"').waitFor();
  tell({ state: 'disabled', drained: true, why: 'drained by an operator: no connections were left' });
  await row(page, 'a').locator('.badge >> text="drained"').waitFor();
  t.is(await row(page, 'a').locator('.badge').getAttribute('data-state'), 'disabled');
  t.deepEqual(complaints, []);
});

withBrowser(
  'the page shows services, backends with why and checks, VRRP, actors and events, and follows them',
  async (t) => {
    const { rig, url } = await start(t, [web]);
    const { page, complaints } = await openBrowser(t);
    await page.goto(url);
    await page.waitForSelector('text="1 of 2 backends healthy, 1 needed"');
    await page.waitForSelector('#connection[data-state=live]');
    t.is(await row(page, 'b').locator('.badge').textContent(), 'unhealthy');
    t.is(await row(page, 'b').locator('.reason').textContent(), 'http failed 3 times: refused in connect');
    await row(page, 'b').locator('.chip[data-state=unhealthy]').waitFor();
    t.is(await page.locator('tr.backend').first().locator('.backend-name').textContent(), 'b', 'problems come first');
    await row(page, 'b').locator('.toggle').click();
    await page.waitForSelector('.details >> text="refused in connect"');
    t.is(await page.textContent('#tile-backends'), '1 / 2');
    t.true((await page.textContent('.vrrp'))?.includes('VRID 60 on eth0'));
    t.is(await page.locator('#actor-list th').first().textContent(), 'engine');

    rig.tell('engine', { kind: 'state', item: backendItem('web', backendFixture('b', { why: 'passed again' })) });
    rig.tell('engine', {
      kind: 'event',
      event: {
        type: 'service-state',
        service: 'web',
        healthy: true,
        why: 'all is well',
        atMs: 0,
        actor_name: 'engine',
      },
    });
    await page.waitForSelector('#event-list >> text="all is well"');
    await page.waitForSelector('text="passed again"');
    t.is(await page.textContent('#tile-backends'), '2 / 2');
    rig.tell('engine', { kind: 'state-gone', key: 'backend/web/b' });
    await row(page, 'b').waitFor({ state: 'detached' });
    t.deepEqual(complaints, []);
  },
);

withBrowser(
  'the badge and the line below it are the worst of all, with its reason, and follow it at once',
  async (t) => {
    const { rig, url } = await start(t, [
      web,
      serviceFixture('api', { healthy: false, why: '0 of 2 backends healthy' }),
    ]);
    const { page, complaints } = await openBrowser(t);
    await page.goto(url);
    await page.waitForSelector('#overall[data-state=unhealthy] >> text="unhealthy"');
    t.is(await page.textContent('#overall-why'), 'service api: 0 of 2 backends healthy');
    tellServices(rig, [serviceFixture('api', { enabled: false, healthy: false, why: 'disabled by an operator' })]);
    await page.waitForSelector('#overall[data-state=healthy] >> text="healthy"');
    t.false(await page.isVisible('#overall-why'));
    t.is(await page.textContent('#tile-services-note'), 'all healthy, 1 disabled');
    const fault = vrrpFixture('vi1', { state: 'fault', why: 'interface eth0 is down' });
    rig.tell('vrrp', { kind: 'state', item: { type: 'vrrp', key: 'vrrp/vi1', view: fault } });
    await page.waitForSelector('#overall-why[data-state=unhealthy] >> text="vrrp vi1: interface eth0 is down"');
    t.deepEqual(complaints, []);
  },
);

withBrowser('commands ask for confirmation and the token, and a wrong token is said and forgotten', async (t) => {
  const { url, overrides, failovers } = await start(t, [web]);
  const { page } = await openBrowser(t);
  await page.goto(url);
  const drain = page.getByRole('button', { name: 'Drain a in web' });
  const attempt = async (text: string) => {
    await drain.click();
    await page.click('#confirm-ok');
    await page.fill('#token', text);
    await page.keyboard.press('Enter');
  };
  await drain.click();
  await page.keyboard.press('Escape');
  await attempt('wrong-token-of-the-test');
  await page.waitForSelector('.notice[data-state=bad] >> text=/that is not the token/');
  t.deepEqual(overrides, []);
  await attempt(token);
  await page.waitForSelector('.notice[data-state=good] >> text="drain: web/a"');
  t.deepEqual(overrides, [{ backend: 'a', service: 'web', action: 'drain' }]);
  await page.getByRole('button', { name: 'Let vi1 step down once' }).click();
  await page.click('#confirm-ok');
  await page.waitForSelector('.notice >> text="vi1 steps down"');
  t.deepEqual(failovers, ['vi1'], 'the token was kept');
  await page.getByRole('button', { name: 'Lock changes' }).click();
  t.is(await page.evaluate('sessionStorage.length'), 0);
});

withBrowser(
  'a thousand backends: few are in the page, each is found, and the page goes on with another daemon',
  async (t) => {
    const many = serviceFixture('many', {
      backends: Array.from({ length: 1000 }, (_, index) => backendFixture(`b${index}`)),
    });
    const { rig, url } = await start(t, [many, web]);
    const port = rig.port('control.http');
    const { page } = await openBrowser(t);
    await page.goto(url);
    await page.getByRole('button', { name: 'Show the backends of many' }).click();
    await page.waitForSelector('text="Show 100 more of 950"');
    t.true((await page.locator('tr.backend').count()) < 60);
    await page.keyboard.press('/');
    await page.keyboard.type('B999');
    await row(page, 'b999').waitFor();
    t.is(await page.locator('tr.backend').count(), 1);
    t.is(await page.textContent('#shown'), '1 of 2 services, 1 of 1002 backends');
    await page.fill('#filter', '');
    await page.check('#problems');
    await row(page, 'b999').waitFor({ state: 'detached' });
    await row(page, 'b').waitFor();
    await page.uncheck('#problems');

    await rig.gateway.stop();
    await page.waitForSelector('#connection[data-state=reconnecting]');
    await start(t, [serviceFixture('other', { why: 'another daemon' })], port);
    await page.waitForSelector('#connection[data-state=live]');
    await page.waitForSelector('text="another daemon"');
    t.is(await page.locator('article.service').count(), 1, 'what the former daemon had is gone');
  },
);

withBrowser('what a backend says is text, never markup', async (t) => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const { url } = await start(t, [
    serviceFixture(evil, {
      why: evil,
      backends: [backendFixture(evil, { why: evil, checks: [checkFixture({ message: evil })] })],
    }),
  ]);
  const { page, complaints } = await openBrowser(t);
  await page.goto(url);
  await page.locator('tr.backend .toggle').click();
  await page.waitForSelector('.details td.reason');
  t.is(await page.locator('.details td.reason').textContent(), evil);
  t.is(await page.title(), 'test-node – Fulcrum');
  t.is(await page.locator('main img, main script').count(), 0);
  t.deepEqual(complaints, []);
});

withBrowser('every control has a name, folds open by key, and dark is dark', async (t) => {
  const { url } = await start(t, [web]);
  const { page } = await openBrowser(t);
  await page.goto(url);
  await row(page, 'a').waitFor();
  const nameless = await page.evaluate(
    `[...document.querySelectorAll('button, input, a')]
      .filter((each) => !(each.getAttribute('aria-label') ?? each.textContent).trim() && !each.labels?.length).length`,
  );
  t.is(nameless, 0);
  const fold = page.getByRole('button', { name: 'Hide the backends of web' });
  await fold.focus();
  await page.keyboard.press('Enter');
  await row(page, 'a').waitFor({ state: 'hidden' });
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  await page.emulateMedia({ colorScheme: 'dark' });
  t.not(await ground(), light);
  await page.getByRole('button', { name: /Colours/ }).click();
  t.is(await ground(), light, 'the choice of the person wins');
});
