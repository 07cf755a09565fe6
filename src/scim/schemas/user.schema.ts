import type { ResourceSchema, SchemaDefinition } from '../protocol/resource-schema.js';
import { COMMON_ATTRIBUTES, complex, labelled, text, truth } from './attributes.js';

/** RFC 7643 4.1, without what would have no effect here: passwords, roles, entitlements, certificates. */
const USER: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A person',
  attributes: [
    ...COMMON_ATTRIBUTES,
    text('userName', 'The user principal name; once in a tenant', { required: true, uniqueness: 'server' }),
    complex('name', 'The parts of the name', [
      text('formatted', 'All of it, as it is written'),
      text('familyName', 'The family name'),
      text('givenName', 'The given name'),
      text('middleName', 'The middle names'),
      text('honorificPrefix', 'What stands before the name'),
      text('honorificSuffix', 'What stands behind the name'),
    ]),
    text('displayName', 'The name for people to read'),
    text('nickName', 'What the person is called'),
    text('profileUrl', 'A page about the person', { type: 'reference', referenceTypes: ['external'] }),
    text('title', 'The job title'),
    text('userType', 'Such as employee or contractor'),
    text('preferredLanguage', 'As in Accept-Language'),
    text('locale', 'For numbers, dates and money'),
    text('timezone', 'Of the IANA time zone database'),
    truth('active', 'Whether the person may sign in and use what they hold'),
    labelled('emails', 'Addresses of e-mail'),
    labelled('phoneNumbers', 'Telephone numbers'),
    labelled('ims', 'Addresses of instant messages'),
    labelled('photos', 'Addresses of pictures'),
    complex(
      'addresses',
      'Postal addresses',
      [
        text('formatted', 'All of it, as it is written'),
        text('streetAddress', 'Street and number'),
        text('locality', 'City'),
        text('region', 'State or region'),
        text('postalCode', 'Postal code'),
        text('country', 'Country (ISO 3166-1)'),
        text('type', 'Such as work or home'),
        truth('primary', 'Whether it is the preferred one'),
      ],
      { multiValued: true },
    ),
  ],
};

/** RFC 7643 4.3. */
const ENTERPRISE_USER: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'A person in a company',
  attributes: [
    text('employeeNumber', 'The number that the company has for the person'),
    text('costCenter', 'Cost center'),
    text('organization', 'Organisation'),
    text('division', 'Division'),
    text('department', 'Department'),
    complex('manager', 'To whom the person reports', [
      text('value', 'The id of the manager'),
      text('displayName', 'Their name', { mutability: 'readOnly' }),
    ]),
  ],
};

export const USER_SCHEMA: ResourceSchema = { name: 'User', core: USER, extensions: [ENTERPRISE_USER] };
