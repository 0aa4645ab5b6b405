import { useRedis } from '../support/redis.ts';
import { describeArchive } from './archive-suite.ts';
import { describeDeltaStore } from './delta-store-suite.ts';
import { describeJobChanges } from './job-change-suite.ts';
import { describeJobDeletion } from './job-delete-suite.ts';
import { describeJobGroups } from './job-group-suite.ts';
import { describeJobLeases } from './job-lease-suite.ts';
import { describeJobLists } from './job-list-suite.ts';
import { describeJobStore } from './job-store-suite.ts';
import { describeLaneStore } from './lane-store-suite.ts';
import { describeOutboxStore } from './outbox-store-suite.ts';
import { describeRetention } from './retention-suite.ts';
import { describeStoreFigures } from './store-figures-suite.ts';

const redis = useRedis();

describeJobStore('a single server', () => redis().url);
describeJobGroups('a single server', () => redis().url);
describeJobChanges('a single server', () => redis().url);
describeJobDeletion('a single server', () => redis().url);
describeJobLeases('a single server', () => redis().url);
describeJobLists('a single server', () => redis().url);
describeLaneStore('a single server', () => redis().url);
describeOutboxStore('a single server', () => redis().url);
describeStoreFigures('a single server', () => redis().url);
describeDeltaStore('a single server', () => redis().url);
describeArchive('a single server', () => redis().url);
describeRetention('a single server', () => redis().url);
