/** Archives chosen jobs at once, step by step as the archiver does. */
import type { SwapResult } from '@forebay/shared/ports/archive-store';
import type { JobArchive } from '@forebay/shared/ports/job-archive';
import type { JobRef } from '@forebay/shared/ports/job-store';
import type { Store } from '@forebay/shared/redis/open-store';

export async function archiveJobs(
  store: Store,
  archive: JobArchive,
  refs: readonly JobRef[],
): Promise<readonly SwapResult[]> {
  const loaded = await Promise.all(refs.map((ref) => store.archive.load(ref)));
  const jobs = loaded.filter((job) => job !== undefined);
  if (jobs.length !== refs.length) throw new Error('some of the jobs are not there to archive');
  const expiresAtMs = Math.max(...jobs.map((job) => job.expiresAtMs));
  const places = await archive.write({ jobs, expiresAtMs });
  return Promise.all(
    jobs.map((job, index) => {
      const place = places[index];
      if (place === undefined) throw new Error('the archive gave fewer places than jobs');
      return store.archive.swap(job, place);
    }),
  );
}
