import { ConfigurationError } from './config/load-settings.js';

// The class is needed before anything else can fail; the rest is loaded once the process knows how to complain.
try {
  const { startService } = await import('./app/start-service.js');
  await startService(process.env);
} catch (error) {
  if (error instanceof ConfigurationError) process.stderr.write(`${error.message}\n`);
  else if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    process.stderr.write(
      `${(error as Error).message}. Another program listens there: stop it, or set PORT to a free one.\n`,
    );
  } else
    process.stderr.write(
      `BlindspotX could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  process.exit(1);
}
