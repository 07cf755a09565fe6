// The same service with the worker's role only: scans and deliveries, no API beyond health and metrics.
process.env['PROCESS_ROLE'] ??= 'worker';
await import('./main.js');

export {};
