/** How what is known of answers is named in Redis. */
import { createHash } from 'node:crypto';
import type { TaskClass } from '../domain/task-class.ts';

/** Users have names of any length and content; a key needs only to tell them apart. */
export function userName(user: string): string {
  return createHash('sha256').update(user).digest('base64url').slice(0, 22);
}

/** The sum of what was said of a model's answers to one kind of task. */
export function saidField(model: string, task: TaskClass | undefined): string {
  return `${task ?? ''}|${model}`;
}

/** The sum of what could be seen of them. Earlier versions take it for a task that they lack. */
export function seenField(model: string, task: TaskClass | undefined): string {
  return `${seenMark}${saidField(model, task)}`;
}

export const seenMark = 'seen:';
