import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const jobsError = defineErrors({
  'jobs.run_overtaken': { kind: 'conflict', title: 'Another run of this slot has taken over' },
  'jobs.another_running': { kind: 'conflict', title: 'A slot of this job is running already' },
});

constraintMeans('uq_job_slots_job_key_running', () => jobsError('jobs.another_running'));
