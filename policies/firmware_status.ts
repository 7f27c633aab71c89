/** How far one station has come with one update, in order; the last two are ends. */
export const UPDATE_PHASES = [
  "planned",
  "asked",
  "downloading",
  "downloaded",
  "installing",
  "installed",
  "failed",
] as const;
/** One of them. "planned" is stored and perhaps not sent; "installed" is only the station's word. */
export type UpdatePhase = (typeof UPDATE_PHASES)[number];

/** Where an update stands after the station said something. */
export interface UpdateProgress {
  readonly phase: UpdatePhase;
  /** Set with the phase "failed". */
  readonly why?: string;
  /** It failed in a way that no further try mends. */
  readonly isFinal?: true;
  /** It did not fit: noted, and believed only as far as it harms nothing. */
  readonly odd?: string;
  /** The station says that nothing is under way. */
  readonly isIdle?: true;
}

/** What each status of OCPP 1.6, its security extension, 2.0.1 and 2.1 says (L01, L02, 1.6 section 7.25). */
const PHASE_OF: Readonly<Record<string, UpdatePhase>> = {
  DownloadScheduled: "asked",
  Downloading: "downloading",
  DownloadPaused: "downloading",
  Downloaded: "downloaded",
  SignatureVerified: "downloaded",
  InstallScheduled: "downloaded",
  Installing: "installing",
  InstallRebooting: "installing",
  Installed: "installed",
};

const FAILURES: Readonly<Record<string, { readonly why: string; readonly isFinal?: true }>> = {
  DownloadFailed: { why: "it could not load the image" },
  InstallationFailed: { why: "it could not install the image" },
  InstallVerificationFailed: { why: "it refused the image after installing it", isFinal: true },
  InvalidSignature: { why: "it refused the signature of the image", isFinal: true },
};

/**
 * Where an update stands after a status. Tolerant: stations leave out, repeat and swap statuses (L01.FR.15, 23, 28, 32),
 * so an earlier one is noted and changes nothing, and what nobody knows is no fault. "Installed" is never taken for
 * success: only the version in BootNotification is.
 */
export function afterStatus(phase: UpdatePhase, status: string): UpdateProgress {
  if (status === "Idle") return { phase, isIdle: true };
  const failure = Object.hasOwn(FAILURES, status) ? FAILURES[status] : undefined;
  if (failure && phase === "failed") return { phase, odd: `it says ${status} once more` };
  if (failure && phase === "installed") return { phase: "failed", odd: `${status} after Installed`, ...failure };
  if (failure) return { phase: "failed", ...failure };
  const next = Object.hasOwn(PHASE_OF, status) ? PHASE_OF[status]! : undefined;
  if (next === undefined) return { phase, odd: `it says "${status.slice(0, 40)}", which is no status of an update` };
  if (phase === "failed") return { phase, odd: `it says ${status} after it had failed` };
  return rank(next) >= rank(phase) ? { phase: next } : { phase, odd: `it says ${status} when it was ${phase} already` };
}

/** What a station made of the request itself. */
export type UpdateAnswer =
  | { readonly is: "accepted"; readonly note?: string }
  /** It does not know this action: another one may do. */
  | { readonly is: "unknown-action"; readonly why: string }
  | { readonly is: "refused"; readonly why: string; readonly isFinal?: true };

/**
 * Reads the answer to UpdateFirmware or SignedUpdateFirmware. Plain 1.6 answers with nothing at all, which is its only
 * way to accept.
 */
export function readUpdateAnswer(
  answer: { readonly result: unknown } | {
    readonly error: { readonly code: string; readonly description: string };
  },
): UpdateAnswer {
  if ("error" in answer) {
    const { code, description } = answer.error;
    const why = `it answered ${code}${description === "" ? "" : ` (${description.slice(0, 100)})`}`;
    return code === "NotSupported" || code === "NotImplemented"
      ? { is: "unknown-action", why }
      : { is: "refused", why };
  }
  const status = statusOf(answer.result);
  switch (status) {
    case undefined:
    case "Accepted":
      return { is: "accepted" };
    case "AcceptedCanceled":
      return { is: "accepted", note: "it gave up an earlier update for this one" };
    case "InvalidCertificate":
      return { is: "refused", why: "it does not trust the signing certificate", isFinal: true };
    case "RevokedCertificate":
      return { is: "refused", why: "it says that the signing certificate is revoked", isFinal: true };
    case "Rejected":
      return { is: "refused", why: "it rejected the update" };
    default:
      return { is: "refused", why: `it answered "${status.slice(0, 40)}"` };
  }
}

function statusOf(result: unknown): string | undefined {
  const status = typeof result === "object" && result !== null ? (result as { status?: unknown }).status : undefined;
  return status === undefined ? undefined : String(status);
}

function rank(phase: UpdatePhase): number {
  return UPDATE_PHASES.indexOf(phase);
}
