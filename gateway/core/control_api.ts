import type { AcmeJws, AcmeOutcome, AcmeTask } from "./acme_api.ts";
import type { Health } from "./conduit.ts";
export type { AcmeJws, AcmeOutcome, AcmeTask } from "./acme_api.ts";
import type { DeviceControlApi, DeviceWorkerApi } from "./device_api.ts";
import type { DhcpControlApi, DhcpWorkerApi } from "./dhcp_api.ts";
import type {
  BadgeAnswer,
  BadgeQuestion,
  BlockedBadges,
  DeliveryOutcome,
  KeepRequest,
  Kept,
  ListedBadges,
  OutageState,
  QueueOfVersion,
  WaitingMessage,
} from "./outage_api.ts";
import type { DnsControlApi, DnsWorkerApi } from "./dns_api.ts";
import type { FirmwareIntakeApi } from "./firmware_api.ts";
import type { FirmwareTransferControlApi, FirmwareTransferWorkerApi } from "./firmware_transfer_api.ts";
import type { IdentityApi } from "./identity_api.ts";
import type { LedgerApi } from "./ledger_api.ts";
import type { MigrationControlApi, MigrationWorkerApi } from "./migration_api.ts";
import type { MirrorControlApi, MirrorRoute, MirrorWorkerApi } from "./mirror_api.ts";
import type { ModbusControlApi, ModbusWorkerApi } from "./modbus_api.ts";
import type { PeopleApi } from "./people_api.ts";
import type { SecurityApi } from "./security_api.ts";
import type { TunnelControlApi, TunnelWorkerApi } from "./tunnel_api.ts";
import type { ProbeWorkerApi } from "./probe_api.ts";
import type { SwitchesControlApi, SwitchesWorkerApi } from "./switches_api.ts";
import type { UpstreamApi, UpstreamChoice } from "./upstream_api.ts";

/** A value that survives JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** How long an audit record is kept is decided by its class (`audit.retention` in site.yaml). */
export type AuditClass = "security" | "access" | "operation" | "charging";

/** What happened, before it is chained. `who` is a person, station, worker or "gateway". */
export interface AuditEvent {
  /** `module.noun.verb` in the past tense, from the list in audit_events.ts. */
  readonly event: string;
  readonly class: AuditClass;
  readonly who: string;
  /** The thing acted on: a station id, a certificate serial, a file name. */
  readonly target?: string;
  readonly outcome: "ok" | "refused" | "failed";
  /** The id of the rule that refused or allowed. */
  readonly rule?: string;
  readonly source?: string;
  /** Flat facts. Never secrets; badge and vehicle ids only under the keys listed in audit (they become pseudonyms). */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Severity of an alarm, least severe first. */
export const ALARM_SEVERITIES = ["info", "warning", "critical"] as const;
/** One alarm severity. */
export type AlarmSeverity = typeof ALARM_SEVERITIES[number];

/** Raises an alarm of a kind listed in alarm_kinds.ts; the same kind and subject is one alarm with a count. */
export interface AlarmRaise {
  readonly kind: string;
  /** What it is about: a station id, a listener, a sink. */
  readonly subject: string;
  readonly detail?: string;
}

/** A server certificate a listener presents: PEM, leaf first. */
export interface ServerIdentity {
  /** "ec" or "rsa": stations that offer no ECDSA suite get the RSA one. */
  readonly keyType: "ec" | "rsa";
  /** Names for SNI; the first identity of a listener is its default. */
  readonly names: readonly string[];
  readonly certPem: string;
  readonly keyPem: string;
}

/** All that a TLS listener needs; pushed again whenever any of it changes. */
export interface ListenerTrust {
  readonly identities: readonly ServerIdentity[];
  /** CA certificates (PEM each) that client certificates must chain to; empty = no client certificates. */
  readonly clientCas: readonly string[];
  /** SHA-256 fingerprints (lower-case hex, no colons) and serials of refused client certificates. */
  readonly denied: { readonly fingerprints: readonly string[]; readonly serials: readonly string[] };
  /** Accepted O= values of client certificates; empty = any. */
  readonly organizations: readonly string[];
}

/** A station's attempt to connect, as proven by the transport; control decides. */
export interface StationAttempt {
  readonly listener: string;
  readonly source: string;
  /** Identity from the URL, percent-decoded once. */
  readonly stationId: string;
  readonly tls: boolean;
  /** HTTP Basic, bytes as base64; absent when the header is missing or malformed. */
  readonly basic?: { readonly user: string; readonly password: string };
  /** Set only after verifyPeer accepted the certificate. */
  readonly certificate?: { readonly commonName: string; readonly fingerprint: string; readonly serial: string };
  /** A certificate that was left out of account, by the rule of verifyPeer; its name only where a known CA vouched for it. */
  readonly setAside?: { readonly rule: string; readonly reason: string; readonly commonName?: string };
  /** The target names no station; `stationId` is what stands there instead, which no station can be called. */
  readonly isMisdirected?: true;
  readonly offeredProtocols: readonly string[];
  readonly userAgent?: string;
  /** Quirks that this station must have for the request to count, by name ("loose-path"); absent: none. */
  readonly needs?: readonly string[];
}

/** Upstream leg of an admitted station. Secrets are base64 bytes or PEM, held in memory only. */
export interface UpstreamRoute {
  readonly csms: string;
  /** URL without the station id; the id is appended percent-encoded. */
  readonly url: string;
  readonly caPem?: readonly string[];
  /** CAs beside the public ones of the box, when there is no caPem. */
  readonly moreCaPem?: readonly string[];
  readonly basic?: { readonly user: string; readonly password: string };
  readonly clientCertificate?: { readonly certPem: string; readonly keyPem: string };
  readonly graceSeconds: number;
  /** The gateway stands in for this CSMS while it is away: store-and-forward. Absent: the station is told (LC4). */
  readonly outage?: {
    /** Whether a BootNotification is repeated to a CSMS that is back (Q22). */
    readonly replayBoot: boolean;
    /** Whether the CSMS's answers about badges are to be reported. */
    readonly learnBadges: boolean;
  };
}

/**
 * Control's answer to a StationAttempt. `rule` names what decided; it is audited by control, except `peer.` and
 * `ocpp.request.` rules: those the Worker found, and it records them.
 */
export type Admission =
  | {
    readonly admit: true;
    readonly rule: string;
    readonly session: string;
    readonly stationId: string;
    readonly protocols: readonly string[];
    readonly securityProfile: 0 | 1 | 2 | 3;
    readonly validation: "observe" | "enforce" | "enforce-known-actions";
    readonly quirks: readonly string[];
    /** What the inventory says of it, for the site's rules; absent keys are not known. */
    readonly resource?: { readonly vendor?: string; readonly model?: string; readonly unit?: string };
    readonly upstream: UpstreamRoute;
    /** Further CSMS that get copies of what the station says; absent: none. */
    readonly mirrors?: readonly MirrorRoute[];
    /** Transactions that run as far as control knows; the Worker looks on from there. */
    readonly transactions?: readonly string[];
    /** The station was moved to this CSMS and has not been accepted there yet. */
    readonly isNewCsms?: true;
    /** Ways to show oneself at the CSMS, in the order of trying; the first is `upstream`. Absent: it is the only one. */
    readonly upstreamChoices?: readonly UpstreamChoice[];
    /** Security profile in force on the CSMS leg; absent: that of the station leg. */
    readonly upstreamProfile?: 0 | 1 | 2 | 3;
    /** It proved only the password of its factory: nothing but its security is dealt with (A00.FR.806). */
    readonly quarantine?: true;
    /** When to ask the CSMS for a new certificate of its leg, wall milliseconds; absent: it gave none. */
    readonly certificateRenewAt?: number;
    /** Who signs station certificates on this listener; absent: somebody else than the site CA. */
    readonly stationCertificates?: "site-ca" | "elsewhere";
  }
  | {
    readonly admit: false;
    readonly rule: string;
    readonly status: 401 | 403 | 404 | 429 | 503;
    readonly retryAfterSeconds?: number;
  };

/** A CALL of the gateway itself to a connected station. */
export interface StationCall {
  readonly stationId: string;
  readonly action: string;
  readonly payload: Json;
  /** Milliseconds until the asker gives up, waiting for its turn included. */
  readonly timeoutMs: number;
}

/**
 * What became of it. `noAnswer`: "away" = not connected, "busy" = its turn never came, "ended" = the connection ended
 * before the answer, "timeout" = sent, and the station did not answer in time (it may have acted on it).
 */
export type StationCallAnswer =
  | { readonly result: Json }
  | { readonly error: { readonly code: string; readonly description: string } }
  | { readonly noAnswer: "away" | "busy" | "ended" | "timeout" };

/** A CALL of the gateway itself to a CSMS, as a Local Controller. */
export interface CsmsCall {
  readonly csms: string;
  readonly action: string;
  readonly payload: Json;
  /** Milliseconds until the asker gives up, waiting for its turn included. */
  readonly timeoutMs: number;
}

/** Whether a station charges, as far as its messages told since its Worker started. */
export interface StationActivity {
  readonly state: "busy" | "idle" | "unknown";
  readonly why?: string;
}

/** A sink delivery that courier performs for control; control keeps it until it is acknowledged. */
export type Delivery =
  | { readonly kind: "syslog"; readonly sink: string; readonly frames: readonly string[] }
  | { readonly kind: "webhook"; readonly sink: string; readonly body: string }
  | { readonly kind: "mail"; readonly sink: string; readonly subject: string; readonly text: string }
  | { readonly kind: "otlp"; readonly sink: string; readonly body: string }
  | { readonly kind: "backup"; readonly sink: string; readonly file: string; readonly name: string };

/** What Workers may ask of control. Each Worker is offered only the methods its part needs. */
export interface ControlApi
  extends
    DeviceControlApi,
    DhcpControlApi,
    DnsControlApi,
    FirmwareTransferControlApi,
    LedgerApi,
    MigrationControlApi,
    MirrorControlApi,
    ModbusControlApi,
    PeopleApi,
    SecurityApi,
    TunnelControlApi,
    SwitchesControlApi,
    UpstreamApi {
  /** The Worker's own methods can be called from now on; sent again to a restarted control. */
  "worker.ready": (args: Record<never, never>) => void;
  /** Stored and chained when the answer arrives. */
  "audit.record": (event: AuditEvent) => { readonly sequence: number };
  "alarm.raise": (alarm: AlarmRaise) => void;
  "alarm.clear": (alarm: { readonly kind: string; readonly subject: string }) => void;
  "trust.listener": (args: { readonly listener: string }) => ListenerTrust;
  "stations.admit": (attempt: StationAttempt) => Admission;
  /** An admitted session is open: both legs stand. Only now does it take the place of an older one. */
  "stations.entered": (args: { readonly session: string; readonly protocol: string }) => void;
  /** How the gateway itself connects to a CSMS (`localController`). */
  "controller.route": (args: { readonly csms: string }) => UpstreamRoute;
  /** A station sent a CALL that control had announced to its Worker; the answer goes to the station, not to the CSMS. */
  "stations.expected": (
    args: { readonly stationId: string; readonly action: string; readonly payload: Json },
  ) => { readonly payload: Json };
  /** A station in quarantine has booted: it is given a password of its own. */
  "stations.quarantined": (args: { readonly stationId: string }) => void;
  /** A session ended. */
  "stations.left": (args: { readonly session: string; readonly why: string }) => void;
  /** Facts learned from relayed messages: boot data, clock offset, last seen. Never payloads. */
  "stations.seen": (
    args: { readonly stationId: string; readonly facts: Readonly<Record<string, string | number | boolean>> },
  ) => void;
  /** Badges that are refused at every station, whatever their CSMS says. */
  "badges.blocked": (args: Record<never, never>) => BlockedBadges;
  /** Answers for a CSMS that is away, by the site's offline authorisation mode; recorded before it is answered. */
  "badges.judge": (question: BadgeQuestion) => BadgeAnswer;
  /** The CSMS answered about a badge: remembered where the mode needs it. `info` is its answer as JSON text. */
  "badges.learn": (
    args: {
      readonly csms: string;
      readonly badge: string;
      readonly status: string;
      readonly expiresAt?: number;
      readonly info: string;
    },
  ) => void;
  /** A CSMS gave a station a list with blocked badges on it; the message passed as it came. */
  "badges.listed": (listed: ListedBadges) => void;
  /** Whether the gateway may tell a station the time: its clock is synchronised, or agreed with the CSMS's lately. */
  "outage.clock": (args: Record<never, never>) => { readonly isTrusted: boolean };
  /** How far the CSMS's time was ahead of ours. */
  "outage.clock-seen": (args: { readonly offsetMs: number }) => void;
  /** What became of a kept message. The answer comes when it is stored. */
  "outage.delivered": (
    args: {
      readonly stationId: string;
      readonly csms: string;
      readonly sequence: number;
      readonly outcome: DeliveryOutcome;
    },
  ) => void;
  /** Keeps a message for a CSMS that is away. The answer comes when it is stored. */
  "outage.keep": (message: KeepRequest) => Kept;
  /** What the CSMS agreed to with a station. */
  "outage.learn": (
    args: { readonly stationId: string; readonly csms: string } & Pick<OutageState, "protocol" | "boot">,
  ) => void;
  /** The kept message to send next. */
  "outage.next": (args: QueueOfVersion) => { readonly message?: WaitingMessage };
  /** `isSettled`: the answer comes when all that was said of the station before is stored or failed. */
  "outage.state": (args: QueueOfVersion & { readonly isSettled?: boolean }) => OutageState;
  /** Which kinds of messages stations had since the last time (RecordedStation[]), for `policy diff`. */
  "policy.recorded": (args: { readonly stations: Json }) => void;
  /** Merged snapshot of all isolates as Prometheus text. */
  "metrics.text": (args: Record<never, never>) => { readonly contentType: string; readonly text: string };
  /** Overall readiness for /readyz. */
  "health.summary": (
    args: Record<never, never>,
  ) => { readonly ready: boolean; readonly workers: Readonly<Record<string, Health>> };
  /** Signs one request to the ACME server, if it belongs to the run. `account` is absent in the first one only. */
  "acme.sign": (
    args: {
      readonly run: string;
      readonly url: string;
      readonly nonce: string;
      readonly payload: string;
      readonly account?: string;
    },
  ) => AcmeJws;
  /** Remembers the order of a run. */
  "acme.ordered": (args: { readonly run: string; readonly order: string }) => void;
  /** Runs one command of the command table for a console or REST caller. */
  "command.run": (args: { readonly command: string; readonly args: Json; readonly who: string }) => Json;
}

/** What control may ask of a Worker. Common methods are served by the Worker entry itself. */
export interface WorkerApi
  extends
    DeviceWorkerApi,
    DhcpWorkerApi,
    DnsWorkerApi,
    FirmwareIntakeApi,
    FirmwareTransferWorkerApi,
    IdentityApi,
    MigrationWorkerApi,
    MirrorWorkerApi,
    ModbusWorkerApi,
    ProbeWorkerApi,
    SwitchesWorkerApi,
    TunnelWorkerApi {
  "metrics.snapshot": (args: Record<never, never>) => Json;
  "health.get": (args: Record<never, never>) => Health;
  /** Listener trust changed: swap after a handshake self-test, or throw and keep the old one. */
  "trust.changed": (args: { readonly listener: string; readonly trust: ListenerTrust }) => void;
  /** The list of refused badges changed. */
  "badges.changed": (blocked: BlockedBadges) => void;
  /** Close the live sessions of these stations (revoked, decommissioned, re-keyed). */
  "stations.close": (
    args: { readonly stationIds: readonly string[]; readonly why: string },
  ) => { readonly closed: number };
  /** Close single live sessions by the session id of their Admission (a newer connection replaced them). */
  "sessions.close": (
    args: { readonly sessions: readonly string[]; readonly why: string },
  ) => { readonly closed: number };
  /**
   * Opens the leg of a session to its CSMS anew, at a quiet moment: what waits for the CSMS goes out. The station's leg stays;
   * false where it could not (`onLoss: mirror-close`), or the session is not open.
   */
  "sessions.renew": (args: { readonly session: string }) => { readonly isRenewed: boolean };
  /** Whether the station of a session gives a sign of life within this time; false for a session that is not open. */
  "sessions.probe": (args: { readonly session: string; readonly withinMs: number }) => { readonly alive: boolean };
  /**
   * Sends a CALL to the newest session of a station, behind those of its CSMS, which never sees it.
   * @throws GatewayError STATION_CALL_INVALID when action or payload break the schema of the version the station speaks
   */
  "station.call": (args: StationCall) => StationCallAnswer;
  /**
   * Sends a CALL over the gateway's own connection to a CSMS. "busy" also before the CSMS has accepted its boot.
   * @throws GatewayError CTL_REFUSED without an identity there, STATION_CALL_INVALID when it breaks its schema
   */
  "controller.call": (args: CsmsCall) => StationCallAnswer;
  /** Whether a station charges; "unknown" when this Worker has seen nothing of it. */
  "station.activity": (args: { readonly stationId: string }) => StationActivity;
  /** For so long, CALLs of this action and station are control's (`stations.expected`); 0 ends it. */
  "station.expect": (
    args: { readonly stationId: string; readonly action: string; readonly forMs: number },
  ) => void;
  /** The live sessions of this Worker. */
  "stations.live": (args: Record<never, never>) => Json;
  /** The site's own rules that are in force in this Worker (OcppRule[]); null: none. */
  "policy.rules": (
    args: Record<never, never>,
  ) => { readonly rules: Json; readonly mode: "enforce" | "observe"; readonly timeZone?: string };
  /** Hands over what was recorded since the last time (RecordedStation[]); `more`: ask again. */
  "policy.recording": (args: Record<never, never>) => { readonly stations: Json; readonly more: boolean };
  /** The flight recorder of one station as JSON lines, secrets and badges stripped. */
  "flight.export": (args: { readonly stationId: string }) => { readonly lines: string };
  /** Probes the upstream leg of a station, step by step (name, TCP, TLS, HTTP), up to the first that fails; for `why`. */
  "upstream.probe": (
    args: { readonly route: UpstreamRoute; readonly stationId: string },
  ) => readonly { readonly step: string; readonly ok: boolean; readonly detail: string }[];
  /** The last TLS handshake that failed from an address; for `why`. */
  "handshake.last": (
    args: { readonly source: string },
  ) => { readonly fault?: { readonly reason: string; readonly at: string } };
  /** The newest failed TLS handshakes of all addresses, at most five; for `why` of a station whose address is not known. */
  "handshake.recent": (
    args: Record<never, never>,
  ) => { readonly faults: readonly { readonly source: string; readonly reason: string; readonly at: string }[] };
  "courier.deliver": (delivery: Delivery) => { readonly ok: true };
  /** Gets a certificate; it may take as long as the DNS needs. */
  "acme.obtain": (task: AcmeTask) => AcmeOutcome;
  /** argon2id in the hasher. */
  "hasher.hash": (args: { readonly password: string }) => { readonly hash: string };
  "hasher.verify": (args: { readonly password: string; readonly hash: string }) => { readonly ok: boolean };
}
