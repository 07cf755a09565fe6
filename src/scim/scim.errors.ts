import { type DomainError, defineErrors } from '../kernel/errors/domain-error.js';

/** What a SCIM request can do wrong, in the words of RFC 7644 3.12. */
export const scimError = defineErrors({
  'scim.invalid_filter': { kind: 'invalid', title: 'The filter is not valid or larger than is accepted' },
  'scim.too_many': { kind: 'invalid', title: 'The filter concerns more resources than can be looked through' },
  'scim.mutability': { kind: 'invalid', title: 'This attribute cannot be changed' },
  'scim.invalid_syntax': { kind: 'invalid', title: 'The request is not a SCIM message' },
  'scim.invalid_path': { kind: 'invalid', title: 'The path is not valid or names nothing that there is' },
  'scim.no_target': { kind: 'invalid', title: 'The path selects nothing' },
  'scim.invalid_value': { kind: 'invalid', title: 'A value is missing or of the wrong type' },
  'scim.not_found': { kind: 'not_found', title: 'There is no such resource' },
  'scim.too_large': { kind: 'too_large', title: 'The request is larger than is accepted' },
  'scim.no_filter': { kind: 'denied', title: 'What the service supports takes no filter' },
  'scim.no_tenant_account': { kind: 'denied', title: 'Only a service account provisions people' },
});

/** `scimType` of RFC 7644 table 9, and of what other rooms refuse. */
const SCIM_TYPES: Record<string, string> = {
  'scim.invalid_filter': 'invalidFilter',
  'scim.too_many': 'tooMany',
  'scim.mutability': 'mutability',
  'scim.invalid_syntax': 'invalidSyntax',
  'scim.invalid_path': 'invalidPath',
  'scim.no_target': 'noTarget',
  'scim.invalid_value': 'invalidValue',
  'request.invalid': 'invalidSyntax',
  'request.conflict': 'uniqueness',
  'users.already_provisioned': 'uniqueness',
  'users.linked_to_another': 'mutability',
  'rbac.last_administrator': 'mutability',
};

/** Undefined where RFC 7644 has no word for it. */
export function scimTypeOf(error: DomainError): string | undefined {
  return SCIM_TYPES[error.code];
}
