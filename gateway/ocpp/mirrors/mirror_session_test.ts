import { deepStrictEqual as equal } from "node:assert/strict";
import { parseFrame } from "../codec.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { MIRROR_LIMITS } from "./limits.ts";
import { MirrorBudget } from "./mirror_queue.ts";
import { type MirrorEffect, MirrorSession, type MirrorSessionOptions } from "./mirror_session.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const call = (id: string, action = "Heartbeat") => JSON.stringify([2, id, action, {}]);

function session(options: Partial<MirrorSessionOptions> = {}): MirrorSession {
  const judge = () => ({ pass: true, rule: "ocpp.forward" } as const);
  return new MirrorSession({ mode: "read-only", actions: [], budget: new MirrorBudget(), judge, ...options }, 0);
}

function copy(mirror: MirrorSession, text: string): MirrorEffect[] {
  return mirror.copy(parseFrame(text), encode(text));
}

/** Effects in one line each. */
function shown(effects: readonly MirrorEffect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.do === "send") {
      return [`> ${typeof effect.data === "string" ? effect.data : new TextDecoder().decode(effect.data)}`];
    }
    if (effect.do === "note") return effect.rule ? [`${effect.kind} ${effect.rule}`] : [];
    if (effect.do === "ask") return [`? ${effect.ask} ${effect.action} ${effect.payloadText}`];
    return [`${effect.do} ${"id" in effect ? effect.id : effect.why}`];
  });
}

const receive = (mirror: MirrorSession, text: string, now = 0) => shown(mirror.receive(text, encode(text), now));
const notes = (effects: readonly MirrorEffect[]) => effects.flatMap((one) => one.do === "note" ? [one.kind] : []);

Deno.test("mirror session: copies leave in order, one at a time, and answers go nowhere (LC10)", () => {
  const mirror = session();
  for (const id of ["1", "2", "3"]) copy(mirror, call(id));
  equal(shown(mirror.pump(0)), [], "nothing leaves before it is open");
  equal(shown(mirror.opened(0)), [`> ${call("1")}`]);
  equal(shown(mirror.pump(0)), []);
  equal(receive(mirror, '[3,"x",{}]'), [], "an answer to nothing");
  equal(receive(mirror, '[3,"1",{}]'), ["replied 1", `> ${call("2")}`]);
  equal(receive(mirror, '[4,"2","GenericError","",{}]'), ["replied 2", `> ${call("3")}`]);
});

Deno.test("mirror session: a mirror that does not answer loses its turn, not the next message", () => {
  const mirror = session();
  copy(mirror, call("1"));
  copy(mirror, call("2"));
  mirror.opened(0);
  equal(mirror.tick(MIRROR_LIMITS.answerMs - 1), []);
  equal(shown(mirror.tick(MIRROR_LIMITS.answerMs)), [`> ${call("2")}`]);
  equal(receive(mirror, '[3,"1",{}]'), [], "too late");
});

Deno.test("mirror session: a SEND of 2.1 waits for no answer", () => {
  const mirror = session();
  const send = '[6,"s","NotifyPeriodicEventStream",{}]';
  copy(mirror, send);
  copy(mirror, call("1"));
  equal(shown(mirror.opened(0)), [`> ${send}`, `> ${call("1")}`]);
});

Deno.test("mirror session: what waits while it is away is sent when it is back, after the last boot (Q22)", () => {
  const mirror = session();
  const boot = call("b", "BootNotification");
  copy(mirror, boot);
  equal(shown(mirror.opened(0)), [`> ${boot}`], "once, on the first connection");
  receive(mirror, '[3,"b",{}]');
  mirror.closed();
  copy(mirror, call("1"));
  equal(shown(mirror.opened(0)), [`> ${boot}`]);
  equal(receive(mirror, '[3,"b",{}]'), ["replied b", `> ${call("1")}`]);
});

Deno.test("mirror session: an unanswered message is sent again, but not for ever", () => {
  const mirror = session();
  copy(mirror, call("1"));
  mirror.opened(0);
  equal(notes(mirror.closed()), []);
  equal(shown(mirror.opened(0)), [`> ${call("1")}`]);
  equal(notes(mirror.closed()), ["dropped"]);
  equal(shown(mirror.opened(0)), []);
});

Deno.test("mirror session: the oldest message makes room, and it is told", () => {
  const mirror = session();
  for (let i = 0; i < MIRROR_LIMITS.queueMessages; i++) equal(notes(copy(mirror, call(String(i)))), []);
  equal(notes(copy(mirror, call("more"))), ["dropped"]);
  equal(shown(mirror.opened(0)), [`> ${call("1")}`]);
});

for (const mode of ["read-only", "shadow"] as const) {
  Deno.test(`mirror session: a ${mode} one may send nothing`, () => {
    const mirror = session({ mode, actions: ["Reset"] });
    mirror.opened(0);
    equal(receive(mirror, '[2,"m","Reset",{"type":"Hard"}]'), [
      `refused ocpp.mirror.${mode}`,
      `> [4,"m","SecurityError","This connection may only read",{"rule":"ocpp.mirror.${mode}"}]`,
    ]);
  });
}

Deno.test("mirror session: a limited one may send its actions, signed or not, and gets the station's answer with its own id", () => {
  const mirror = session({ mode: "limited", actions: ["SetChargingProfile"] });
  mirror.opened(0);
  equal(receive(mirror, '[2,"m", "SetChargingProfile",{"limit":1.0}]'), ['? 1 SetChargingProfile {"limit":1.0}']);
  equal(receive(mirror, '[2,"m","SetChargingProfile-Signed",{}]'), ["? 2 SetChargingProfile-Signed {}"]);
  equal(shown(mirror.answered(1, { is: "result", payload: { status: "Accepted" } })), [
    '> [3,"m",{"status":"Accepted"}]',
  ]);
  const error = { is: "error", code: "NotSupported", description: "no", details: { a: 1 } } as const;
  equal(shown(mirror.answered(2, error)), ['> [4,"m","NotSupported","no",{"a":1}]']);
  equal(mirror.answered(2, error), [], "once");
  for (const action of ["ClearChargingProfile", "setchargingprofile", "SetChargingProfileX"]) {
    equal(receive(mirror, call("n", action))[0], "refused ocpp.secondary.action", action);
  }
});

Deno.test("mirror session: a station that does not answer is an error for the secondary that asked", () => {
  const mirror = session({ mode: "limited", actions: ["TriggerMessage"] });
  mirror.opened(0);
  receive(mirror, call("m", "TriggerMessage"));
  equal(shown(mirror.answered(1, { is: "none", why: "timeout" })), [
    '> [4,"m","GenericError","The station did not answer in time",{}]',
  ]);
});

Deno.test("mirror session: an answer for an earlier connection is not sent on the next one", () => {
  const mirror = session({ mode: "limited", actions: ["TriggerMessage"] });
  mirror.opened(0);
  receive(mirror, call("m", "TriggerMessage"));
  mirror.closed();
  mirror.opened(0);
  equal(mirror.answered(1, { is: "result", payload: {} }), []);
});

Deno.test("mirror session: a limited one is held to what the judge says of the primary", () => {
  const verdicts = [
    { pass: false, rule: "site.no-profile", code: "SecurityError", reason: "not here" },
    { pass: false, take: true, rule: "ocpp.rehome" },
  ] as const;
  for (const verdict of verdicts) {
    const mirror = session({ mode: "limited", actions: ["SetChargingProfile"], judge: () => verdict });
    mirror.opened(0);
    equal(receive(mirror, call("m", "SetChargingProfile"))[0], `refused ${verdict.rule}`);
  }
});

Deno.test("mirror session: asks up to the limit wait for the station, one more is refused", () => {
  const mirror = session({ mode: "limited", actions: ["TriggerMessage"] });
  mirror.opened(0);
  for (let i = 1; i <= MIRROR_LIMITS.asks; i++) {
    equal(receive(mirror, call("m", "TriggerMessage")), [`? ${i} TriggerMessage {}`]);
  }
  equal(receive(mirror, call("m", "TriggerMessage"))[0], "refused ocpp.secondary.busy");
  mirror.answered(1, { is: "result", payload: {} });
  equal(receive(mirror, call("m", "TriggerMessage"))[0], `? ${MIRROR_LIMITS.asks + 1} TriggerMessage {}`);
});

Deno.test("mirror session: too many messages of a mirror end its connection, at the limit they do not", () => {
  const mirror = session();
  mirror.opened(0);
  for (let i = 0; i < MIRROR_LIMITS.messagesBurst; i++) equal(receive(mirror, "no json"), []);
  equal(receive(mirror, "no json"), ["cut it sends too many messages"]);
  equal(receive(mirror, "no json", 1_000), []);
});

Deno.test("mirror session: too many bytes of a mirror end its connection, at the limit they do not", () => {
  const mirror = session();
  mirror.opened(0);
  const part = 262_144, text = " ".repeat(part - OCPP_LIMITS.messageOverheadBytes);
  for (let n = 0; n < OCPP_LIMITS.floodBytes / part; n++) equal(receive(mirror, text), []);
  equal(receive(mirror, "no json"), ["cut it sends too many bytes"]);
});

Deno.test("mirror session: when the station is gone nothing is kept", () => {
  const budget = new MirrorBudget();
  const mirror = session({ budget });
  copy(mirror, call("1"));
  copy(mirror, call("2"));
  mirror.opened(0);
  mirror.end();
  equal([budget.bytes, mirror.queued], [0, 0]);
});
