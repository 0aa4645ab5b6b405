import type { Provider } from '@forebay/shared/domain/model-catalog';

/**
 * Origin and path of a call under the provider's base URL, with the query of the path, that of the
 * base URL and the configured one.
 *
 * @param template path with a leading slash, and a query if the dialect needs one; `{model}`
 *   stands for the model's upstream name.
 */
export function buildUrl(
  { baseUrl, query }: Pick<Provider, 'baseUrl' | 'query'>,
  template: string,
  upstreamModel: string,
): { readonly origin: string; readonly path: string } {
  const url = new URL(baseUrl);
  const [path = '', own = ''] = template
    .replaceAll('{model}', () => encodeURIComponent(upstreamModel))
    .split('?');
  const configured = new URLSearchParams(query ?? {}).toString();
  const search = [own, url.search.slice(1), configured].filter((part) => part !== '').join('&');
  const base = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, path: `${base}${path}${search === '' ? '' : `?${search}`}` };
}
