/** How one metric is declared; labels hold bounded sets only (never a peer's free text). */
export interface MetricDeclaration {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds in seconds, histograms only. */
  readonly buckets?: readonly number[];
}

/**
 * Every metric of the product. Names are API: additive only. docs/metrics.md is generated from here.
 * Form: bulkhead_<module>_<thing>_<unit|total>. Keep the list in alphabetical order.
 */
export const METRICS = {
  bulkhead_alarms_active: { type: "gauge", help: "Alarms that stand, by severity", labels: ["severity"] },
  bulkhead_alarms_raised_total: { type: "counter", help: "Alarm raises, repeats included", labels: ["kind"] },
  bulkhead_audit_commit_seconds: { type: "histogram", help: "Seconds from the start of an audit commit to its fsync" },
  bulkhead_audit_lines_total: { type: "counter", help: "Lines stored in the audit chain", labels: ["class"] },
  bulkhead_audit_refused_total: {
    type: "counter",
    help: "Audit records that could not be stored; their callers were told",
  },
  bulkhead_audit_sink_lag_records: {
    type: "gauge",
    help: "Audit records that a syslog receiver does not have yet",
    labels: ["sink"],
  },
  bulkhead_backup_last_success_timestamp_seconds: {
    type: "gauge",
    help: "Unix time of the last backup that reached every target",
  },
  bulkhead_backup_runs_total: { type: "counter", help: "Backups tried", labels: ["outcome"] },
  bulkhead_badge_answers_total: {
    type: "counter",
    help: "Answers about badges that the gateway gave in the place of a CSMS",
    labels: ["mode", "status"],
  },
  bulkhead_commissioning_protocols: {
    type: "gauge",
    help: "Commissioning protocols, open or closed",
    labels: ["state"],
  },
  bulkhead_courier_deliveries_total: {
    type: "counter",
    help: "Deliveries by the courier",
    labels: ["kind", "outcome"],
  },
  bulkhead_decommissions_under_way: { type: "gauge", help: "Stations that are being decommissioned" },
  bulkhead_device_operations_total: {
    type: "counter",
    help: "Operations of the gateway itself at controllers",
    labels: ["operation", "outcome"],
  },
  bulkhead_dhcp_dropped_total: { type: "counter", help: "DHCP messages dropped because there were too many" },
  bulkhead_dhcp_messages_total: {
    type: "counter",
    help: "DHCP messages of clients that were judged",
    labels: ["zone"],
  },
  bulkhead_dhcp_refused_total: { type: "counter", help: "DHCP messages refused or not answered", labels: ["rule"] },
  bulkhead_dhcp_replies_total: { type: "counter", help: "DHCP replies sent", labels: ["zone"] },
  bulkhead_dns_queries_total: {
    type: "counter",
    help: "Questions of stations by how they ended; stranger: not from an OT zone, limited: too many of one client",
    labels: ["transport", "outcome"],
  },
  bulkhead_dns_upstream_answers_total: {
    type: "counter",
    help: "Answers of DNS upstreams and questions they did not answer, by upstream",
    labels: ["upstream", "outcome"],
  },
  bulkhead_dns_upstream_seconds: {
    type: "histogram",
    help: "Seconds from a question to a DNS upstream to its answer",
    labels: ["upstream"],
  },
  bulkhead_erasure_certificates: { type: "gauge", help: "Certificates of erasure that are kept" },
  bulkhead_firmware_controllers: {
    type: "gauge",
    help:
      "Controllers of the inventory by what their firmware version is to be thought of: vulnerable, outdated, unknown, current",
    labels: ["mark"],
  },
  bulkhead_firmware_images: { type: "gauge", help: "Firmware images on record, by state", labels: ["state"] },
  bulkhead_firmware_intakes_total: {
    type: "counter",
    help: "Firmware images that were fetched or brought, by what verifying led to",
    labels: ["outcome"],
  },
  bulkhead_firmware_received_bytes_total: { type: "counter", help: "Bytes of logs that stations brought" },
  bulkhead_firmware_requests_ended_total: {
    type: "counter",
    help: "Updates that CSMSs asked for and that have ended",
    labels: ["outcome"],
  },
  bulkhead_firmware_requests_total: {
    type: "counter",
    help: "Requests of stations for images, and to bring logs, by what the grant said",
    labels: ["protocol", "purpose", "result"],
  },
  bulkhead_firmware_security_log_ends_total: {
    type: "counter",
    help: "Requests of the gateway for security logs that ended: kept, refused, failed",
    labels: ["outcome"],
  },
  bulkhead_firmware_security_logs: {
    type: "gauge",
    help: "Stations whose security log is wanted: fresh, waiting, due, asked, refused, missing",
    labels: ["state"],
  },
  bulkhead_firmware_sent_bytes_total: { type: "counter", help: "Bytes of firmware images sent to stations" },
  bulkhead_firmware_unit_ends_total: {
    type: "counter",
    help: "Tries of units in firmware campaigns that ended: confirmed, failed, unconfirmed",
    labels: ["outcome"],
  },
  bulkhead_firmware_units: {
    type: "gauge",
    help: "Units of the firmware campaigns that have not ended, by where they stand",
    labels: ["state"],
  },
  bulkhead_incident_signals_total: {
    type: "counter",
    help: "Signals of tampering that the audit chain told of, by kind",
    labels: ["kind"],
  },
  bulkhead_incident_standing: { type: "gauge", help: "Incidents that are not closed, by state", labels: ["state"] },
  bulkhead_inspection_overdue: { type: "gauge", help: "Inspections whose day was a week ago or longer" },
  bulkhead_ledger_facts_lost_total: {
    type: "counter",
    help: "Facts about transactions that had to make room while control was away",
  },
  bulkhead_ledger_transactions: {
    type: "gauge",
    help: "Transactions that run or are not settled with their CSMS",
    labels: ["state"],
  },
  bulkhead_ledger_unacknowledged_wh: {
    type: "gauge",
    help: "Watt-hours seen at stations that their CSMS has not acknowledged for a while",
  },
  bulkhead_modbus_clients: { type: "gauge", help: "Modbus clients that are connected", labels: ["listener"] },
  bulkhead_modbus_connections_refused_total: {
    type: "counter",
    help: "Connections of Modbus clients that were refused or ended, by rule",
    labels: ["listener", "rule"],
  },
  bulkhead_modbus_line_busy_seconds_total: {
    type: "counter",
    help: "Seconds that requests were on the line; its rate is the line's utilisation",
    labels: ["line"],
  },
  bulkhead_modbus_line_notes_total: {
    type: "counter",
    help: "What went wrong on a line: time-outs, late and foreign frames, noise, retries, other clients",
    labels: ["line", "kind"],
  },
  bulkhead_modbus_line_queue: { type: "gauge", help: "Requests that wait for the line", labels: ["line"] },
  bulkhead_modbus_line_up: {
    type: "gauge",
    help: "1 while the line is open, or rests closed after work",
    labels: ["line"],
  },
  bulkhead_modbus_request_seconds: {
    type: "histogram",
    help: "Seconds from a client's request to the device's answer, the wait for the line included",
    labels: ["line"],
  },
  bulkhead_modbus_requests_total: {
    type: "counter",
    help: "Modbus requests by what became of them; clients beyond the first 64 are one",
    labels: ["line", "client", "outcome"],
  },
  bulkhead_ocpp_admissions_refused_total: {
    type: "counter",
    help: "Connection attempts of stations that were refused, by rule",
    labels: ["rule"],
  },
  bulkhead_ocpp_bytes_total: { type: "counter", help: "Bytes of relayed OCPP messages by sender", labels: ["from"] },
  bulkhead_ocpp_flight_bytes: { type: "gauge", help: "Bytes kept by the flight recorder" },
  bulkhead_ocpp_messages_total: { type: "counter", help: "OCPP messages received by sender", labels: ["from"] },
  bulkhead_ocpp_mirror_messages_total: {
    type: "counter",
    help: "Messages between stations and mirrors or limited secondaries by what became of them",
    labels: ["csms", "outcome"],
  },
  bulkhead_ocpp_mirrors: {
    type: "gauge",
    help: "Connections to mirrors and limited secondaries",
    labels: ["csms", "state"],
  },
  bulkhead_ocpp_notes_total: {
    type: "counter",
    help:
      "Odd OCPP messages: malformed, refused, unmatched, late, repeated, against their schema, or refused once rules are enforced",
    labels: ["kind", "from"],
  },
  bulkhead_ocpp_observer_faults_total: {
    type: "counter",
    help: "Faults of parts that look on while messages are relayed; the messages went on",
    labels: ["observer"],
  },
  bulkhead_ocpp_sessions: { type: "gauge", help: "Stations connected through to their CSMS" },
  bulkhead_ocpp_sessions_closed_total: { type: "counter", help: "Ended OCPP sessions by reason", labels: ["why"] },
  bulkhead_ocpp_tls_failures_total: { type: "counter", help: "Failed TLS handshakes of stations", labels: ["event"] },
  bulkhead_ocpp_upgrades_total: {
    type: "counter",
    help: "Connection attempts of stations by HTTP status",
    labels: ["status"],
  },
  bulkhead_ocpp_upstream_dials_total: {
    type: "counter",
    help: "Connections tried to a CSMS",
    labels: ["csms", "outcome"],
  },
  bulkhead_outage_delivered_total: {
    type: "counter",
    help: "Kept messages that a CSMS was sent afterwards, by what it made of them",
    labels: ["outcome"],
  },
  bulkhead_outage_kept_total: {
    type: "counter",
    help: "Messages stored for a CSMS that is away; repeated ones are not stored twice",
    labels: ["repeated"],
  },
  bulkhead_outage_oldest_seconds: { type: "gauge", help: "Age of the oldest message that waits for a CSMS" },
  bulkhead_outage_refused_messages: { type: "gauge", help: "Kept messages that a CSMS refused, waiting for a person" },
  bulkhead_outage_waiting_bytes: { type: "gauge", help: "Bytes of messages that wait for a CSMS" },
  bulkhead_outage_waiting_messages: { type: "gauge", help: "Messages that wait for a CSMS" },
  bulkhead_people_logins_total: {
    type: "counter",
    help: "Logins of people, by outcome: accepted or refused",
    labels: ["outcome"],
  },
  bulkhead_people_sessions: { type: "gauge", help: "Sessions of people that are logged in" },
  bulkhead_segmentation_refused_packets: {
    type: "gauge",
    help: "Packets that the firewall has refused since its rules were loaded",
    labels: ["reason"],
  },
  bulkhead_station_clock_offset_seconds: {
    type: "gauge",
    help: "Seconds that a station's clock is ahead of the box's, from its messages",
    labels: ["station"],
  },
  bulkhead_store_commit_seconds: { type: "histogram", help: "Seconds from a commit's start until it is on the disk" },
  bulkhead_store_commits_total: { type: "counter", help: "Commits on the disk; merged ones count once" },
  bulkhead_store_errors_total: { type: "counter", help: "Failed reads and commits of the store", labels: ["code"] },
  bulkhead_store_mutations_total: { type: "counter", help: "Values set or deleted in commits" },
  bulkhead_store_swept_total: { type: "counter", help: "Expired entries deleted by the sweeper" },
  bulkhead_switch_devices: { type: "gauge", help: "Devices that a switch has learned", labels: ["switch"] },
  bulkhead_switch_readings_total: {
    type: "counter",
    help: "Readings of a switch by how they ended: read or failed",
    labels: ["switch", "outcome"],
  },
  bulkhead_time_offset_seconds: {
    type: "gauge",
    help: "Seconds that the box's clock is ahead of the time it follows, as chrony says",
  },
  bulkhead_tls_handshakes_total: {
    type: "counter",
    help: "TLS handshakes by listener and result: ok, or why they failed",
    labels: ["listener", "result"],
  },
  bulkhead_ui_bytes_total: { type: "counter", help: "Bytes of controllers' pages carried", labels: ["direction"] },
  bulkhead_ui_doors_total: {
    type: "counter",
    help: "Requests to controllers that ended at a page of the gateway, by the rule of its door",
    labels: ["rule"],
  },
  bulkhead_ui_requests_total: { type: "counter", help: "Requests to controllers' pages", labels: ["decision"] },
  bulkhead_ui_sessions: { type: "gauge", help: "Device sessions that are carried" },
  bulkhead_vault_rotations_total: {
    type: "counter",
    help: "Changes of device secrets that ended, by whether all have the new one or all that of before",
    labels: ["outcome"],
  },
  bulkhead_vault_secrets: {
    type: "gauge",
    help: "Device secrets by how they stand: settled, due, escrow, rotating, person, held, split, unsettled",
    labels: ["state"],
  },
  bulkhead_vault_uncovered_secrets: {
    type: "gauge",
    help: "Device secrets in force that no acknowledged escrow holds: they exist on this box alone",
  },
  bulkhead_worker_heap_bytes: {
    type: "gauge",
    help: "Memory of a Worker's JavaScript heap that is in use, garbage included",
    labels: ["worker"],
  },
  bulkhead_worker_heartbeat_missed_total: { type: "counter", help: "Missed Worker heartbeats", labels: ["worker"] },
  bulkhead_worker_ready: { type: "gauge", help: "1 while the Worker is ready", labels: ["worker"] },
  bulkhead_worker_restarts_total: { type: "counter", help: "Worker restarts after a fault", labels: ["worker"] },
} as const satisfies Record<string, MetricDeclaration>;

/** One of the declared metric names. */
export type MetricName = keyof typeof METRICS;
