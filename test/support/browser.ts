/**
 * Debian's Chromium, driven by playwright-core. Every page is watched from its first request: what
 * went wrong on it, where it wanted to go, and all that it received.
 */
import { type Browser, chromium, type Page, type Response } from 'playwright-core';
import { chromium as chromiumProgram, ensureProgram } from '../../scripts/system-packages.mjs';

export interface PageOptions {
  /** The one origin that the page may talk to. */
  readonly origin: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Answers to a request for Basic credentials; none are sent without. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface WatchedPage {
  readonly page: Page;
  /** Console errors and warnings, breaches of the page's policy, script errors, failed requests,
   * error statuses, requests to other hosts. */
  readonly trouble: readonly string[];
  /** Address, head and body of each response so far. */
  received(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page step may take; generous, because a busy machine draws slowly. */
const stepTimeoutMs = 20_000;

/** Starts a browser with a profile of its own, installing it where that needs no password. */
export async function openBrowser(): Promise<Browser> {
  const program = ensureProgram(chromiumProgram, (line) => process.stderr.write(`${line}\n`));
  if (program.kind === 'missing') throw new Error(`Chromium is missing: ${program.command}`);
  return chromium.launch({ executablePath: program.path, headless: true, args: flags });
}

/** Opens a page with cookies, cache and credentials of its own. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const { credentials, origin } = options;
  const context = await browser.newContext({
    viewport: { width: options.widthPx, height: options.heightPx },
    // Times on the page, and so pictures of it, must not depend on where they are made.
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...(credentials === undefined ? {} : { httpCredentials: { ...credentials, origin } }),
  });
  context.setDefaultTimeout(stepTimeoutMs);
  const page = await context.newPage();
  const trouble: string[] = [];
  const responses: Promise<string>[] = [];
  watchTrouble(page, { origin, trouble });
  page.on('response', (response) => responses.push(describe(response)));
  return {
    page,
    trouble,
    received: () => Promise.all(responses),
    close: () => context.close(),
  };
}

function watchTrouble(page: Page, watch: { origin: string; trouble: string[] }): void {
  const { origin, trouble } = watch;
  page.on('console', (message) => {
    const type = message.type();
    if (type === 'error' || type === 'warning') trouble.push(`console ${type}: ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:';
    if (!isOwn) trouble.push(`another host: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'unknown';
    // Leaving a page ends its polling; that is no failure.
    if (reason !== 'net::ERR_ABORTED') trouble.push(`failed (${reason}): ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) trouble.push(`status ${response.status()}: ${response.url()}`);
  });
}

async function describe(response: Response): Promise<string> {
  const head = `${response.status()} ${response.url()}\n${JSON.stringify(response.headers())}`;
  try {
    return `${head}\n${await response.text()}`;
  } catch {
    // Redirects and answers to a page that was left have no body to read; heads are kept.
    return head;
  }
}
