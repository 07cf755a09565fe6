import { closeSync, openSync, writeSync } from 'node:fs';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { NORMALISER_VERSION, normaliseObject } from '../../src/drift/normalise/normalise-object.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../src/drift/resource-types/catalogue.js';
import { headerLine, objectLine } from '../../src/drift/snapshot/snapshot-lines.js';

const { application } = RESOURCE_TYPE_CATALOGUE;

export interface Generated {
  objects: number;
  changed: number;
  meanBytes: number;
}

/**
 * Two snapshots of the same applications: in the second, `changed` of them have another secret, and every seventh is written
 * with its members in another order, as a service that answers from another server would.
 */
export function generatePair(before: string, after: string, objects: number, changed: number): Generated {
  const every = Math.floor(objects / changed);
  let bytes = 0;
  writeSnapshot(before, objects, (i) => {
    const line = lineOf(i, false, false);
    bytes += line.length + 1;
    return line;
  });
  writeSnapshot(after, objects, (i) => lineOf(i, i % every === 1 && i / every < changed, i % 7 === 0));
  return { objects, changed, meanBytes: Math.round(bytes / objects) };
}

function writeSnapshot(file: string, objects: number, line: (i: number) => string): void {
  const handle = openSync(file, 'w');
  const types = new Map([['application' as const, { status: 'complete' as const, reason: null }]]);
  writeSync(handle, `${headerLine({ tenantId: null, takenAt: null, normaliserVersion: NORMALISER_VERSION, types })}\n`);
  let held = '';
  for (let i = 0; i < objects; i++) {
    held += `${line(i)}\n`;
    if (held.length > 1024 * 1024) {
      writeSync(handle, held);
      held = '';
    }
  }
  writeSync(handle, held);
  closeSync(handle);
}

function lineOf(i: number, isChanged: boolean, isReordered: boolean): string {
  const object = normaliseObject(application, raw(i, isChanged));
  if (object === null) throw new Error('an application is configuration');
  const line = objectLine(object);
  return isReordered ? reordered(line) : line;
}

function reordered(line: string): string {
  const parsed: JsonObject = JSON.parse(line);
  const value = parsed['value'] as JsonObject;
  return JSON.stringify({ ...parsed, value: Object.fromEntries(Object.entries(value).reverse()) });
}

function raw(i: number, isChanged: boolean): JsonObject {
  const id = guid(i, 1);
  return {
    id,
    appId: guid(i, 2),
    displayName: `Application ${i} of the finance department`,
    description: `Reads invoices and writes postings for cost centre ${i % 977}.`,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [`api://${guid(i, 2)}`],
    web: {
      redirectUris: [`https://app-${i}.example.com/signin-oidc`, `https://app-${i}.example.com/callback`],
      logoutUrl: `https://app-${i}.example.com/signout`,
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: i % 3 === 0 },
    },
    passwordCredentials: [
      {
        keyId: guid(i, isChanged ? 9 : 3),
        displayName: 'pipeline',
        startDateTime: '2025-01-01T00:00:00Z',
        endDateTime: '2027-01-01T00:00:00Z',
      },
    ],
    keyCredentials: [
      {
        keyId: guid(i, 4),
        type: 'AsymmetricX509Cert',
        usage: 'Verify',
        displayName: `CN=app-${i}`,
        endDateTime: '2027-01-01T00:00:00Z',
      },
    ],
    requiredResourceAccess: [
      {
        resourceAppId: '00000003-0000-0000-c000-000000000000',
        resourceAccess: [
          { id: 'e1fe6dd8-ba31-4d61-89e7-88639da4683d', type: 'Scope' },
          { id: '7ab1d382-f21e-4acd-a863-ba3e13f7da61', type: 'Role' },
        ],
      },
    ],
    owners: [{ id: guid(i % 500, 5) }, { id: guid(i % 499, 6) }],
    tags: ['HideApp', 'WindowsAzureActiveDirectoryIntegratedApp'],
  };
}

function guid(i: number, kind: number): string {
  return `${String(kind).padStart(8, '0')}-0000-4000-8000-${i.toString(16).padStart(12, '0')}`;
}
