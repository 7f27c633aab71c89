import type { StepAsk, StepEnd } from "../incidents/steps.ts";
import type { HandNeighbours } from "./incident_hands.ts";

type Run = HandNeighbours["run"];

/** `posture golden STATION`, as far as setting it up again goes. */
interface Standing {
  readonly profile?: string;
  /** Vendors that the profile is about; absent: of all, and then it names too little to count as a station's settings. */
  readonly vendors?: readonly string[];
  readonly findings: readonly { readonly setting: string; readonly state: string; readonly fixedBy: string }[];
  readonly fix?: Fix;
}

/** A change of settings that two persons agree on. */
interface Fix {
  readonly id: string;
  readonly state: string;
  readonly why?: string;
}

const OVER: ReadonlySet<string> = new Set(["cancelled", "expired", "failed"]);

/** Whether the golden configuration of its own maker's model says what a station's settings are, and the gateway may write them. */
export async function canRestoreSettings(run: Run, station: string): Promise<boolean> {
  const { vendors, findings } = await standingOf(run, station, "gateway");
  return vendors !== undefined && findings.some(({ fixedBy }) => fixedBy === "gateway");
}

/** Reads a station anew and asks for a fix of what drifted; another person approves it, as any fix (EV-04). */
export async function restoreSettings(run: Run, { incident, who }: StepAsk): Promise<StepEnd> {
  const { id, subject } = incident;
  await run("posture run", { subject }, who);
  const standing = await standingOf(run, subject, who);
  if (standing.fix) return waiting(standing.fix);
  const { drifted, unread } = leftOf(standing);
  if (drifted.length === 0 && unread.length === 0) return done(standing);
  if (drifted.length === 0) return { state: "failed", found: `not read: ${unread.join(", ")}`.slice(0, 200) };
  const { data } = await run("posture golden fix", { station: subject, reason: `incident ${id}` }, who);
  return waiting(data as unknown as Fix);
}

/** Whether the fix that was asked for has ended, and what the station has then. */
export async function checkSettings(run: Run, { incident: { subject }, who, before }: StepAsk): Promise<StepEnd> {
  const all = (await run("posture golden fixes", {}, who)).data as unknown as readonly Fix[];
  const fix = all.find(({ id }) => id === before?.mark);
  if (!fix || OVER.has(fix.state)) {
    return {
      state: "failed",
      found: `${before?.mark} is ${fix?.state ?? "gone"}: ${fix?.why ?? "ask again"}`.slice(0, 200),
    };
  }
  if (fix.state !== "done") return waiting(fix);
  const standing = await standingOf(run, subject, who), { drifted, unread } = leftOf(standing);
  const left = [...drifted, ...unread];
  return left.length === 0
    ? done(standing)
    : { state: "failed", found: `still not as wanted: ${left.join(", ")}`.slice(0, 200) };
}

async function standingOf(run: Run, station: string, who: string): Promise<Standing> {
  return (await run("posture golden", { station }, who)).data as unknown as Standing;
}

/** What the gateway itself has to write, or could not read. */
function leftOf({ findings }: Standing) {
  const own = findings.filter(({ fixedBy }) => fixedBy === "gateway");
  const of = (state: string) => own.filter((one) => one.state === state).map(({ setting }) => setting);
  return { drifted: of("drifted"), unread: of("unknown") };
}

function waiting({ id, state, why }: Fix): StepEnd {
  const word = state === "waits" ? `another person has to approve it: posture golden approve ${id}` : why ?? state;
  return { state: "checking", found: `${id}: ${word}`.slice(0, 200), mark: id };
}

/** Drift that only people mend is shown: the step is not held up by what the site may need otherwise. */
function done({ profile, findings }: Standing): StepEnd {
  const own = findings.filter(({ fixedBy, state }) => fixedBy === "gateway" && state === "same").length;
  const people = findings.filter(({ fixedBy, state }) => fixedBy === "people" && state === "drifted");
  const rest = people.length === 0 ? "" : `; left to people: ${people.map(({ setting }) => setting).join(", ")}`;
  return { state: "done", found: `${own} settings are as ${profile} wants them${rest}`.slice(0, 200) };
}
