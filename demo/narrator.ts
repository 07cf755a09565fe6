import type { AppliedAttack } from './attack.js';
import type { DemoTenant } from './demo-tenant.js';
import type { AttackVerdict, DemoReport, EditVerdict } from './verdict.js';

export interface DemoOutcome {
  ok: boolean;
  report: DemoReport;
  attacks: AttackVerdict[];
  harmless: EditVerdict[];
  webhook: { id: string | null; type: string | null; verified: boolean };
}

const COLOURS: Record<string, string> = {
  critical: '\u001B[1;31m',
  high: '\u001B[31m',
  medium: '\u001B[33m',
  low: '\u001B[36m',
  info: '\u001B[2m',
};
const RESET = '\u001B[0m';

/** Tells what is going on while it goes on; colours and dots on a terminal only. */
export class Narrator {
  private readonly startedAt = Date.now();
  private readonly isTerminal: boolean;
  private dotted = false;

  constructor(private readonly out: NodeJS.WriteStream) {
    this.isTerminal = out.isTTY === true && process.env['NO_COLOR'] === undefined;
  }

  step(text: string): void {
    this.line(`[${((Date.now() - this.startedAt) / 1000).toFixed(1).padStart(5)} s] ${text}`);
  }

  waiting(): void {
    if (!this.isTerminal) return;
    this.out.write('.');
    this.dotted = true;
  }

  attack({ kind, displayName }: AppliedAttack): void {
    this.line(`          ${kind}: ${displayName}`);
  }

  report({ changes }: DemoReport): void {
    this.line('');
    for (const change of changes) {
      const actor = change.actor === null ? 'nobody found' : (change.actor.displayName ?? change.actor.id);
      this.line(
        `  ${this.colour(change.severity)} ${change.direction.padEnd(10)} ${change.displayName ?? change.resourceKey}`,
      );
      this.line(`           ${change.title}`);
      this.line(
        `           ${change.resourceType}${change.path === '' ? ` ${change.changeType}` : ` ${change.path}`} · by ${actor} (${change.attribution}) · ${[...change.rules, ...change.references].join(', ')}`,
      );
    }
    this.line('');
  }

  verdict({ ok, attacks, harmless, webhook }: DemoOutcome, seconds: number): void {
    const found = attacks.filter((attack) => attack.found && attack.actorIsRight).length;
    const loud = harmless.filter(({ severity }) => severity !== null && severity !== 'info').length;
    this.line(
      `${ok ? 'Done' : 'Not as it should be'}: ${found} of ${attacks.length} attacks found with their actor, ${loud} of ${harmless.length} harmless edits above info, webhook ${webhook.verified ? 'signed and verified' : 'not verified'}, ${seconds} s.`,
    );
  }

  /** @param dataDir DATA_DIR of the service: the operator's commands find database and master key there */
  urls(url: string, tenant: DemoTenant, token: string, caFile: string, dataDir: string): void {
    this.line('');
    this.line(`API            ${url}/api/v1   (description: ${url}/api/openapi.json)`);
    this.line(`Sign in        ${url}/api/v1/auth/login   (the tenant shows a page of its people)`);
    this.line(`Demo tenant    ${tenant.graphBaseUrl}   (change it and watch the next scan):`);
    this.line(
      `               curl --cacert ${caFile} -H 'Authorization: Bearer ${tenant.tokenFor(tenant.administrator.objectId)}' ${tenant.graphBaseUrl}/identity/conditionalAccess/policies`,
    );
    this.line(`Command line   export BLINDSPOTX_URL=${url} BLINDSPOTX_TOKEN=${token}`);
    this.line('               npx blindspotx drift list        (the token lives ten minutes)');
    this.line(`Operator       DATA_DIR=${dataDir} npx blindspotx keys status        (also db, admin, tenants)`);
    this.line('');
    this.line('It stays up until Ctrl-C.');
  }

  private colour(severity: string): string {
    const text = severity.toUpperCase().padEnd(8);
    return this.isTerminal ? `${COLOURS[severity] ?? ''}${text}${RESET}` : text;
  }

  private line(text: string): void {
    if (this.dotted) this.out.write('\n');
    this.dotted = false;
    this.out.write(`${text}\n`);
  }
}
