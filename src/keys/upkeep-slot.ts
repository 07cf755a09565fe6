/** The job's name among the slots. */
export const UPKEEP_JOB = 'keys.upkeep';
/** What it is about: there is one set of keys. */
export const UPKEEP_KEY = 'keys';
