const pattern = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a text such as `2026-11-26` names a day of the calendar; the 31st of June is none. */
export function isRealDay(text: string): boolean {
  if (!pattern.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  // Date takes the 31st of June for the first day of July.
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, text.length) === text;
}
