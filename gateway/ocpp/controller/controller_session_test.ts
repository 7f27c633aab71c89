import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { OCPP_VERSIONS, type OcppVersion } from "../codec.ts";
import { OCPP_LIMITS } from "../limits.ts";
import { loadSchemaCheck } from "../validation.ts";
import { answerCsms, bootPayload } from "./answers.ts";
import { type ControllerEffect, ControllerSession } from "./controller_session.ts";

const factsOf = (version: OcppVersion) => ({
  version,
  model: "Local Controller",
  firmwareVersion: "0.1.0",
  heartbeatSeconds: 300,
});
const WALL = "2026-01-01T00:00:00.000Z";

class Talk {
  readonly session: ControllerSession;
  now = 0;
  #ids = 0;

  constructor(version: OcppVersion, check: Awaited<ReturnType<typeof loadSchemaCheck>>, publishes = false) {
    this.session = new ControllerSession({
      facts: factsOf(version),
      check,
      callTimeoutMs: 30_000,
      newId: () => `n${this.#ids++}`,
      wallTime: () => WALL,
      publishes: () => publishes,
    }, 0);
  }

  tick(seconds = 0) {
    this.now += seconds * 1_000;
    return shown(this.session.tick(this.now));
  }

  say(message: unknown) {
    return shown(this.session.receive(typeof message === "string" ? message : JSON.stringify(message), this.now));
  }

  own(id: string, timeoutMs = 60_000) {
    return shown(this.session.call({ id, action: "Heartbeat", payloadText: "{}", timeoutMs }, this.now));
  }
}

function shown(effects: readonly ControllerEffect[]): unknown[] {
  return effects.map((effect) => {
    if (effect.do === "send") return JSON.parse(effect.text);
    if (effect.do === "settle") return [effect.id, effect.outcome.is];
    if (effect.do === "ask") return `ask ${effect.id} ${effect.action}`;
    return effect.do === "booted" ? `booted ${effect.status}` : `close ${effect.code}`;
  });
}

async function accepted(version: OcppVersion = "ocpp2.0.1", publishes = false): Promise<Talk> {
  const talk = new Talk(version, await loadSchemaCheck(version), publishes);
  talk.tick();
  equal(talk.say([3, "n0", { status: "Accepted", currentTime: WALL, interval: 60 }])[0], "booted Accepted");
  return talk;
}

for (const version of OCPP_VERSIONS) {
  Deno.test(`controller session: boots as a station without EVSEs in ${version}, then keeps the interval it was given`, async () => {
    const check = await loadSchemaCheck(version);
    equal(check.call("BootNotification", bootPayload(factsOf(version))), undefined);
    const talk = new Talk(version, check);
    equal((talk.tick()[0] as unknown[]).slice(0, 3), [2, "n0", "BootNotification"]);
    ok(!talk.session.isAccepted);
    equal(talk.say([3, "n0", { status: "Accepted", currentTime: WALL, interval: 60 }]), [
      "booted Accepted",
      ["n0", "result"],
    ]);
    equal(talk.tick(59), []);
    equal(talk.tick(1), [[2, "n1", "Heartbeat", {}]]);
  });

  Deno.test(`controller session: every answer in ${version} fits its schema, and so does every message that follows`, async () => {
    const check = await loadSchemaCheck(version);
    for (const [action, payload] of QUESTIONS[version]) {
      equal(check.call(action, payload), undefined, action);
      const { answer, then = [] } = answerCsms(action, payload, factsOf(version), WALL);
      if ("payload" in answer) equal(check.result(action, answer.payload), undefined, action);
      for (const next of then) equal(check.call(next.action, next.payload), undefined, next.action);
    }
  });
}

const V2: readonly [string, unknown][] = [
  ["GetBaseReport", { requestId: 7, reportBase: "FullInventory" }],
  ["GetReport", { requestId: 8 }],
  ["GetVariables", {
    getVariableData: [
      { component: { name: "ocppcommctrlr" }, variable: { name: "HeartbeatInterval" } },
      { component: { name: "OCPPCommCtrlr" }, variable: { name: "Other" } },
      { component: { name: "Other" }, variable: { name: "Other" } },
    ],
  }],
  ["SetVariables", {
    setVariableData: [
      { component: { name: "OCPPCommCtrlr" }, variable: { name: "HeartbeatInterval" }, attributeValue: "1" },
      { component: { name: "Other" }, variable: { name: "Other" }, attributeValue: "1" },
    ],
  }],
  ["Reset", { type: "Immediate" }],
  ["ChangeAvailability", { operationalStatus: "Inoperative" }],
  ["ClearCache", {}],
  ["TriggerMessage", { requestedMessage: "BootNotification" }],
  ["TriggerMessage", { requestedMessage: "Heartbeat" }],
  ["TriggerMessage", { requestedMessage: "StatusNotification" }],
  ["GetLocalListVersion", {}],
];
const QUESTIONS: Readonly<Record<OcppVersion, readonly [string, unknown][]>> = {
  "ocpp1.6": [
    ["GetConfiguration", {}],
    ["GetConfiguration", { key: ["heartbeatinterval", "Other"] }],
    ["ChangeConfiguration", { key: "HeartbeatInterval", value: "1" }],
    ["TriggerMessage", { requestedMessage: "BootNotification" }],
    ["TriggerMessage", { requestedMessage: "MeterValues" }],
    ["Reset", { type: "Hard" }],
    ["RemoteStartTransaction", { idTag: "x" }],
    ["ClearCache", {}],
    ["GetLocalListVersion", {}],
  ],
  "ocpp2.0.1": V2,
  "ocpp2.1": V2,
};

Deno.test("controller session: a report follows the answer to GetBaseReport, variables are found without case", async () => {
  const talk = await accepted();
  const [answer, report] = talk.say([2, "c1", "GetBaseReport", {
    requestId: 7,
    reportBase: "FullInventory",
  }]) as unknown[][];
  equal(answer, [3, "c1", { status: "Accepted" }]);
  equal([report![2], (report![3] as { requestId: number }).requestId], ["NotifyReport", 7]);
  const [, payload] = V2[2]!;
  const [read] = talk.say([2, "c2", "GetVariables", payload]) as [
    number,
    string,
    { getVariableResult: { attributeStatus: string }[] },
  ][];
  equal(read![2].getVariableResult.map(({ attributeStatus }) => attributeStatus), [
    "Accepted",
    "UnknownVariable",
    "UnknownComponent",
  ]);
});

Deno.test("controller session: what it cannot do, does not know or cannot read is answered in the version's own words", async () => {
  const code = (answers: unknown[]) => (answers[0] as unknown[])?.[2];
  for (
    const [version, fault, garbage] of [
      ["ocpp1.6", "FormationViolation", undefined],
      ["ocpp2.0.1", "FormatViolation", "RpcFrameworkError"],
    ] as const
  ) {
    const talk = await accepted(version);
    equal(code(talk.say([2, "1", "GetLocalListVersion", {}])), "NotSupported");
    equal(code(talk.say([2, "2", "NoSuchAction", {}])), "NotImplemented");
    equal(code(talk.say([2, "3", "Reset", { type: 7 }])), fault);
    equal(code(talk.say("{")), garbage);
    equal(talk.say([3, "nobody's", {}]), []);
  }
});

Deno.test("controller session: before the boot is accepted nothing else is sent, and the boot is tried again", async () => {
  const talk = new Talk("ocpp2.0.1", await loadSchemaCheck("ocpp2.0.1"));
  talk.tick();
  equal(talk.say([3, "n0", { status: "Pending", currentTime: WALL, interval: 20 }])[0], "booted Pending");
  equal(talk.own("g1"), [["g1", "none"]]);
  equal(talk.tick(19), []);
  equal((talk.tick(1)[0] as unknown[])[2], "BootNotification");
  equal(talk.say([4, "n1", "InternalError", "", {}])[0], "booted refused");
  equal((talk.tick(60)[0] as unknown[])[2], "BootNotification");
});

Deno.test("controller session: own calls go one at a time, a silent CSMS frees the line, an answer settles once", async () => {
  const talk = await accepted();
  equal(talk.own("g1"), [[2, "g1", "Heartbeat", {}]]);
  equal(talk.own("g2"), []);
  equal(talk.say([3, "g1", { currentTime: WALL }]), [["g1", "result"], [2, "g2", "Heartbeat", {}]]);
  equal(talk.say([3, "g1", {}]), []);
  equal(talk.say([4, "g2", "InternalError", "", {}]), [["g2", "error"]]);
  talk.own("g3", 5_000);
  talk.own("g4", 50_000);
  equal(talk.tick(5), [["g3", "none"]]);
  equal(talk.tick(25), [[2, "g4", "Heartbeat", {}]]);
});

Deno.test("controller session: so many own calls wait, one more is busy; an interval is kept within bounds", async () => {
  const talk = await accepted();
  talk.own("first");
  for (let i = 0; i < OCPP_LIMITS.ownQueueMessages; i++) equal(talk.own(`g${i}`), []);
  equal(talk.own("past"), [["past", "none"]]);
  const hasty = new Talk("ocpp2.0.1", await loadSchemaCheck("ocpp2.0.1"));
  hasty.tick();
  hasty.say([3, "n0", { status: "Accepted", currentTime: WALL, interval: 1 }]);
  equal(hasty.tick(9), []);
  equal(hasty.tick(1).length, 1);
});

Deno.test("controller session: a flood of the CSMS ends the connection", async () => {
  const talk = await accepted();
  for (let i = 1; i < OCPP_LIMITS.messagesBurst; i++) talk.say([3, "x", {}]);
  equal(talk.say([3, "x", {}]), ["close 1008"]);
});

Deno.test("controller session: too many bytes of the CSMS end the connection", async () => {
  const talk = await accepted();
  const part = 262_144, filled = " ".repeat(part - OCPP_LIMITS.messageOverheadBytes - '[3,"x",""]'.length);
  for (let n = 1; n < OCPP_LIMITS.floodBytes / part; n++) equal(talk.say([3, "x", filled]), []);
  equal(talk.say([3, "x", filled]), ["close 1008"], "the answer to the boot counts as well");
});

const CHECKSUM = "d41d8cd98f00b204e9800998ecf8427e";
const ABOUT_PUBLISHING: readonly [string, unknown][] = [
  ["PublishFirmware", { requestId: 1, location: "https://files.example/a.deb", checksum: CHECKSUM }],
  ["UnpublishFirmware", { checksum: CHECKSUM }],
  ["TriggerMessage", { requestedMessage: "PublishFirmwareStatusNotification" }],
];
for (const version of ["ocpp2.0.1", "ocpp2.1"] as const) {
  for (const [action, payload] of ABOUT_PUBLISHING) {
    Deno.test(`controller session: ${action} of ${version} about publishing is control's to answer, once`, async () => {
      const talk = await accepted(version, true);
      equal(talk.say([2, "c1", action, payload]), [`ask c1 ${action}`]);
      equal(shown(talk.session.answered("c1", { payload: { status: "Accepted" } })), [[3, "c1", {
        status: "Accepted",
      }]]);
      equal(talk.session.answered("c1", { payload: {} }), [], "a second answer is none");
      equal(talk.session.answered("other", { payload: {} }), []);
      talk.say([2, "c2", action, payload]);
      const [fault] = shown(talk.session.answered("c2", { code: "InternalError", description: "no" })) as unknown[][];
      equal(fault!.slice(0, 3), [4, "c2", "InternalError"]);
    });

    Deno.test(`controller session: ${action} of ${version} where nothing is served is refused in the standard's words`, async () => {
      const talk = await accepted(version);
      const [answer] = talk.say([2, "c1", action, payload]) as unknown[][];
      const wanted = action === "TriggerMessage" ? [3, "c1", { status: "NotImplemented" }] : [4, "c1", "NotSupported"];
      equal(answer!.slice(0, 3), wanted);
    });
  }
}

Deno.test("controller session: a message about publishing that breaks its schema never gets to control", async () => {
  const talk = await accepted("ocpp2.0.1", true);
  const [fault] = talk.say([2, "c1", "PublishFirmware", { requestId: "x", location: 1 }]) as unknown[][];
  equal(fault![0], 4);
});

Deno.test("controller session: as many questions wait for control as may, and not one more; none twice", async () => {
  const talk = await accepted("ocpp2.0.1", true);
  const [action, payload] = ABOUT_PUBLISHING[1]!;
  const ask = (id: string) => talk.say([2, id, action, payload]);
  for (let at = 0; at < OCPP_LIMITS.controllerAsks; at++) equal(ask(`c${at}`), [`ask c${at} ${action}`]);
  equal((ask("past")[0] as unknown[]).slice(0, 3), [4, "past", "InternalError"]);
  talk.session.answered("c0", { payload: { status: "NoFirmware" } });
  equal(ask("next"), [`ask next ${action}`]);
  talk.session.answered("c1", { payload: { status: "NoFirmware" } });
  equal((ask("c2")[0] as unknown[]).slice(0, 3), [4, "c2", "InternalError"], "one under this id is being asked");
});
