/** Names of the BullMQ queues: one per model, one for webhook deliveries. */

/** BullMQ refuses colons in names; a model's other characters are kept readable. */
export function modelQueueName(model: string): string {
  return `model-${encodeURIComponent(model).replaceAll('%', '~')}`;
}

export const webhookQueueName = 'webhooks';
