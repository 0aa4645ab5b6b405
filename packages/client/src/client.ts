/** The whole surface of the package, chosen by hand (decision 0021). */

export type {
  AnalyticsFigures,
  AnalyticsFilter,
  AnalyticsReport,
  AnalyticsRow,
} from './analytics-report.ts';
export { ForebayApiError } from './api-error.ts';
export type { BulkItem, BulkLine, BulkOptions, BulkReply, BulkSummary } from './bulk/bulk-item.ts';
export type { ClientOptions } from './client-options.ts';
export {
  createForebayClient,
  type ForebayClient,
  type RetryOptions,
  type SubmitOptions,
} from './create-client.ts';
export type {
  CostRange,
  Estimate,
  EstimatedLine,
  EstimateItem,
  EstimateOptions,
  EstimateSummary,
} from './estimate/estimate.ts';
export type { EventOptions, JobEvent } from './events/job-event.ts';
export type { CallOptions } from './http/api-call.ts';
export type { Feedback, JobFeedback } from './jobs/feedback.ts';
export { hasEnded, type Job, type JobStatus } from './jobs/job.ts';
export type { JobChange, JobToChange, RetryChanges } from './jobs/job-change.ts';
export type { AnswerValidation, JobRequest, RoutingWishes } from './jobs/job-request.ts';
export type { JobFilter, JobPage } from './jobs/list-jobs.ts';
export type {
  RouteCandidate,
  RouteExclusion,
  RouteMove,
  RoutePlan,
  RoutePlanReply,
} from './jobs/route-plan.ts';
export type { WaitOptions } from './jobs/wait-for-job.ts';
export type { LearnedQuality } from './learned-quality.ts';
export type { ModelEntry } from './model-entry.ts';
export type { ClientClock } from './runtime/client-clock.ts';
export type { SpendCertificate, SpendKey, SpendLine } from './spend/spend-certificate.ts';
export {
  type SpendRefusal,
  type SpendVerdict,
  verifySpendCertificate,
} from './spend/verify-spend-certificate.ts';
export type { UsageFigures, UsageFilter, UsageReport, UsageRow } from './usage-report.ts';
export {
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookVerdict,
} from './webhooks/verify-webhook.ts';
export type {
  NewWebhookEndpoint,
  ReplayWindow,
  WebhookEndpoint,
  WebhookReplay,
  WebhookTest,
} from './webhooks/webhook-endpoint.ts';
export type { CreateOptions, WebhookMethods } from './webhooks/webhook-methods.ts';
