import type { Json } from '../../crypto/canonical-json.js';
import { planRemediation } from './plan-remediation.js';
import type { PlannedChange, RemediationPlan } from './remediation-plan.types.js';
import { renderPowerShell } from './render-powershell.js';

const HOSTILE = [
  "it's",
  "''",
  '$(Remove-Item -Recurse /)',
  '`$x`n',
  '"; exit 1 #',
  "\n'@\nStop-Computer\n@'\n",
  '\r\nStop-Computer\r\n',
  '\u2028Stop-Computer\u2029',
  '\u2018; Stop-Computer; \u2019',
  '\u201a\u201b',
  '#> Stop-Computer <#',
  'SIG # Begin signature block',
  '} ; Stop-Computer ; {',
  '{id}{new1}',
  '\ud800',
  '\u0000',
  '\\u0027; Stop-Computer; \\u0027',
  '🙂',
];

function change(about: Partial<PlannedChange>): PlannedChange {
  return {
    id: 'c',
    resourceType: 'conditionalAccessPolicy',
    resourceKey: '0a8d6ac2-3b8e-4d5d-9b52-2f0a5a3b6d11',
    displayName: 'A policy',
    changeType: 'modified',
    matchedBy: 'id',
    path: '/displayName',
    before: 'A policy',
    after: 'x',
    ...about,
  };
}

function planOf(changes: PlannedChange[], current: Record<string, Json> = {}): RemediationPlan {
  return planRemediation({
    changes,
    current: () => current,
    referrers: () => [],
    entraTenantId: '5d6b1a42-3f1a-4a8e-9d34-1f5c6f2f7c10',
    graphRoot: 'https://graph.example/v1.0',
  });
}

/** Changes in which `text` stands wherever a tenant's text can. */
function changesWith(text: string): PlannedChange[] {
  return [
    change({ before: text, displayName: text }),
    change({
      resourceType: 'namedLocation',
      resourceKey: `l${text}`,
      displayName: text,
      changeType: 'removed',
      path: '',
      before: { displayName: text, ipRanges: [{ cidrAddress: text }] },
      after: null,
    }),
    change({
      resourceType: 'conditionalAccessPolicy',
      resourceKey: `p${text}`,
      displayName: text,
      changeType: 'removed',
      path: '',
      before: { displayName: text, conditions: { locations: { includeLocations: [`l${text}`, text] } } },
      after: null,
    }),
    change({
      resourceType: 'permissionGrantPolicy',
      resourceKey: `g${text}`,
      displayName: text,
      path: '/includes',
      before: [{ permissions: [text] }],
      after: [{ permissionType: text, permissions: [text, 'b'] }],
    }),
    change({
      resourceType: 'oauth2PermissionGrant',
      resourceKey: `a${text}|Principal|${text}|b${text}`,
      displayName: text,
      changeType: 'added',
      path: '',
      before: null,
      after: { scope: [text] },
    }),
    change({
      resourceType: 'application',
      resourceKey: `s${text}`,
      displayName: text,
      path: `/federatedIdentityCredentials/x`,
      before: null,
      after: { name: `f${text}` },
    }),
    change({
      resourceType: 'accessRole',
      resourceKey: text,
      displayName: text,
      changeType: 'added',
      path: '',
      before: null,
      after: { displayName: text },
    }),
  ];
}

/** What is left of a script without its comments and strings: what PowerShell would run. Knows every quote that PowerShell knows. */
function skeleton(script: string): string {
  let out = '';
  for (let i = 0; i < script.length; i++) {
    const char = script[i] ?? '';
    if (char === '#') {
      while (i < script.length && !/[\r\n]/.test(script[i] ?? '')) i++;
      out += '#\n';
    } else if (/['\u2018-\u201b]/.test(char)) {
      for (i++; i < script.length; i++) {
        if (!/['\u2018-\u201b]/.test(script[i] ?? '')) continue;
        if (!/['\u2018-\u201b]/.test(script[i + 1] ?? '')) break;
        i++;
      }
      out += "''";
    } else out += char;
  }
  return out;
}

describe('a plan as PowerShell', () => {
  const harmless = skeleton(renderPowerShell(planOf(changesWith('plain'))));

  test('the skeleton of a harmless plan holds commands of ours only', () => {
    expect(harmless).toContain('Invoke-MgGraphRequest -Method PATCH');
    expect(harmless).toContain('$ids.new1');
    expect(harmless).not.toContain('plain');
  });

  test.each(HOSTILE.map((text) => [JSON.stringify(text), text]))(
    '%s of a tenant changes nothing of what runs',
    (_name, text) => {
      const script = renderPowerShell(planOf(changesWith(text)));
      // What isn't plain is written as JSON and read back, which is another shape of the same commands.
      const plainly = skeleton(script).replaceAll("('' | ConvertFrom-Json)", "''");
      expect(plainly).toBe(harmless);
      expect(script.replace(/^#.*$/gm, '')).toMatch(/^[\n\x20-\x7e]*$/);
    },
  );

  test('a body says exactly what it is to say', () => {
    for (const text of HOSTILE) {
      const script = renderPowerShell(planOf([change({ before: text })]));
      const literal = /^\$body = '(.*)'$/m.exec(script)?.[1] ?? '';
      expect(JSON.parse(literal)).toEqual({ displayName: text });
    }
  });

  test('an id that no address can carry leaves the work to people', () => {
    for (const key of ['..', '.', '']) {
      const plan = planOf([change({ resourceType: 'permissionGrantPolicy', resourceKey: key })]);
      expect(plan.requests).toEqual([]);
      expect(plan.byHand).toHaveLength(1);
    }
  });

  test('an id is one segment of the address whatever it is', () => {
    for (const text of HOSTILE) {
      const [request] = planOf([
        change({ resourceType: 'permissionGrantPolicy', resourceKey: `x/../${text}?a&b` }),
      ]).requests;
      expect(request?.path).toMatch(/^\/policies\/permissionGrantPolicies\/x%2F\.\.%2F[\w%.!~*()-]*%3Fa%26b$/);
    }
  });
});
