import {
  minimumShares,
  priorityClass,
  priorityClasses,
  priorityNames,
} from '@forebay/shared/domain/priority';
import { code, markdownTable } from './markdown.ts';

const priorities: readonly number[] = Array.from({ length: 10 }, (_, priority) => priority);

/** The classes with their priorities, and the least share of places that each one gets. */
export function priorityTable(): string {
  const rows = priorityClasses.map((name) => {
    const share = minimumShares[name];
    return [
      code(name),
      priorities.filter((priority) => priorityClass(priority) === name).join(', '),
      String(priorityNames[name]),
      share === 0 ? 'goes first' : `${Math.round(share * 100)} %`,
    ];
  });
  return markdownTable(['Class', 'Priorities', 'The name stands for', 'At least'], rows);
}
