/**
 * What an operator does on Bull Board: look at the overview, open a model's queue, look at failed
 * and completed tickets, open one of them. Returns what was to be seen; judges nothing.
 */
import type { Browser, Page } from 'playwright-core';
import { openPage } from './browser.ts';

export interface BoardVisit {
  /** Origin of the admin listener. */
  readonly origin: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly widthPx: number;
  /** A queue with completed and failed tickets: its name, and its title on the overview. */
  readonly queue: { readonly name: string; readonly title: string };
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
    const width = await page.evaluate('document.documentElement.scrollWidth');
    if (Number(width) > widthPx) tooWide.push(`${name}: ${width}`);
    return page.locator('body').innerText();
  };
  try {
    await page.goto(`${origin}/board`);
    await page.getByRole('link', { name: queue.title, exact: true }).last().waitFor();
    const overview = await look('overview');
    await takePicture(page, visit, 'overview');
    await openQueue(page, visit, 'latest');
    const latest = await look('latest');
    await takePicture(page, visit, 'queue');
    await openQueue(page, visit, 'failed');
    const failed = await look('failed');
    await openQueue(page, visit, 'completed');
    const completed = await look('completed');
    await ticketLinks(page).first().click();
    await page.waitForURL(/\/board\/queue\/[^/]+\/job_/);
    await ticketLinks(page).first().waitFor();
    const ticket = await look('ticket');
    const { trouble } = watched;
    const received = await watched.received();
    return { overview, latest, failed, completed, ticket, tooWide, trouble, received };
  } finally {
    await watched.close();
  }
}
