import { describe, expect, test } from 'vitest';
import { type AwsKeys, type SignedRequest, signAws } from './sign-aws.ts';

// The keys, the time and the service of the examples that AWS published for its signatures.
const keys: AwsKeys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
  region: 'us-east-1',
  service: 'service',
};
const vanilla: SignedRequest = {
  method: 'GET',
  path: '/',
  headers: { host: 'example.amazonaws.com' },
  body: '',
  nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
};

function signatureOf(request: Partial<SignedRequest>, with_: Partial<AwsKeys> = {}) {
  const { authorization = '' } = signAws({ ...vanilla, ...request }, { ...keys, ...with_ });
  return authorization;
}

describe('a signature', () => {
  test.each([
    {
      name: 'get-vanilla',
      request: {},
      names: 'host;x-amz-date',
      signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    {
      name: 'get-vanilla-query-order-key-case',
      request: { path: '/?Param2=value2&Param1=value1' },
      names: 'host;x-amz-date',
      signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    },
    {
      name: 'post-vanilla',
      request: { method: 'POST' },
      names: 'host;x-amz-date',
      signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    },
    {
      name: 'post-x-www-form-urlencoded',
      request: {
        method: 'POST',
        headers: { ...vanilla.headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Param1=value1',
      },
      names: 'content-type;host;x-amz-date',
      signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    },
  ])('is that of the published example $name', ({ request, names, signature }) => {
    expect(signatureOf(request)).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        `SignedHeaders=${names}, Signature=${signature}`,
    );
  });

  test('covers the token of temporary keys, which goes out beside it', () => {
    const signed = signAws(vanilla, { ...keys, sessionToken: 'token' });
    expect(signed).toMatchObject({
      'x-amz-date': '20150830T123600Z',
      'x-amz-security-token': 'token',
    });
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
  });

  test('differs with every part of the request and of the keys', () => {
    const all = [
      signatureOf({}),
      signatureOf({ method: 'POST' }),
      signatureOf({ path: '/model/a%3A0/invoke' }),
      signatureOf({ path: '/model/a%253A0/invoke' }),
      signatureOf({ path: '/?a=b' }),
      signatureOf({ body: 'b' }),
      signatureOf({ headers: { host: 'other.amazonaws.com' } }),
      signatureOf({ nowMs: vanilla.nowMs + 1_000 }),
      signatureOf({}, { secretAccessKey: 'other' }),
      signatureOf({}, { region: 'eu-west-1' }),
      signatureOf({}, { service: 'bedrock' }),
    ];
    expect(new Set(all.map((text) => text.split('Signature=')[1])).size).toBe(all.length);
  });
});
