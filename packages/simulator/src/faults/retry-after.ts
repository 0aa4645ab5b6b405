import type { RETRY_AFTER_FORMS } from './fault.ts';

export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

/** Far more seconds than any caller should ever wait. */
const ABSURD_SECONDS = 999_999_999;

/** The headers that tell a caller when to come back, in one of the forms seen in the field. */
export function retryAfterHeaders(form: string, seconds: number): Record<string, string> {
  switch (form) {
    case 'seconds':
      return { 'retry-after': String(Math.ceil(seconds)) };
    case 'date': {
      const atMs = Math.ceil((Date.now() + seconds * 1000) / 1000) * 1000;
      return { 'retry-after': new Date(atMs).toUTCString() };
    }
    case 'ms':
      return { 'retry-after-ms': String(Math.ceil(seconds * 1000)) };
    case 'absurd':
      return { 'retry-after': String(ABSURD_SECONDS) };
    case 'negative':
      return { 'retry-after': '-5' };
    case 'words':
      return { 'retry-after': 'soon' };
    default:
      return {};
  }
}
