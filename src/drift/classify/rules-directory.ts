import { fileURLToPath } from 'node:url';

/** Where the rules that come with the product are. */
export const RULES_DIRECTORY = fileURLToPath(new URL('./rules/', import.meta.url));
