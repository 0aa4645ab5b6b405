import type { Exchange } from '../http/exchange.ts';

/** Ends a half-sent answer in one of the ways of `cut_mid_body`, except the clean one. */
export function breakConnection(exchange: Exchange, how: string): void {
  if (how === 'reset') exchange.resetSocket();
  else exchange.closeSocket();
}
