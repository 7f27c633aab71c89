import { allow, type Decision, deny } from "./decision.ts";

/** A CALL that a person wants the gateway to send to a station. */
export interface PersonCallFacts {
  readonly action: string;
  /** The payload as parsed JSON. */
  readonly payload: unknown;
}

/** Names of settings that hold a credential or decide how the station connects; compared in lower case, blanks cut. */
const CONNECTION_SETTINGS: ReadonlySet<string> = new Set([
  "authorizationkey",
  "basicauthpassword",
  "networkconfigurationpriority",
  "securityprofile",
]);

/**
 * Decides whether a person may send this CALL by hand. What sets a credential, a security profile or where the station
 * connects is not for a command line: a mistake locks the station out (A05.FR.01, A01.FR.02-07), and a secret would stand in the
 * process list (DESIGN invariant 6).
 */
export function decidePersonCall({ action, payload }: PersonCallFacts): Decision {
  const what = touched(action, payload);
  if (what === undefined) return allow("person-call.allowed");
  return deny(
    "person-call.connection",
    `${action} would change ${what}, and a mistake in it locks the station out`,
    "Use `station climb` for its profile, password and certificate",
  );
}

function touched(action: string, payload: unknown): string | undefined {
  switch (action) {
    case "ChangeConfiguration":
      return settingOf(field(payload, "key"));
    case "SetVariables": {
      const data = field(payload, "setVariableData");
      if (!Array.isArray(data)) return undefined;
      return data.map((item) => settingOf(field(field(item, "variable"), "name"))).find((name) => name !== undefined);
    }
    case "SetNetworkProfile":
      return "where the station connects";
    case "CertificateSigned":
      return "the station's own certificate";
    default:
      return undefined;
  }
}

/** Keys of OCPP 1.6 are case-insensitive (section 9); stations may forgive blanks around them. */
function settingOf(name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  return CONNECTION_SETTINGS.has(name.trim().toLowerCase()) ? `"${name.trim()}"` : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
