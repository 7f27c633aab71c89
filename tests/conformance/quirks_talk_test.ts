import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { cannedAnswersPart, freezes, withCannedAnswers } from "../../gateway/ocpp/canned_answers.ts";
import { type OcppVersion, parseFrame } from "../../gateway/ocpp/codec.ts";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import { Liveness } from "../../gateway/ocpp/liveness.ts";
import { refusalCode } from "../../gateway/ocpp/policy.ts";
import { legSymptom, quirkHint } from "../../gateway/ocpp/quirks.ts";
import type { Judge } from "../../gateway/ocpp/session.ts";
import { startOcpp } from "../../gateway/ocpp/service.ts";
import { clockOffsetSeconds } from "../../gateway/ocpp/station_facts.ts";
import type { Admitted } from "../../gateway/ocpp/upgrade.ts";
import { loadSchemaCheck } from "../../gateway/ocpp/validation.ts";
import {
  admission,
  connectStation,
  FakeControl,
  FakeCsms,
  Peer,
  PLAIN,
  until,
  workerContext,
} from "../support/ocpp_rig.ts";
import { RawStation } from "../support/raw_station.ts";
import { RelayRig } from "../support/relay_rig.ts";
import { Talk } from "../support/session_talk.ts";

interface Line {
  readonly station: Peer;
  readonly far: Peer;
  readonly control: FakeControl;
  readonly url: string;
  readonly port: number;
}

/** A station with these settings, connected through to its CSMS. */
async function withLine(changes: Partial<Admitted>, run: (line: Line) => Promise<void>, deflate = true): Promise<void> {
  const csms = new FakeCsms();
  const upstream = `ws://127.0.0.1:${await csms.listen()}/csms`;
  const control = new FakeControl(({ stationId }) => admission(upstream, stationId, changes));
  const service = await startOcpp(workerContext(control, [PLAIN]));
  const base = service.listening!["ocpp:plain"]!;
  const protocols = [changes.protocols?.[0] ?? "ocpp1.6"];
  const station = await connectStation(`${base}/ocpp/CP001`, { protocols, perMessageDeflate: deflate });
  ok(station instanceof Peer);
  try {
    await until(() => csms.peers.length === 1);
    await run({ station, far: csms.peers[0]!, control, url: base, port: Number(new URL(base).port) });
  } finally {
    station.socket.terminate();
    await service.drain(500);
    await csms.close();
  }
}

const call = (id: string, action: string, payload: unknown = {}) => JSON.stringify([2, id, action, payload]);

Deno.test("quirk Q10: any traffic is a sign of life, and with no-ping silence is none of death", () => {
  const liveness = new Liveness(60_000, 0);
  liveness.heardPong("station", liveness.mark, 0);
  liveness.heard("station", 170_000);
  equal(liveness.tick(190_000).stationDead, false);
  const never = new Liveness(0, 0);
  equal(never.tick(1e12), { pingStation: false, pingCsms: false, stationDead: false, csmsDead: false });
});

Deno.test("quirk Q11: a station that never answers a ping has three heartbeats, and at least the idle limit", () => {
  const liveness = new Liveness(60_000, 0), idle = OCPP_LIMITS.idleWithoutPongSeconds * 1_000;
  equal([liveness.tick(idle - 1).stationDead, liveness.tick(idle).stationDead], [false, true]);
  liveness.expectHeartbeat(14_400);
  equal([liveness.tick(3 * 14_400_000 - 1).stationDead, liveness.tick(3 * 14_400_000).stationDead], [false, true]);
});

Deno.test("quirk Q13: an id that a station uses again is forwarded; one of the CSMS is refused where enforcing", () => {
  for (const validation of ["observe", "enforce"] as const) {
    const talk = new Talk("ocpp1.6", validation), first = call("7", "StopTransaction"), again = call("7", "Heartbeat");
    talk.say("station", first);
    equal(talk.say("station", again), ["note duplicate-id", `csms <- ${again}`]);
    const reset = call("9", "Reset");
    talk.say("csms", reset);
    talk.say("station", [3, "9", { status: "Accepted" }]);
    const repeated = talk.say("csms", reset);
    equal(repeated.includes(`station <- ${reset}`), validation === "observe");
    equal(repeated.some((line) => line.includes("SecurityError")), validation === "enforce");
  }
});

Deno.test("quirk Q14: calls of a station pass without waiting, of the CSMS one at a time is outstanding", () => {
  const talk = new Talk();
  for (let i = 0; i < OCPP_LIMITS.stationPending; i++) {
    equal(talk.say("station", call(`s${i}`, "Heartbeat")), [`csms <- ${call(`s${i}`, "Heartbeat")}`]);
  }
  ok(talk.say("station", call("more", "Heartbeat"))[0]!.startsWith("note refused"));
  equal(talk.say("csms", call("1", "Reset")), [`station <- ${call("1", "Reset")}`]);
  equal(talk.say("csms", call("2", "Reset")), []);
  equal(talk.say("station", [3, "1", {}]).at(-1), `station <- ${call("2", "Reset")}`);
});

Deno.test("quirk Q15: a late answer goes to who asked, one that nobody waits for to no one", () => {
  const talk = new Talk();
  talk.say("csms", call("1", "Reset"));
  talk.tick(31);
  equal(talk.say("station", '[3,"1",{}]'), ['csms <- [3,"1",{}]', "note late-reply"]);
  equal(talk.say("station", '[3,"1",{}]'), ["note unmatched-reply"]);
  equal(talk.say("csms", '[3,"1",{}]'), ["note unmatched-reply"]);
});

Deno.test("quirk Q16: with close-when-mute the third unanswered call in a row closes, an answer counts anew", async () => {
  const rig = new RelayRig({ muteCalls: OCPP_LIMITS.muteCalls });
  const ask = (id: string) => {
    rig.csms.say([2, id, "GetConfiguration", {}]);
    rig.time.advance(30_001);
    rig.relay.tick();
  };
  ask("1");
  ask("2");
  rig.csms.say([2, "3", "GetConfiguration", {}]);
  rig.station.say([3, "3", {}]);
  ask("4");
  ask("5");
  equal(rig.ended, []);
  rig.station.say('[2,"h","Heartbeat",{}]');
  ask("6");
  equal(rig.ended, ["mute"]);
  equal(rig.station.closed?.code, 1001);
  await until(() => rig.audited.some(({ rule }) => rule === "ocpp.call-timeout"));
  const why = rig.audited.find(({ rule }) => rule === "ocpp.call-timeout")?.detail?.why;
  match(String(why), /quirk close-when-mute may help/);
});

Deno.test("quirk Q16: without the quirk a mute station stays connected", () => {
  const rig = new RelayRig();
  for (let i = 0; i < 2 * OCPP_LIMITS.muteCalls; i++) {
    rig.csms.say([2, String(i), "Reset", {}]);
    rig.time.advance(30_001);
    rig.relay.tick();
  }
  equal(rig.ended, []);
});

Deno.test("quirk Q17: enforcing refuses and names the relaxation, with it the same bytes pass", async () => {
  const boot = '[2,"1","BootNotification",{"chargePointVendor":"v","chargePointModel":"m","vendorExtra":1}]';
  await withLine({ validation: "enforce" }, async ({ station, control }) => {
    station.send(boot);
    await until(() => station.texts.length === 1);
    equal(JSON.parse(station.texts[0]!)[2], "FormationViolation");
    await until(() => control.audited.some(({ rule }) => rule === "ocpp.schema"));
    match(
      String(control.audited.find(({ rule }) => rule === "ocpp.schema")!.detail!.why),
      /quirk extra-properties may help/,
    );
  });
  await withLine({ validation: "enforce", quirks: ["extra-properties"] }, async ({ station, far }) => {
    station.send(boot);
    await until(() => far.texts.length === 1);
    equal(far.texts[0], boot);
  });
});

Deno.test("quirk Q18: fragments are joined, broken JSON goes to nobody and is counted", () =>
  withLine({}, async ({ station, far, control }) => {
    const text = call("1", "Heartbeat");
    station.socket.send(text.slice(0, 9), { fin: false });
    station.socket.send(text.slice(9), { fin: true });
    station.send('[2,"2","Heartbeat",{"cut');
    station.send(call("3", "Heartbeat"));
    await until(() => far.texts.length === 2);
    equal(far.texts, [text, call("3", "Heartbeat")]);
    await until(() => control.audited.some(({ rule }) => rule === "ocpp.malformed"));
  }));

for (
  const [quirks, limit] of [[[], OCPP_LIMITS.messageBytes], [["large-messages"], OCPP_LIMITS.messageBytesMax]] as const
) {
  Deno.test(`quirk Q18: ${quirks[0] ?? "no quirk"}: a message of ${limit} bytes passes, one more closes with 1009`, () =>
    withLine({ quirks }, async ({ station, far, control }) => {
      const frame = (bytes: number) => {
        const bare = call("1", "DataTransfer", { vendorId: "v", data: "" });
        return call("1", "DataTransfer", { vendorId: "v", data: "x".repeat(bytes - bare.length) });
      };
      station.send(frame(limit));
      await until(() => far.texts.length === 1);
      equal(far.texts[0]!.length, limit);
      station.send(frame(limit + 1));
      await until(() => station.closed && control.left.length === 1);
      equal(station.closed!.code, 1009);
      match(control.left[0]!.why, /^protocol; quirk large-messages may help$/);
    }));
}

Deno.test("quirk Q19: with no-deflate none is agreed with the station, with no-deflate-csms none with the CSMS", async () => {
  for (
    const [quirks, wanted] of [[[], [true, true]], [["no-deflate"], [false, true]], [["no-deflate-csms"], [
      true,
      false,
    ]]] as const
  ) {
    await withLine({ quirks }, ({ station, far }) => {
      const packed = [station, far].map(({ socket }) => socket.extensions.includes("permessage-deflate"));
      equal(packed, [...wanted]);
      return Promise.resolve();
    });
  }
});

Deno.test("quirk Q19: packed frames that were never agreed close with 1002, and the record names no-deflate", () =>
  withLine({}, async ({ port, control }) => {
    using station = await RawStation.open(port);
    const packed = deflateRawSync(call("1", "Heartbeat"));
    await station.write(new Uint8Array([0xc1, 0x80 | packed.length, 0, 0, 0, 0, ...packed]));
    await until(() => station.closeCode !== undefined && control.left.length === 2);
    equal(station.closeCode, 1002);
    match(control.left[1]!.why, /quirk no-deflate may help/);
  }));

Deno.test("quirk Q19: what breaks while unpacking is known by zlib's code too", () => {
  equal(
    ["Z_DATA_ERROR", "Z_BUF_ERROR", "WS_ERR_UNEXPECTED_RSV_1", "WS_ERR_INVALID_OPCODE", undefined].map((code) =>
      legSymptom(code, 1007)
    ),
    [
      "close compression",
      "close compression",
      "close compression",
      "",
      "",
    ],
  );
  equal([quirkHint("end idle"), quirkHint("end drained"), quirkHint("")], ["; quirk no-ping may help", "", ""]);
});

Deno.test("quirk Q20: codes are spelled as their version spells them", () => {
  const codes = (version: OcppVersion) => [
    refusalCode(version, "ocpp.schema", '/ breaks required "x"'),
    refusalCode(version, "ocpp.frame"),
  ];
  equal(codes("ocpp1.6"), ["OccurenceConstraintViolation", "FormationViolation"]);
  for (const version of ["ocpp2.0.1", "ocpp2.1"] as const) {
    equal(codes(version), ["OccurrenceConstraintViolation", "FormatViolation"]);
  }
});

const ping16 = { key: "webSocketPingInterval ", value: "30" };
const ping2 = {
  component: { name: "OCPPCommCtrlr" },
  variable: { name: "WebSocketPingInterval" },
  attributeValue: "30",
};
const other2 = { ...ping2, variable: { name: "HeartbeatInterval" } };
const txProfile = { connectorId: 1, csChargingProfiles: { chargingProfilePurpose: "TxProfile" } };

/** CALLs of the CSMS, the quirk that keeps each from the station, and what the gateway answers. */
const CANNED:
  readonly (readonly [quirk: string, protocol: OcppVersion, action: string, payload: unknown, answer: unknown])[] = [
    ["keep-availability", "ocpp1.6", "ChangeAvailability", { connectorId: 1, type: "Inoperative" }, {
      status: "Rejected",
    }],
    ["keep-availability", "ocpp2.0.1", "ChangeAvailability", { operationalStatus: "Inoperative" }, {
      status: "Rejected",
    }],
    ["keep-ping-interval", "ocpp1.6", "ChangeConfiguration", ping16, { status: "Rejected" }],
    ["keep-ping-interval", "ocpp2.1", "SetVariables", { setVariableData: [ping2] }, {
      setVariableResult: [{ attributeStatus: "Rejected", component: ping2.component, variable: ping2.variable }],
    }],
    ["no-profile-before-start", "ocpp1.6", "SetChargingProfile", txProfile, { status: "Rejected" }],
  ];

for (const [quirk, protocol, action, payload, answer] of CANNED) {
  Deno.test(`quirk Q21: ${quirk} answers ${action} of ${protocol} for the station, without it the station gets it`, async () => {
    await withLine({ quirks: [quirk], protocols: [protocol] }, async ({ station, far, control }) => {
      far.send(call("1", action, payload));
      far.send(call("2", "TriggerMessage", { requestedMessage: "Heartbeat" }));
      await until(() => far.texts.length === 1 && station.texts.length === 1);
      equal(JSON.parse(far.texts[0]!), [3, "1", answer]);
      equal((await loadSchemaCheck(protocol)).result(action, answer), undefined);
      equal(JSON.parse(station.texts[0]!)[2], "TriggerMessage");
      await until(() =>
        control.audited.some(({ event, rule }) => event === "ocpp.message.answered" && rule === "ocpp.quirk")
      );
    });
    await withLine({ protocols: [protocol] }, async ({ station, far }) => {
      far.send(call("1", action, payload));
      await until(() => station.texts.length === 1);
    });
  });
}

Deno.test("quirk Q21: a profile passes once a transaction was seen, in every version, and not after its end", () => {
  const pass: Judge = { call: () => ({ pass: true, rule: "ocpp.forward" }), result: () => undefined };
  const state = { repeated: false, overRate: false, overPending: false };
  const profile = parseFrame(call("p", "SetChargingProfile", txProfile));
  const stories: readonly (readonly [message: string, passes: boolean])[][] = [
    [[call("1", "StartTransaction"), true], [call("2", "StopTransaction"), false]],
    [[call("1", "MeterValues", { transactionId: 4 }), true], [call("2", "StopTransaction"), false]],
    [[call("1", "MeterValues", {}), false], [call("2", "Heartbeat"), false]],
    [[call("1", "TransactionEvent", { eventType: "Started" }), true], [
      call("2", "TransactionEvent", { eventType: "Ended" }),
      false,
    ]],
    [[call("1", "TransactionEvent", { eventType: "Updated" }), true]],
  ];
  for (const story of stories) {
    const judge = withCannedAnswers(pass, ["no-profile-before-start"]);
    for (const [message, passes] of story) {
      equal(judge.call("station", parseFrame(message), state).pass, true);
      equal(judge.call("csms", profile, state).pass, passes, message);
    }
  }
  equal(withCannedAnswers(pass, ["no-ping"]), pass);
});

Deno.test("quirk Q21: only what freezes the station is kept from it, and a station's own message never", () => {
  const all = ["keep-availability", "keep-ping-interval", "no-profile-before-start"];
  const passing: readonly (readonly [action: string, payload: unknown])[] = [
    ["ChangeConfiguration", { key: "HeartbeatInterval", value: "1" }],
    ["SetVariables", { setVariableData: [ping2, other2] }],
    ["SetVariables", { setVariableData: [] }],
    ["SetVariables", null],
    ["SetChargingProfile", { connectorId: 1, csChargingProfiles: { chargingProfilePurpose: "TxDefaultProfile" } }],
    ["Reset", {}],
  ];
  for (const [action, payload] of passing) {
    equal(freezes(all, parseFrame(call("1", action, payload)), false), false, action);
  }
  const refusing: Judge = {
    call: () => ({ pass: false, rule: "x", code: "SecurityError", reason: "no" }),
    result: () => undefined,
  };
  const frame = parseFrame(call("1", "ChangeAvailability", {})),
    state = { repeated: false, overRate: false, overPending: false };
  equal(withCannedAnswers(refusing, all).call("csms", frame, state).rule, "x");
  const pass: Judge = { call: () => ({ pass: true, rule: "ocpp.forward" }), result: () => undefined };
  equal(withCannedAnswers(pass, all).call("station", frame, state).pass, true);
  ok(cannedAnswersPart({ reporter: undefined as never }).takers?.["ocpp.quirk"]);
});

Deno.test("quirk Q25: the offset of a station's clock is measured from messages about this very moment", () => {
  const now = Date.parse("2026-06-01T10:00:00Z");
  const status = (timestamp: string) => parseFrame(call("1", "StatusNotification", { timestamp }));
  equal(clockOffsetSeconds(status("2026-06-01T12:00:00Z"), now), 7_200);
  equal(clockOffsetSeconds(status("1970-01-01T00:00:10Z"), now), 10 - now / 1_000);
  equal(
    clockOffsetSeconds(parseFrame(call("1", "MeterValues", { timestamp: "2026-06-01T12:00:00Z" })), now),
    undefined,
  );
});
