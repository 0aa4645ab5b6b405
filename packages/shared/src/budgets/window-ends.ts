/**
 * When the windows of a calendar budget end. The scripts know no time zones, so the ends of the
 * coming windows are written into the terms; a window is named by its end.
 */
import { DateTime, IANAZone } from 'luxon';
import type { BudgetPeriod } from '../domain/budget.ts';

/** Windows ahead that are written down: a dispatcher renews them long before they run out. */
const windowsAhead = { day: 62, month: 14 } as const satisfies Record<BudgetPeriod, number>;

/** Whether a text names a time zone of the IANA database, such as `Europe/Rome`. */
export function isTimeZone(text: string): boolean {
  return text === 'UTC' || (text.includes('/') && IANAZone.isValidZone(text));
}

/**
 * @param fromMs Unix milliseconds; the first end is later.
 * @returns ends in Unix milliseconds, ascending: the first instants of days or months.
 */
export function windowEnds(
  period: BudgetPeriod,
  timeZone: string,
  fromMs: number,
): readonly number[] {
  const start = DateTime.fromMillis(fromMs, { zone: timeZone }).startOf(period);
  return Array.from({ length: windowsAhead[period] }, (_, index) =>
    // From the calendar date each time: days of 23 and 25 hours must not add up.
    start
      .plus({ [period]: index + 1 })
      .startOf(period)
      .toMillis(),
  );
}
