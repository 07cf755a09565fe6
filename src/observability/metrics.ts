import { getToken, makeCounterProvider, makeGaugeProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { register } from 'prom-client';
import { RequestDurations } from './request-durations.js';

/** Every metric of the service in one place: names are promised (docs/contract/metrics.json). Base units, no unbounded label. */
export const METRIC = {
  httpRequestDuration: 'blindspotx_http_request_duration_seconds',
  accessDenials: 'blindspotx_access_denials_total',
  signIns: 'blindspotx_auth_sign_ins_total',
  refreshes: 'blindspotx_auth_refreshes_total',
  refreshReuse: 'blindspotx_auth_refresh_reuse_total',
  standingReads: 'blindspotx_auth_standing_reads_total',
  tokenRequests: 'blindspotx_auth_token_requests_total',
  directoryPassEnds: 'blindspotx_auth_directory_pass_ended_total',
  rateLimited: 'blindspotx_rate_limited_total',
  pushFresh: 'blindspotx_database_push_fresh',
  signingKeyAge: 'blindspotx_keys_signing_key_age_seconds',
  scans: 'blindspotx_drift_scans_total',
  scanDuration: 'blindspotx_drift_scan_duration_seconds',
  lastScan: 'blindspotx_drift_last_success_timestamp_seconds',
  openChanges: 'blindspotx_drift_open_changes',
  graphRequests: 'blindspotx_graph_requests_total',
  graphThrottled: 'blindspotx_graph_throttled_seconds_total',
  auditEvents: 'blindspotx_audit_events_total',
  auditUnsealed: 'blindspotx_audit_unsealed_age_seconds',
  auditGaps: 'blindspotx_audit_gaps_total',
  auditStreamLag: 'blindspotx_audit_stream_lag_records',
  auditStreamShortened: 'blindspotx_audit_stream_shortened_total',
  auditStreamFailures: 'blindspotx_audit_stream_failures_total',
  webhookDeliveries: 'blindspotx_webhook_deliveries_total',
  slots: 'blindspotx_job_slots_total',
  poolWaiting: 'blindspotx_database_pool_waiting_requests',
} as const;

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const metricProviders = [
  {
    provide: getToken(METRIC.httpRequestDuration),
    // Like the library's own providers: the registry is the process's, which may hold more than one application.
    useFactory: () =>
      register.getSingleMetric(METRIC.httpRequestDuration) ??
      new RequestDurations(METRIC.httpRequestDuration, 'Duration of HTTP requests by route template', DURATION_BUCKETS),
  },
  makeCounterProvider({
    name: METRIC.accessDenials,
    help: 'Requests refused, by a guard or by what a service decided',
    labelNames: ['reason'],
  }),
  makeCounterProvider({ name: METRIC.signIns, help: 'Sign-ins through Entra ID', labelNames: ['outcome'] }),
  makeCounterProvider({ name: METRIC.refreshes, help: 'Uses of refresh tokens', labelNames: ['outcome'] }),
  makeCounterProvider({ name: METRIC.refreshReuse, help: 'Refresh tokens that came back after they were used' }),
  makeCounterProvider({
    name: METRIC.standingReads,
    help: 'Bearer calls for which the database was asked whether session or account still stand',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: METRIC.tokenRequests,
    help: 'Requests to the OAuth token endpoint',
    labelNames: ['grant', 'outcome'],
  }),
  makeCounterProvider({
    name: METRIC.directoryPassEnds,
    help: 'Accounts whose sessions ended because Entra ID disabled, deleted or signed them out',
    labelNames: ['reason'],
  }),
  makeCounterProvider({ name: METRIC.rateLimited, help: 'Requests answered 429', labelNames: ['limit'] }),
  makeGaugeProvider({
    name: METRIC.pushFresh,
    help: '1 while changes of other instances are pushed in time; 0 while the database is asked instead',
  }),
  makeGaugeProvider({ name: METRIC.signingKeyAge, help: 'Age of the key that signs access tokens' }),
  makeCounterProvider({ name: METRIC.scans, help: 'Scans by outcome', labelNames: ['outcome', 'trigger'] }),
  makeHistogramProvider({
    name: METRIC.scanDuration,
    help: 'Duration of scans',
    buckets: [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
  }),
  makeGaugeProvider({
    name: METRIC.lastScan,
    help: 'When a scan of the tenant last succeeded',
    labelNames: ['tenant'],
  }),
  makeGaugeProvider({ name: METRIC.openChanges, help: 'Open changes', labelNames: ['tenant', 'severity'] }),
  makeCounterProvider({ name: METRIC.graphRequests, help: 'Requests to Microsoft Graph', labelNames: ['status'] }),
  makeCounterProvider({ name: METRIC.graphThrottled, help: 'Time spent waiting because Microsoft Graph throttled' }),
  makeCounterProvider({ name: METRIC.auditEvents, help: 'Audit records written', labelNames: ['outcome'] }),
  makeGaugeProvider({
    name: METRIC.auditUnsealed,
    help: 'For how long the oldest audit record has waited to be sealed; 0 when none waits',
  }),
  makeCounterProvider({
    name: METRIC.auditGaps,
    help: 'What somebody did to the audit trail past the service, at each look: records that were never logged (unlogged), are gone (lost) or others than were sealed (changed), have the id of another (double) or could not be read (unread); leaves and hashes outside of the log (planted); hashes that do not lead to the sealed root (tree); legal holds (hold); months that retention dropped (drop); checkpoints that no key of the log signed (checkpoint); the place of the patrol (patrol)',
    labelNames: ['kind'],
  }),
  makeGaugeProvider({
    name: METRIC.auditStreamLag,
    help: 'Sealed audit records that a stream has not delivered yet',
    labelNames: ['stream'],
  }),
  makeCounterProvider({
    name: METRIC.auditStreamShortened,
    help: 'Audit records that a receiver got in their short form because it takes no longer one',
    labelNames: ['stream'],
  }),
  makeCounterProvider({
    name: METRIC.auditStreamFailures,
    help: 'Deliveries of audit records that a receiver did not take',
    labelNames: ['stream'],
  }),
  makeCounterProvider({ name: METRIC.webhookDeliveries, help: 'Webhook delivery attempts', labelNames: ['outcome'] }),
  makeCounterProvider({ name: METRIC.slots, help: 'Scheduled job slots by outcome', labelNames: ['job', 'outcome'] }),
  makeGaugeProvider({ name: METRIC.poolWaiting, help: 'Requests waiting for a database connection' }),
];
