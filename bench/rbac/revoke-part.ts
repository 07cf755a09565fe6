import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile, spread, table, verdict } from './figures.js';
import type { BenchOptions } from './options.js';
import { openServiceStage } from './service-stage.js';

const REVOKES = 100;
const LIMIT_MS = 1000;
const STEP_MS = 1;
const GIVEN = 'access:check';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What is taken on one instance: how long another goes on allowing it after the taking was answered. */
export async function measureRevokes({ isQuick }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const stage = await openServiceStage();
  try {
    const { url } = stage.service;
    const { url: other } = await stage.anotherInstance();
    const call = caller(stage.tokens[0] ?? '');
    const subject = stage.model.users[1] ?? '';
    const role = await call(`${url}/api/v1/rbac/roles`, 'POST', { name: 'taken-again', permissions: [GIVEN] });
    const may = async (on: string): Promise<boolean> => {
      const answer = await call(`${on}/api/v1/rbac/check`, 'POST', { subject, permission: GIVEN });
      return answer.body['allowed'] === true;
    };
    const times: number[] = [];
    const faults: string[] = [];
    for (let nth = 0; nth < (isQuick ? 20 : REVOKES); nth++) {
      const content = { subject, role: role.body['id'], reason: 'a benchmark' };
      const given = await call(`${url}/api/v1/rbac/assignments`, 'POST', content);
      while (!(await may(other))) await sleep(STEP_MS);
      await call(`${url}/api/v1/rbac/assignments/${String(given.body['id'])}`, 'DELETE');
      const answered = performance.now();
      if (await may(url)) faults.push(`revoke ${nth}: the instance that took it still allows it`);
      while (await may(other)) await sleep(STEP_MS);
      times.push(performance.now() - answered);
    }
    const highest = Math.max(...times);
    const row = [
      spread(times, (value) => value.toFixed(1)),
      quantile(times, 0.99).toFixed(1),
      highest.toFixed(1),
      String(LIMIT_MS),
      verdict(highest < LIMIT_MS),
    ];
    const text = [
      `### ${times.length} revokes on one instance, felt on another`,
      `From the answer to DELETE /rbac/assignments to the first denial by POST /rbac/check of the other, that question and the one on the first instance included; median ${median(times).toFixed(1)} ms, maximum ${highest.toFixed(1)} ms.`,
      table(['milliseconds, median (min..max)', 'p99', 'maximum', 'limit of the maximum', 'limit is'], [row]),
    ].join('\n\n');
    return { text, faults };
  } finally {
    await stage.close();
  }
}

function caller(token: string) {
  return async (url: string, method: string, body?: object): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
    return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
}
