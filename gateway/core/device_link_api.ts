/** What a driver's login came to, as control counts it. */
export type LoginEnd =
  | "in"
  | "refused"
  | "closed"
  | "must-change"
  | "busy"
  | "strange"
  /** It never came to a password. */
  | "unreachable"
  /** A password went out and no answer that is understood came back: counted like a refusal. */
  | "unknown";

/** Whether a login at a device may be tried now. A turn is counted before it is given: a crash costs a try, never two. */
export type LoginTurn =
  | {
    readonly allowed: true;
    /** Names the try in `device.login.ended`. */
    readonly attempt: string;
    readonly account: { readonly name: string; readonly password: string };
  }
  /**
   * "no-account": the site has none for this role; "spent": two were refused, a person has to act; "waiting": logins of
   * others at this device are under way and may be the last ones.
   */
  | { readonly allowed: false; readonly why: "no-account" | "spent" | "waiting"; readonly since?: number };

/** Whether a session has the device; with room for one, the others wait or take over. */
export type LeaseAnswer =
  | { readonly held: true }
  | { readonly held: false; readonly person: string; readonly since: number };

/** What the vault says of an upload before the first byte of it goes to a device (invariant 13). */
export interface ImageVerdict {
  readonly verified: boolean;
  /** Why not, for the person: "no vault is configured", "unknown image". */
  readonly why?: string;
}

/** One setting as a device lists it itself; texts of the maker, empty where it says nothing. */
export interface LearnedSetting {
  readonly key: string;
  readonly access: string;
  readonly type: string;
  readonly range: string;
  readonly scope: string;
  readonly reboot: boolean;
}

/** How one device is known by its certificate. */
export interface DevicePin {
  /** DER of the approved certificate, base64; absent: none was approved yet. */
  readonly der?: string;
}

/**
 * What the Worker that carries device pages asks of control about the device's side. `session` is a living device
 * session; control knows whose it is, for which station and in which role. @throws GatewayError ACCESS_REFUSED when the
 * session is not living
 */
export interface DeviceLinkControlApi {
  /** What the device says that it has, exact for its firmware; takes the place of what was known. */
  "device.catalogue": (args: { readonly session: string; readonly settings: readonly LearnedSetting[] }) => void;
  /** Whether a device of this firmware has not been asked yet. */
  "device.catalogue.missing": (args: { readonly session: string }) => boolean;
  /** Seconds that the device's clock is ahead of the box's, by its answers; negative: behind. */
  "device.clock.seen": (args: { readonly session: string; readonly offsetSeconds: number }) => void;
  /** Takes the device, or says who has it; `takeOver` ends the other's hold. Held until the session ends. */
  "device.lease.take": (args: { readonly session: string; readonly takeOver: boolean }) => LeaseAnswer;
  /** Gives the device back before the session ends. */
  "device.lease.leave": (args: { readonly session: string }) => void;
  /** Stored when the answer arrives. */
  "device.login.begin": (args: { readonly session: string }) => LoginTurn;
  "device.login.ended": (
    args: { readonly session: string; readonly attempt: string; readonly end: LoginEnd; readonly why?: string },
  ) => void;
  "device.pin": (args: { readonly session: string }) => DevicePin;
  /** The device presented this certificate (DER, base64) instead of the approved one; alarmed, kept for approval. */
  "device.pin.presented": (args: { readonly session: string; readonly der: string }) => void;
  "device.image.verdict": (
    args: { readonly session: string; readonly sha256: string; readonly bytes: number },
  ) => ImageVerdict;
}

/** What control tells the Worker about the device's side. */
export interface DeviceLinkWorkerApi {
  /** Somebody takes the device over: answered when this session's login and connections at it are gone; the session stays. */
  "device.lease.lost": (args: { readonly session: string; readonly by: string }) => void;
}
