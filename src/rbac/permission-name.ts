/** What an application calls itself before the names of its permissions. */
const NAMESPACE = '[a-z][a-z0-9-]{1,30}';
/** `resource:action` */
const OWN_NAME = '[a-z][a-z0-9-]{0,62}:[a-z][a-z0-9-]{0,62}';

export const NAMESPACE_PATTERN = new RegExp(`^${NAMESPACE}$`);
/** `resource:action`, without a namespace. */
export const OWN_PERMISSION_PATTERN = new RegExp(`^${OWN_NAME}$`);
/** The full name of a permission: ours, or with its namespace before it. */
export const PERMISSION_PATTERN = new RegExp(`^(?:${NAMESPACE}/)?${OWN_NAME}$`);
/** What PERMISSION_PATTERN can match at most. */
export const MAX_PERMISSION_LENGTH = 159;
