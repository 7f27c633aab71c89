import type {
  LoginOutcome,
  MemberStep,
  Rotation,
  RotationAct,
  RotationMember,
  RotationStanding,
  SetOutcome,
  Which,
} from "./secret_rotation_types.ts";

/** The bounds of a rotation. */
export const ROTATION_LIMITS = {
  /** Logins in a row that may fail at one controller until a person acts; devices lock after six (EV-11). */
  failedLogins: 2,
  /** Times that a controller may keep its secret although asked to change it. */
  refusals: 3,
  /** Times in a row that a controller may be away before its part is given up, or told. */
  waits: 8,
  /** The first pause after it was away; it doubles. Milliseconds. */
  firstWaitMs: 5_000,
  longestWaitMs: 600_000,
  /** A proof of the secret before is good for so long. */
  proofMs: 60_000,
} as const;

/** A controller that is to be changed. */
export type NewMember = Pick<RotationMember, "isProvable" | "station" | "way">;

/** A rotation before its first act. */
export function newRotation(members: readonly NewMember[]): Rotation {
  return { direction: "forward", members: members.map((member) => ({ ...member, ...FRESH, has: "old" })) };
}

const FRESH = { step: "prove", failed: 0, refusals: 0, waits: 0, notBefore: 0, wasSent: false } as const;

/** The secret that this direction leads to. */
export const goalOf = ({ direction }: Pick<Rotation, "direction">): Which => direction === "forward" ? "new" : "old";
const sourceOf = (rotation: Pick<Rotation, "direction">): Which => goalOf(rotation) === "new" ? "old" : "new";

/**
 * What is to be done next. In this order: what is in doubt is settled; all that can be asked are asked with the secret
 * that they have, so that nothing changes while one of them is away; people set theirs; then the others are changed, one
 * after the other.
 */
export function nextAct(rotation: Rotation, now: number): RotationAct {
  const { members } = rotation;
  const doubtful = members.filter((member) => isDoubtful(member) && !isHeld(member));
  if (doubtful.length > 0) return whenDue(doubtful, now, (member) => actOf(rotation, member, now));
  const held = members.find(isHeld);
  if (held) return { kind: "held", station: held.station };
  const open = members.filter(({ step }) => step === "prove" || step === "set");
  const unproven = open.filter(({ isProvable, provenAt }) => isProvable && provenAt === undefined);
  if (unproven.length > 0) return whenDue(unproven, now, (member) => actOf(rotation, member, now));
  const byHand = open.find(({ way }) => way === "person");
  if (byHand) return { kind: "person", station: byHand.station, to: goalOf(rotation) };
  const [first] = open;
  if (first) return whenDue([first], now, (member) => actOf(rotation, member, now));
  const failed = members.find(({ step }) => step !== "done");
  if (failed) return { kind: "held", station: failed.station };
  return { kind: "end", outcome: rotation.direction === "forward" ? "committed" : "rolled-back" };
}

const isDoubtful = ({ step }: RotationMember): boolean => step === "sent" || step === "check" || step === "recheck";

/** No try is left: also where the gateway ended while the last one was under way. */
const isHeld = ({ step, failed }: RotationMember): boolean =>
  step === "held" || step !== "done" && step !== "failed" && failed >= ROTATION_LIMITS.failedLogins;

/** The act of the first of these that may be acted upon now, or the time when one may. */
function whenDue(
  members: readonly RotationMember[],
  now: number,
  act: (member: RotationMember) => RotationAct,
): RotationAct {
  const due = members.find(({ notBefore }) => notBefore <= now);
  return due ? act(due) : { kind: "wait", until: Math.min(...members.map(({ notBefore }) => notBefore)) };
}

function actOf(rotation: Rotation, { station, step, provenAt }: RotationMember, now: number): RotationAct {
  const from = sourceOf(rotation), to = goalOf(rotation);
  if (step === "sent" || step === "check") return { kind: "login", station, with: to };
  const isStale = provenAt === undefined || now - provenAt > ROTATION_LIMITS.proofMs;
  if (step === "set" && !isStale) return { kind: "set", station, from, to };
  return { kind: "login", station, with: from };
}

/**
 * The rotation as it is to be stored before an act is carried out, so that an end of the gateway in between costs a try
 * and never gives one away. Acts that nothing is sent for change nothing.
 */
export function beginAct(rotation: Rotation, act: RotationAct): Rotation {
  if (act.kind === "login") return change(rotation, act.station, ({ failed }) => ({ failed: failed + 1 }));
  if (act.kind === "set") {
    return change(rotation, act.station, () => ({ step: "sent", has: "unknown", wasSent: true }));
  }
  return rotation;
}

/** The rotation after a login that `beginAct` has counted. `why` is kept for people where it went wrong. */
export function loginEnded(
  rotation: Rotation,
  { station, with: tried }: { readonly station: string; readonly with: Which },
  outcome: LoginOutcome,
  now: number,
  why?: string,
): Rotation {
  const goal = goalOf(rotation);
  const next = change(rotation, station, (member) => {
    const uncounted = { failed: Math.max(0, member.failed - 1) };
    switch (outcome) {
      case "in":
        return { failed: 0, waits: 0, notBefore: 0, has: tried, ...afterLogin(member, tried === goal, now) };
      case "wrong-password":
        return afterRefusal(member, tried === goal, why);
      case "unknown":
        return member.failed >= ROTATION_LIMITS.failedLogins ? held(why) : later(member, now, why);
      case "unreachable":
        return { ...uncounted, ...away(rotation, member, now, why) };
      case "busy":
        return { ...uncounted, notBefore: now + pauseMs(member.waits) };
      case "blocked":
        return { ...uncounted, ...stop(rotation, member, now, why) };
      case "spent":
        return { ...uncounted, ...held(why) };
    }
  });
  return turnedIfNeeded(next);
}

/** The rotation after a controller was asked to take the other secret. */
export function setEnded(
  rotation: Rotation,
  station: string,
  outcome: SetOutcome,
  now: number,
  why?: string,
): Rotation {
  const before = { has: sourceOf(rotation) };
  const next = change(rotation, station, (member) => {
    switch (outcome) {
      case "done":
        return { step: "check", failed: 0, waits: 0, notBefore: 0 };
      case "unknown":
        return { step: "check", ...later(member, now, why) };
      // it says that it did not, and is asked which one it has: some say so and have taken it
      case "refused":
        return { step: "recheck", ...because(why) };
      case "wrong-password":
        return { step: "check", failed: member.failed + 1, ...because(why) };
      case "unreachable":
        return { ...before, ...away(rotation, { ...member, ...before, step: "prove" }, now, why) };
      case "busy":
        return { ...before, step: "prove", notBefore: now + pauseMs(member.waits) };
      case "guided":
        return { ...before, step: "prove", way: "person", wasSent: false };
      case "blocked":
        return { ...before, ...stop(rotation, { ...member, ...before, step: "prove" }, now, why) };
      case "spent":
        return held(why);
    }
  });
  return turnedIfNeeded(next);
}

/** A person has set the secret at a controller that only people can set, or could not. */
export function personDid(rotation: Rotation, station: string, isDone: boolean, why?: string): Rotation {
  const goal = goalOf(rotation);
  const next = change(rotation, station, (member) => {
    if (!isDone) return { step: "failed", ...because(why ?? "a person could not set it") };
    // a person's word is all there is where nothing can log in
    if (!member.isProvable) return { step: "done", has: goal };
    return { step: "check", has: "unknown", wasSent: true, notBefore: 0 };
  });
  return turnedIfNeeded(next);
}

/** A person has looked at a controller that is held, or given up: its tries begin anew. */
export function retry(rotation: Rotation, station: string): Rotation {
  return change(rotation, station, (member) => {
    const step = member.step === "held" ? member.wasSent ? "check" : "prove" : member.step;
    return { step, failed: 0, refusals: 0, waits: 0, notBefore: 0 };
  });
}

/**
 * A person knows what a controller has now, and that counts as the secret before: on the way forward it starts anew, on the
 * way back it is there.
 */
export function restartMember(rotation: Rotation, station: string): Rotation {
  const { direction } = rotation;
  return change(rotation, station, () => ({ ...FRESH, has: "old", step: direction === "forward" ? "prove" : "done" }));
}

/** What people are to be told. */
export function standingOf(rotation: Rotation, now: number): RotationStanding {
  const { members, direction } = rotation;
  const held = members.filter(isHeld);
  const unsettled = members.filter((member) => member.waits >= ROTATION_LIMITS.waits && isDoubtful(member));
  const cannotReturn = direction === "back" &&
    members.some(({ step, refusals, waits }) =>
      step !== "done" && (refusals >= ROTATION_LIMITS.refusals || waits >= ROTATION_LIMITS.waits)
    );
  const act = nextAct(rotation, now);
  const isApart = members.some(({ has }) => has !== members[0]!.has);
  return {
    held: held.map(({ station }) => station),
    isSplit: isApart && (held.length > 0 || unsettled.length > 0 || cannotReturn),
    unsettled: unsettled.map(({ station }) => station),
    person: act.kind === "person" ? [act.station] : [],
  };
}

/** The pause after having been away so often. */
export function pauseMs(waits: number): number {
  return Math.min(ROTATION_LIMITS.longestWaitMs, ROTATION_LIMITS.firstWaitMs * 2 ** Math.min(waits, 20));
}

type Change = Partial<RotationMember>;

function change(rotation: Rotation, station: string, how: (member: RotationMember) => Change): Rotation {
  const members = rotation.members.map((member) => member.station === station ? { ...member, ...how(member) } : member);
  return { ...rotation, members };
}

/** A login was let in: with the goal's secret all is done; with the one before it is asked to change, if it still may be. */
function afterLogin(member: RotationMember, isGoal: boolean, now: number): Change {
  if (isGoal) return { step: "done" };
  const refusals = member.step === "recheck" ? member.refusals + 1 : member.refusals;
  if (refusals >= ROTATION_LIMITS.refusals && member.step === "recheck") {
    return { step: "failed", refusals, ...because(member.why ?? "it keeps its secret although asked to change it") };
  }
  const notBefore = member.step === "recheck" ? now + pauseMs(refusals) : 0;
  return { step: "set", refusals, provenAt: now, notBefore };
}

/** A login was refused: the other secret is tried, if a try is left. */
function afterRefusal(member: RotationMember, isGoal: boolean, why: string | undefined): Change {
  if (member.failed >= ROTATION_LIMITS.failedLogins) return held(why ?? "it refuses both secrets");
  const step: MemberStep = isGoal ? "recheck" : "check";
  return { step, has: "unknown", notBefore: 0, ...because(why) };
}

/** It was away. Where nothing is in doubt its part is given up after a while; else it is waited for, for ever. */
function away(rotation: Rotation, member: RotationMember, now: number, why: string | undefined): Change {
  const waits = member.waits + 1;
  const next = { step: member.step, waits, notBefore: now + pauseMs(member.waits), ...because(why) };
  const isOver = rotation.direction === "forward" && isCertain(member) && waits >= ROTATION_LIMITS.waits;
  return isOver ? { ...next, step: "failed" } : next;
}

/** Something that only a person can mend speaks against it. */
function stop(rotation: Rotation, member: RotationMember, now: number, why: string | undefined): Change {
  if (!isCertain(member)) return held(why);
  if (rotation.direction === "forward") return { step: "failed", ...because(why) };
  return {
    step: "prove",
    waits: ROTATION_LIMITS.waits,
    notBefore: now + ROTATION_LIMITS.longestWaitMs,
    ...because(why),
  };
}

/** It has what it had: nothing was sent that it may have taken. */
const isCertain = ({ step, has }: RotationMember): boolean => (step === "prove" || step === "set") && has !== "unknown";

const held = (why: string | undefined): Change => ({ step: "held", has: "unknown", ...because(why) });
const later = (member: RotationMember, now: number, why: string | undefined): Change => ({
  notBefore: now + pauseMs(member.waits),
  ...because(why),
});
const because = (why: string | undefined): Change => why === undefined ? {} : { why };

/**
 * Once a controller has failed on the way forward and nothing is in doubt, those that have the new secret go back. On the
 * way back a controller is tried again and again: there is no other way for it to go.
 */
function turnedIfNeeded(rotation: Rotation): Rotation {
  if (!rotation.members.some(({ step }) => step === "failed")) return rotation;
  if (rotation.direction === "back") {
    const members = rotation.members.map((member) =>
      member.step === "failed" ? { ...member, step: "prove" as const } : member
    );
    return { ...rotation, members };
  }
  if (rotation.members.some(({ has }) => has === "unknown")) return rotation;
  const members = rotation.members.map((member): RotationMember => {
    const { provenAt: _, ...rest } = member;
    const goes = member.has === "new";
    const { why } = member;
    return { ...rest, ...FRESH, step: goes ? "prove" : "done", ...why === undefined ? {} : { why } };
  });
  return { direction: "back", members };
}
