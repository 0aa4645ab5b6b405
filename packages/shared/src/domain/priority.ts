/** Priorities: 0 is the most urgent, 9 is bulk work. Five named classes share the ten numbers. */

/** Class names in order of urgency, with the priority that the name stands for. */
export const priorityNames = { urgent: 0, high: 2, normal: 5, low: 7, bulk: 9 } as const;

export type PriorityClass = keyof typeof priorityNames;

/** The classes, most urgent first. */
export const priorityClasses: readonly PriorityClass[] = [
  'urgent',
  'high',
  'normal',
  'low',
  'bulk',
];

/**
 * The least share of window places that each waiting class gets, published in
 * `docs/configuration.md`; the most urgent class goes first anyway.
 */
export const minimumShares: Readonly<Record<PriorityClass, number>> = {
  urgent: 0,
  high: 0.2,
  normal: 0.15,
  low: 0.1,
  bulk: 0.05,
};

/** The class that a priority belongs to: 0–1 urgent, 2–3 high, 4–6 normal, 7–8 low, 9 bulk. */
export function priorityClass(priority: number): PriorityClass {
  if (priority <= 1) return 'urgent';
  if (priority <= 3) return 'high';
  if (priority <= 6) return 'normal';
  return priority <= 8 ? 'low' : 'bulk';
}

/**
 * BullMQ's number for one of ours: 1 + ours, because 0 means "no priority" there and would run
 * before every job that has one.
 */
export function ticketPriority(priority: number): number {
  return 1 + priority;
}
