import type { DeviceRole } from "../../policies/access_types.ts";

/** What a driver may be able to do at a controller besides logging people in, alphabetical. */
export const DEVICE_OPERATIONS = [
  "configuration",
  "firmware",
  "logs",
  "password",
  "read",
  "reboot",
  "version",
  "write",
] as const;
/** One of them. "configuration" and "logs" are files that the controller gives out. */
export type DeviceOperation = typeof DEVICE_OPERATIONS[number];

/** Steps for a person where no public way is known, in the languages of the console. */
export interface GuidedStep {
  readonly en: string;
  readonly de: string;
}

/** What the driver of one station can do by itself; for the rest there are steps for a person. */
export interface DeviceCapabilities {
  readonly driver: string;
  /** The driver can log in, so that a secret can be proven. */
  readonly prove: boolean;
  readonly can: readonly DeviceOperation[];
  /** The least role of an account at the controller that each of them needs; passwords are set in the account's own. */
  readonly needs: Readonly<Partial<Record<DeviceOperation, DeviceRole>>>;
  /** Roles whose password the driver can set. */
  readonly passwords: readonly DeviceRole[];
  readonly steps: Readonly<Partial<Record<DeviceOperation, GuidedStep>>>;
}

/** Why an operation did not come about. */
export const OPERATION_FAILURES = [
  /** No way to the controller, or it broke before anything was changed. */
  "away",
  /** A person or another operation has the controller: `person`. */
  "busy",
  /** The account is right and may not be used. */
  "closed",
  /** The controller asks for another password first. */
  "must-change",
  /** The site has no secret for an account of this role. */
  "no-account",
  /** It presents another certificate than the approved one. */
  "pin",
  /** It refused name or password. Nothing was changed. */
  "refused",
  /** It refused what was asked of it. Nothing was changed. */
  "rejected",
  /** The gateway refuses it: `rule`. The controller was not asked. */
  "rule",
  /** As many logins were refused as may be, until a person acts. */
  "spent",
  /** Its answers are not those of this kind of controller; what was asked has not been proven. */
  "strange",
  /** It may have been carried out or not: both ways have to be tried. */
  "unknown",
  /** The driver knows no way: `step`. */
  "unsupported",
] as const;
/** One of them. */
export type OperationFailure = typeof OPERATION_FAILURES[number];

/** An operation that did not come about. `why` is for people and holds no secret. */
export interface OperationFailed {
  readonly ok: false;
  readonly failure: OperationFailure;
  readonly why: string;
  readonly rule?: string;
  readonly step?: GuidedStep;
  /** Who has the controller, and since when (wall milliseconds). */
  readonly person?: string;
  readonly since?: number;
}

/** What came of an operation. */
export type OperationResult<T = unknown> = ({ readonly ok: true } & T) | OperationFailed;

/** A setting of a controller and its value, in the maker's spelling. */
export type DeviceSetting = readonly [name: string, value: string];

/** A file of a controller that stands sealed on this box. */
export interface SealedDownload {
  /** Name of the sealed file in the downloads folder, lower-case hex. */
  readonly file: string;
  /** As the controller names it; made safe. */
  readonly fileName: string;
  readonly bytes: number;
  /** Of the plain bytes. */
  readonly sha256: string;
}

/** What the Worker is told to do in one login. Secrets come by `device.login.begin`, except the next password. */
export type DeviceTask =
  | { readonly do: "prove" }
  | { readonly do: "password"; readonly next: string }
  | { readonly do: "read" }
  | { readonly do: "write"; readonly settings: readonly DeviceSetting[] }
  | { readonly do: "reboot" }
  | { readonly do: "version" }
  | {
    readonly do: "logs" | "configuration";
    readonly file: string;
    /** Seals this file alone, base64. */
    readonly key: string;
    readonly maxBytes: number;
  }
  | { readonly do: "firmware"; readonly sha256: string; readonly bytes: number; readonly fileName: string };

/** What a task gave besides having been done. */
export type TaskResult = OperationResult<{
  readonly settings?: readonly DeviceSetting[];
  readonly download?: SealedDownload;
  /** Of the firmware that it runs, as it says. */
  readonly version?: string;
  /** The account is proven, and the controller asks for another password before it does anything else. */
  readonly mustChange?: true;
}>;

/** How a controller's pages answer at the transport. */
export interface DeviceTransport {
  /** "tls": a handshake came about; "plain": the port speaks HTTP without it; "none": neither. */
  readonly own: "none" | "plain" | "tls";
  /** Plain HTTP answers at port 80 beside a port that speaks nothing. */
  readonly isPlainBeside: boolean;
}

/** What control asks of the Worker that reaches controllers. */
export interface DeviceOperationsWorkerApi {
  /** Whether a controller's pages speak TLS: nothing is sent there, nothing is believed. undefined: it is not known here. */
  "device.transport": (args: { readonly station: string }) => DeviceTransport | undefined;
  /**
   * Logs in at a controller, does one thing, logs out. `session` names the operation: the Worker asks control for account,
   * pin and lease by it as for a person's session, and `device.lease.lost` ends it. One at a time for each station.
   */
  "device.operate": (
    args: { readonly session: string; readonly station: string; readonly role: DeviceRole; readonly task: DeviceTask },
  ) => TaskResult;
}

/** What that Worker tells control. */
export interface DeviceOperationsControlApi {
  /** Bytes of a file that have gone to the controller, or come from it. */
  "device.operation.progress": (args: { readonly session: string; readonly bytes: number }) => void;
}

/** Name and password to be tried instead of those that the site has; without a name, the driver's for the role. */
export interface TriedSecret {
  readonly name?: string;
  readonly password: string;
}

/** Who asks for an operation, and where. */
export interface OperationAsk {
  readonly station: string;
  /** A person, "campaign:12", "rotation:3", "posture": as it stands in the audit. */
  readonly who: string;
}

/** A password that is to be changed. */
export interface PasswordAsk extends OperationAsk {
  readonly role: DeviceRole;
  readonly old: TriedSecret;
  readonly next: string;
}

/** A documented password of the factory, and whether it still works (EV-01). */
export interface DefaultVerdict {
  readonly role: DeviceRole;
  readonly name: string;
  /**
   * "default": it works; "changed": another one is proven, or it was refused; "unknown": it was tried and nobody knows,
   * or it was not tried yet: `why`.
   */
  readonly verdict: "default" | "changed" | "unknown";
  readonly why?: string;
  /** When that was found, wall milliseconds. */
  readonly at?: number;
}

/** How documented passwords are to be tried. */
export interface DefaultsAsk extends OperationAsk {
  /** A person's word that each may be tried once more. */
  readonly again?: boolean;
  /** A person's word that the controller is as from its factory: the site's own password, which it would refuse, is not tried. */
  readonly isReset?: boolean;
  /** One that worked before is tried once more, since it may be another one by now; one that was refused is not. */
  readonly repeats?: boolean;
}

/**
 * Operations at controllers, for the other parts of control (secrets, posture, campaigns, commands). Each yields to people
 * who have the controller, spends at most two refused logins in all until a person acts, and is audited with its outcome,
 * never with a secret. None throws for what a controller does; @throws GatewayError STATION_UNKNOWN, UI_NO_PAGES.
 */
export interface DeviceOperations {
  capabilities(station: string): DeviceCapabilities;
  /** The role of the site's account that work which needs this role is done as; undefined: it has none. */
  accountFor(station: string, needs: DeviceRole): Promise<DeviceRole | undefined>;
  /** Logs in and out. Absent `secret`: what the site has for the role. */
  proveLogin(
    ask: OperationAsk & { readonly role: DeviceRole; readonly secret?: TriedSecret },
  ): Promise<OperationResult<{ readonly mustChange?: true }>>;
  /**
   * Gives a role another password in one login with the old one, which that proves. What the controller says to it is no
   * proof that the new one holds: the caller proves that. "unknown": it may have been taken.
   */
  sendPassword(ask: PasswordAsk): Promise<OperationResult>;
  /**
   * The same, proven: ok when a fresh login with the new one came in. "rejected" and "refused": the old one holds.
   * "unknown": neither could be proven; keep both and ask again with `proveLogin`.
   */
  setPassword(ask: PasswordAsk): Promise<OperationResult>;
  /** Settings as the controller has them, those whose value is a secret left out. */
  readSettings(
    ask: OperationAsk & { readonly keys?: readonly string[] },
  ): Promise<OperationResult<{ readonly settings: readonly DeviceSetting[] }>>;
  /** Writes settings and reads them again; `differs` names those that are not as asked (half applied). */
  writeSettings(
    ask: OperationAsk & { readonly settings: readonly DeviceSetting[]; readonly role?: DeviceRole },
  ): Promise<OperationResult<{ readonly applied: readonly string[]; readonly differs: readonly string[] }>>;
  /** Has a file of the controller sealed on this box; `id` names it in commands. */
  download(
    ask: OperationAsk & { readonly what: "logs" | "configuration" },
  ): Promise<OperationResult<{ readonly id: string; readonly download: SealedDownload }>>;
  /** Brings a verified image of the vault to the controller (invariant 13). Resolves when the controller has taken it. */
  uploadFirmware(
    ask: OperationAsk & { readonly sha256: string; readonly onProgress?: (bytes: number) => void },
  ): Promise<OperationResult>;
  reboot(ask: OperationAsk): Promise<OperationResult>;
  /** The version of the firmware that the controller says it runs. */
  readVersion(ask: OperationAsk): Promise<OperationResult<{ readonly version: string }>>;
  /** Whether documented passwords of the factory still work. Each is tried at most once for each account, ever. */
  defaultCredentials(ask: DefaultsAsk): Promise<readonly DefaultVerdict[]>;
}
