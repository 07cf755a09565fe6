CREATE TABLE access_history (
  kind text NOT NULL,
  key text NOT NULL,
  revision bigint NOT NULL,
  holder uuid,
  removed boolean NOT NULL,
  content jsonb NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ck_access_history_kind CHECK ((kind = ANY (ARRAY['user'::text, 'service_account'::text, 'role'::text, 'assignment'::text, 'membership'::text, 'permission'::text, 'reset'::text]))),
  CONSTRAINT pk_access_history PRIMARY KEY (kind, key, revision)
);
CREATE INDEX ix_access_history_at ON public.access_history USING btree (at);
CREATE INDEX ix_access_history_holder ON public.access_history USING btree (holder, kind) WHERE (holder IS NOT NULL);
CREATE INDEX ix_access_history_revision ON public.access_history USING btree (revision);

CREATE TABLE access_review_items (
  id uuid NOT NULL,
  review_id uuid NOT NULL,
  assignment_id uuid NOT NULL,
  assignment_kind text NOT NULL,
  content jsonb NOT NULL,
  decision text,
  decided_by uuid,
  decided_at timestamp with time zone,
  reason text,
  outcome text,
  outcome_detail text,
  CONSTRAINT ck_access_review_items_assignment_kind CHECK ((assignment_kind = ANY (ARRAY['active'::text, 'eligible'::text]))),
  CONSTRAINT ck_access_review_items_decision CHECK ((decision = ANY (ARRAY['keep'::text, 'remove'::text]))),
  CONSTRAINT ck_access_review_items_outcome CHECK ((outcome = ANY (ARRAY['kept'::text, 'removed'::text, 'already_gone'::text, 'refused'::text]))),
  CONSTRAINT fk_access_review_items_decided_by FOREIGN KEY (decided_by) REFERENCES users(id),
  CONSTRAINT fk_access_review_items_review_id FOREIGN KEY (review_id) REFERENCES access_reviews(id) ON DELETE CASCADE,
  CONSTRAINT pk_access_review_items PRIMARY KEY (id),
  CONSTRAINT uq_access_review_items_assignment_id UNIQUE (review_id, assignment_id)
);

CREATE TABLE access_review_reviewers (
  review_id uuid NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT fk_access_review_reviewers_review_id FOREIGN KEY (review_id) REFERENCES access_reviews(id) ON DELETE CASCADE,
  CONSTRAINT fk_access_review_reviewers_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT pk_access_review_reviewers PRIMARY KEY (review_id, user_id)
);
CREATE INDEX ix_access_review_reviewers_user_id ON public.access_review_reviewers USING btree (user_id);

CREATE TABLE access_reviews (
  id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  scope text NOT NULL,
  role_id uuid,
  on_unanswered text NOT NULL,
  status text NOT NULL DEFAULT 'open'::text,
  due_at timestamp with time zone NOT NULL,
  created_by_type text NOT NULL,
  created_by_id text NOT NULL,
  closed_at timestamp with time zone,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_access_reviews_on_unanswered CHECK ((on_unanswered = ANY (ARRAY['keep'::text, 'remove'::text]))),
  CONSTRAINT ck_access_reviews_status CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text]))),
  CONSTRAINT fk_access_reviews_role_id FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE SET NULL,
  CONSTRAINT pk_access_reviews PRIMARY KEY (id)
);
CREATE INDEX ix_access_reviews_due_at ON public.access_reviews USING btree (due_at) WHERE (status = 'open'::text);

CREATE TABLE access_state (
  singleton boolean NOT NULL DEFAULT true,
  revision bigint NOT NULL,
  CONSTRAINT ck_access_state_singleton CHECK (singleton),
  CONSTRAINT pk_access_state PRIMARY KEY (singleton)
);

CREATE TABLE audit_checkpoints (
  tree_size bigint NOT NULL,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT ck_audit_checkpoints_note CHECK ((octet_length(note) <= 131072)) NOT VALID,
  CONSTRAINT ck_audit_checkpoints_root CHECK ((octet_length(root) = 32)),
  CONSTRAINT pk_audit_checkpoints PRIMARY KEY (id)
);
CREATE INDEX ix_audit_checkpoints_size ON public.audit_checkpoints USING btree (tree_size);
CREATE TRIGGER tr_audit_checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_drops (
  partition text NOT NULL,
  sealed_drop bytea NOT NULL,
  dropped_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_audit_drops_partition CHECK ((partition ~ '^(security|operation) 2[01]\d{2}-(0[1-9]|1[0-2])$'::text)),
  CONSTRAINT ck_audit_drops_sealed_drop CHECK ((octet_length(sealed_drop) <= 1024)),
  CONSTRAINT pk_audit_drops PRIMARY KEY (partition)
);
CREATE TRIGGER tr_audit_drops_stay BEFORE DELETE OR TRUNCATE ON public.audit_drops FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_events (
  id uuid NOT NULL,
  retention_class text NOT NULL,
  occurred_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  action text NOT NULL,
  outcome text NOT NULL,
  reason text,
  actor_type text NOT NULL,
  actor_id text,
  actor_name text,
  session_id uuid,
  tenant_id uuid,
  target_type text,
  target_id text,
  target_name text,
  source_address text,
  user_agent text,
  request_id text,
  trace_id text,
  sealed_states bytea,
  CONSTRAINT ck_audit_events_actor_type CHECK ((actor_type = ANY (ARRAY['user'::text, 'service_account'::text, 'system'::text, 'anonymous'::text]))),
  CONSTRAINT ck_audit_events_lengths CHECK (((COALESCE(octet_length(action), 0) <= 256) AND (COALESCE(octet_length(reason), 0) <= 3072) AND (COALESCE(octet_length(actor_id), 0) <= 1536) AND (COALESCE(octet_length(actor_name), 0) <= 768) AND (COALESCE(octet_length(target_type), 0) <= 768) AND (COALESCE(octet_length(target_id), 0) <= 1536) AND (COALESCE(octet_length(target_name), 0) <= 768) AND (COALESCE(octet_length(source_address), 0) <= 768) AND (COALESCE(octet_length(user_agent), 0) <= 3072) AND (COALESCE(octet_length(request_id), 0) <= 768) AND (COALESCE(octet_length(trace_id), 0) <= 768) AND (COALESCE(octet_length(sealed_states), 0) <= 163840))) NOT VALID,
  CONSTRAINT ck_audit_events_not_ahead CHECK ((occurred_at < (now() + '1 day'::interval))) NOT VALID,
  CONSTRAINT ck_audit_events_occurred_at CHECK (((occurred_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (occurred_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT ck_audit_events_outcome CHECK ((outcome = ANY (ARRAY['success'::text, 'denied'::text, 'failure'::text]))),
  CONSTRAINT ck_audit_events_retention_class CHECK ((retention_class = ANY (ARRAY['security'::text, 'operation'::text]))),
  CONSTRAINT ck_audit_events_target CHECK ((((target_type IS NULL) = (target_id IS NULL)) AND ((target_name IS NULL) OR (target_id IS NOT NULL)))),
  CONSTRAINT pk_audit_events PRIMARY KEY (id, retention_class, occurred_at)
);
CREATE INDEX ix_audit_events_actor_id ON ONLY public.audit_events USING btree (actor_id, id);
CREATE INDEX ix_audit_events_holds ON ONLY public.audit_events USING btree (id) WHERE (action = 'audit.hold.created'::text);
CREATE INDEX ix_audit_events_occurred_at ON ONLY public.audit_events USING brin (occurred_at);
CREATE INDEX ix_audit_events_request_id ON ONLY public.audit_events USING btree (request_id);
CREATE INDEX ix_audit_events_target_id ON ONLY public.audit_events USING btree (target_id, id);
CREATE TRIGGER tr_audit_events_append_only BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER tr_audit_events_no_truncate BEFORE TRUNCATE ON public.audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER tr_audit_events_pending AFTER INSERT ON public.audit_events REFERENCING NEW TABLE AS appended FOR EACH STATEMENT EXECUTE FUNCTION enqueue_audit_events();

CREATE TABLE audit_holds (
  id uuid NOT NULL,
  reason text NOT NULL,
  covers_from timestamp with time zone NOT NULL,
  covers_to timestamp with time zone NOT NULL,
  tenant_id uuid,
  created_by_type text NOT NULL,
  created_by_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  released_by_type text,
  released_by_id text,
  released_at timestamp with time zone,
  version integer NOT NULL DEFAULT 1,
  sealed_state bytea,
  CONSTRAINT ck_audit_holds_bounds CHECK (((octet_length(reason) <= 4000) AND (octet_length(created_by_id) <= 1536) AND (octet_length(sealed_state) <= 1024) AND (octet_length(created_by_type) <= 64) AND COALESCE(((octet_length(released_by_id) <= 1536) AND (octet_length(released_by_type) <= 64)), true) AND ((version >= 0) AND (version <= 999999999)) AND isfinite(created_at) AND COALESCE(isfinite(released_at), true) AND (covers_from >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (covers_to <= '10000-01-01 00:00:00+00'::timestamp with time zone))) NOT VALID,
  CONSTRAINT ck_audit_holds_covers CHECK ((covers_from < covers_to)),
  CONSTRAINT ck_audit_holds_released CHECK ((((released_at IS NULL) = (released_by_id IS NULL)) AND ((released_at IS NULL) = (released_by_type IS NULL)))),
  CONSTRAINT fk_audit_holds_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_audit_holds PRIMARY KEY (id)
);
CREATE TRIGGER tr_audit_holds_stay BEFORE DELETE OR TRUNCATE ON public.audit_holds FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_leaves (
  leaf_index bigint NOT NULL,
  event_id uuid NOT NULL,
  retention_class text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  CONSTRAINT ck_audit_leaves_retention_class CHECK ((retention_class = ANY (ARRAY['security'::text, 'operation'::text]))) NOT VALID,
  CONSTRAINT pk_audit_leaves PRIMARY KEY (leaf_index),
  CONSTRAINT uq_audit_leaves_event_id UNIQUE (event_id)
);
CREATE INDEX ix_audit_leaves_occurred_at ON public.audit_leaves USING brin (occurred_at) WITH (pages_per_range='32', autosummarize='on');
CREATE TRIGGER tr_audit_leaves_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_months_before (
  partition text NOT NULL,
  first_leaf bigint NOT NULL,
  end_leaf bigint NOT NULL,
  leaves bigint NOT NULL,
  CONSTRAINT pk_audit_months_before PRIMARY KEY (partition)
);
CREATE TRIGGER tr_audit_months_before_stay BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.audit_months_before FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE audit_patrols (
  id smallint NOT NULL,
  sealed_state bytea,
  CONSTRAINT ck_audit_patrols_id CHECK ((id = 1)),
  CONSTRAINT pk_audit_patrols PRIMARY KEY (id)
);

CREATE TABLE audit_pending (
  event_id uuid NOT NULL,
  retention_class text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  CONSTRAINT ck_audit_pending_retention_class CHECK ((retention_class = ANY (ARRAY['security'::text, 'operation'::text]))) NOT VALID,
  CONSTRAINT uq_audit_pending_event_id UNIQUE (event_id)
);

CREATE TABLE audit_retention_floors (
  retention_class text NOT NULL,
  days integer NOT NULL,
  CONSTRAINT ck_audit_retention_floors_class CHECK ((retention_class = ANY (ARRAY['security'::text, 'operation'::text]))),
  CONSTRAINT ck_audit_retention_floors_days CHECK (((days >= 0) AND (days <= 36500))),
  CONSTRAINT pk_audit_retention_floors PRIMARY KEY (retention_class)
);

CREATE TABLE audit_streams (
  name text NOT NULL,
  next_leaf bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  owner uuid,
  lease_until timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  not_before timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  last_error text,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  sealed_position bytea,
  refusals bigint NOT NULL DEFAULT 0,
  shortened bigint NOT NULL DEFAULT 0,
  position_before bigint,
  CONSTRAINT ck_audit_streams_next_leaf CHECK ((next_leaf >= 0)),
  CONSTRAINT pk_audit_streams PRIMARY KEY (name)
);
CREATE TRIGGER tr_audit_streams_only_grows BEFORE INSERT OR UPDATE ON public.audit_streams FOR EACH ROW EXECUTE FUNCTION refuse_audit_stream_jump();
CREATE TRIGGER tr_audit_streams_position_before BEFORE INSERT OR UPDATE ON public.audit_streams FOR EACH ROW EXECUTE FUNCTION refuse_position_before();

CREATE TABLE audit_tiles (
  level smallint NOT NULL,
  tile_index bigint NOT NULL,
  hashes bytea NOT NULL,
  CONSTRAINT ck_audit_tiles_hashes CHECK ((((octet_length(hashes) % 32) = 0) AND ((octet_length(hashes) >= 32) AND (octet_length(hashes) <= 8192)))),
  CONSTRAINT pk_audit_tiles PRIMARY KEY (level, tile_index)
);
CREATE TRIGGER tr_audit_tiles_no_truncate BEFORE TRUNCATE ON public.audit_tiles FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER tr_audit_tiles_only_grows BEFORE DELETE OR UPDATE ON public.audit_tiles FOR EACH ROW EXECUTE FUNCTION refuse_audit_shrinking();

CREATE TABLE audit_trees (
  id smallint NOT NULL,
  origin text NOT NULL,
  size bigint NOT NULL DEFAULT 0,
  published_size bigint NOT NULL DEFAULT 0,
  sealed_head bytea,
  CONSTRAINT ck_audit_trees_id CHECK ((id = 1)),
  CONSTRAINT ck_audit_trees_sealed_head CHECK ((octet_length(sealed_head) <= 1024)) NOT VALID,
  CONSTRAINT ck_audit_trees_size CHECK ((size >= 0)),
  CONSTRAINT pk_audit_trees PRIMARY KEY (id)
);
CREATE TRIGGER tr_audit_trees_no_truncate BEFORE TRUNCATE ON public.audit_trees FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER tr_audit_trees_only_grows BEFORE DELETE OR UPDATE ON public.audit_trees FOR EACH ROW EXECUTE FUNCTION refuse_audit_shrinking();

CREATE TABLE checkpoint_keys (
  id text NOT NULL,
  state text NOT NULL,
  public_key bytea NOT NULL,
  wrapped_private_key bytea NOT NULL,
  wrapped_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  retires_at timestamp with time zone,
  sealed_public_key bytea,
  sealed_retirement bytea,
  replaced_before boolean NOT NULL DEFAULT false,
  CONSTRAINT ck_checkpoint_keys_public_key CHECK ((octet_length(public_key) = 32)),
  CONSTRAINT ck_checkpoint_keys_sealed_retirement CHECK ((octet_length(sealed_retirement) <= 1024)),
  CONSTRAINT ck_checkpoint_keys_state CHECK ((state = ANY (ARRAY['current'::text, 'retiring'::text, 'retired'::text]))),
  CONSTRAINT pk_checkpoint_keys PRIMARY KEY (id)
);
CREATE UNIQUE INDEX uq_checkpoint_keys_current ON public.checkpoint_keys USING btree (state) WHERE (state = 'current'::text);
CREATE TRIGGER tr_checkpoint_keys_announce AFTER INSERT OR DELETE OR UPDATE OF state, wrapped_private_key ON public.checkpoint_keys FOR EACH STATEMENT EXECUTE FUNCTION announce_change('keys');
CREATE TRIGGER tr_checkpoint_keys_replaced_before BEFORE INSERT OR UPDATE ON public.checkpoint_keys FOR EACH ROW EXECUTE FUNCTION refuse_replaced_before();

CREATE TABLE collection_marks (
  tenant_id uuid NOT NULL,
  resource_type text NOT NULL,
  snapshot_id uuid NOT NULL,
  delta_link text NOT NULL,
  next_link text NOT NULL,
  whole_at timestamp with time zone NOT NULL,
  CONSTRAINT fk_collection_marks_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES config_snapshots(id),
  CONSTRAINT fk_collection_marks_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_collection_marks PRIMARY KEY (tenant_id, resource_type)
);

CREATE TABLE config_blobs (
  tenant_id uuid NOT NULL,
  hash bytea NOT NULL,
  sealed_body bytea NOT NULL,
  CONSTRAINT ck_config_blobs_hash CHECK ((octet_length(hash) = 32)),
  CONSTRAINT fk_config_blobs_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_config_blobs PRIMARY KEY (tenant_id, hash)
);

CREATE TABLE config_snapshots (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  slot_id uuid NOT NULL,
  sequence bigint NOT NULL,
  taken_at timestamp with time zone NOT NULL,
  normaliser_version integer NOT NULL,
  complete boolean NOT NULL,
  types_hash bytea NOT NULL,
  CONSTRAINT fk_config_snapshots_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT fk_config_snapshots_types FOREIGN KEY (tenant_id, types_hash) REFERENCES config_blobs(tenant_id, hash),
  CONSTRAINT pk_config_snapshots PRIMARY KEY (id),
  CONSTRAINT uq_config_snapshots_tenant_id_sequence UNIQUE (tenant_id, sequence)
);

CREATE TABLE config_versions (
  tenant_id uuid NOT NULL,
  resource_type text NOT NULL,
  resource_key text NOT NULL,
  valid_from bigint NOT NULL,
  valid_to bigint,
  hash bytea NOT NULL,
  keyed_by_name boolean NOT NULL DEFAULT false,
  modified_at timestamp with time zone,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  sealed_name bytea,
  fingerprint bytea,
  CONSTRAINT ck_config_versions_fingerprint CHECK ((octet_length(fingerprint) = 32)),
  CONSTRAINT ck_config_versions_resource_key CHECK (((octet_length(resource_key) >= 1) AND (octet_length(resource_key) <= 1024))),
  CONSTRAINT ck_config_versions_valid_to CHECK ((valid_to > valid_from)),
  CONSTRAINT pk_config_versions PRIMARY KEY (tenant_id, resource_type, resource_key, valid_from),
  CONSTRAINT uq_config_versions_id UNIQUE (id)
);
CREATE UNIQUE INDEX uq_config_versions_head ON public.config_versions USING btree (tenant_id, resource_type, resource_key) WHERE (valid_to IS NULL);

CREATE TABLE data_keys (
  version integer NOT NULL,
  state text NOT NULL,
  wrapped_key bytea NOT NULL,
  wrapped_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  uses bigint NOT NULL DEFAULT 0,
  retiring_since timestamp with time zone,
  references_seen_at timestamp with time zone,
  check_value bytea,
  CONSTRAINT ck_data_keys_check_value CHECK (((state = 'retired'::text) OR (check_value IS NOT NULL))),
  CONSTRAINT ck_data_keys_state CHECK ((state = ANY (ARRAY['current'::text, 'retiring'::text, 'retired'::text]))),
  CONSTRAINT pk_data_keys PRIMARY KEY (version)
);
CREATE UNIQUE INDEX uq_data_keys_current ON public.data_keys USING btree (state) WHERE (state = 'current'::text);
CREATE TRIGGER tr_data_keys_announce AFTER INSERT OR DELETE OR UPDATE OF state, wrapped_key ON public.data_keys FOR EACH STATEMENT EXECUTE FUNCTION announce_change('keys');

CREATE TABLE drift_alert_changes (
  alert_id uuid NOT NULL,
  change_id uuid NOT NULL,
  CONSTRAINT fk_drift_alert_changes_alert_id FOREIGN KEY (alert_id) REFERENCES drift_alerts(id) ON DELETE CASCADE,
  CONSTRAINT fk_drift_alert_changes_change_id FOREIGN KEY (change_id) REFERENCES drift_changes(id),
  CONSTRAINT pk_drift_alert_changes PRIMARY KEY (alert_id, change_id)
);
CREATE INDEX ix_drift_alert_changes_change_id ON public.drift_alert_changes USING btree (change_id);

CREATE TABLE drift_alerts (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  change_set_id uuid,
  waiting_controls text[] NOT NULL,
  opened_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  CONSTRAINT fk_drift_alerts_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_alerts PRIMARY KEY (id)
);
CREATE INDEX ix_drift_alerts_ended_at ON public.drift_alerts USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX ix_drift_alerts_open ON public.drift_alerts USING btree (tenant_id) WHERE (ended_at IS NULL);

CREATE TABLE drift_baseline_pins (
  tenant_id uuid NOT NULL,
  resource_type text NOT NULL,
  resource_key text NOT NULL,
  from_version integer NOT NULL,
  to_version integer,
  hash bytea,
  keyed_by_name boolean NOT NULL DEFAULT false,
  normaliser_version integer NOT NULL,
  CONSTRAINT ck_drift_baseline_pins_to_version CHECK ((to_version > from_version)),
  CONSTRAINT fk_drift_baseline_pins_hash FOREIGN KEY (tenant_id, hash) REFERENCES config_blobs(tenant_id, hash),
  CONSTRAINT fk_drift_baseline_pins_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_baseline_pins PRIMARY KEY (tenant_id, resource_type, resource_key, from_version)
);

CREATE TABLE drift_baselines (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  version integer NOT NULL,
  snapshot_id uuid NOT NULL,
  accepted_incomplete boolean NOT NULL,
  reason text NOT NULL,
  approved_by_id text NOT NULL,
  approved_by_name text NOT NULL,
  approved_at timestamp with time zone NOT NULL DEFAULT now(),
  base_version integer,
  change_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
  CONSTRAINT ck_drift_baselines_base_version CHECK ((base_version < version)),
  CONSTRAINT ck_drift_baselines_version CHECK ((version > 0)),
  CONSTRAINT fk_drift_baselines_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES config_snapshots(id),
  CONSTRAINT fk_drift_baselines_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_baselines PRIMARY KEY (id),
  CONSTRAINT uq_drift_baselines_tenant_id_version UNIQUE (tenant_id, version)
);

CREATE TABLE drift_bulk_decisions (
  id uuid NOT NULL,
  actor text NOT NULL,
  actor_id text NOT NULL,
  idempotency_key text NOT NULL,
  request_hash bytea NOT NULL,
  kind text NOT NULL,
  reason text NOT NULL,
  until timestamp with time zone,
  total integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  CONSTRAINT ck_drift_bulk_decisions_kind CHECK ((kind = ANY (ARRAY['accept'::text, 'ignore'::text, 'deny'::text, 'reopen'::text]))),
  CONSTRAINT pk_drift_bulk_decisions PRIMARY KEY (id),
  CONSTRAINT uq_drift_bulk_decisions_key UNIQUE (actor_id, idempotency_key)
);

CREATE TABLE drift_bulk_rows (
  bulk_id uuid NOT NULL,
  position integer NOT NULL,
  change_id uuid NOT NULL,
  change_version integer NOT NULL,
  outcome text,
  code text,
  title text,
  decided_at timestamp with time zone,
  attempts smallint NOT NULL DEFAULT 0,
  CONSTRAINT ck_drift_bulk_rows_outcome CHECK ((outcome = ANY (ARRAY['decided'::text, 'refused'::text, 'failed'::text]))),
  CONSTRAINT fk_drift_bulk_rows_bulk_id FOREIGN KEY (bulk_id) REFERENCES drift_bulk_decisions(id) ON DELETE CASCADE,
  CONSTRAINT pk_drift_bulk_rows PRIMARY KEY (bulk_id, "position"),
  CONSTRAINT uq_drift_bulk_rows_change_id UNIQUE (bulk_id, change_id)
);
CREATE INDEX ix_drift_bulk_rows_waiting ON public.drift_bulk_rows USING btree (bulk_id, "position") WHERE (outcome IS NULL);

CREATE TABLE drift_change_windows (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  zone text NOT NULL,
  days smallint[] NOT NULL,
  start_minute smallint,
  duration_minutes integer,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  exclusive boolean NOT NULL,
  reason text NOT NULL,
  set_by_id text NOT NULL,
  set_by_name text NOT NULL,
  set_at timestamp with time zone NOT NULL DEFAULT now(),
  removed_at timestamp with time zone,
  CONSTRAINT ck_drift_change_windows_duration_minutes CHECK (((duration_minutes >= 1) AND (duration_minutes <= 10080))),
  CONSTRAINT ck_drift_change_windows_start_minute CHECK (((start_minute >= 0) AND (start_minute <= 1439))),
  CONSTRAINT ck_drift_change_windows_when CHECK (
CASE
    WHEN (cardinality(days) > 0) THEN ((start_minute IS NOT NULL) AND (duration_minutes IS NOT NULL) AND (starts_at IS NULL) AND (ends_at IS NULL))
    ELSE ((start_minute IS NULL) AND (duration_minutes IS NULL) AND (starts_at < ends_at))
END),
  CONSTRAINT fk_drift_change_windows_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_change_windows PRIMARY KEY (id)
);
CREATE INDEX ix_drift_change_windows_tenant_id ON public.drift_change_windows USING btree (tenant_id);

CREATE TABLE drift_changes (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  identity bytea NOT NULL,
  change_set_id uuid NOT NULL,
  state text NOT NULL,
  substate text NOT NULL,
  state_before_close text,
  close_reason text,
  baseline_version integer NOT NULL,
  first_report bigint NOT NULL,
  closed_report bigint,
  resource_type text NOT NULL,
  resource_key text NOT NULL,
  change_type text NOT NULL,
  direction text NOT NULL,
  severity text NOT NULL,
  rules text[] NOT NULL,
  reference_ids text[] NOT NULL,
  matched_by text NOT NULL,
  attribution text NOT NULL,
  actor_type text,
  actor_id text,
  attribution_attempts integer NOT NULL DEFAULT 0,
  attribution_since timestamp with time zone NOT NULL,
  attribution_retry_at timestamp with time zone,
  decided_by_id text,
  decided_by_name text,
  decided_at timestamp with time zone,
  decision_reason text,
  decision_until timestamp with time zone,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  closed_at timestamp with time zone,
  sealed_details bytea NOT NULL,
  closed_by_baseline integer,
  reopen_reason text,
  previous_decision text,
  ignore_rule_id uuid,
  reminded_at timestamp with time zone,
  closed_by_remediation uuid,
  decided_severity text,
  decided_by_two boolean NOT NULL DEFAULT false,
  told_severity text,
  CONSTRAINT ck_drift_changes_actor_type CHECK ((actor_type = ANY (ARRAY['user'::text, 'app'::text]))),
  CONSTRAINT ck_drift_changes_attribution CHECK ((attribution = ANY (ARRAY['exact'::text, 'strong'::text, 'probable'::text, 'none'::text]))),
  CONSTRAINT ck_drift_changes_change_type CHECK ((change_type = ANY (ARRAY['added'::text, 'removed'::text, 'modified'::text]))),
  CONSTRAINT ck_drift_changes_close_reason CHECK ((close_reason = ANY (ARRAY['reverted'::text, 'restored'::text, 'superseded'::text, 'baseline'::text, 'unreferenced'::text]))),
  CONSTRAINT ck_drift_changes_closed CHECK (((state = 'closed'::text) = ((closed_report IS NOT NULL) AND (close_reason IS NOT NULL) AND (state_before_close IS NOT NULL)))),
  CONSTRAINT ck_drift_changes_decided_severity CHECK ((decided_severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text, 'info'::text]))),
  CONSTRAINT ck_drift_changes_direction CHECK ((direction = ANY (ARRAY['loosening'::text, 'tightening'::text, 'neutral'::text]))),
  CONSTRAINT ck_drift_changes_identity CHECK ((octet_length(identity) = 32)),
  CONSTRAINT ck_drift_changes_matched_by CHECK ((matched_by = ANY (ARRAY['id'::text, 'name'::text]))),
  CONSTRAINT ck_drift_changes_reopen_reason CHECK ((reopen_reason = ANY (ARRAY['came-back'::text, 'value-changed'::text, 'decision-ended'::text, 'rule-ended'::text, 'by-person'::text, 'graver'::text]))),
  CONSTRAINT ck_drift_changes_severity CHECK ((severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text, 'info'::text]))),
  CONSTRAINT ck_drift_changes_state CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'ignored'::text, 'denied'::text, 'closed'::text]))),
  CONSTRAINT ck_drift_changes_state_before_close CHECK ((state_before_close = ANY (ARRAY['open'::text, 'accepted'::text, 'ignored'::text, 'denied'::text]))),
  CONSTRAINT ck_drift_changes_substate CHECK ((substate = ANY (ARRAY['new'::text, 'ongoing'::text, 'regressed'::text]))),
  CONSTRAINT ck_drift_changes_told_severity CHECK ((told_severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text, 'info'::text]))),
  CONSTRAINT fk_drift_changes_closed_by_remediation FOREIGN KEY (closed_by_remediation) REFERENCES drift_remediations(id),
  CONSTRAINT fk_drift_changes_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_changes PRIMARY KEY (id)
);
CREATE INDEX ix_drift_changes_tenant_id_closed_at ON public.drift_changes USING btree (tenant_id, closed_at) WHERE (closed_at IS NOT NULL);
CREATE INDEX ix_drift_changes_tenant_id_closed_report ON public.drift_changes USING btree (tenant_id, closed_report);
CREATE INDEX ix_drift_changes_tenant_id_created_at ON public.drift_changes USING btree (tenant_id, created_at);
CREATE INDEX ix_drift_changes_tenant_id_decided_at ON public.drift_changes USING btree (tenant_id, decided_at) WHERE (decided_at IS NOT NULL);
CREATE INDEX ix_drift_changes_tenant_id_identity ON public.drift_changes USING btree (tenant_id, identity) WHERE (state = 'closed'::text);
CREATE INDEX ix_drift_changes_tenant_id_state_id ON public.drift_changes USING btree (tenant_id, state, id);
CREATE UNIQUE INDEX uq_drift_changes_live ON public.drift_changes USING btree (tenant_id, identity) WHERE (state <> 'closed'::text);

CREATE TABLE drift_controls (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  control_id text NOT NULL,
  position integer NOT NULL,
  first_report bigint NOT NULL,
  closed_report bigint,
  baseline_verdict text NOT NULL,
  verdict text NOT NULL,
  previous_verdict text,
  last_assessed text,
  since timestamp with time zone NOT NULL,
  finding_hash bytea NOT NULL,
  sealed_finding bytea NOT NULL,
  CONSTRAINT ck_drift_controls_baseline_verdict CHECK ((baseline_verdict = ANY (ARRAY['met'::text, 'not-met'::text, 'not-assessed'::text]))),
  CONSTRAINT ck_drift_controls_finding_hash CHECK ((octet_length(finding_hash) = 32)),
  CONSTRAINT ck_drift_controls_last_assessed CHECK ((last_assessed = ANY (ARRAY['met'::text, 'not-met'::text]))),
  CONSTRAINT ck_drift_controls_previous_verdict CHECK ((previous_verdict = ANY (ARRAY['met'::text, 'not-met'::text, 'not-assessed'::text]))),
  CONSTRAINT ck_drift_controls_verdict CHECK ((verdict = ANY (ARRAY['met'::text, 'not-met'::text, 'not-assessed'::text]))),
  CONSTRAINT fk_drift_controls_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_controls PRIMARY KEY (id)
);
CREATE INDEX ix_drift_controls_report ON public.drift_controls USING btree (tenant_id, first_report);
CREATE UNIQUE INDEX uq_drift_controls_current ON public.drift_controls USING btree (tenant_id, control_id) WHERE (closed_report IS NULL);

CREATE TABLE drift_ignore_rules (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  resource_type text NOT NULL,
  resource_key text,
  path_pattern text,
  reason text NOT NULL,
  until timestamp with time zone NOT NULL,
  created_by_id text NOT NULL,
  created_by_name text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  withdrawn_at timestamp with time zone,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT ck_drift_ignore_rules_matches CHECK (((resource_key IS NOT NULL) OR (path_pattern <> ''::text))),
  CONSTRAINT fk_drift_ignore_rules_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_ignore_rules PRIMARY KEY (id)
);
CREATE INDEX ix_drift_ignore_rules_tenant_id ON public.drift_ignore_rules USING btree (tenant_id, until) WHERE (withdrawn_at IS NULL);

CREATE TABLE drift_outages (
  tenant_id uuid NOT NULL,
  slot_id uuid NOT NULL,
  reason text NOT NULL,
  since timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT fk_drift_outages_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_outages PRIMARY KEY (tenant_id)
);

CREATE TABLE drift_proposals (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  kind text NOT NULL,
  subject_id uuid,
  subject_version integer,
  content text NOT NULL,
  reason text NOT NULL,
  status text NOT NULL DEFAULT 'pending'::text,
  proposed_by_id text NOT NULL,
  proposed_by_name text NOT NULL,
  proposed_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  decided_by_id text,
  decided_by_name text,
  decided_at timestamp with time zone,
  decision_reason text,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT ck_drift_proposals_decided CHECK (((status = 'pending'::text) = (decided_at IS NULL))),
  CONSTRAINT ck_drift_proposals_kind CHECK ((kind = ANY (ARRAY['decision'::text, 'ignore-rule'::text, 'baseline'::text, 'rule-override'::text, 'change-window'::text, 'tenant-settings'::text, 'tenant-connection'::text]))),
  CONSTRAINT ck_drift_proposals_status CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'declined'::text, 'withdrawn'::text]))),
  CONSTRAINT fk_drift_proposals_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_proposals PRIMARY KEY (id)
);
CREATE INDEX ix_drift_proposals_tenant_id_status ON public.drift_proposals USING btree (tenant_id, status, id);

CREATE TABLE drift_remediation_changes (
  remediation_id uuid NOT NULL,
  change_id uuid NOT NULL,
  outcome text,
  CONSTRAINT ck_drift_remediation_changes_outcome CHECK ((outcome = ANY (ARRAY['restored'::text, 'standing'::text, 'unread'::text]))),
  CONSTRAINT fk_drift_remediation_changes_change_id FOREIGN KEY (change_id) REFERENCES drift_changes(id),
  CONSTRAINT fk_drift_remediation_changes_remediation_id FOREIGN KEY (remediation_id) REFERENCES drift_remediations(id),
  CONSTRAINT pk_drift_remediation_changes PRIMARY KEY (remediation_id, change_id)
);
CREATE INDEX ix_drift_remediation_changes_change_id ON public.drift_remediation_changes USING btree (change_id);

CREATE TABLE drift_remediation_steps (
  remediation_id uuid NOT NULL,
  number integer NOT NULL,
  status text NOT NULL,
  intended_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamp with time zone,
  http_status integer,
  detail text,
  CONSTRAINT ck_drift_remediation_steps_ended CHECK (((status = 'intended'::text) = (ended_at IS NULL))),
  CONSTRAINT ck_drift_remediation_steps_status CHECK ((status = ANY (ARRAY['intended'::text, 'done'::text, 'refused'::text, 'unknown'::text]))),
  CONSTRAINT fk_drift_remediation_steps_remediation_id FOREIGN KEY (remediation_id) REFERENCES drift_remediations(id),
  CONSTRAINT pk_drift_remediation_steps PRIMARY KEY (remediation_id, number)
);

CREATE TABLE drift_remediations (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  change_ids uuid[] NOT NULL,
  status text NOT NULL,
  baseline_version integer NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  requested_by_id text NOT NULL,
  requested_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  decided_by text,
  decided_by_id text,
  decided_at timestamp with time zone,
  decision_reason text,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  outcome text,
  version integer NOT NULL DEFAULT 1,
  sealed_plan bytea NOT NULL,
  CONSTRAINT ck_drift_remediations_change_ids CHECK ((cardinality(change_ids) > 0)),
  CONSTRAINT ck_drift_remediations_decided CHECK (((decided_by_id IS NULL) = (decided_at IS NULL))),
  CONSTRAINT ck_drift_remediations_finished CHECK (((finished_at IS NULL) = (status = ANY (ARRAY['proposed'::text, 'approved'::text, 'running'::text])))),
  CONSTRAINT ck_drift_remediations_status CHECK ((status = ANY (ARRAY['proposed'::text, 'approved'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'superseded'::text, 'expired'::text, 'declined'::text]))),
  CONSTRAINT ck_drift_remediations_two_people CHECK (((status <> ALL (ARRAY['approved'::text, 'running'::text, 'succeeded'::text])) OR COALESCE((decided_by_id <> requested_by_id), false))),
  CONSTRAINT fk_drift_remediations_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_remediations PRIMARY KEY (id)
);
CREATE INDEX ix_drift_remediations_tenant_id ON public.drift_remediations USING btree (tenant_id, id);
CREATE INDEX ix_drift_remediations_waiting ON public.drift_remediations USING btree (tenant_id, decided_at) WHERE (status = ANY (ARRAY['proposed'::text, 'approved'::text, 'running'::text]));
CREATE UNIQUE INDEX uq_drift_remediations_running ON public.drift_remediations USING btree (tenant_id) WHERE (status = 'running'::text);

CREATE TABLE drift_reports (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  sequence bigint NOT NULL,
  slot_id uuid NOT NULL,
  snapshot_id uuid NOT NULL,
  trigger text NOT NULL,
  baseline_version integer,
  complete boolean NOT NULL,
  incomplete text NOT NULL,
  summary text NOT NULL,
  opened integer NOT NULL,
  closed integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  ignored_summary text NOT NULL DEFAULT '{}'::text,
  CONSTRAINT ck_drift_reports_trigger CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text]))),
  CONSTRAINT fk_drift_reports_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES config_snapshots(id),
  CONSTRAINT fk_drift_reports_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_reports PRIMARY KEY (id),
  CONSTRAINT uq_drift_reports_slot_id UNIQUE (slot_id),
  CONSTRAINT uq_drift_reports_tenant_id_sequence UNIQUE (tenant_id, sequence)
);

CREATE TABLE drift_rule_overrides (
  tenant_id uuid NOT NULL,
  rule_id text NOT NULL,
  disabled boolean NOT NULL,
  severity text,
  parameters text NOT NULL,
  reason text NOT NULL,
  until timestamp with time zone,
  set_by_id text NOT NULL,
  set_by_name text NOT NULL,
  set_at timestamp with time zone NOT NULL DEFAULT now(),
  version integer NOT NULL,
  CONSTRAINT ck_drift_rule_overrides_disabled_until CHECK (((NOT disabled) OR (until IS NOT NULL))),
  CONSTRAINT ck_drift_rule_overrides_severity CHECK ((severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text, 'info'::text]))),
  CONSTRAINT fk_drift_rule_overrides_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_drift_rule_overrides PRIMARY KEY (tenant_id, rule_id)
);

CREATE TABLE eligible_assignments (
  id uuid NOT NULL,
  user_id uuid,
  group_id uuid,
  role_id uuid NOT NULL,
  scope text NOT NULL,
  valid_from timestamp with time zone NOT NULL DEFAULT now(),
  valid_until timestamp with time zone,
  reason text NOT NULL,
  assigned_by_type text NOT NULL,
  assigned_by_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_eligible_assignments_subject CHECK ((num_nonnulls(user_id, group_id) = 1)),
  CONSTRAINT ck_eligible_assignments_valid_until CHECK (((valid_until IS NULL) OR (valid_until > valid_from))),
  CONSTRAINT fk_eligible_assignments_group_id FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT fk_eligible_assignments_role_id FOREIGN KEY (role_id) REFERENCES roles(id),
  CONSTRAINT fk_eligible_assignments_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT pk_eligible_assignments PRIMARY KEY (id)
);
CREATE INDEX ix_eligible_assignments_group_id ON public.eligible_assignments USING btree (group_id);
CREATE INDEX ix_eligible_assignments_role_id ON public.eligible_assignments USING btree (role_id);
CREATE INDEX ix_eligible_assignments_user_id ON public.eligible_assignments USING btree (user_id);

CREATE TABLE group_members (
  group_id uuid NOT NULL,
  object_id uuid,
  user_id uuid,
  added_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_group_members_member CHECK ((num_nonnulls(object_id, user_id) = 1)),
  CONSTRAINT fk_group_members_group_id FOREIGN KEY (group_id) REFERENCES groups(id) ON DELETE CASCADE,
  CONSTRAINT fk_group_members_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT tr_group_members_record TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_group_members_object_id ON public.group_members USING btree (object_id) WHERE (object_id IS NOT NULL);
CREATE INDEX ix_group_members_user_id ON public.group_members USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE UNIQUE INDEX uq_group_members_object_id ON public.group_members USING btree (group_id, object_id) WHERE (object_id IS NOT NULL);
CREATE UNIQUE INDEX uq_group_members_user_id ON public.group_members USING btree (group_id, user_id) WHERE (user_id IS NOT NULL);
CREATE CONSTRAINT TRIGGER tr_group_members_record AFTER INSERT OR DELETE OR UPDATE ON public.group_members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('membership');
CREATE TRIGGER tr_group_members_record_truncate AFTER TRUNCATE ON public.group_members FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE groups (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  source text NOT NULL,
  object_id uuid,
  external_id text,
  display_name text NOT NULL,
  synced_at timestamp with time zone,
  sync_failure text,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_groups_object_id CHECK (((source = 'entra'::text) = (object_id IS NOT NULL))),
  CONSTRAINT ck_groups_source CHECK ((source = ANY (ARRAY['entra'::text, 'scim'::text]))),
  CONSTRAINT fk_groups_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_groups PRIMARY KEY (id),
  CONSTRAINT uq_groups_tenant_id_object_id UNIQUE (tenant_id, object_id)
);
CREATE INDEX ix_groups_tenant_id_display_name ON public.groups USING btree (tenant_id, lower(display_name), id);

CREATE TABLE index_keys (
  version integer NOT NULL,
  state text NOT NULL,
  wrapped_key bytea NOT NULL,
  wrapped_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  activated_at timestamp with time zone,
  retiring_since timestamp with time zone,
  check_value bytea,
  CONSTRAINT ck_index_keys_check_value CHECK (((state = 'retired'::text) OR (check_value IS NOT NULL))),
  CONSTRAINT ck_index_keys_state CHECK ((state = ANY (ARRAY['next'::text, 'current'::text, 'retiring'::text, 'retired'::text]))),
  CONSTRAINT pk_index_keys PRIMARY KEY (version)
);
CREATE UNIQUE INDEX uq_index_keys_current ON public.index_keys USING btree (state) WHERE (state = 'current'::text);
CREATE UNIQUE INDEX uq_index_keys_next ON public.index_keys USING btree (state) WHERE (state = 'next'::text);
CREATE TRIGGER tr_index_keys_announce AFTER INSERT OR DELETE OR UPDATE OF state, wrapped_key ON public.index_keys FOR EACH STATEMENT EXECUTE FUNCTION announce_change('keys');

CREATE TABLE job_slots (
  id uuid NOT NULL,
  job text NOT NULL,
  key text NOT NULL,
  trigger text NOT NULL,
  slot_at timestamp with time zone NOT NULL,
  status text NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  not_before timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  fence bigint,
  lease_until timestamp with time zone,
  owner text,
  requested_by text,
  reason text,
  result text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  CONSTRAINT ck_job_slots_running CHECK (((status <> 'running'::text) OR ((fence IS NOT NULL) AND (lease_until IS NOT NULL)))),
  CONSTRAINT ck_job_slots_status CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'missed'::text]))),
  CONSTRAINT ck_job_slots_trigger CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text]))),
  CONSTRAINT pk_job_slots PRIMARY KEY (id)
);
CREATE INDEX ix_job_slots_job_slot_at ON public.job_slots USING btree (job, slot_at, id) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
CREATE INDEX ix_job_slots_slot_at ON public.job_slots USING btree (slot_at);
CREATE UNIQUE INDEX uq_job_slots_job_key_running ON public.job_slots USING btree (job, key) WHERE (status = 'running'::text);
CREATE UNIQUE INDEX uq_job_slots_job_key_slot_at ON public.job_slots USING btree (job, key, slot_at) WHERE (trigger = 'schedule'::text);

CREATE TABLE key_rewraps (
  kind text NOT NULL,
  version integer NOT NULL,
  table_name text NOT NULL,
  column_name text NOT NULL,
  leaf text,
  block bigint NOT NULL DEFAULT 0,
  written bigint NOT NULL DEFAULT 0,
  passes integer NOT NULL DEFAULT 0,
  started_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  moved_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  completed_at timestamp with time zone,
  CONSTRAINT ck_key_rewraps_kind CHECK ((kind = ANY (ARRAY['data'::text, 'index'::text]))),
  CONSTRAINT pk_key_rewraps PRIMARY KEY (kind, version, table_name, column_name)
);

CREATE TABLE migrations (
  id integer NOT NULL DEFAULT nextval('migrations_id_seq'::regclass),
  timestamp bigint NOT NULL,
  name character varying NOT NULL,
  CONSTRAINT PK_8c82d7f526340ab734260ea46be PRIMARY KEY (id)
);

CREATE TABLE outbox_events (
  id uuid NOT NULL,
  type text NOT NULL,
  tenant_id uuid,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  dispatched_at timestamp with time zone,
  sealed_data bytea NOT NULL,
  CONSTRAINT fk_outbox_events_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  CONSTRAINT pk_outbox_events PRIMARY KEY (id)
);
CREATE INDEX ix_outbox_events_created_at ON public.outbox_events USING btree (created_at) WHERE (dispatched_at IS NULL);

CREATE TABLE permission_namespaces (
  name text NOT NULL,
  display_name text NOT NULL,
  service_account_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_permission_namespaces_name CHECK ((name ~ '^[a-z][a-z0-9-]{1,30}$'::text)),
  CONSTRAINT fk_permission_namespaces_service_account_id FOREIGN KEY (service_account_id) REFERENCES service_accounts(id),
  CONSTRAINT pk_permission_namespaces PRIMARY KEY (name)
);

CREATE TABLE permissions (
  name text NOT NULL,
  description text NOT NULL,
  namespace text,
  CONSTRAINT ck_permissions_namespace CHECK (
CASE
    WHEN (namespace IS NULL) THEN (POSITION(('/'::text) IN (name)) = 0)
    ELSE starts_with(name, (namespace || '/'::text))
END),
  CONSTRAINT fk_permissions_namespace FOREIGN KEY (namespace) REFERENCES permission_namespaces(name),
  CONSTRAINT pk_permissions PRIMARY KEY (name),
  CONSTRAINT tr_permissions_record TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_permissions_namespace ON public.permissions USING btree (namespace) WHERE (namespace IS NOT NULL);
CREATE CONSTRAINT TRIGGER tr_permissions_record AFTER INSERT OR DELETE OR UPDATE ON public.permissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('permission');
CREATE TRIGGER tr_permissions_record_truncate AFTER TRUNCATE ON public.permissions FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE rate_limits (
  key text NOT NULL,
  free_at timestamp with time zone NOT NULL,
  CONSTRAINT pk_rate_limits PRIMARY KEY (key)
);
CREATE INDEX ix_rate_limits_free_at ON public.rate_limits USING btree (free_at);

CREATE TABLE refresh_tokens (
  id uuid NOT NULL,
  session_id uuid NOT NULL,
  family_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  issued_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  successor_id uuid,
  successor_sealed bytea,
  generation integer NOT NULL DEFAULT 0,
  CONSTRAINT ck_refresh_tokens_successor CHECK (((used_at IS NULL) = (successor_id IS NULL))),
  CONSTRAINT ck_refresh_tokens_token_hash CHECK ((octet_length(token_hash) = 32)),
  CONSTRAINT fk_refresh_tokens_session_id FOREIGN KEY (session_id) REFERENCES user_sessions(id) ON DELETE CASCADE,
  CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
  CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_refresh_tokens_session_id ON public.refresh_tokens USING btree (session_id);

CREATE TABLE revoked_access_tokens (
  jti uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT pk_revoked_access_tokens PRIMARY KEY (jti)
);
CREATE INDEX ix_revoked_access_tokens_expires_at ON public.revoked_access_tokens USING btree (expires_at);
CREATE TRIGGER tr_revoked_access_tokens_announce AFTER INSERT ON public.revoked_access_tokens FOR EACH ROW EXECUTE FUNCTION announce_change('revoked-token', 'jti');

CREATE TABLE role_activations (
  id uuid NOT NULL,
  eligible_assignment_id uuid,
  user_id uuid NOT NULL,
  role_id uuid NOT NULL,
  scope text NOT NULL,
  duration_seconds integer NOT NULL,
  reason text NOT NULL,
  status text NOT NULL,
  requested_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone,
  decided_by_type text,
  decided_by_id text,
  decision_reason text,
  assignment_id uuid,
  CONSTRAINT ck_role_activations_status CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'denied'::text, 'cancelled'::text]))),
  CONSTRAINT fk_role_activations_assignment_id FOREIGN KEY (assignment_id) REFERENCES role_assignments(id) ON DELETE SET NULL,
  CONSTRAINT fk_role_activations_eligible_assignment_id FOREIGN KEY (eligible_assignment_id) REFERENCES eligible_assignments(id) ON DELETE SET NULL,
  CONSTRAINT fk_role_activations_role_id FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE CASCADE,
  CONSTRAINT fk_role_activations_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT pk_role_activations PRIMARY KEY (id)
);
CREATE INDEX ix_role_activations_assignment_id ON public.role_activations USING btree (assignment_id);
CREATE INDEX ix_role_activations_eligible_assignment_id ON public.role_activations USING btree (eligible_assignment_id);
CREATE INDEX ix_role_activations_role_id ON public.role_activations USING btree (role_id);
CREATE INDEX ix_role_activations_user_id ON public.role_activations USING btree (user_id);

CREATE TABLE role_assignments (
  id uuid NOT NULL,
  user_id uuid,
  role_id uuid NOT NULL,
  scope text NOT NULL DEFAULT '/'::text,
  effect text NOT NULL,
  valid_from timestamp with time zone NOT NULL DEFAULT now(),
  valid_until timestamp with time zone,
  reason text NOT NULL,
  assigned_by_type text NOT NULL,
  assigned_by_id text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  service_account_id uuid,
  group_id uuid,
  CONSTRAINT ck_role_assignments_effect CHECK ((effect = ANY (ARRAY['allow'::text, 'deny'::text]))),
  CONSTRAINT ck_role_assignments_subject CHECK ((num_nonnulls(user_id, service_account_id, group_id) = 1)),
  CONSTRAINT ck_role_assignments_valid_until CHECK (((valid_until IS NULL) OR (valid_until > valid_from))),
  CONSTRAINT fk_role_assignments_group_id FOREIGN KEY (group_id) REFERENCES groups(id),
  CONSTRAINT fk_role_assignments_role_id FOREIGN KEY (role_id) REFERENCES roles(id),
  CONSTRAINT fk_role_assignments_service_account_id FOREIGN KEY (service_account_id) REFERENCES service_accounts(id),
  CONSTRAINT fk_role_assignments_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT pk_role_assignments PRIMARY KEY (id),
  CONSTRAINT tr_role_assignments_record TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_role_assignments_group_id ON public.role_assignments USING btree (group_id) WHERE (group_id IS NOT NULL);
CREATE INDEX ix_role_assignments_role_id ON public.role_assignments USING btree (role_id);
CREATE INDEX ix_role_assignments_scope ON public.role_assignments USING btree (scope text_pattern_ops, id);
CREATE INDEX ix_role_assignments_service_account_id ON public.role_assignments USING btree (service_account_id);
CREATE INDEX ix_role_assignments_user_id ON public.role_assignments USING btree (user_id);
CREATE CONSTRAINT TRIGGER tr_role_assignments_record AFTER INSERT OR DELETE OR UPDATE ON public.role_assignments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('assignment');
CREATE TRIGGER tr_role_assignments_record_truncate AFTER TRUNCATE ON public.role_assignments FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE role_parents (
  role_id uuid NOT NULL,
  parent_role_id uuid NOT NULL,
  CONSTRAINT ck_role_parents_parent_role_id CHECK ((role_id <> parent_role_id)),
  CONSTRAINT fk_role_parents_parent_role_id FOREIGN KEY (parent_role_id) REFERENCES roles(id),
  CONSTRAINT fk_role_parents_role_id FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE CASCADE,
  CONSTRAINT pk_role_parents PRIMARY KEY (role_id, parent_role_id),
  CONSTRAINT tr_role_parents_record TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_role_parents_parent_role_id ON public.role_parents USING btree (parent_role_id);
CREATE CONSTRAINT TRIGGER tr_role_parents_record AFTER INSERT OR DELETE OR UPDATE ON public.role_parents DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('role', 'role_id');
CREATE TRIGGER tr_role_parents_record_truncate AFTER TRUNCATE ON public.role_parents FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE role_permissions (
  role_id uuid NOT NULL,
  permission text NOT NULL,
  CONSTRAINT fk_role_permissions_permission FOREIGN KEY (permission) REFERENCES permissions(name),
  CONSTRAINT fk_role_permissions_role_id FOREIGN KEY (role_id) REFERENCES roles(id) ON DELETE CASCADE,
  CONSTRAINT pk_role_permissions PRIMARY KEY (role_id, permission),
  CONSTRAINT tr_role_permissions_record TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_role_permissions_permission ON public.role_permissions USING btree (permission);
CREATE CONSTRAINT TRIGGER tr_role_permissions_record AFTER INSERT OR DELETE OR UPDATE ON public.role_permissions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('role', 'role_id');
CREATE TRIGGER tr_role_permissions_record_truncate AFTER TRUNCATE ON public.role_permissions FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE roles (
  id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  is_system boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  activation_max_seconds integer NOT NULL DEFAULT 28800,
  activation_needs_approval boolean NOT NULL DEFAULT false,
  CONSTRAINT ck_roles_activation_max_seconds CHECK (((activation_max_seconds >= 300) AND (activation_max_seconds <= 2592000))),
  CONSTRAINT pk_roles PRIMARY KEY (id),
  CONSTRAINT tr_roles_record TRIGGER DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_roles_name UNIQUE (name)
);
CREATE CONSTRAINT TRIGGER tr_roles_record AFTER INSERT OR DELETE OR UPDATE ON public.roles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('role', 'id');
CREATE TRIGGER tr_roles_record_truncate AFTER TRUNCATE ON public.roles FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();

CREATE TABLE separation_constraint_members (
  constraint_id uuid NOT NULL,
  role_id uuid,
  permission text,
  CONSTRAINT ck_separation_constraint_members_member CHECK ((num_nonnulls(role_id, permission) = 1)),
  CONSTRAINT fk_separation_constraint_members_constraint_id FOREIGN KEY (constraint_id) REFERENCES separation_constraints(id) ON DELETE CASCADE,
  CONSTRAINT fk_separation_constraint_members_permission FOREIGN KEY (permission) REFERENCES permissions(name),
  CONSTRAINT fk_separation_constraint_members_role_id FOREIGN KEY (role_id) REFERENCES roles(id),
  CONSTRAINT uq_separation_constraint_members UNIQUE NULLS NOT DISTINCT (constraint_id, role_id, permission)
);
CREATE INDEX ix_separation_constraint_members_permission ON public.separation_constraint_members USING btree (permission);
CREATE INDEX ix_separation_constraint_members_role_id ON public.separation_constraint_members USING btree (role_id);

CREATE TABLE separation_constraints (
  id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  kind text NOT NULL,
  at_most integer NOT NULL DEFAULT 1,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_separation_constraints_at_most CHECK ((at_most >= 1)),
  CONSTRAINT ck_separation_constraints_kind CHECK ((kind = ANY (ARRAY['roles'::text, 'permissions'::text]))),
  CONSTRAINT pk_separation_constraints PRIMARY KEY (id),
  CONSTRAINT uq_separation_constraints_name UNIQUE (name)
);

CREATE TABLE service_account_credentials (
  id uuid NOT NULL,
  service_account_id uuid NOT NULL,
  kind text NOT NULL,
  secret_hash bytea,
  public_jwk jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  CONSTRAINT ck_service_account_credentials_content CHECK ((((kind = ANY (ARRAY['secret'::text, 'scim_token'::text])) AND (octet_length(secret_hash) = 32) AND (public_jwk IS NULL)) OR ((kind = 'public_key'::text) AND (secret_hash IS NULL) AND (public_jwk IS NOT NULL)))),
  CONSTRAINT ck_service_account_credentials_kind CHECK ((kind = ANY (ARRAY['secret'::text, 'public_key'::text, 'scim_token'::text]))),
  CONSTRAINT fk_service_account_credentials_service_account_id FOREIGN KEY (service_account_id) REFERENCES service_accounts(id) ON DELETE CASCADE,
  CONSTRAINT pk_service_account_credentials PRIMARY KEY (id)
);
CREATE INDEX ix_service_account_credentials_service_account_id ON public.service_account_credentials USING btree (service_account_id);
CREATE UNIQUE INDEX uq_service_account_credentials_scim_token ON public.service_account_credentials USING btree (secret_hash) WHERE (kind = 'scim_token'::text);

CREATE TABLE service_accounts (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  owner_user_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'active'::text,
  security_stamp integer NOT NULL DEFAULT 1,
  dpop_required boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_service_accounts_status CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text]))),
  CONSTRAINT fk_service_accounts_owner_user_id FOREIGN KEY (owner_user_id) REFERENCES users(id),
  CONSTRAINT fk_service_accounts_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_service_accounts PRIMARY KEY (id),
  CONSTRAINT tr_service_accounts_record TRIGGER DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT tr_service_accounts_record_update TRIGGER DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_service_accounts_tenant_id_name UNIQUE (tenant_id, name)
);
CREATE INDEX ix_service_accounts_owner_user_id ON public.service_accounts USING btree (owner_user_id);
CREATE TRIGGER tr_service_accounts_announce AFTER UPDATE ON public.service_accounts FOR EACH ROW EXECUTE FUNCTION announce_change('service-account', 'id');
CREATE TRIGGER tr_service_accounts_announce_delete AFTER DELETE ON public.service_accounts FOR EACH ROW EXECUTE FUNCTION announce_change('service-account', 'id');
CREATE TRIGGER tr_service_accounts_announce_truncate AFTER TRUNCATE ON public.service_accounts FOR EACH STATEMENT EXECUTE FUNCTION announce_change('service-account');
CREATE CONSTRAINT TRIGGER tr_service_accounts_record AFTER INSERT OR DELETE ON public.service_accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('service_account');
CREATE TRIGGER tr_service_accounts_record_truncate AFTER TRUNCATE ON public.service_accounts FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();
CREATE CONSTRAINT TRIGGER tr_service_accounts_record_update AFTER UPDATE ON public.service_accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.owner_user_id IS DISTINCT FROM new.owner_user_id))) EXECUTE FUNCTION record_access('service_account');

CREATE TABLE sign_in_attempts (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  state_hash bytea NOT NULL,
  browser_hash bytea NOT NULL,
  nonce text NOT NULL,
  code_verifier_sealed bytea NOT NULL,
  return_to text NOT NULL,
  replaces_session_id uuid,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT fk_sign_in_attempts_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_sign_in_attempts PRIMARY KEY (id),
  CONSTRAINT uq_sign_in_attempts_state_hash UNIQUE (state_hash)
);
CREATE INDEX ix_sign_in_attempts_expires_at ON public.sign_in_attempts USING btree (expires_at);

CREATE TABLE signing_keys (
  kid text NOT NULL,
  algorithm text NOT NULL,
  state text NOT NULL,
  public_key text NOT NULL,
  wrapped_private_key bytea NOT NULL,
  wrapped_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  activated_at timestamp with time zone,
  retires_at timestamp with time zone,
  CONSTRAINT ck_signing_keys_algorithm CHECK ((algorithm = 'ES256'::text)),
  CONSTRAINT ck_signing_keys_state CHECK ((state = ANY (ARRAY['next'::text, 'current'::text, 'retiring'::text, 'retired'::text]))),
  CONSTRAINT pk_signing_keys PRIMARY KEY (kid)
);
CREATE UNIQUE INDEX uq_signing_keys_current ON public.signing_keys USING btree (state) WHERE (state = 'current'::text);
CREATE UNIQUE INDEX uq_signing_keys_next ON public.signing_keys USING btree (state) WHERE (state = 'next'::text);
CREATE TRIGGER tr_signing_keys_announce AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.signing_keys FOR EACH STATEMENT EXECUTE FUNCTION announce_change('keys');

CREATE TABLE tenant_connections (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  state text NOT NULL,
  client_id uuid NOT NULL,
  cloud text,
  kind text NOT NULL,
  sealed_credential bytea,
  fingerprint text,
  expires_at timestamp with time zone,
  set_by text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT ck_tenant_connections_cloud CHECK ((cloud = ANY (ARRAY['global'::text, 'us-government'::text, 'us-dod'::text, 'china'::text]))),
  CONSTRAINT ck_tenant_connections_credential CHECK ((((kind = 'federated'::text) = (sealed_credential IS NULL)) AND ((kind = 'federated'::text) = (fingerprint IS NULL)))),
  CONSTRAINT ck_tenant_connections_kind CHECK ((kind = ANY (ARRAY['secret'::text, 'certificate'::text, 'federated'::text]))),
  CONSTRAINT ck_tenant_connections_state CHECK ((state = ANY (ARRAY['candidate'::text, 'active'::text]))),
  CONSTRAINT fk_tenant_connections_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  CONSTRAINT pk_tenant_connections PRIMARY KEY (id)
);
CREATE INDEX ix_tenant_connections_tenant_id ON public.tenant_connections USING btree (tenant_id);
CREATE UNIQUE INDEX uq_tenant_connections_active ON public.tenant_connections USING btree (tenant_id) WHERE (state = 'active'::text);

CREATE TABLE tenants (
  id uuid NOT NULL,
  entra_tenant_id uuid NOT NULL,
  display_name text NOT NULL,
  sign_in_allowed boolean NOT NULL,
  scan_enabled boolean NOT NULL,
  scan_interval_seconds integer NOT NULL,
  break_glass_object_ids text[] NOT NULL DEFAULT '{}'::text[],
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  second_person boolean NOT NULL DEFAULT false,
  remediation_enabled boolean NOT NULL DEFAULT false,
  connection_version integer NOT NULL DEFAULT 0,
  CONSTRAINT ck_tenants_scan_interval_seconds CHECK (((scan_interval_seconds >= 1) AND (scan_interval_seconds <= 86400))),
  CONSTRAINT pk_tenants PRIMARY KEY (id),
  CONSTRAINT uq_tenants_entra_tenant_id UNIQUE (entra_tenant_id)
);
CREATE TRIGGER tr_tenants_announce AFTER UPDATE ON public.tenants FOR EACH ROW WHEN ((old.sign_in_allowed IS DISTINCT FROM new.sign_in_allowed)) EXECUTE FUNCTION announce_change('tenant', 'id');
CREATE TRIGGER tr_tenants_announce_delete AFTER DELETE ON public.tenants FOR EACH ROW EXECUTE FUNCTION announce_change('tenant', 'id');
CREATE TRIGGER tr_tenants_announce_truncate AFTER TRUNCATE ON public.tenants FOR EACH STATEMENT EXECUTE FUNCTION announce_change('tenant');

CREATE TABLE used_proofs (
  digest bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT pk_used_proofs PRIMARY KEY (digest)
);
CREATE INDEX ix_used_proofs_expires_at ON public.used_proofs USING btree (expires_at);

CREATE TABLE user_sessions (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  security_stamp integer NOT NULL,
  client_id text NOT NULL,
  entra_session_id text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  last_seen_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  idle_expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  ended_reason text,
  scope text,
  dpop_jkt text,
  entra_subject text,
  service_account_id uuid,
  service_account_stamp integer,
  sealed_device bytea,
  CONSTRAINT ck_user_sessions_ended CHECK (((ended_at IS NULL) = (ended_reason IS NULL))),
  CONSTRAINT ck_user_sessions_service_account CHECK (((service_account_id IS NULL) = (service_account_stamp IS NULL))),
  CONSTRAINT fk_user_sessions_service_account_id FOREIGN KEY (service_account_id) REFERENCES service_accounts(id),
  CONSTRAINT fk_user_sessions_user_id FOREIGN KEY (user_id) REFERENCES users(id),
  CONSTRAINT pk_user_sessions PRIMARY KEY (id)
);
CREATE INDEX ix_user_sessions_entra_session_id ON public.user_sessions USING btree (entra_session_id) WHERE ((ended_at IS NULL) AND (entra_session_id IS NOT NULL));
CREATE INDEX ix_user_sessions_entra_subject ON public.user_sessions USING btree (entra_subject) WHERE ((ended_at IS NULL) AND (entra_subject IS NOT NULL));
CREATE INDEX ix_user_sessions_user_id ON public.user_sessions USING btree (user_id, id);
CREATE TRIGGER tr_user_sessions_announce AFTER UPDATE ON public.user_sessions FOR EACH ROW WHEN (((old.ended_at IS DISTINCT FROM new.ended_at) OR (new.expires_at < old.expires_at) OR (new.idle_expires_at < old.idle_expires_at) OR (old.dpop_jkt IS DISTINCT FROM new.dpop_jkt) OR (old.scope IS DISTINCT FROM new.scope) OR (old.security_stamp IS DISTINCT FROM new.security_stamp))) EXECUTE FUNCTION announce_change('session', 'id');
CREATE TRIGGER tr_user_sessions_announce_delete AFTER DELETE ON public.user_sessions FOR EACH ROW EXECUTE FUNCTION announce_change('session', 'id');
CREATE TRIGGER tr_user_sessions_announce_truncate AFTER TRUNCATE ON public.user_sessions FOR EACH STATEMENT EXECUTE FUNCTION announce_change('session');

CREATE TABLE users (
  id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  object_id uuid,
  display_name text NOT NULL,
  user_principal_name text,
  email text,
  status text NOT NULL DEFAULT 'active'::text,
  security_stamp integer NOT NULL DEFAULT 1,
  security_stamp_raised_at timestamp with time zone,
  last_sign_in_at timestamp with time zone,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  entra_valid_from timestamp with time zone,
  external_id text,
  deleted_at timestamp with time zone,
  search_text text DEFAULT folded_text(((((display_name || '
'::text) || COALESCE(user_principal_name, ''::text)) || '
'::text) || COALESCE(email, ''::text))),
  sort_name text DEFAULT "left"(folded_text(display_name), 64),
  sealed_profile bytea,
  CONSTRAINT ck_users_deleted_at CHECK (((status = 'deleted'::text) = (deleted_at IS NOT NULL))),
  CONSTRAINT ck_users_status CHECK ((status = ANY (ARRAY['active'::text, 'disabled'::text, 'deleted'::text]))),
  CONSTRAINT fk_users_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT tr_users_record TRIGGER DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT tr_users_record_update TRIGGER DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT uq_users_tenant_id_object_id UNIQUE (tenant_id, object_id)
);
CREATE INDEX ix_users_created_at ON public.users USING btree (created_at, id);
CREATE INDEX ix_users_last_sign_in_at ON public.users USING btree (COALESCE(last_sign_in_at, '-infinity'::timestamp with time zone), id);
CREATE INDEX ix_users_search_text ON public.users USING gin (search_text gin_trgm_ops);
CREATE INDEX ix_users_sort_name ON public.users USING btree (sort_name, id);
CREATE INDEX ix_users_status ON public.users USING btree (status, id) WHERE (status <> 'active'::text);
CREATE INDEX ix_users_tenant_id_display_name ON public.users USING btree (tenant_id, lower(display_name), id);
CREATE INDEX ix_users_tenant_id_external_id ON public.users USING btree (tenant_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX ix_users_tenant_id_user_principal_name ON public.users USING btree (tenant_id, lower(user_principal_name));
CREATE TRIGGER tr_users_announce AFTER UPDATE ON public.users FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.security_stamp IS DISTINCT FROM new.security_stamp) OR (old.security_stamp_raised_at IS DISTINCT FROM new.security_stamp_raised_at) OR (old.entra_valid_from IS DISTINCT FROM new.entra_valid_from) OR (old.display_name IS DISTINCT FROM new.display_name))) EXECUTE FUNCTION announce_change('user', 'id');
CREATE TRIGGER tr_users_announce_delete AFTER DELETE ON public.users FOR EACH ROW EXECUTE FUNCTION announce_change('user', 'id');
CREATE TRIGGER tr_users_announce_truncate AFTER TRUNCATE ON public.users FOR EACH STATEMENT EXECUTE FUNCTION announce_change('user');
CREATE CONSTRAINT TRIGGER tr_users_record AFTER INSERT OR DELETE ON public.users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_access('user');
CREATE TRIGGER tr_users_record_truncate AFTER TRUNCATE ON public.users FOR EACH STATEMENT EXECUTE FUNCTION record_access_reset();
CREATE CONSTRAINT TRIGGER tr_users_record_update AFTER UPDATE ON public.users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) OR (old.tenant_id IS DISTINCT FROM new.tenant_id) OR (old.object_id IS DISTINCT FROM new.object_id))) EXECUTE FUNCTION record_access('user');

CREATE TABLE webhook_deliveries (
  id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamp with time zone,
  last_attempt_at timestamp with time zone,
  last_status integer,
  last_error text,
  last_duration_ms integer,
  delivered_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  record_owed boolean NOT NULL DEFAULT false,
  CONSTRAINT ck_webhook_deliveries_next_attempt_at CHECK (((status = 'pending'::text) = (next_attempt_at IS NOT NULL))),
  CONSTRAINT ck_webhook_deliveries_status CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text]))),
  CONSTRAINT fk_webhook_deliveries_endpoint_id FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  CONSTRAINT fk_webhook_deliveries_event_id FOREIGN KEY (event_id) REFERENCES outbox_events(id) ON DELETE CASCADE,
  CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id),
  CONSTRAINT uq_webhook_deliveries_endpoint_id_event_id UNIQUE (endpoint_id, event_id)
);
CREATE INDEX ix_webhook_deliveries_endpoint_id ON public.webhook_deliveries USING btree (endpoint_id, id);
CREATE INDEX ix_webhook_deliveries_event_id ON public.webhook_deliveries USING btree (event_id);
CREATE INDEX ix_webhook_deliveries_next_attempt_at ON public.webhook_deliveries USING btree (endpoint_id, next_attempt_at) WHERE (status = 'pending'::text);
CREATE INDEX ix_webhook_deliveries_record_owed ON public.webhook_deliveries USING btree (delivered_at) WHERE record_owed;

CREATE TABLE webhook_digest_items (
  endpoint_id uuid NOT NULL,
  event_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  digest_event_id uuid,
  CONSTRAINT fk_webhook_digest_items_endpoint_id FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE,
  CONSTRAINT fk_webhook_digest_items_event_id FOREIGN KEY (event_id) REFERENCES outbox_events(id) ON DELETE CASCADE,
  CONSTRAINT pk_webhook_digest_items PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX ix_webhook_digest_items_event_id ON public.webhook_digest_items USING btree (event_id);
CREATE INDEX ix_webhook_digest_items_waiting ON public.webhook_digest_items USING btree (endpoint_id, created_at) WHERE (digest_event_id IS NULL);

CREATE TABLE webhook_endpoints (
  id uuid NOT NULL,
  tenant_id uuid,
  description text NOT NULL,
  event_types text[] NOT NULL,
  min_severity text NOT NULL,
  status text NOT NULL,
  disabled_reason text,
  sealed_secret bytea NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  delivering_until timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  delivering_by uuid,
  sealed_url bytea NOT NULL,
  tenant_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
  resource_types text[] NOT NULL DEFAULT '{}'::text[],
  controls text[] NOT NULL DEFAULT '{}'::text[],
  digest_interval_seconds integer,
  previous_sealed_secret bytea,
  previous_secret_until timestamp with time zone,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  last_failure_at timestamp with time zone,
  paused_until timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  CONSTRAINT ck_webhook_endpoints_digest_interval_seconds CHECK (((digest_interval_seconds >= 3600) AND (digest_interval_seconds <= 604800))),
  CONSTRAINT ck_webhook_endpoints_min_severity CHECK ((min_severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text, 'info'::text]))),
  CONSTRAINT ck_webhook_endpoints_previous_secret CHECK (((previous_sealed_secret IS NULL) = (previous_secret_until IS NULL))),
  CONSTRAINT ck_webhook_endpoints_status CHECK ((status = ANY (ARRAY['enabled'::text, 'disabled'::text]))),
  CONSTRAINT fk_webhook_endpoints_tenant_id FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE,
  CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id)
);
