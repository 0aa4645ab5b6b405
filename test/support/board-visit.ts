/**
 * What an operator does on Bull Board: look at the overview, open a model's queue, look at failed
 * and completed tickets, open one of them. Returns what was to be seen; judges nothing.
 */
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { openPage } from './browser.ts';

export interface BoardVisit {
  /** Origin of the admin listener. */
  readonly origin: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly widthPx: number;
  /** Title of a queue with failed tickets and a few completed ones. */
  readonly queue: string;
  /** Where pictures go, `board-overview-<width>.png` and so on; none are taken without. */
  readonly pictureFolder?: string;
}

export interface BoardSights {
  /** Visible text of each page. */
  readonly overview: string;
  readonly latest: string;
  readonly failed: string;
  readonly completed: string;
  readonly ticket: string;
  /** Pages that are wider than the screen. */
  readonly tooWide: readonly string[];
  readonly trouble: readonly string[];
  readonly received: readonly string[];
}

const heightPx = 900;

export async function visitBoard(browser: Browser, visit: BoardVisit): Promise<BoardSights> {
  const { origin, credentials, widthPx, queue } = visit;
  const watched = await openPage(browser, { origin, credentials, widthPx, heightPx });
  const { page } = watched;
  const tooWide: string[] = [];
  const look = async (name: string): Promise<string> => {
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    if (width > widthPx) tooWide.push(`${name}: ${width}`);
    // biome-ignore lint/performance/useDomNodeTextContent: only what is visible counts here.
    return page.locator('body').innerText();
  };
  try {
    await page.goto(`${origin}/board`);
    const door = page.getByRole('link', { name: queue, exact: true });
    await door.waitFor();
    const overview = await look('overview');
    await takePicture(page, visit, 'overview');
    await door.click();
    await failures(page).first().waitFor();
    const latest = await look('latest');
    await takePicture(page, visit, 'queue');
    await openStatus(page, 'failed');
    await failures(page).first().waitFor();
    const failed = await look('failed');
    await openStatus(page, 'completed');
    await page.getByText('returnValue').first().waitFor();
    const completed = await look('completed');
    await tickets(page).first().click();
    await page.waitForURL(/\/board\/queue\/[^/]+\/job_/);
    // The page of one ticket has come when those of the others have gone.
    await page.getByText('returnValue').nth(1).waitFor({ state: 'detached' });
    await page.getByText('returnValue').waitFor();
    const ticket = await look('ticket');
    const { trouble } = watched;
    const received = await watched.received();
    return { overview, latest, failed, completed, ticket, tooWide, trouble, received };
  } finally {
    await watched.close();
  }
}

function tickets(page: Page): Locator {
  return page.locator('main a[href*="/job_"]');
}

/** Failed tickets open with their error, completed ones with their data. */
function failures(page: Page): Locator {
  return page.getByRole('tab', { name: 'Error', selected: true });
}

async function openStatus(page: Page, status: 'failed' | 'completed'): Promise<void> {
  await page.locator(`main a[href$="?status=${status}"]`).click();
  await page.waitForURL(`**/*status=${status}`);
}

/** The queue's picture shows where completed tickets end and failed ones begin. */
async function takePicture(page: Page, visit: BoardVisit, what: 'overview' | 'queue') {
  if (visit.pictureFolder === undefined) return;
  if (what === 'queue') await failures(page).first().scrollIntoViewIfNeeded();
  const path = join(visit.pictureFolder, `board-${what}-${visit.widthPx}.png`);
  await page.screenshot({ path, animations: 'disabled' });
}
