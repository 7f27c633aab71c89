import { type ClimbStep, type Hop } from "../../../policies/climb.ts";
import type { Json, StationActivity, StationCallAnswer } from "../../core/control_api.ts";
import { INVENTORY_LIMITS } from "../limits.ts";
import type { LiveSession } from "../live_sessions.ts";
import * as messages from "./messages.ts";
import { type ClimbRecord, openBetween } from "./record.ts";

/** What a step works with: one station, its climb, and nothing else. */
export interface StepTools {
  readonly record: () => ClimbRecord;
  readonly hop: Hop;
  /** Stores changes of the record; what they say holds when this resolves. */
  change(changes: Partial<ClimbRecord>): Promise<void>;
  /** Wall milliseconds. */
  now(): number;
  /** @throws when the climb was cancelled or the gateway stops */
  sleep(ms: number): Promise<void>;
  /** The open connection of the station. */
  session(): LiveSession | undefined;
  activity(): Promise<StationActivity>;
  call(ask: messages.Ask): Promise<StationCallAnswer>;
  /** Makes a password, keeps its verifier as pending, and gives it once. */
  makePassword(): Promise<string>;
  /** The newest pending password is the station's only one when this resolves: it has taken it. */
  commitPassword(): Promise<void>;
  /** Whether a pending password was proven, so that it is the station's only one now. */
  isPasswordProven(): boolean;
  /** Ends the open connection, so that the station comes back with what it was told. */
  reconnect(why: string): Promise<void>;
  /** From now on signing requests of the station are the gateway's; the first is signed. */
  expectRequest(forMs: number): Promise<void>;
  /** What came of it, at the latest when its time is over. */
  signed(): Promise<SignedRequest>;
  /** The new profile is proven: the old one is dead when this resolves. */
  commit(): Promise<void>;
  /** The station is overdue: told once. */
  overdue(why: string): Promise<void>;
}

/** What came of a signing request. */
export type SignedRequest =
  | { readonly chainPem: string; readonly serial: string; readonly requestId?: number }
  | { readonly refused: string };

/** The outcome of a step: on with it, or back. */
export type StepOutcome =
  | { readonly is: "done"; readonly text: string }
  | { readonly is: "failed"; readonly why: string };

const done = (text: string): StepOutcome => ({ is: "done", text });
const failed = (why: string): StepOutcome => ({ is: "failed", why });

const { climbPollMs, climbSettleMs, climbNudgeMs, climbRequestMs, climbTries } = INVENTORY_LIMITS;

/** Each step; all can be done again after a restart in their midst. */
export const STEPS: Readonly<Record<ClimbStep, (tools: StepTools) => Promise<StepOutcome>>> = {
  idle,
  password: async (tools) => {
    const password = await tools.makePassword();
    return told(
      await ask(tools, messages.setPassword(tools.record().version, password)),
      "the station took a password",
    );
  },
  root: async (tools) => {
    const { version, rootPem = "" } = tools.record();
    return told(await ask(tools, messages.installRoot(version, rootPem)), "the station trusts the root");
  },
  certificate,
  address,
  switch: switchProfile,
  reconnect: awaitProfile,
  verify,
  rotate,
  renew,
};

/**
 * Waits for a station that is away: after a restart of the gateway that takes stations a minute and more. Whether it is
 * there. Once it may have taken something that leads it the new way, it is never given up: what would be closed then may be
 * the only way it has.
 */
async function isPresent(tools: StepTools): Promise<boolean> {
  const { minutes } = tools.record(), until = tools.now() + minutes * 60_000;
  while (!tools.session()) {
    if (tools.now() >= until) {
      if (!openBetween(tools.record())) return false;
      if (tools.record().state === "running") await tools.overdue(`it has not come back for ${minutes} minutes`);
    }
    await tools.sleep(climbPollMs);
  }
  return true;
}

/** Sends a CALL until it is answered: a connection that ends is waited for, all CALLs of a climb may be repeated. */
async function ask(tools: StepTools, call: messages.Ask): Promise<messages.Reading | { readonly is: "silent" }> {
  for (let tries = 0; tries < climbTries; tries++) {
    if (!await isPresent(tools)) break;
    const answer = await tools.call(call);
    if (!("noAnswer" in answer)) return messages.readAnswer(answer);
    await tools.sleep(climbPollMs);
  }
  return { is: "silent" };
}

function told(reading: Awaited<ReturnType<typeof ask>>, text: string): StepOutcome {
  if (reading.is === "silent") return failed("the station did not answer");
  if (reading.is === "accepted") return done(text);
  return reading.is === "reboot" ? done(`${text}, after a restart`) : failed(reading.why);
}

/** Reads something; undefined when the station does not answer or has no such thing. */
async function read<T>(tools: StepTools, call: messages.Ask, value: (result: Json) => T): Promise<T | undefined> {
  for (let tries = 0; tries < climbTries; tries++) {
    if (!await isPresent(tools)) break;
    const answer = await tools.call(call);
    if ("result" in answer) return value(answer.result);
    if ("error" in answer) return undefined;
    await tools.sleep(climbPollMs);
  }
  return undefined;
}

async function idle(tools: StepTools): Promise<StepOutcome> {
  const { force, minutes, version } = tools.record();
  if (force) return done("not looked at (--force)");
  const until = tools.now() + minutes * 60_000;
  for (let tries = 0;; tries++) {
    if (!await isPresent(tools)) return failed(`it has not come back for ${minutes} minutes`);
    const { state, why } = await tools.activity();
    if (state === "idle") return done("nothing charges");
    if (tools.now() >= until) {
      return failed(state === "busy" ? `it was never free: ${why ?? "busy"}` : "nobody knows whether it charges");
    }
    if (state === "unknown") {
      if (tries >= climbTries) return failed("it does not tell whether it charges; pass --force when you know");
      await tools.call(messages.triggerStatus(version));
    }
    await tools.sleep(climbPollMs);
  }
}

async function certificate(tools: StepTools): Promise<StepOutcome> {
  const { version } = tools.record();
  await isPresent(tools); // its Worker is to expect the request; who is away says so below
  await tools.expectRequest(climbRequestMs);
  const asked = await ask(tools, messages.triggerSigning(version));
  if (asked.is !== "accepted") {
    const outcome = told(asked, "");
    const hint = "; issue one with `cert issue --csr FILE` and load it at the station";
    return outcome.is === "failed" ? failed(`it makes no signing request (${outcome.why})${hint}`) : outcome;
  }
  const signed = await tools.signed();
  if ("refused" in signed) return failed(`its signing request was refused: ${signed.refused}`);
  await tools.change({ certificate: signed.serial });
  await tools.sleep(climbPollMs); // its own request is answered before it gets the certificate
  const taken = await ask(tools, messages.certificateSigned(version, signed.chainPem, signed.requestId));
  return told(taken, `it has a certificate of the site CA, ${signed.serial}`);
}

async function address(tools: StepTools): Promise<StepOutcome> {
  const { url, urlKey, stationId, before } = tools.record();
  if (!urlKey) return failed("no key for the address is known");
  const { key, withId } = urlKey;
  const known = before?.address ?? await read(tools, messages.readKey(key), (result) => messages.keyValue(result, key));
  if (known !== undefined) await tools.change({ before: { ...tools.record().before, address: known } });
  const target = withId ? `${url}/${encodeURIComponent(stationId)}` : url;
  return told(await ask(tools, messages.setAddress(key, target)), `${key} is ${target}`);
}

async function switchProfile(tools: StepTools): Promise<StepOutcome> {
  const isThere = () => tools.session()?.securityProfile === tools.hop.to;
  if (isThere()) return done("it is there already");
  const free = await idle(tools);
  if (free.is === "failed") return free;
  await isPresent(tools);
  if (isThere()) return done("it came meanwhile"); // after a restart of the gateway in the midst of this step
  const { version } = tools.record();
  const told = version === "ocpp1.6" ? await switch16(tools) : await switch2(tools);
  if (told.is !== "reboot") return told.outcome;
  await tools.call(messages.reset(version)); // unanswered: it may be gone already, the next step sees
  return done("told, and restarted");
}

type Switched = { readonly is: "told"; readonly outcome: StepOutcome } | { readonly is: "reboot" };

/** Notes over which connection the switch was told: only a newer one says anything about its success. */
async function remember(tools: StepTools): Promise<void> {
  await tools.change({ switched: { session: tools.session()?.session ?? "", at: tools.now() } });
}

async function switch16(tools: StepTools): Promise<Switched> {
  for (let tries = 0; tries < climbTries; tries++) {
    await isPresent(tools);
    if (tools.session()?.securityProfile === tools.hop.to) break; // it came meanwhile
    await remember(tools);
    const answer = await tools.call(messages.setProfile16(tools.hop.to));
    if (!("noAnswer" in answer)) {
      const reading = messages.readAnswer(answer);
      if (reading.is === "reboot") return { is: "reboot" };
      return { is: "told", outcome: reading.is === "accepted" ? done("told") : failed(reading.why) };
    }
    // It may leave before it answers: the next step sees what came of it. Otherwise nothing was sent.
    if (answer.noAnswer !== "away" && answer.noAnswer !== "busy") break;
    if (tries === climbTries - 1) return { is: "told", outcome: failed("the station did not answer") };
    await tools.sleep(climbPollMs);
  }
  return { is: "told", outcome: done("told; it left without an answer") };
}

async function switch2(tools: StepTools): Promise<Switched> {
  const { version, url } = tools.record();
  const before = tools.record().before?.priority ?? await read(tools, messages.readPriority, messages.variableValue);
  const { slot, priority } = messages.nextSlot(before);
  await tools.change({ before: { ...tools.record().before, ...before === undefined ? {} : { priority: before } } });
  const stored = told(await ask(tools, messages.setNetworkProfile(version, slot, url, tools.hop.to)), "");
  if (stored.is === "failed") return { is: "told", outcome: failed(`SetNetworkProfile: ${stored.why}`) };
  await remember(tools);
  const first = told(await ask(tools, messages.setPriority(priority)), "");
  if (first.is === "failed") return { is: "told", outcome: failed(`NetworkConfigurationPriority: ${first.why}`) };
  return { is: "reboot" };
}

/** Waits for the new profile. What is overdue keeps both ways open; who stays on the old one has decided. */
async function awaitProfile(tools: StepTools): Promise<StepOutcome> {
  const { to } = tools.hop, began = tools.now();
  let backSince: number | undefined, isNudged = false;
  for (;;) {
    const { switched, minutes, state, version } = tools.record();
    const session = tools.session(), now = tools.now(), since = switched?.at ?? began;
    if (session?.securityProfile === to) return done(`it came with profile ${to}`);
    const isOld = session !== undefined && session.session === switched?.session;
    if (session && !isOld) backSince ??= now;
    else backSince = undefined;
    if (backSince !== undefined && now - backSince >= climbSettleMs) {
      return failed(`it came back with profile ${tools.hop.from} and stays there`);
    }
    if (isOld && !isNudged && now - since >= climbNudgeMs && (await idle(tools)).is === "done") {
      isNudged = true;
      await tools.call(messages.reset(version)); // some take a new profile only on a restart
    }
    if (now - since >= minutes * 60_000 && state === "running") {
      if (isOld) return failed("it took the new profile and never used it");
      await tools.overdue(`it has not come back for ${minutes} minutes`);
    }
    await tools.sleep(climbPollMs);
  }
}

async function verify(tools: StepTools): Promise<StepOutcome> {
  const { to } = tools.hop, began = tools.now();
  let seen: string | undefined, until = began;
  for (;;) {
    await isPresent(tools);
    const open = tools.session();
    if (open && open.session !== seen) [seen, until] = [open.session, tools.now() + climbSettleMs];
    const isThere = open?.securityProfile === to;
    const answer = isThere ? await tools.call(messages.ping(tools.record().version)) : undefined;
    if (answer && !("noAnswer" in answer)) {
      await tools.commit();
      return done(`it answers; from now on only profile ${to} is accepted`);
    }
    if (open && tools.session() === open && tools.now() >= until) {
      return failed(isThere ? "it does not answer there" : `it did not stay on profile ${to}`);
    }
    if (tools.now() - began >= tools.record().minutes * 60_000 && tools.record().state === "running") {
      await tools.overdue("it comes and goes, and does not answer");
    }
    await tools.sleep(climbPollMs);
  }
}

/** The old password travelled in plain text. A station that refuses keeps it: the climb has succeeded all the same. */
async function rotate(tools: StepTools): Promise<StepOutcome> {
  const free = await idle(tools);
  if (free.is === "failed") return done(`its password was kept: ${free.why}`);
  const password = await tools.makePassword();
  const taken = await ask(tools, messages.setPassword(tools.record().version, password));
  if (taken.is === "refused" || taken.is === "unsupported") {
    await tools.change({ pending: [] });
    return done(`its password was kept: ${taken.why}`);
  }
  await tools.reconnect("its password was renewed");
  const until = tools.now() + tools.record().minutes * 60_000;
  while (!tools.isPasswordProven()) {
    if (tools.now() >= until) return done("the new password was not used yet: both are accepted until it is");
    await tools.sleep(climbPollMs);
  }
  return done("the new password is proven, the old one is dead");
}

/**
 * A01.FR.02-07 (facts O-06): taken, the old password is dead at once; refused, it stays; unanswered, both are accepted
 * until the station shows which one it has.
 */
async function renew(tools: StepTools): Promise<StepOutcome> {
  const old = tools.session()?.session;
  const password = await tools.makePassword();
  const taken = await ask(tools, messages.setPassword(tools.record().version, password));
  if (taken.is === "refused" || taken.is === "unsupported") {
    await tools.change({ pending: [] });
    return failed(`it keeps its password: ${taken.why}`);
  }
  if (taken.is !== "silent") await tools.commitPassword();
  await tools.reconnect("its password was renewed");
  const until = tools.now() + tools.record().minutes * 60_000;
  for (;;) {
    const isBack = tools.session() !== undefined && tools.session()?.session !== old;
    if (isBack && tools.isPasswordProven()) return done("it is back with the new password, the old one is dead");
    if (tools.now() >= until) {
      // Nothing is taken back: it may have the new password, whatever it did not say.
      const which = tools.isPasswordProven() ? "only the new password is" : "both passwords are";
      return done(`it has not come back yet; ${which} accepted`);
    }
    await tools.sleep(climbPollMs);
  }
}

/** Puts back what can be put back; says what is left to do by hand. */
export async function putBack(tools: StepTools): Promise<readonly string[]> {
  const { before, urlKey, hops, hop, step, switched, version } = tools.record();
  const steps = hops[hop]?.steps.slice(0, step + 1) ?? [];
  const left: string[] = [];
  const back = async (call: messages.Ask, what: string) => {
    if (told(await ask(tools, call), "").is === "failed") left.push(what);
  };
  // Still on the connection over which it was told: it has the new profile, and would come with it after its next start.
  const isTold = steps.includes("reconnect") && switched !== undefined && tools.session()?.session === switched.session;
  if (isTold && version === "ocpp1.6") {
    const { from } = tools.hop;
    await back(messages.setProfile16(from), `SecurityProfile to ${from}`);
  }
  if (before?.priority !== undefined && steps.includes("switch")) {
    await back(messages.setPriority(before.priority), `NetworkConfigurationPriority to ${before.priority}`);
  }
  if (before?.address !== undefined && urlKey && steps.includes("address")) {
    await back(messages.setAddress(urlKey.key, before.address), `${urlKey.key} to ${before.address}`);
  }
  return left;
}
