import { hash } from 'node:crypto';
import type { Json } from '../../crypto/canonical-json.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { type DriftReportDocument, type ReportedChange, SEVERITIES, type Severity } from './drift-report.types.js';
import { notShown, printable } from './printable.js';

/** Longer values are cut: a page is for people, the JSON of the report has everything. */
const VALUE_LENGTH = 2000;
const ELEMENTS_SHOWN = 50;

const STYLE = `
:root { color-scheme: light dark; --text: #1a1c20; --muted: #50565f; --page: #fff; --card: #f4f5f7; --line: #c9ced6;
  --critical: #8f0b1f; --high: #a3341a; --medium: #7a5200; --low: #1c5a86; --info: #50565f; --gone: #8f0b1f; --came: #14612f; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --muted: #aab1bb; --page: #14161a; --card: #1e2127; --line: #3c424c;
  --critical: #ff8f9c; --high: #ffa487; --medium: #f0c060; --low: #8cc8f5; --info: #aab1bb; --gone: #ff8f9c; --came: #7fd69b; } }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; } h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.muted { color: var(--muted); } ul.counts { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; margin: 1rem 0; padding: 0; }
ul.counts li { border: 1px solid var(--line); border-left-width: .4rem; border-radius: .3rem; padding: .4rem .8rem; background: var(--card); }
.critical { border-left-color: var(--critical) !important; } .high { border-left-color: var(--high) !important; }
.medium { border-left-color: var(--medium) !important; } .low { border-left-color: var(--low) !important; } .info { border-left-color: var(--info) !important; }
article { border: 1px solid var(--line); border-left: .4rem solid var(--line); border-radius: .3rem; background: var(--card); padding: .75rem 1rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
section.change { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .5rem; } p { margin: .25rem 0; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
del { color: var(--gone); } ins { color: var(--came); text-decoration: none; } ins code { font-weight: 600; }
.frame { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } } @media print { article { break-inside: avoid; } }
`;

/** What the page may load: nothing but its own style (CSP Level 3, by hash), wherever it is opened. */
export const HTML_REPORT_POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'`;

/**
 * One page without scripts and without anything to load, for people who have no access to the service: worst first, the changes of
 * an act together, in words and not only in colours (WCAG 2.2, 1.4.1).
 */
export function renderHtml(report: DriftReportDocument, omitted: number): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${HTML_REPORT_POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<title>Configuration drift</title>',
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    ...head(report, omitted),
    ...notAssessed(report),
    ...controls(report),
    ...changes(report, omitted),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function head(
  { changes, complete, summary, trigger, baselineVersion }: DriftReportDocument,
  omitted: number,
): string[] {
  const length = changes.length + omitted;
  const said =
    length === 0
      ? complete
        ? 'No drift.'
        : 'No drift in what was assessed.'
      : `${length} ${length === 1 ? 'change' : 'changes'}.`;
  const against = baselineVersion === null ? '' : ` against version ${baselineVersion} of the baseline`;
  return [
    '<main>',
    '<h1>Configuration drift</h1>',
    `<p>${said} <span class="muted">${trigger === 'offline' ? 'Two exports compared' : `Compared ${trigger === 'schedule' ? 'on schedule' : 'by hand'}${against}`}.</span></p>`,
    '<ul class="counts">',
    ...SEVERITIES.map((severity) => `<li class="${severity}"><strong>${summary[severity]}</strong> ${severity}</li>`),
    '</ul>',
  ];
}

function notAssessed({ incomplete }: DriftReportDocument): string[] {
  if (incomplete.length === 0) return [];
  const items = incomplete.map(({ resourceType, reason, since }) => {
    const when = since === null ? '' : ` <span class="muted">since <time>${html(since)}</time></span>`;
    return `<li><strong>${html(RESOURCE_TYPE_CATALOGUE[resourceType].title)}</strong>: ${html(reason)}${when}</li>`;
  });
  return ['<h2>Not assessed</h2>', '<p>This says nothing about drift either way.</p>', '<ul>', ...items, '</ul>'];
}

function controls(report: DriftReportDocument): string[] {
  const moved = report.controls.filter(({ before, after }) => before !== after);
  if (moved.length === 0) return [];
  const rows = moved.map(
    ({ id, before, after }) =>
      `<tr><th scope="row">${html(id)}</th><td>${html(before)}</td><td>${html(after)}</td></tr>`,
  );
  return [
    '<h2>Controls</h2>',
    '<div class="frame" tabindex="0" role="region" aria-label="Controls">',
    '<table><thead><tr><th scope="col">control</th><th scope="col">before</th><th scope="col">after</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table>`,
    '</div>',
  ];
}

function changes(report: DriftReportDocument, omitted: number): string[] {
  const lines: string[] = [];
  for (const severity of SEVERITIES) {
    const own = report.changes.filter((change) => change.severity === severity);
    if (own.length === 0) continue;
    lines.push(`<h2>${severity[0]?.toUpperCase()}${severity.slice(1)}</h2>`);
    for (const act of byAct(own)) lines.push(article(act, severity).join('\n'));
  }
  if (omitted > 0) lines.push(`<p>${notShown(omitted)}</p>`);
  return [...lines, '</main>'];
}

/** The changes of one object in one act. */
function byAct(all: ReportedChange[]): ReportedChange[][] {
  const acts = new Map<string, ReportedChange[]>();
  for (const change of all) {
    const act = JSON.stringify([change.changeSetId, change.resourceType, change.resourceKey]);
    const known = acts.get(act);
    if (known === undefined) acts.set(act, [change]);
    else known.push(change);
  }
  return [...acts.values()];
}

function article(act: ReportedChange[], severity: Severity): string[] {
  const [first] = act;
  if (first === undefined) return [];
  const title = RESOURCE_TYPE_CATALOGUE[first.resourceType].title;
  return [
    `<article class="${severity}">`,
    `<h3>${html(title)} “${html(cut(first.displayName ?? first.resourceKey))}”</h3>`,
    `<p class="muted"><code>${html(first.resourceKey)}</code>${first.matchedBy === 'name' ? ', matched by name' : ''}</p>`,
    ...act.flatMap(section),
    '</article>',
  ];
}

function section(change: ReportedChange): string[] {
  const { title, direction, state, rules, references, actor, attribution } = change;
  const sources = [...rules, ...references].map((source) => `<code>${html(source)}</code>`).join(' ');
  const who =
    actor === null
      ? 'nobody found'
      : `${html(actor.displayName ?? actor.id)} <span class="muted">(${actor.type} <code>${html(actor.id)}</code>, ${attribution})</span>`;
  return [
    '<section class="change">',
    `<p><strong>${html(title)}</strong> <span class="muted">${direction}, ${state}</span></p>`,
    '<dl>',
    ...facts(change),
    `<dt>by</dt><dd>${who}</dd>`,
    sources === '' ? '' : `<dt>rules</dt><dd>${sources}</dd>`,
    '</dl>',
    '</section>',
  ].filter((line) => line !== '');
}

function facts({ changeType, path, before, after }: ReportedChange): string[] {
  if (changeType === 'added') return [`<dt>added</dt><dd><ins>${value(after)}</ins></dd>`];
  if (changeType === 'removed') return [`<dt>removed</dt><dd><del>${value(before)}</del></dd>`];
  const at = `<dt>at</dt><dd><code>${html(cut(path))}</code></dd>`;
  if (Array.isArray(before) && Array.isArray(after)) {
    return [
      at,
      ...(after.length === 0 ? [] : [`<dt>added</dt><dd><ins>${elements(after)}</ins></dd>`]),
      ...(before.length === 0 ? [] : [`<dt>removed</dt><dd><del>${elements(before)}</del></dd>`]),
    ];
  }
  return [
    at,
    `<dt>before</dt><dd><del>${value(before)}</del></dd>`,
    `<dt>after</dt><dd><ins>${value(after)}</ins></dd>`,
  ];
}

function elements(all: Json[]): string {
  const shown = all.slice(0, ELEMENTS_SHOWN).map(value).join(' ');
  return all.length > ELEMENTS_SHOWN ? `${shown} and ${all.length - ELEMENTS_SHOWN} more` : shown;
}

function value(json: Json): string {
  if (json === null) return '<span class="muted">(none)</span>';
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return `<code>${html(cut(text))}</code>`;
}

function cut(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH - 1)}…` : text;
}

/** A tenant's text as text: no markup, no attribute, nothing that turns the direction of writing. */
function html(text: string): string {
  return printable(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
