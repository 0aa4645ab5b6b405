import { describe, expect, test } from 'vitest';
import { buildUrl } from './build-url.ts';

describe('the address of a call', () => {
  test.each([
    ['https://api.example.com/v1', 'https://api.example.com', '/v1/chat/completions'],
    ['http://127.0.0.1:9/d/east/v1/', 'http://127.0.0.1:9', '/d/east/v1/chat/completions'],
    [
      'https://h.example/openai?api-version=1',
      'https://h.example',
      '/openai/chat/completions?api-version=1',
    ],
    ['https://h.example', 'https://h.example', '/chat/completions'],
  ])('%s gives origin %s and path %s', (baseUrl, origin, path) => {
    expect(buildUrl({ baseUrl }, '/chat/completions', 'small')).toEqual({ origin, path });
  });

  test('has the query of the dialect and the configured one', () => {
    const provider = { baseUrl: 'https://h.example/v1', query: { 'api-version': '1', q: 'a b&c' } };
    expect(buildUrl(provider, '/m/{model}:go?alt=sse', 'what?').path).toBe(
      '/v1/m/what%3F:go?alt=sse&api-version=1&q=a+b%26c',
    );
    expect(buildUrl(provider, '/m', 'small').path).toBe('/v1/m?api-version=1&q=a+b%26c');
  });

  test('carries the name of the model as one encoded part of the path', () => {
    const url = buildUrl({ baseUrl: 'https://h.example' }, '/model/{model}/invoke', 'a/b:0?$&');
    expect(url.path).toBe('/model/a%2Fb%3A0%3F%24%26/invoke');
  });
});
