import { allow, type Decision, deny } from "./decision.ts";
import { explainedBy, SIGNAL_RULES } from "./incident_signals.ts";
import {
  type Facet,
  type Incident,
  type IncidentKind,
  type KnownWork,
  type Signal,
  type SignalKind,
  type TimelineEntry,
  type Weight,
  WEIGHTS,
} from "./incident_types.ts";
import { POLICY_LIMITS } from "./limits.ts";

/** What is kept of a subject that has no incident: contexts and explained signals, for one that may come. */
export type Recent = readonly TimelineEntry[];

/** What becomes of a signal. */
export type Taken =
  /** It begins an incident, with what was kept. */
  | { readonly do: "open"; readonly incident: Incident }
  | {
    readonly do: "join";
    readonly incident: Incident;
    /** It is graver than before, or of another kind: somebody has to hear of it. */
    readonly isNews: boolean;
  }
  /** No incident: kept for a while. */
  | { readonly do: "keep"; readonly recent: Recent }
  /** This very record was taken before. */
  | { readonly do: "nothing" };

/** What a signal meets. */
export interface Standing {
  /** The incident of its subject that is not closed. */
  readonly incident?: Incident | undefined;
  readonly recent: Recent;
  /** Work at the subject when the signal was seen. */
  readonly works: readonly KnownWork[];
}

/**
 * Takes a signal in. One subject has one incident at a time, which all its signals join until it is closed; those of the
 * window before it began stand at its beginning. What known work explains stands in the timeline and raises nothing.
 */
export function takeSignal({ incident, recent, works }: Standing, signal: Signal): Taken {
  const { subject: _, ...seen } = signal;
  const explained = explainedBy(signal.kind, works);
  const entry: TimelineEntry = {
    ...{ ...seen, count: 1, lastAt: signal.at },
    ...explained ? { explained } : {},
  };
  const fresh = recent.filter(({ lastAt }) => signal.at - lastAt <= POLICY_LIMITS.incidentWindowMs);
  if ([...incident?.timeline ?? [], ...fresh].some(({ source }) => source === signal.source)) return { do: "nothing" };
  if (incident) return join(incident, entry);
  if (!counts(entry)) return { do: "keep", recent: addTo(fresh, entry).slice(-POLICY_LIMITS.recentSignals) };
  const timeline = addTo(fresh, entry);
  const { kind, severity } = judge(timeline);
  const at = signal.at;
  return {
    do: "open",
    incident: {
      subject: signal.subject,
      kind,
      severity,
      state: "open",
      openedAt: at,
      lastAt: at,
      timeline,
      dropped: 0,
    },
  };
}

/** Whether an entry may begin an incident by itself. */
const counts = ({ kind, explained }: TimelineEntry): boolean => !explained && SIGNAL_RULES[kind].weight !== "context";

function join(incident: Incident, entry: TimelineEntry): Taken {
  const full = addTo(incident.timeline, entry), most = POLICY_LIMITS.timelineEntries;
  // the beginning says how it came about, the end what is happening: what is left out stands between
  const timeline = full.length > most ? [...full.slice(0, most - 1), full.at(-1)!] : full;
  const dropped = incident.dropped + full.length - timeline.length;
  const judged = judge(timeline), isGraver = rank(judged.severity) > rank(incident.severity);
  const severity = isGraver ? judged.severity : incident.severity;
  const kind = incident.kind === "other" || isGraver || gravest(judged.kind, incident.kind)
    ? judged.kind
    : incident.kind;
  // who let it run decided on what was known: what is graver, or comes when all seemed over, wants another decision
  const isLate = counts(entry) && entry.lastAt - incident.lastAt > POLICY_LIMITS.incidentWindowMs;
  const isReopened = incident.decided?.what === "keep" && (isGraver || kind !== incident.kind || isLate);
  const isNews = isGraver || kind !== incident.kind || isReopened;
  const { decided: _, ...undecided } = incident;
  return {
    do: "join",
    isNews,
    incident: {
      ...isReopened ? { ...undecided, state: "open" as const } : incident,
      ...{ timeline, dropped, severity, kind, lastAt: Math.max(incident.lastAt, entry.lastAt) },
    },
  };
}

const rank = (weight: Weight): number => WEIGHTS.indexOf(weight);

/** The same thing again is counted: a door that swings is one line. */
function addTo(timeline: readonly TimelineEntry[], entry: TimelineEntry): readonly TimelineEntry[] {
  const at = timeline.findIndex((one) =>
    one.kind === entry.kind && one.detail === entry.detail && one.explained?.kind === entry.explained?.kind
  );
  if (at < 0) return [...timeline, entry];
  const same = timeline[at]!;
  // the newest source is kept: a record that is read again after a crash is one of the newest
  return timeline.with(at, { ...same, count: same.count + 1, lastAt: entry.lastAt, source: entry.source });
}

/** Signals that say together that everything is as the factory made it (BC-07). */
const RESET: ReadonlySet<SignalKind> = new Set(
  ["certificate-changed", "https-off", "list-lost", "password-lost", "settings-lost"] as const,
);
/** One signal alone decides these. */
const BY_ONE: readonly (readonly [SignalKind, IncidentKind])[] = [
  ["default-password", "reset"],
  ["identity-changed", "exchanged"],
  ["mac-changed", "exchanged"],
  ["tamper-told", "opened"],
  ["box-opened", "opened"],
  ["https-off", "reset"],
  ["list-lost", "reset"],
  ["bad-firmware", "software"],
  ["log-cleared", "software"],
  ["firmware-changed", "software"],
  ["password-lost", "access"],
  ["maintenance-login", "access"],
  ["port-moved", "cut-off"],
  ["link-down", "cut-off"],
  ["inspection-failed", "inspection"],
];
const GRAVITY: readonly IncidentKind[] = [
  ...["reset", "exchanged", "opened", "software", "access", "cut-off", "inspection", "other"] as const,
];
const gravest = (kind: IncidentKind, than: IncidentKind): boolean => GRAVITY.indexOf(kind) < GRAVITY.indexOf(than);

/** What the unexplained signals are together, and how grave. Two sides of a station that speak at once are critical. */
export function judge(timeline: readonly TimelineEntry[]): Pick<Incident, "kind" | "severity"> {
  const counted = timeline.filter(({ explained }) => !explained);
  const kinds = new Set(counted.map(({ kind }) => kind));
  const strong = [...kinds].filter((kind) => SIGNAL_RULES[kind].weight !== "context");
  const facets = new Set<Facet>(strong.map((kind) => SIGNAL_RULES[kind].facet));
  const isReset = [...kinds].filter((kind) => RESET.has(kind)).length >= 2;
  const isCritical = isReset || facets.size >= 2 || strong.some((kind) => SIGNAL_RULES[kind].weight === "critical");
  const byOne = BY_ONE.find(([signal]) => kinds.has(signal))?.[1];
  const kind = isReset ? "reset" : byOne ?? (kinds.has("certificate-changed") ? "exchanged" : "other");
  return { kind, severity: isCritical ? "critical" : "warning" };
}

/** What a person does with an incident. */
export type IncidentAct = "acknowledge" | "close" | "decide" | "false-alarm" | "step";

/** Whether an act fits the state of an incident; `stepsLeft` are those that have to be done before it is closed. */
export function mayAct(act: IncidentAct, { state, subject }: Incident, stepsLeft: readonly string[] = []): Decision {
  if (state === "closed") return deny("incident.closed", "It is closed", "A new signal begins a new incident");
  switch (act) {
    case "acknowledge":
      return state === "open"
        ? allow("incident.acknowledge")
        : deny("incident.acknowledged", "Somebody has it in hand already", "`incident show` says who");
    case "decide":
      return allow("incident.decide");
    case "false-alarm":
      return allow("incident.false-alarm");
    case "step":
      return state === "decided"
        ? allow("incident.step")
        : deny("incident.undecided", `Nobody has decided yet what becomes of ${subject}`, "First `incident decide`");
    case "close":
      if (state !== "decided") {
        return deny(
          "incident.undecided",
          `Nobody has decided yet what becomes of ${subject}`,
          "First `incident decide`",
        );
      }
      return stepsLeft.length === 0 ? allow("incident.close") : deny(
        "incident.steps-left",
        `Steps are left: ${stepsLeft.join(", ")}`,
        "`incident step` does them one by one",
      );
  }
}
