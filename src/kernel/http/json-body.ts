import type { FastifyInstance, FastifyRequest } from 'fastify';
import { kernelError } from '../errors/kernel.errors.js';
import { jsonFault } from '../text/json-fault.js';

const BYTE_ORDER_MARK = /^\uFEFF/;

type Done = (error: Error | null, value?: unknown) => void;

/** Fastify's own reading of JSON, which refuses poisoned prototypes, with an error that says what is wrong and quotes nothing. */
export function jsonBodyParser(fastify: FastifyInstance) {
  const read = fastify.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, body: string | Buffer, done: Done): void => {
    const text = body.toString();
    void read(request, text, (error, value) => {
      if (error === null) done(null, value);
      else done(kernelError('request.invalid', { detail: notJson(text), cause: error }));
    });
  };
}

function notJson(body: string): string {
  if (body.trim() === '') return 'The body is empty, but Content-Type says that it is JSON.';
  const fault = jsonFault(body.replace(BYTE_ORDER_MARK, ''));
  if (fault === null) return 'The body has a member "__proto__" or "constructor", which nothing here has.';
  return `The body isn't JSON: ${fault.expected} is expected at position ${fault.position}.`;
}
