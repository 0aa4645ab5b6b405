/**
 * `npm run proof -- board`: Bull Board after the tour, from the same start command that a user
 * runs, seen in a real browser. Writes its pictures to `docs/screenshots/`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keepAlive } from '@forebay/cli/local/keep-alive';
import type { Browser } from 'playwright-core';
import { visitBoard } from '../support/board-visit.ts';
import { openBrowser } from '../support/browser.ts';
import { endProcess, launchProcess, mainOf, repositoryRoot } from '../support/processes.ts';
import { makeFolder, removeFolder } from '../support/scratch-folder.ts';

/** Part of this model's calls fails in the tour, and few enough jobs are its own. */
const queue = 'flaky';
const widthsPx = [1280, 390];
const tourTimeoutMs = 180_000;

async function runProof(folder: string, browser: Browser): Promise<boolean> {
  const run = launchProcess({
    name: 'forebay start',
    args: [mainOf('cli'), 'start'],
    env: { FOREBAY_DATA_DIR: join(folder, 'data') },
  });
  try {
    const [, origin = '', password = ''] = await run.waitForOutput(
      /^ready .*admin=(\S+) admin_key=(\S+)/m,
      tourTimeoutMs,
    );
    await run.waitForOutput(/ jobs in .* s$/m, tourTimeoutMs);
    const pictureFolder = join(repositoryRoot, 'docs', 'screenshots');
    mkdirSync(pictureFolder, { recursive: true });
    const credentials = { username: 'admin', password };
    let passed = true;
    for (const widthPx of widthsPx) {
      const visit = { origin, credentials, widthPx, queue, pictureFolder };
      const { trouble, tooWide } = await visitBoard(browser, visit);
      for (const line of [...trouble, ...tooWide]) process.stdout.write(`${widthPx}: ${line}\n`);
      passed &&= trouble.length + tooWide.length === 0;
    }
    process.stdout.write(`${passed ? 'no trouble' : 'trouble'}; pictures: ${pictureFolder}\n`);
    return passed;
  } finally {
    await endProcess(run);
  }
}

const alive = keepAlive();
const folder = makeFolder('proof-board');
const browser = await openBrowser();
try {
  process.exitCode = (await runProof(folder, browser)) ? 0 : 1;
} finally {
  await browser.close();
  removeFolder(folder);
  alive.end();
}
