/** `POST /v1/jobs/{id}/feedback`: what somebody says of a job's answer. */
import type { JsonObject } from '@forebay/shared/domain/json';
import type { Clock } from '@forebay/shared/runtime/clock';
import { answerInTime } from '../http/answer-in-time.ts';
import type { ApiReply, AuthenticatedCall } from '../http/api-call.ts';
import type { KeyedRoute } from '../http/route-table.ts';
import { type Feedback, type JudgeJobDeps, judgeJob } from '../intake/judge-job.ts';
import { parseFeedbackRequest } from '../intake/parse-feedback-request.ts';
import { requireJobId } from '../intake/read-job.ts';

export interface FeedbackRoutesDeps {
  readonly judge: JudgeJobDeps;
  readonly clock: Clock;
}

/** The longest comment in its longest spelling, and the user. */
const feedbackBytesMax = 16 * 1024;

export function feedbackRoutes(deps: FeedbackRoutesDeps): readonly KeyedRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/jobs/:id/feedback',
      summary: "Say how good a job's answer was",
      scope: 'jobs:write',
      limits: { bodyBytesMax: feedbackBytesMax, waitSecondsMax: 0 },
      audit: 'write',
      requestSchema: 'JobFeedback',
      handle: (call) => postFeedback(deps, call),
    },
  ];
}

async function postFeedback(deps: FeedbackRoutesDeps, call: AuthenticatedCall): Promise<ApiReply> {
  const id = requireJobId(call.params['id'] ?? '');
  const request = parseFeedbackRequest(call.body);
  const { tenant } = call.caller;
  return answerInTime(deps.clock, async () => {
    const feedback = await judgeJob(deps.judge, { tenant, id }, request);
    return { status: 200, body: viewFeedback(feedback) };
  });
}

function viewFeedback({ id, model, task, user, score, comment, atMs }: Feedback): JsonObject {
  return {
    object: 'job.feedback',
    job: id,
    model,
    task: task ?? null,
    user: user ?? null,
    score,
    comment: comment ?? null,
    created_at: new Date(atMs).toISOString(),
  };
}
