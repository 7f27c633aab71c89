/** Kinds of work that people or the gateway do at a station, and that explain what would look like tampering. */
export const WORK_KINDS = [
  /** The gateway itself updates it, restarts it or writes its settings. */
  "gateway",
  /** A person has its pages or a maintenance port open. */
  "access",
  /** The vault changes its secrets. */
  "rotation",
  /** Its hardware was replaced, or it leaves the site. */
  "replacement",
  /** A person announced work at it. */
  "planned",
  /** It is set up again after an incident. */
  "re-provision",
] as const;
/** One of them. */
export type WorkKind = typeof WORK_KINDS[number];

/** Work at a station that is known now. */
export interface KnownWork {
  readonly kind: WorkKind;
  /** Who or what: "campaign 12", "anna", "CR-4711". */
  readonly by: string;
}

/** How much a signal says by itself, the least first. "context" alone is never an incident. */
export const WEIGHTS = ["context", "warning", "critical"] as const;
/** One of them. */
export type Weight = typeof WEIGHTS[number];

/** What side of a station a signal is about: signals of different sides back each other up. */
export type Facet = "hardware" | "housing" | "network" | "reset" | "software";

/** Every kind of signal, alphabetical. */
export const SIGNAL_KINDS = [
  "bad-firmware",
  "box-opened",
  "certificate-changed",
  "clock-set",
  "credential-refused",
  "default-password",
  "device-behaviour",
  "firmware-changed",
  "https-off",
  "identity-changed",
  "inspection-failed",
  "link-down",
  "list-lost",
  "log-cleared",
  "login-refused",
  "mac-changed",
  "maintenance-login",
  "memory-full",
  "password-lost",
  "port-moved",
  "reported",
  "restarted",
  "security-changed",
  "settings-lost",
  "tamper-told",
] as const;
/** One of them. */
export type SignalKind = typeof SIGNAL_KINDS[number];

/** Something that was seen at a subject: a station's id, or "gateway" for the box itself. */
export interface Signal {
  readonly subject: string;
  readonly kind: SignalKind;
  /** Wall milliseconds. */
  readonly at: number;
  /** Who saw it: "audit 4711" is the record behind it. */
  readonly source: string;
  /** What exactly, in words; never a secret. */
  readonly detail: string;
}

/** A line of an incident's timeline. */
export interface TimelineEntry extends Omit<Signal, "subject"> {
  /** How often, when the same came again. */
  readonly count: number;
  readonly lastAt: number;
  /** The work that explains it; it then raises nothing. */
  readonly explained?: KnownWork;
}

/** What an incident seems to be, the gravest first. */
export const INCIDENT_KINDS = [
  "reset",
  "exchanged",
  "opened",
  "software",
  "access",
  "cut-off",
  "inspection",
  "other",
] as const;
/** One of them. */
export type IncidentKind = typeof INCIDENT_KINDS[number];

/** Where an incident stands. */
export const INCIDENT_STATES = ["open", "acknowledged", "decided", "closed"] as const;
/** One of them. */
export type IncidentState = typeof INCIDENT_STATES[number];

/** What a person decided: to take the station out of use, or to let it run for a reason. */
export interface Decided {
  readonly what: "keep" | "quarantine";
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

/** How an incident ended. */
export interface Ended {
  readonly how: "false-alarm" | "re-provisioned";
  readonly by: string;
  readonly at: number;
  readonly reason?: string;
}

/** One incident, as far as decisions about it go. */
export interface Incident {
  readonly subject: string;
  readonly kind: IncidentKind;
  readonly severity: Exclude<Weight, "context">;
  readonly state: IncidentState;
  readonly openedAt: number;
  /** Of its last signal. */
  readonly lastAt: number;
  /** In the order in which they were seen. */
  readonly timeline: readonly TimelineEntry[];
  /** Entries that found no room. */
  readonly dropped: number;
  readonly acknowledged?: { readonly by: string; readonly at: number };
  readonly decided?: Decided;
  readonly ended?: Ended;
}
