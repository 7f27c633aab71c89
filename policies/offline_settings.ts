import type { Evidence } from "./posture_types.ts";

/** A setting of a station that says whom it lets charge by itself, or what it does with whom it should not have. */
export interface OfflineSetting {
  readonly id: string;
  /** Name as a configuration key of OCPP 1.6. */
  readonly key: string;
  /** Name as a variable of OCPP 2.0.1 and 2.1. */
  readonly variable: string;
  /** The value that lets a blocked badge do least. */
  readonly strict: boolean;
  /** What it means that it is on. */
  readonly meaning: string;
}

/** Whether a station keeps a cache of badges. */
export const CACHE_SETTING = {
  id: "cache",
  key: "AuthorizationCacheEnabled",
  variable: "AuthCacheCtrlr.Enabled",
  strict: false,
  meaning: "It remembers badges that its CSMS accepted",
} as const satisfies OfflineSetting;

/** All of them; each is true or false at the station. The CSMS's local list itself and its version are the CSMS's own. */
export const OFFLINE_SETTINGS: readonly OfflineSetting[] = [
  {
    id: "local-authorize-offline",
    key: "LocalAuthorizeOffline",
    variable: "AuthCtrlr.LocalAuthorizeOffline",
    strict: false,
    meaning: "Cut off, it lets badges charge that stand on its list or in its cache",
  },
  {
    id: "local-pre-authorize",
    key: "LocalPreAuthorize",
    variable: "AuthCtrlr.LocalPreAuthorize",
    strict: false,
    meaning: "Connected too, it starts such badges before anybody was asked",
  },
  {
    id: "unknown-offline",
    key: "AllowOfflineTxForUnknownId",
    variable: "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    strict: false,
    meaning: "Cut off, it lets badges charge that nobody knows",
  },
  CACHE_SETTING,
  {
    id: "local-list",
    key: "LocalAuthListEnabled",
    variable: "LocalAuthListCtrlr.Enabled",
    strict: false,
    meaning: "It goes by the list that its CSMS gave it",
  },
  {
    id: "stop-invalid",
    key: "StopTransactionOnInvalidId",
    variable: "TxCtrlr.StopTxOnInvalidId",
    strict: true,
    meaning: "It ends by itself what a badge began that is refused afterwards",
  },
  {
    id: "ask-remote",
    key: "AuthorizeRemoteTxRequests",
    variable: "AuthCtrlr.AuthorizeRemoteStart",
    strict: true,
    meaning: "It asks about the badge of a remote start too",
  },
];

/** Whom a station lets charge while it is cut off from the gateway and its CSMS. */
export type OfflineExposure = "everybody" | "known" | "nobody" | "unknown";

/** What was read of a station's settings, by the ids of OFFLINE_SETTINGS; absent: it was not asked. */
export type OfflineValues = Readonly<Partial<Record<string, Evidence>>>;

/** Whether a setting is on; undefined: nobody knows. One that a station does not have is off. */
export function isOn(evidence: Evidence | undefined): boolean | undefined {
  if (evidence?.is === "absent") return false;
  if (evidence?.is !== "value") return undefined;
  const value = evidence.value.trim().toLowerCase();
  return value === "true" || value === "1" ? true : value === "false" || value === "0" ? false : undefined;
}

/**
 * Whom a station lets charge when it is cut off. "known": whoever stands in its cache or on its list, which may be a badge
 * that was blocked since. "everybody" includes blocked badges: an empty cache makes them unknown ones.
 */
export function exposureOf(values: OfflineValues): OfflineExposure {
  const on = (id: string) => isOn(values[id]);
  if (on("unknown-offline") === true) return "everybody";
  const offline = on("local-authorize-offline"), cache = on("cache"), list = on("local-list");
  if (on("unknown-offline") === undefined) return "unknown";
  if (offline === false || cache === false && list === false) return "nobody";
  return offline === undefined || cache === undefined && list !== true || list === undefined && cache !== true
    ? "unknown"
    : "known";
}
