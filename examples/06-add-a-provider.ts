/**
 * Add a provider of your own. This one is a server of a few lines that speaks the OpenAI dialect
 * and says everything back; 06-add-a-provider.yaml tells Forebay about it.
 *
 * Start Forebay with that file: `ECHO_URL=http://127.0.0.1:4010 npm start -- --config
 * examples/06-add-a-provider.yaml`, and run this with the same ECHO_URL.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { createForebayClient } from '@forebay/client';
import { apiKey, setting, url } from './connect.ts';

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly content: string }[];
}

async function readChat(request: IncomingMessage): Promise<ChatRequest> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  // Forebay sends what the OpenAI API takes.
  return JSON.parse(text) as ChatRequest;
}

const provider = createServer((request, response) => {
  void readChat(request).then(({ model, messages }) => {
    const content = `You said: ${messages.at(-1)?.content}`;
    console.log(`the provider was asked for ${model}`);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        ...{ id: crypto.randomUUID(), object: 'chat.completion', model },
        created: Math.floor(Date.now() / 1_000),
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
        // What is billed follows from this, at the prices of the configuration.
        usage: { prompt_tokens: 8, completion_tokens: 10, total_tokens: 18 },
      }),
    );
  });
});
await new Promise<void>((resolve) => {
  provider.listen(Number(new URL(setting('ECHO_URL')).port), '127.0.0.1', resolve);
});

const forebay = createForebayClient({ baseUrl: url, apiKey });
const job = await forebay.submit({
  kind: 'chat.completions',
  model: 'echo',
  body: { messages: [{ role: 'user', content: 'Is anybody there?' }], max_tokens: 40 },
});
const ended = await forebay.wait(job.id, { timeoutMs: 60_000 });
console.log(`${ended.status} for ${ended.cost.spent} USD: ${JSON.stringify(ended.result)}`);
provider.close();
provider.closeAllConnections();
