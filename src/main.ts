import { startComplaint } from './app/start-complaint.js';

// What is needed before anything else can fail; the rest is loaded once the process knows how to complain.
try {
  const { startService } = await import('./app/start-service.js');
  await startService(process.env);
} catch (error) {
  process.stderr.write(`${startComplaint(error)}\n`);
  process.exit(1);
}
