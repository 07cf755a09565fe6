/** What came back, read whole. */
export interface BoundedResponse {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export interface BoundedRequest {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** For the whole exchange, body included. */
  timeoutMs: number;
  maxBytes: number;
}

/**
 * One HTTP exchange that can neither hang nor fill the memory: a timeout over all of it, a cap on the body, and no redirects
 * (an authority that sends us elsewhere isn't the one that was configured).
 *
 * @throws Error when it takes too long, is too large, redirects, or the network fails
 */
export async function fetchBounded(url: string, request: BoundedRequest): Promise<BoundedResponse> {
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    redirect: 'error',
    signal: AbortSignal.timeout(request.timeoutMs),
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > request.maxBytes)
        throw new Error(`the answer of ${new URL(url).host} is larger than ${request.maxBytes} bytes`);
      chunks.push(chunk);
    }
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: Buffer.concat(chunks).toString('utf8'),
  };
}
