/** How a controller's pages answered at the transport. */
export interface SeenTransport {
  /** "tls": a handshake came about; "plain": the port speaks HTTP without it; "none": nothing that could be judged. */
  readonly own: "none" | "plain" | "tls";
  /** Plain HTTP answers at the usual port beside it. */
  readonly isPlainBeside: boolean;
}

/** How a login with a password ended, as far as it says something of the password. */
export type SeenLogin = "in" | "refused" | "unknown";

/** What a look at a station found; what could not be looked at is absent. */
export interface SeenStation {
  readonly transport?: SeenTransport;
  /** With the password that the site has. */
  readonly own?: SeenLogin;
  /** With the documented password of the factory. */
  readonly factory?: SeenLogin;
  /** OCPP's version of its list of local badges. */
  readonly listVersion?: number;
}

/** What is remembered of a station from one look to the next. */
export interface LookMemory {
  /** Its pages spoke TLS. */
  readonly tls?: boolean;
  readonly listVersion?: number;
}

/** Something that is not as it was. */
export interface LookFinding {
  readonly what: "default-password" | "https-off" | "list-lost" | "password-lost";
  readonly why: string;
}

/**
 * What a look says against what was: "HTTPS was on". What was never so has not been lost, and what cannot be seen has not
 * changed. A finding is told once: what is remembered then is what is.
 */
export function judgeLook(
  before: LookMemory,
  seen: SeenStation,
): { readonly findings: readonly LookFinding[]; readonly memory: LookMemory } {
  const { transport, own, factory, listVersion } = seen;
  const findings: LookFinding[] = [];
  if (own === "refused") {
    findings.push({ what: "password-lost", why: "its pages refuse the password that the site has" });
  }
  if (factory === "in") {
    findings.push({ what: "default-password", why: "its pages open to the password of the factory" });
  }
  const isOff = transport !== undefined && transport.own !== "tls" &&
    (transport.own === "plain" || transport.isPlainBeside);
  if (isOff && before.tls === true) {
    const where = transport.own === "plain" ? "its own port" : "port 80";
    findings.push({ what: "https-off", why: `HTTPS was on; now ${where} answers without TLS` });
  }
  if (listVersion !== undefined && listVersion <= 0 && (before.listVersion ?? 0) > 0) {
    findings.push({ what: "list-lost", why: `version ${before.listVersion} of its local list became ${listVersion}` });
  }
  const tls = transport?.own === "tls" ? true : isOff ? false : before.tls;
  const version = listVersion ?? before.listVersion;
  return {
    findings,
    memory: { ...tls === undefined ? {} : { tls }, ...version === undefined ? {} : { listVersion: version } },
  };
}

/** Why a station is looked at: something was seen, or its day has come. */
export interface LookTimes {
  readonly now: number;
  /** Absent: never. */
  readonly lookedAt?: number | undefined;
  /** Something was seen since the last look that a look may explain. */
  readonly isAsked: boolean;
  /** A person has it, or the gateway works at it: it is left alone. */
  readonly isBusy: boolean;
}

/** Whether a station is to be looked at now: gently, since each look may be a login at it. */
export function isLookDue(
  { now, lookedAt, isAsked, isBusy }: LookTimes,
  { againMs, dailyMs }: { readonly againMs: number; readonly dailyMs: number },
): boolean {
  if (isBusy) return false;
  if (lookedAt === undefined) return true;
  const age = now - lookedAt;
  return age < 0 || age >= dailyMs || isAsked && age >= againMs;
}
