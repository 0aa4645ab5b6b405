/** Last in the chain: paths that nobody has, and everything that was thrown. */
import { ForebayError } from '@forebay/shared/domain/forebay-error';
import type { NextFunction, Request, Response } from 'express';
import type { HttpEvents } from './http-events.ts';
import { problemReply } from './problem.ts';
import { contextOf, insideRequest } from './request-context.ts';
import { sendReply } from './send-reply.ts';

/** Answers a path that is in no route table. */
export function serveNotFound(_request: Request, _response: Response): void {
  throw new ForebayError('not_found', 'There is nothing at this path. Check method and spelling.');
}

/** Turns whatever was thrown into a problem, and tells about failures of ours. */
export function serveProblem(events: HttpEvents) {
  // oxlint-disable-next-line eslint/max-params -- Express knows an error handler by its four.
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const { requestId, route } = contextOf(response);
    const reply = problemReply(error, { requestId, instance: request.path });
    if (reply.status >= 500) {
      const code = ForebayError.is(error) ? error.code : 'internal';
      const fields = { requestId, route, code, error };
      insideRequest(response, () => events.emit('request.failed', fields));
    }
    // A refused body may still be on its way: it is not read, and the connection not reused.
    if (!request.complete) response.setHeader('Connection', 'close');
    sendReply(response, reply);
  };
}
