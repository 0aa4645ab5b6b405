/** Every command, in the order of the help. */

import { budgetCommands } from '../budgets/budget-commands.ts';
import { globalBudgetCommands } from '../budgets/global-budget-commands.ts';
import { analyticsCommand } from '../commands/analytics-command.ts';
import { auditLedgerCommand } from '../commands/audit-ledger-command.ts';
import { auditListCommand } from '../commands/audit-list-command.ts';
import { auditMoneyCommand } from '../commands/audit-money-command.ts';
import { auditVerifyCommand } from '../commands/audit-verify-command.ts';
import { bulkCommand } from '../commands/bulk-command.ts';
import { cancelCommand } from '../commands/cancel-command.ts';
import { changeCommand } from '../commands/change-command.ts';
import { completionCommand } from '../commands/completion-command.ts';
import { configValidateCommand } from '../commands/config-validate-command.ts';
import { doctorCommand } from '../commands/doctor-command.ts';
import { estimateCommand } from '../commands/estimate-command.ts';
import { explainCommand } from '../commands/explain-command.ts';
import { feedbackCommand } from '../commands/feedback-command.ts';
import { jobsCommand } from '../commands/jobs-command.ts';
import { keyCreateCommand } from '../commands/key-create-command.ts';
import { modelsCommand } from '../commands/models-command.ts';
import { qualityCommand } from '../commands/quality-command.ts';
import { retryCommand } from '../commands/retry-command.ts';
import { routeCommand } from '../commands/route-command.ts';
import { spendCommand } from '../commands/spend-command.ts';
import { startCommand } from '../commands/start-command.ts';
import { submitCommand } from '../commands/submit-command.ts';
import { usageCommand } from '../commands/usage-command.ts';
import { watchCommand } from '../commands/watch-command.ts';
import { holdCommands } from '../holds/hold-commands.ts';
import { learningCommands } from '../learning/learning-commands.ts';
import { priceCommands } from '../prices/price-commands.ts';
import { keyCommands } from '../tenants/key-commands.ts';
import { tenantCommands } from '../tenants/tenant-commands.ts';
import { webhookCommands } from '../webhooks/webhook-commands.ts';
import type { CommandSpec } from './command-spec.ts';

export const commandTable: readonly CommandSpec[] = [
  submitCommand,
  bulkCommand,
  estimateCommand,
  jobsCommand,
  spendCommand,
  usageCommand,
  analyticsCommand,
  watchCommand,
  cancelCommand,
  changeCommand,
  retryCommand,
  feedbackCommand,
  qualityCommand,
  ...webhookCommands,
  modelsCommand,
  routeCommand,
  explainCommand,
  doctorCommand,
  configValidateCommand,
  completionCommand,
  startCommand,
  ...learningCommands,
  ...priceCommands,
  ...tenantCommands,
  ...keyCommands,
  ...budgetCommands,
  ...globalBudgetCommands,
  ...holdCommands,
  keyCreateCommand,
  auditListCommand,
  auditVerifyCommand,
  auditMoneyCommand,
  auditLedgerCommand,
];

/** Words that only lead to other commands, such as `key`, with what they are about. */
export const commandGroups: Readonly<Record<string, string>> = {
  audit: 'look at what operators did, and whether the money adds up',
  budgets: 'what tenants and their keys may spend',
  'budgets global': 'what all tenants together may spend',
  config: 'look at a configuration',
  key: 'make API keys',
  keys: 'API keys of tenants, and what each may do',
  outcomes: 'graded answers of models',
  prices: 'what tokens cost',
  tenants: 'who owns jobs, keys and budgets',
  webhooks: 'who hears how your jobs end',
};
