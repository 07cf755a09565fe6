import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { type BoundedRequest, fetchBounded } from './fetch-bounded.js';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 1_048_576;

/** MSAL's HTTP, bounded: its own client waits for ever. */
export function createMsalNetwork(): INetworkModule {
  async function send<T>(url: string, request: BoundedRequest): Promise<NetworkResponse<T>> {
    const { status, headers, text } = await fetchBounded(url, request);
    return { status, headers, body: parseBody(text, status) as T };
  }
  return {
    sendGetRequestAsync: (url: string, options?: NetworkRequestOptions, timeout?: number) =>
      send(url, { ...given(options), timeoutMs: timeout ?? TIMEOUT_MS, maxBytes: MAX_BYTES }),
    sendPostRequestAsync: (url: string, options?: NetworkRequestOptions) =>
      send(url, { ...given(options), method: 'POST', timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }),
  };
}

function given(options: NetworkRequestOptions | undefined): Pick<BoundedRequest, 'headers' | 'body'> {
  return {
    ...(options?.headers === undefined ? {} : { headers: options.headers }),
    ...(options?.body === undefined ? {} : { body: options.body }),
  };
}

/** A fault of the authority, whatever it says of it, told in the form that MSAL understands (RFC 6749 5.2). */
function parseBody(text: string, status: number): unknown {
  if (status >= 500 || status === 429) {
    return { error: 'temporarily_unavailable', error_description: `HTTP ${status}`, error_codes: [] };
  }
  try {
    return JSON.parse(text);
  } catch {
    if (status < 400) throw new Error('the authority answered with something that is not JSON');
    return { error: 'temporarily_unavailable', error_description: `HTTP ${status} without JSON`, error_codes: [] };
  }
}
