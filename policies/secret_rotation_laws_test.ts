import { deepEqual, equal, ok } from "node:assert/strict";
import {
  beginAct,
  loginEnded,
  newRotation,
  nextAct,
  personDid,
  retry,
  ROTATION_LIMITS,
  setEnded,
  standingOf,
} from "./secret_rotation.ts";
import type { LoginOutcome, Rotation, RotationAct, SetOutcome, Which } from "./secret_rotation_types.ts";

/** Laws that hold whatever the controllers do and whenever the gateway ends: tried with a few thousand made-up garages. */
const SEED = 20261121, TRIES = 3_000;

/** Numbers that look random and are the same in every run (a linear congruential generator). */
function dice(seed: number) {
  let state = seed >>> 0;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return { next, pick: <T>(list: readonly T[]): T => list[next(list.length)]! };
}
type Dice = ReturnType<typeof dice>;

/** A controller as it is, which nobody sees but by its answers. */
class Device {
  secret: Which = "old";
  /** Refused logins in a row; a real one locks after six. */
  refused = 0;
  worst = 0;
  away = 0;

  login(secret: Which): boolean {
    this.refused = secret === this.secret ? 0 : this.refused + 1;
    this.worst = Math.max(this.worst, this.refused);
    return this.refused === 0;
  }
}

type Fault = "away" | "after-apply" | "before-apply" | "none" | "reboot" | "says-no-and-does" | "says-yes-and-does-not";
const FAULTS: readonly Fault[] = [
  ...["none", "none", "none", "away", "after-apply", "before-apply"] as const,
  ...["reboot", "says-no-and-does", "says-yes-and-does-not"] as const,
];

function logIn(device: Device, secret: Which, random: Dice, calm: boolean): LoginOutcome {
  if (device.away > 0) {
    device.away--;
    return "unreachable";
  }
  const fault = calm ? 0 : random.next(12);
  if (fault === 0 && !calm) return "unreachable";
  const isIn = device.login(secret);
  if (fault === 1 && !calm) return "unknown";
  if (fault === 2 && !calm) return isIn ? "busy" : "wrong-password";
  return isIn ? "in" : "wrong-password";
}

function setSecret(device: Device, from: Which, to: Which, random: Dice, calm: boolean): SetOutcome {
  if (device.away > 0) {
    device.away--;
    return "unreachable";
  }
  const fault = calm ? "none" : random.pick(FAULTS);
  if (fault === "away") return "unreachable";
  if (!device.login(from)) return "wrong-password";
  switch (fault) {
    case "before-apply":
      return "unknown";
    case "after-apply":
      device.secret = to;
      return "unknown";
    case "says-no-and-does":
      device.secret = to;
      return "refused";
    case "says-yes-and-does-not":
      return "done";
    case "reboot":
      device.secret = to;
      device.away = 1 + random.next(12);
      return random.pick(["done", "unknown"]);
    default:
      device.secret = to;
      return "done";
  }
}

/** One act at the real controller, with the chance that the gateway ends before or behind it. */
function play(world: World, act: RotationAct & { readonly station: string }, calm: boolean): void {
  const { random } = world, device = world.devices.get(act.station)!;
  const dies = calm ? 9 : random.next(12);
  if (dies === 0) return; // before anything was stored
  world.rotation = JSON.parse(JSON.stringify(beginAct(world.rotation, act)));
  if (dies === 1) return; // stored, and never sent
  if (act.kind === "login") {
    const outcome = logIn(device, act.with, random, calm);
    if (dies !== 2) world.rotation = loginEnded(world.rotation, act, outcome, world.now);
  } else if (act.kind === "set") {
    const outcome = setSecret(device, act.from, act.to, random, calm);
    if (dies !== 2) world.rotation = setEnded(world.rotation, act.station, outcome, world.now);
  } else if (act.kind === "person") {
    const isDone = calm || random.next(5) > 0;
    if (isDone && (calm || random.next(5) > 0 || !member(world, act.station).isProvable)) device.secret = act.to;
    world.rotation = personDid(world.rotation, act.station, isDone);
  }
}

interface World {
  rotation: Rotation;
  now: number;
  readonly devices: Map<string, Device>;
  readonly random: Dice;
}

const member = ({ rotation }: World, station: string) => rotation.members.find((one) => one.station === station)!;

function makeWorld(random: Dice): World {
  const members = Array.from({ length: 1 + random.next(3) }, (_, at) => {
    const way = random.next(4) === 0 ? "person" as const : "driver" as const;
    return { station: `S${at}`, way, isProvable: way === "driver" || random.next(2) === 0 };
  });
  const devices = new Map(members.map(({ station }) => [station, new Device()]));
  return { rotation: newRotation(members), now: 1_000, devices, random };
}

/** Runs until it ends; faults stop after a while, and a person looks at what is held. @returns how it ended */
function run(world: World, check: (world: World, act: RotationAct) => void): string {
  for (let turn = 0; turn < 4_000; turn++) {
    const calm = turn > 200, act = nextAct(world.rotation, world.now);
    check(world, act);
    switch (act.kind) {
      case "end":
        return act.outcome;
      case "wait":
        ok(act.until > world.now, "a wait is for later");
        world.now = act.until;
        break;
      case "held": {
        const device = world.devices.get(act.station)!;
        ok(device.worst <= ROTATION_LIMITS.failedLogins, `${device.worst} refused logins in a row`);
        device.refused = 0; // the person has unlocked it, or waited
        device.worst = 0;
        world.rotation = retry(world.rotation, act.station);
        break;
      }
      default:
        play(world, act, calm);
    }
  }
  throw new Error(`it never ended: ${JSON.stringify(world.rotation)}`);
}

Deno.test("secret rotation, laws: it ends, and every controller has what the gateway believes", () => {
  const random = dice(SEED), ends = new Map<string, number>();
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const world = makeWorld(random), outcome = run(world, () => {});
    ends.set(outcome, (ends.get(outcome) ?? 0) + 1);
    const wanted: Which = outcome === "committed" ? "new" : "old";
    deepEqual(
      [...world.devices.values()].map(({ secret }) => secret),
      [...world.devices].map(() => wanted),
      `try ${attempt} of seed ${SEED}`,
    );
  }
  ok(ends.get("committed")! > TRIES / 3 && ends.get("rolled-back")! > TRIES / 20, "both ends were seen");
});

Deno.test("secret rotation, laws: no controller sees a third wrong login before a person has looked", () => {
  const random = dice(SEED + 1);
  let most = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const world = makeWorld(random);
    run(world, ({ devices }) => {
      for (const { worst } of devices.values()) most = Math.max(most, worst);
    });
  }
  equal(most, ROTATION_LIMITS.failedLogins, "two were made somewhere, three nowhere");
});

Deno.test("secret rotation, laws: controllers that stay different are told as split", () => {
  const random = dice(SEED + 2);
  let splits = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const world = makeWorld(random);
    run(world, ({ rotation, devices, now }, act) => {
      if (act.kind !== "held") return;
      const differ = new Set([...devices.values()].map(({ secret }) => secret)).size > 1;
      if (!differ) return;
      splits++;
      ok(standingOf(rotation, now).isSplit, `try ${attempt}: ${JSON.stringify(rotation)}`);
    });
  }
  ok(splits > 50, `the case was met ${splits} times`);
});
