import type { Provider } from '@forebay/shared/domain/model-catalog';

/**
 * Origin and path of a call under the provider's base URL, whose query is kept.
 *
 * @param template path with a leading slash; `{model}` stands for the model's upstream name.
 */
export function buildUrl(
  { baseUrl }: Pick<Provider, 'baseUrl'>,
  template: string,
  upstreamModel: string,
): { readonly origin: string; readonly path: string } {
  const url = new URL(baseUrl);
  const path = template.replaceAll('{model}', () => encodeURIComponent(upstreamModel));
  return { origin: url.origin, path: `${url.pathname.replace(/\/+$/, '')}${path}${url.search}` };
}
