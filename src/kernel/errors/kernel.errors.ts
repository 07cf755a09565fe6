import { defineErrors } from './domain-error.js';

/** Codes of faults that belong to no feature: what HTTP itself, validation and the database can say. */
export const kernelError = defineErrors({
  'request.invalid': { kind: 'invalid', title: 'The request is not valid' },
  'request.not_found': { kind: 'not_found', title: 'There is nothing at this address' },
  'request.too_large': { kind: 'too_large', title: 'The request is larger than this route accepts' },
  'request.unsupported_media_type': {
    kind: 'unsupported_media',
    title: 'The body is not of a media type that this route reads',
  },
  'request.conflict': { kind: 'conflict', title: 'The request conflicts with what is stored' },
  'request.precondition_failed': { kind: 'precondition_failed', title: 'The resource has changed since it was read' },
  'request.precondition_required': { kind: 'precondition_required', title: 'This change needs an If-Match header' },
  'request.rate_limited': { kind: 'rate_limited', title: 'Too many requests' },
  'service.unavailable': { kind: 'unavailable', title: 'The service cannot answer right now' },
});
