/** HTTP Basic for operators: one user, one key, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

export interface BasicCredentials {
  readonly user: string;
  readonly key: string;
}

/** Lets a request pass only with the right credentials; else 401 and nothing more. */
export function requireBasic(credentials: BasicCredentials) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (isBasicOf(credentials, request.headersDistinct['authorization'] ?? [])) {
      next();
      return;
    }
    response.setHeader('WWW-Authenticate', 'Basic realm="forebay admin", charset="UTF-8"');
    response.setHeader('Cache-Control', 'no-store');
    response.status(401).type('text/plain').send('Credentials of an operator are needed.\n');
  };
}

/** @param headers every occurrence of the `Authorization` header. */
export function isBasicOf({ user, key }: BasicCredentials, headers: readonly string[]): boolean {
  // The comparison runs for missing credentials, too, so that all refusals take the same time.
  return timingSafeEqual(digest(readBasic(headers) ?? ''), digest(`${user}:${key}`));
}

function readBasic(headers: readonly string[]): string | undefined {
  const [header, ...more] = headers;
  if (header === undefined || more.length > 0) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,512})$/i.exec(header)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Equal lengths for the comparison, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
