/** A real browser, for the dashboard. */
import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { chromium, type Page } from 'playwright-core';
import { toolPath } from './tool-path.js';

export type Browsing = {
  readonly page: Page;
  /** What the browser complained about: errors, blocked resources, violations of the page's policy. */
  readonly complaints: string[];
};

const chromiumPath = (): string =>
  execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8', env: { PATH: toolPath() } }).trim();

export async function openBrowser(t: ExecutionContext): Promise<Browsing> {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}
