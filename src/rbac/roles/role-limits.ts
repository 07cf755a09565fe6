/** How long a chain of roles that inherit from each other may be, and so how deep a decision may have to look. */
export const MAX_ROLE_LEVELS = 20;
export const MAX_ROLE_PARENTS = 50;
/** Of its own; what it inherits comes on top. */
export const MAX_ROLE_PERMISSIONS = 1000;
export const MAX_ROLES = 5000;
/** Of all roles together: how often one inherits from another directly. What a document of all of them takes grows as the square. */
export const MAX_ROLE_EDGES = 10_000;
/** How short and how long the longest activation of a role may be, as the column takes it: five minutes to thirty days; eight hours when nobody says. */
export const MIN_ACTIVATION_CAP_SECONDS = 300;
export const MAX_ACTIVATION_SECONDS = 2_592_000;
export const DEFAULT_ACTIVATION_SECONDS = 28_800;
/** Names are what people, documents and URLs use: one spelling. */
export const ROLE_NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,99}$/;
