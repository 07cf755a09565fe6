import type { Json } from '../../crypto/canonical-json.js';
import { tokensOf } from '../normalise/json-members.js';
import { printable } from '../report/printable.js';
import type { Lookup } from '../resource-types/remediation-way.types.js';
import type { PlannedRequest, PlanSubject, RemediationPlan } from './remediation-plan.types.js';

/**
 * A plan as a script of Microsoft Graph PowerShell (Invoke-MgGraphRequest of Microsoft.Graph.Authentication). It stops at the
 * first error. Whatever comes from a tenant stands in it as a comment without line ends, as JSON in pure ASCII without
 * apostrophes inside a single-quoted string, or percent-encoded in an address: nothing of it can end where it stands.
 */
export function renderPowerShell(plan: RemediationPlan): string {
  const lines = [
    '# Brings the configuration back to the approved baseline. Read it before you run it.',
    "$ErrorActionPreference = 'Stop'",
    'Import-Module Microsoft.Graph.Authentication',
    ...(plan.permissions.length === 0
      ? []
      : [`Connect-MgGraph -NoWelcome -Scopes ${plan.permissions.map(quoted).join(', ')}`]),
    '$ids = @{}',
    ...(plan.requests.some(({ lookups }) => lookups.length > 0) ? ['', FIND] : []),
  ];
  for (const request of plan.requests) lines.push('', ...requestLines(request));
  if (plan.byHand.length > 0) lines.push('', '# Not done by this script:');
  for (const work of plan.byHand) lines.push(comment(`- ${nameOf(work)}: ${work.why} Where: ${work.place}`));
  if (plan.notes.length > 0) lines.push('', '# Good to know:');
  for (const note of plan.notes) lines.push(comment(`- ${nameOf(note)}: ${note.text}`));
  return `${lines.join('\n')}\n`;
}

/** Follows the pages of a list; the one element that fits, or nothing is sent. */
const FIND = `function Find-Id([string] $Uri, [scriptblock] $Fits, [string] $Member) {
  $found = @()
  while ($Uri) {
    $page = Invoke-MgGraphRequest -Method GET -Uri $Uri -OutputType PSObject
    $found += @($page.value | Where-Object $Fits)
    $Uri = $page.'@odata.nextLink'
  }
  if ($found.Count -ne 1) { throw "Expected one object, found $($found.Count)" }
  $found[0].$Member
}`;

function requestLines(request: PlannedRequest): string[] {
  const { number, does, method, body, gives } = request;
  const root = `/${request.version}`;
  const lines = [comment(`${number}. ${nameOf(request)}: ${does}`)];
  for (const lookup of request.lookups)
    lines.push(
      `$ids.${lookup.name} = Find-Id -Uri ${quoted(root + uri(lookup.path))} -Member ${quoted(lookup.member)} -Fits { ${fits(lookup)} }`,
    );
  if (body !== null) {
    // The ids of what was made before are the only variables.
    if (request.substitutions.length === 0) lines.push(`$body = ${jsonText(body)}`);
    else {
      lines.push(`$document = ${jsonText(body)} | ConvertFrom-Json -AsHashtable`);
      for (const { pointer, name } of request.substitutions) lines.push(`$document${place(pointer)} = $ids.${name}`);
      lines.push('$body = $document | ConvertTo-Json -Depth 100');
    }
  }
  const call = `Invoke-MgGraphRequest -Method ${method} -Uri ${address(root + uri(request.path))}${
    body === null ? '' : " -ContentType 'application/json' -Body $body"
  }`;
  lines.push(gives === null ? `${call} | Out-Null` : `$ids.${gives} = (${call} -OutputType PSObject).id`);
  return lines;
}

function nameOf({ resourceType, displayName, resourceKey }: PlanSubject): string {
  return `${resourceType} "${printable(displayName ?? resourceKey)}"`;
}

/** PowerShell ends a comment at a line end only; words of ours come first, so that none of its special comments can begin. */
function comment(text: string): string {
  return `# ${printable(text)}`;
}

/** Spaces are the one thing that an address of ours leaves to whoever sends it. */
function uri(path: string): string {
  return path.replaceAll(' ', '%20');
}

/** A path with the ids that the script has found. */
function address(path: string): string {
  const parts = path.split(/\{(\w+)\}/);
  if (parts.length === 1) return quoted(path);
  const terms = parts.map((part, i) => (i % 2 === 0 ? quoted(part) : `[uri]::EscapeDataString($ids.${part})`));
  return `(${terms.filter((term) => term !== "''").join(' + ')})`;
}

function fits({ where }: Lookup): string {
  const conditions = Object.entries(where).map(([pointer, value]) => {
    const found = `$_${tokensOf(pointer)
      .map((name) => `.${quoted(name)}`)
      .join('')}`;
    if (value === null) return `$null -eq ${found}`;
    if (Array.isArray(value))
      return `-not (Compare-Object @(${found}) @(${value.map(textOf).join(', ')}) -CaseSensitive)`;
    return typeof value === 'boolean' ? `${found} -eq $${value}` : `${found} -ceq ${textOf(value)}`;
  });
  return conditions.length === 0 ? '$true' : conditions.join(' -and ');
}

/** A place in a document that was read from JSON: indexes of lists are numbers, all else names. */
function place(pointer: string): string {
  return tokensOf(pointer)
    .map((token) => (/^\d+$/.test(token) ? `[${token}]` : `[${textOf(token)}]`))
    .join('');
}

/** JSON as a string of PowerShell. */
function jsonText(value: Json): string {
  return `'${asciiJson(value)}'`;
}

/** A text as an expression of PowerShell; what isn't plain goes through JSON. */
function textOf(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? quoted(value) : `(${jsonText(value)} | ConvertFrom-Json)`;
}

/** For ASCII only: PowerShell takes the typographic apostrophes for ends of a string, too. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** RFC 8259 7: any character may be written as its escape. */
function asciiJson(value: Json): string {
  return JSON.stringify(value).replace(
    /['\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
