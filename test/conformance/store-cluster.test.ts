import { useRedisCluster } from '../support/cluster.ts';
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

const cluster = useRedisCluster();

describeJobStore('a cluster of three masters', () => cluster().url);
describeJobGroups('a cluster of three masters', () => cluster().url);
describeJobChanges('a cluster of three masters', () => cluster().url);
describeJobDeletion('a cluster of three masters', () => cluster().url);
describeJobLeases('a cluster of three masters', () => cluster().url);
describeJobLists('a cluster of three masters', () => cluster().url);
describeLaneStore('a cluster of three masters', () => cluster().url);
describeOutboxStore('a cluster of three masters', () => cluster().url);
describeStoreFigures('a cluster of three masters', () => cluster().url);
describeDeltaStore('a cluster of three masters', () => cluster().url);
describeArchive('a cluster of three masters', () => cluster().url);
describeRetention('a cluster of three masters', () => cluster().url);
