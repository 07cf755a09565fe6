/** Operations of a bulk request (ServiceProviderConfig says so). */
export const MAX_BULK_OPERATIONS = 100;
