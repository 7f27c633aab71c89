import { deepEqual, equal, ok } from "node:assert/strict";
import {
  beginAct,
  loginEnded,
  newRotation,
  nextAct,
  pauseMs,
  personDid,
  restartMember,
  retry,
  ROTATION_LIMITS,
  setEnded,
  standingOf,
} from "./secret_rotation.ts";
import type {
  LoginOutcome,
  MemberStep,
  Rotation,
  RotationAct,
  RotationMember,
  SetOutcome,
} from "./secret_rotation_types.ts";

const NOW = 1_000_000;
const A = { station: "A", way: "driver", isProvable: true } as const;
const B = { station: "B", way: "driver", isProvable: true } as const;
const HAND = { station: "H", way: "person", isProvable: false } as const;
const SEEN_HAND = { station: "S", way: "person", isProvable: true } as const;

/** An act with what came of it: "A login old: in", "A set: done", "H person: done". */
type Story = readonly (LoginOutcome | SetOutcome | "not-done")[];

/** Carries out acts one after the other with these outcomes, waiting where it says so; answers the acts that were made. */
function tell(rotation: Rotation, outcomes: Story, start = NOW): { rotation: Rotation; acts: string[]; now: number } {
  const acts: string[] = [];
  let now = start, left = [...outcomes];
  for (let turns = 0; turns < 500; turns++) {
    const act = nextAct(rotation, now);
    if (act.kind === "wait") {
      now = act.until;
      continue;
    }
    if (act.kind === "end" || act.kind === "held" || left.length === 0) return { rotation, acts, now };
    acts.push(nameOf(act));
    const [outcome, ...rest] = left;
    left = rest;
    rotation = carryOut(rotation, act, outcome!, now);
  }
  throw new Error(`the story did not end: ${acts.join(", ")}`);
}

function nameOf(act: RotationAct): string {
  if (act.kind === "login") return `${act.station} ${act.with}?`;
  if (act.kind === "set") return `${act.station} ${act.from}>${act.to}`;
  return act.kind === "person" ? `${act.station} by hand>${act.to}` : act.kind;
}

function carryOut(rotation: Rotation, act: RotationAct, outcome: Story[number], now: number): Rotation {
  const begun = beginAct(rotation, act);
  if (act.kind === "login") return loginEnded(begun, act, outcome as LoginOutcome, now, `why ${outcome}`);
  if (act.kind === "set") return setEnded(begun, act.station, outcome as SetOutcome, now, `why ${outcome}`);
  if (act.kind === "person") return personDid(begun, act.station, outcome === "done");
  throw new Error(`${act.kind} is nothing to carry out`);
}

const member = (rotation: Rotation, station: string): RotationMember =>
  rotation.members.find((one) => one.station === station)!;
const many = (count: number, outcome: Story[number]): Story => Array.from({ length: count }, () => outcome);

const STORIES: readonly {
  readonly name: string;
  readonly members?: Parameters<typeof newRotation>[0];
  readonly outcomes: Story;
  readonly acts: readonly string[];
  /** What nextAct says afterwards, in words. */
  readonly then: string;
}[] = [
  {
    name: "the old one is proven, the new one set and proven",
    outcomes: ["in", "done", "in"],
    acts: ["A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "no answer after it was sent: the new one is tried first",
    outcomes: ["in", "unknown", "in"],
    acts: ["A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "no answer, and it had not taken it: it is asked once more",
    outcomes: ["in", "unknown", "wrong-password", "in", "done", "in"],
    acts: ["A old?", "A old>new", "A new?", "A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "yes, and it had not taken it",
    outcomes: ["in", "done", "wrong-password", "in", "done", "in"],
    acts: ["A old?", "A old>new", "A new?", "A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "no, and it had taken it all the same",
    outcomes: ["in", "refused", "wrong-password", "in"],
    acts: ["A old?", "A old>new", "A old?", "A new?"],
    then: "committed",
  },
  {
    name: "it never takes it: three times, then everything stays as it was",
    outcomes: ["in", "refused", "in", "refused", "in", "refused", "in"],
    acts: ["A old?", "A old>new", "A old?", "A old>new", "A old?", "A old>new", "A old?"],
    then: "rolled-back",
  },
  {
    name: "the old one is wrong and the new one right: it was changed before",
    outcomes: ["wrong-password", "in"],
    acts: ["A old?", "A new?"],
    then: "committed",
  },
  {
    name: "neither is right: two tries and no more",
    outcomes: ["wrong-password", "wrong-password"],
    acts: ["A old?", "A new?"],
    then: "held A",
  },
  {
    name: "two logins without an answer are two tries",
    outcomes: ["unknown", "unknown"],
    acts: ["A old?", "A old?"],
    then: "held A",
  },
  {
    name: "a login that was let in gives the tries back",
    outcomes: ["unknown", "in", "done", "unknown", "in"],
    acts: ["A old?", "A old?", "A old>new", "A new?", "A new?"],
    then: "committed",
  },
  {
    name: "the login of the change was refused although it was proven: the new one is tried, then nothing",
    outcomes: ["in", "wrong-password", "wrong-password"],
    acts: ["A old?", "A old>new", "A new?"],
    then: "held A",
  },
  {
    name: "the door is closed for good before anything was sent",
    outcomes: ["blocked"],
    acts: ["A old?"],
    then: "rolled-back",
  },
  {
    name: "the door closes after it was sent: a person has to look",
    outcomes: ["in", "unknown", "blocked"],
    acts: ["A old?", "A old>new", "A new?"],
    then: "held A",
  },
  {
    name: "others have spent the tries of the device",
    outcomes: ["spent"],
    acts: ["A old?"],
    then: "held A",
  },
  {
    name: "others have spent the tries while it was asked",
    outcomes: ["in", "spent"],
    acts: ["A old?", "A old>new"],
    then: "held A",
  },
  {
    name: "somebody works at it: it is waited for, however long",
    outcomes: [...many(20, "busy"), "in", "busy", "in", "done", "in"],
    acts: [...many(21, "in").map(() => "A old?"), "A old>new", "A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "away for too long before anything was sent: given up",
    outcomes: many(ROTATION_LIMITS.waits, "unreachable"),
    acts: many(ROTATION_LIMITS.waits, "in").map(() => "A old?"),
    then: "rolled-back",
  },
  {
    name: "away one time less: done",
    outcomes: [...many(ROTATION_LIMITS.waits - 1, "unreachable"), "in", "done", "in"],
    acts: [...many(ROTATION_LIMITS.waits, "in").map(() => "A old?"), "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "away after it was sent: waited for, for ever",
    outcomes: ["in", "done", ...many(40, "unreachable"), "in"],
    acts: ["A old?", "A old>new", ...many(41, "in").map(() => "A new?")],
    then: "committed",
  },
  {
    name: "away when it was to be asked: proven anew",
    outcomes: ["in", "unreachable", "in", "done", "in"],
    acts: ["A old?", "A old>new", "A old?", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "the driver turns out to know no way: a person does it, and a login proves it",
    outcomes: ["in", "guided", "done", "in"],
    acts: ["A old?", "A old>new", "A by hand>new", "A new?"],
    then: "committed",
  },
  {
    name: "a change that something forbids",
    outcomes: ["in", "blocked"],
    acts: ["A old?", "A old>new"],
    then: "rolled-back",
  },
  {
    name: "a pair: both are proven before one is changed",
    members: [A, B],
    outcomes: ["in", "in", "done", "in", "done", "in"],
    acts: ["A old?", "B old?", "A old>new", "A new?", "B old>new", "B new?"],
    then: "committed",
  },
  {
    name: "a pair of which one is away: nothing is changed",
    members: [A, B],
    outcomes: ["in", ...many(ROTATION_LIMITS.waits, "unreachable")],
    acts: ["A old?", ...many(ROTATION_LIMITS.waits, "in").map(() => "B old?")],
    then: "rolled-back",
  },
  {
    name: "a pair whose second one does not take it: the first one goes back",
    members: [A, B],
    outcomes: ["in", "in", "done", "in", ...refusedTimes(3), "in", "done", "in"],
    acts: [
      ...["A old?", "B old?", "A old>new", "A new?", "B old>new", "B old?", "B old>new", "B old?"],
      ...["B old>new", "B old?", "A new?", "A new>old", "A old?"],
    ],
    then: "rolled-back",
  },
  {
    name: "a pair with one that only people reach: all that can be are proven first, the person, then the driver",
    members: [A, HAND],
    outcomes: ["in", "done", "done", "in"],
    acts: ["A old?", "H by hand>new", "A old>new", "A new?"],
    then: "committed",
  },
  {
    name: "a person could not: nothing is changed",
    members: [A, HAND],
    outcomes: ["in", "not-done"],
    acts: ["A old?", "H by hand>new"],
    then: "rolled-back",
  },
  {
    name: "the driver fails after the person has done their part: the person sets it back",
    members: [A, HAND],
    outcomes: ["in", "done", "blocked", "done"],
    acts: ["A old?", "H by hand>new", "A old>new", "H by hand>old"],
    then: "rolled-back",
  },
  {
    name: "a person mistyped: a login finds out, and it is asked for again",
    members: [SEEN_HAND],
    outcomes: ["in", "done", "wrong-password", "in", "done", "in"],
    acts: ["S old?", "S by hand>new", "S new?", "S old?", "S by hand>new", "S new?"],
    then: "committed",
  },
];

/** It says no, and a login shows that it has kept what it had. */
function refusedTimes(count: number): Story {
  return Array.from({ length: count }, () => ["refused", "in"] as const).flat();
}

for (const { name, members = [A], outcomes, acts, then } of STORIES) {
  Deno.test(`secret rotation: ${name}`, () => {
    const told = tell(newRotation(members), outcomes);
    deepEqual(told.acts, acts);
    const next = nextAct(told.rotation, told.now);
    equal(next.kind === "end" ? next.outcome : next.kind === "held" ? `held ${next.station}` : next.kind, then);
  });
}

Deno.test("secret rotation: a login is counted before it is made, and a change is stored as sent", () => {
  const fresh = newRotation([A]), login = nextAct(fresh, NOW);
  equal(member(beginAct(fresh, login), "A").failed, 1);
  const { rotation } = tell(fresh, ["in"]);
  const set = nextAct(rotation, NOW);
  equal(set.kind, "set");
  const sent = member(beginAct(rotation, set), "A");
  deepEqual([sent.step, sent.has, sent.wasSent], ["sent", "unknown", true]);
  const person = { kind: "person", station: "A", to: "new" } as const;
  equal(beginAct(rotation, person), rotation, "nothing is sent for a person");
});

Deno.test("secret rotation: after an end of the gateway behind a sent change, the new one is tried first", () => {
  const { rotation } = tell(newRotation([A]), ["in"]);
  const stored = beginAct(rotation, nextAct(rotation, NOW));
  deepEqual(nextAct(JSON.parse(JSON.stringify(stored)), NOW), { kind: "login", station: "A", with: "new" });
});

Deno.test("secret rotation: ends of the gateway while logins are under way use up the tries", () => {
  const fresh = newRotation([A]), login = nextAct(fresh, NOW);
  const once = beginAct(fresh, login);
  equal(nextAct(once, NOW).kind, "login", "one is left");
  const twice = beginAct(once, nextAct(once, NOW));
  deepEqual(nextAct(twice, NOW), { kind: "held", station: "A" });
  deepEqual(standingOf(twice, NOW).held, ["A"]);
  deepEqual(nextAct(retry(twice, "A"), NOW), login);
});

Deno.test("secret rotation: a proof is too old after a minute", () => {
  const { rotation } = tell(newRotation([A]), ["in"]);
  equal(nextAct(rotation, NOW + ROTATION_LIMITS.proofMs).kind, "set");
  equal(nextAct(rotation, NOW + ROTATION_LIMITS.proofMs + 1).kind, "login");
});

Deno.test("secret rotation: pauses double up to ten minutes", () => {
  deepEqual([0, 1, 2, 6, 7, 1_000].map(pauseMs), [5_000, 10_000, 20_000, 320_000, 600_000, 600_000]);
  const away = tell(newRotation([A]), ["unreachable"]);
  deepEqual(nextAct(away.rotation, NOW), { kind: "wait", until: NOW + 5_000 });
});

Deno.test("secret rotation: a person who has looked gives the tries back; what was sent is looked for first", () => {
  const never = tell(newRotation([A]), ["spent"]).rotation;
  deepEqual(nextAct(retry(never, "A"), NOW), { kind: "login", station: "A", with: "old" });
  const sent = tell(newRotation([A]), ["in", "unknown", "blocked"]).rotation;
  deepEqual(nextAct(retry(sent, "A"), NOW), { kind: "login", station: "A", with: "new" });
  const told = tell(retry(sent, "A"), ["wrong-password", "in", "done", "in"]);
  deepEqual(nextAct(told.rotation, told.now), { kind: "end", outcome: "committed" });
});

Deno.test("secret rotation: one that was held without a proof is not given up as certain", () => {
  const held = tell(newRotation([A]), ["wrong-password", "wrong-password"]).rotation;
  const again = tell(retry(held, "A"), many(30, "unreachable"));
  equal(member(again.rotation, "A").step, "prove");
  equal(nextAct(again.rotation, again.now).kind, "login", "it is asked on and on");
  const blocked = tell(retry(held, "A"), ["blocked"]);
  deepEqual(nextAct(blocked.rotation, blocked.now), { kind: "held", station: "A" });
});

Deno.test("secret rotation: a person brings what a controller has: it goes on from there", () => {
  const held = tell(newRotation([A, B]), ["in", "in", "done", "in", "spent"]);
  const known = restartMember(held.rotation, "B");
  const told = tell(known, ["in", "done", "in"], held.now);
  deepEqual(told.acts, ["B old?", "B old>new", "B new?"]);
  deepEqual(nextAct(told.rotation, told.now), { kind: "end", outcome: "committed" });
  const back = tell(newRotation([A, B]), ["in", "in", "done", "in", "blocked", "spent"]);
  equal(back.rotation.direction, "back");
  const there = restartMember(back.rotation, "A");
  deepEqual(nextAct(there, back.now), { kind: "end", outcome: "rolled-back" });
});

Deno.test("secret rotation: what people are told", () => {
  const standing = (told: { rotation: Rotation; now: number }) => standingOf(told.rotation, told.now);
  const quiet = { held: [], isSplit: false, unsettled: [], person: [] };
  deepEqual(standing(tell(newRotation([A, B]), ["in", "in", "done", "in"])), quiet, "under way is no alarm");
  deepEqual(standing(tell(newRotation([A]), ["spent"])), { ...quiet, held: ["A"] });
  deepEqual(standing(tell(newRotation([HAND]), [])), { ...quiet, person: ["H"] });
  const split = tell(newRotation([A, B]), ["in", "in", "done", "in", "spent"]);
  deepEqual(standing(split), { ...quiet, held: ["B"], isSplit: true });
  const unsettled = tell(newRotation([A, B]), ["in", "in", "done", "in", "done", ...many(8, "unreachable")]);
  deepEqual(standing(unsettled), { ...quiet, unsettled: ["B"], isSplit: true });
  const soon = tell(newRotation([A, B]), ["in", "in", "done", "in", "done", ...many(7, "unreachable")]);
  deepEqual(standing(soon), quiet);
});

Deno.test("secret rotation: one half that cannot be brought back is a split, and is tried on and on", () => {
  const failed: Story = ["in", "in", "done", "in", "blocked"];
  const back = tell(newRotation([A, B]), [...failed, ...many(8, "unreachable")]);
  equal(back.rotation.direction, "back");
  equal(standingOf(back.rotation, back.now).isSplit, true);
  const returned = tell(back.rotation, ["in", "done", "in"], back.now);
  deepEqual(nextAct(returned.rotation, returned.now), { kind: "end", outcome: "rolled-back" });
  const refusing = tell(newRotation([A, B]), [...failed, "in", ...refusedTimes(3)]);
  equal(standingOf(refusing.rotation, refusing.now).isSplit, true);
  equal(nextAct(refusing.rotation, refusing.now + 3_600_000).kind, "login");
  const forbidden = tell(newRotation([A, B]), [...failed, "blocked"]);
  equal(standingOf(forbidden.rotation, forbidden.now).isSplit, true);
});

Deno.test("secret rotation: the other outcomes leave a controller in no step but those that are named", () => {
  const STEPS: readonly MemberStep[] = ["check", "done", "failed", "held", "prove", "recheck", "sent", "set"];
  const logins: readonly LoginOutcome[] = [
    "blocked",
    "busy",
    "in",
    "spent",
    "unknown",
    "unreachable",
    "wrong-password",
  ];
  const sets: readonly SetOutcome[] = [...logins.filter((one) => one !== "in"), "done", "guided", "refused"] as never;
  const begun = newRotation([A, B]);
  for (const step of STEPS) {
    const rotation: Rotation = { ...begun, members: begun.members.map((one) => ({ ...one, step })) };
    for (const outcome of logins) {
      for (const which of ["new", "old"] as const) {
        const next = loginEnded(rotation, { station: "A", with: which }, outcome, NOW);
        ok(STEPS.includes(member(next, "A").step), `${step} ${outcome}`);
        ok(member(next, "A").failed >= 0);
      }
    }
    for (const outcome of sets) ok(STEPS.includes(member(setEnded(rotation, "A", outcome, NOW), "A").step));
  }
});
