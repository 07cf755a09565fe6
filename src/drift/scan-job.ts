/** The job's name among the slots; its key is the tenants.id. */
export const SCAN_JOB = 'drift.scan';
