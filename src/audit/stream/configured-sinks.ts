import { hostname } from 'node:os';
import type { Settings } from '../../config/settings.js';
import { type Logger, logDestination } from '../../observability/logger.js';
import type { AuditFormat } from '../formats/audit-format.js';
import { NDJSON_FORMAT } from '../formats/ndjson-format.js';
import { OCSF_FORMAT } from '../formats/ocsf-format.js';
import type { AuditSink } from './audit-sink.js';
import { HttpsSink } from './https-sink.js';
import { StdoutSink } from './stdout-sink.js';
import { SyslogSink } from './syslog-sink.js';

const FORMATS: Record<Settings['AUDIT_STREAM_FORMAT'], AuditFormat> = {
  ndjson: NDJSON_FORMAT,
  ocsf: OCSF_FORMAT,
};

/** The receivers that the operator named: nobody else can make this service send anything anywhere. */
export function configuredSinks(settings: Settings, logger: Logger): AuditSink[] {
  const format = FORMATS[settings.AUDIT_STREAM_FORMAT];
  const sinks: AuditSink[] = [];
  if (settings.AUDIT_SYSLOG_URL !== undefined) {
    sinks.push(
      new SyslogSink({
        format,
        url: settings.AUDIT_SYSLOG_URL,
        hostname: settings.PUBLIC_URL === undefined ? hostname() : new URL(settings.PUBLIC_URL).hostname,
        maxBytes: settings.AUDIT_SYSLOG_MAX_BYTES,
        caFile: settings.AUDIT_SYSLOG_CA_FILE,
        certificateFile: settings.AUDIT_SYSLOG_CERT_FILE,
        needsCloseAlert: settings.AUDIT_SYSLOG_CLOSE_ALERT,
      }),
    );
  }
  if (settings.AUDIT_HTTPS_URL !== undefined) {
    sinks.push(
      new HttpsSink({
        format,
        url: settings.AUDIT_HTTPS_URL,
        protocol: settings.AUDIT_HTTPS_PROTOCOL,
        token: settings.AUDIT_HTTPS_TOKEN,
        caFile: settings.AUDIT_HTTPS_CA_FILE,
        gzip: settings.AUDIT_HTTPS_GZIP,
      }),
    );
  }
  if (settings.AUDIT_STDOUT) sinks.push(new StdoutSink(format, logDestination(logger)));
  return sinks;
}
