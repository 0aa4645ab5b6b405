/** The page of all routes, made from the tables that the router is made from. */
/** `docs/routes.md`: every route of both listeners, from the tables that serve them. */
import { adminKeyRoutes } from '@forebay/api/admin/admin-key-routes';
import { auditRoutes } from '@forebay/api/admin/audit-routes';
import { breakerRoutes } from '@forebay/api/admin/breaker-routes';
import { budgetRoutes } from '@forebay/api/admin/budget-routes';
import { globalBudgetRoutes } from '@forebay/api/admin/global-budget-routes';
import { keyRoutes } from '@forebay/api/admin/key-routes';
import { metricsRoutes } from '@forebay/api/admin/metrics-routes';
import { operatedModelRoutes } from '@forebay/api/admin/model-routes';
import { operationRoutes } from '@forebay/api/admin/operation-routes';
import { shadowRoutes } from '@forebay/api/admin/shadow-routes';
import { tenantRoutes } from '@forebay/api/admin/tenant-routes';
import { healthRoutes } from '@forebay/api/http/health-routes';
import type { AdminRoute, Route } from '@forebay/api/http/route-table';
import { bulkRoutes } from '@forebay/api/native/bulk-routes';
import { changeRoutes } from '@forebay/api/native/change-routes';
import { deleteRoutes } from '@forebay/api/native/delete-routes';
import { estimateRoutes } from '@forebay/api/native/estimate-routes';
import { eventRoutes } from '@forebay/api/native/event-routes';
import { feedbackRoutes } from '@forebay/api/native/feedback-routes';
import { jobRoutes } from '@forebay/api/native/job-routes';
import { listRoutes } from '@forebay/api/native/list-routes';
import { modelRoutes } from '@forebay/api/native/model-routes';
import { preferenceRoutes } from '@forebay/api/native/preference-routes';
import { qualityRoutes } from '@forebay/api/native/quality-routes';
import { resultRoutes } from '@forebay/api/native/result-routes';
import { retryRoutes } from '@forebay/api/native/retry-routes';
import { routeRoutes } from '@forebay/api/native/route-routes';
import { spendRoutes } from '@forebay/api/native/spend-routes';
import { usageRoutes } from '@forebay/api/native/usage-routes';
import { webhookRoutes } from '@forebay/api/native/webhook-routes';
import { limits } from '@forebay/shared/domain/limits';
import type { DocGenerator } from './doc-generator.ts';
import { code, markdownTable, pageHead } from './markdown.ts';

// Making a table reads `jobBytesMax` at the most; the handlers, which would need all the rest of
// their dependencies, are never called. So one stand-in serves every table.
const standIn = { jobBytesMax: limits.bodyBytesMax } as never;

const publicRoutes: readonly Route[] = [
  ...jobRoutes(standIn),
  ...changeRoutes(standIn),
  ...retryRoutes(standIn),
  ...resultRoutes(standIn),
  ...feedbackRoutes(standIn),
  ...spendRoutes(standIn),
  ...deleteRoutes(standIn),
  ...listRoutes(standIn),
  ...eventRoutes(standIn),
  ...bulkRoutes(standIn),
  ...webhookRoutes(standIn),
  ...routeRoutes(standIn),
  ...estimateRoutes(standIn),
  ...modelRoutes(standIn),
  ...preferenceRoutes(standIn),
  ...usageRoutes(standIn),
  ...qualityRoutes(standIn),
  ...healthRoutes(standIn),
];

const adminRoutes: readonly (Route | AdminRoute)[] = [
  ...healthRoutes(standIn),
  ...metricsRoutes(standIn),
  ...auditRoutes(standIn),
  ...adminKeyRoutes(standIn),
  ...operationRoutes(standIn),
  ...tenantRoutes(standIn),
  ...keyRoutes(standIn),
  ...budgetRoutes(standIn),
  ...globalBudgetRoutes(standIn),
  ...operatedModelRoutes(standIn),
  ...breakerRoutes(standIn),
  ...shadowRoutes(standIn),
];

function sizeText(bytes: number): string {
  const mebibytes = bytes / (1024 * 1024);
  return mebibytes >= 1 ? `${mebibytes} MiB` : `${bytes / 1024} KiB`;
}

/** A parameter in braces; a colon that is none as it is. */
function shownPath(path: string): string {
  return path.replaceAll(/(?<!\\):(\w+)/g, '{$1}').replaceAll('\\:', ':');
}

function bodyText(bytesMax: number, isStream: boolean): string {
  if (bytesMax === 0) return 'none';
  return isStream ? `lines of ${sizeText(bytesMax)}` : sizeText(bytesMax);
}

function keyText(scope: (Route | AdminRoute)['scope']): string {
  if (scope === 'open') return 'no key';
  return scope === 'any' ? 'any scope' : code(scope);
}

function table(routes: readonly (Route | AdminRoute)[]): string {
  return markdownTable(
    ['Route', 'Does', 'Key needs', 'Body', 'Waits at most'],
    routes.map(({ method, path, summary, scope, input, limits: bounds }) => [
      code(`${method} ${shownPath(path)}`),
      summary,
      keyText(scope),
      bodyText(bounds.bodyBytesMax, input === 'stream'),
      bounds.waitSecondsMax === 0 ? '' : `${bounds.waitSecondsMax} s`,
    ]),
  );
}

export const routesPage: DocGenerator = {
  file: 'docs/routes.md',
  generate: () =>
    `${pageHead('Routes', 'the route tables')}
What is not listed here is not served. [api.md](api.md) explains the routes with examples. Every
\`GET\` route takes \`HEAD\`, every path \`OPTIONS\`; other methods get 405 with \`Allow\`.

## Public listener

A body, or a line, with inline images may have ${sizeText(limits.imageBodyBytesMax)} where a
configured model takes images.

${table(publicRoutes)}

## Admin listener

Bull Board stands here too, under \`/board/\`, behind Basic credentials.
[admin-api.md](admin-api.md) explains the routes of operators and their keys.

${table(adminRoutes)}
`,
};
