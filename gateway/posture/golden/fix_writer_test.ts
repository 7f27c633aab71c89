import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { FixItem, FixOutcome } from "../../../policies/golden_fix.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { Json, StationCallAnswer } from "../../core/control_api.ts";
import type { DeviceSetting, OperationFailed } from "../../core/device_operations_api.ts";
import { POSTURE_LIMITS } from "../limits.ts";
import { compareItems, noteBefore, readItems, writeByDriver, writeByOcpp, type WriteWays } from "./fix_writer.ts";

const NOW = 7;
const item = (name: string, value: string, more: Partial<FixItem> = {}): FixItem => ({
  ...{ setting: name.toLowerCase(), way: "ocpp1.6", name, value },
  ...more,
});
const value = (text: string): Evidence => ({ is: "value", value: text, at: NOW });
const absent: Evidence = { is: "absent", at: NOW };
const unknown = (why: string): Evidence => ({ is: "unknown", why });

/** A connected station that gives one answer; `asked` is what it was sent. */
function line(answer: StationCallAnswer, protocol = "ocpp1.6") {
  const asked: [string, Json][] = [];
  const ways: WriteWays = {
    line: {
      protocol,
      ask: (action, payload) => {
        asked.push([action, payload]);
        return Promise.resolve(answer);
      },
    },
  };
  return { ways, asked };
}

const STATUSES: readonly (readonly [status: unknown, outcome: FixOutcome, why: RegExp | undefined])[] = [
  ["Accepted", "written", undefined],
  ["RebootRequired", "restart", undefined],
  ["Rejected", "rejected", /refused the value/],
  ["NotSupported", "rejected", /no such setting/],
  ["Maybe", "unknown", /status Maybe/],
  [undefined, "unknown", /status undefined/],
];
for (const [status, outcome, why] of STATUSES) {
  for (
    const [way, name, action] of [["ocpp1.6", "LogLevel", "ChangeConfiguration"], [
      "ocpp2",
      "A.B",
      "SetVariables",
    ]] as const
  ) {
    Deno.test(`fix writer: ${action} that is answered ${String(status)} is ${outcome}`, async () => {
      const result = way === "ocpp2" ? { setVariableResult: [{ attributeStatus: status }] } : { status };
      const { ways, asked } = line({ result: result as Json }, way === "ocpp2" ? "ocpp2.0.1" : "ocpp1.6");
      const written = await writeByOcpp(item(name, "INFO", { way }), ways) as FixItem;
      equal(written.outcome, outcome);
      why === undefined ? equal(written.why, undefined) : match(written.why!, why);
      deepEqual(asked, [[
        action,
        way === "ocpp2"
          ? { setVariableData: [{ component: { name: "A" }, variable: { name: "B" }, attributeValue: "INFO" }] }
          : { key: "LogLevel", value: "INFO" },
      ]]);
    });
  }
}

for (
  const odd of [null, 7, "x", [], {}, { setVariableResult: 7 }, { setVariableResult: [] }, {
    setVariableResult: [null],
  }]
) {
  Deno.test(`fix writer: an odd answer is not known, and never taken for yes: ${JSON.stringify(odd)}`, async () => {
    const { ways } = line({ result: odd as Json }, "ocpp2.0.1");
    equal((await writeByOcpp(item("A.B", "x", { way: "ocpp2" }), ways) as FixItem).outcome, "unknown");
  });
}

for (const noAnswer of ["away", "busy", "ended", "timeout"] as const) {
  Deno.test(`fix writer: a station that is ${noAnswer} in the middle ends no setting: it is taken up later`, async () => {
    const cut = await writeByOcpp(item("LogLevel", "INFO"), line({ noAnswer }).ways);
    match((cut as { cutOff: string }).cutOff, new RegExp(`no answer \\(${noAnswer}\\) to LogLevel`));
  });
}

Deno.test("fix writer: a CALLERROR is a refusal, with the station's own word cut to its length", async () => {
  const { ways } = line({ error: { code: "X".repeat(200), description: "no" } });
  const written = await writeByOcpp(item("LogLevel", "INFO"), ways) as FixItem;
  equal(written.outcome, "rejected");
  ok(written.why!.length < 60);
});

const FORBIDDEN: readonly (readonly [way: FixItem["way"], name: string, rule: RegExp])[] = [
  ["ocpp1.6", "AuthorizationKey", /golden\.rehomed/],
  ["ocpp1.6", "JsonOCPPBackendURL", /golden\.rehomed/],
  ["ocpp2", "SecurityCtrlr.BasicAuthPassword", /golden\.rehomed/],
  ["ocpp1.6", "maxintensitysocket", /golden\.safety/],
  ["driver", "OperatorPwdPlain_custom", /golden\.secret/],
];
for (const [way, name, rule] of FORBIDDEN) {
  Deno.test(`fix writer: ${name} is refused once more at the moment it would be sent, and nothing is sent`, async () => {
    const { ways, asked } = line({ result: { status: "Accepted" } }), written: DeviceSetting[] = [];
    const device = deviceOf({}, undefined, written);
    const done = way === "driver"
      ? (await writeByDriver([item(name, "x", { way })], { device }) as FixItem[])[0]!
      : await writeByOcpp(item(name, "x", { way }), ways) as FixItem;
    equal(done.outcome, "refused");
    match(done.why!, rule);
    deepEqual([asked, written], [[], []]);
  });
}

Deno.test("fix writer: without a connection nothing is sent", async () => {
  deepEqual(await writeByOcpp(item("LogLevel", "INFO"), {}), { cutOff: "it is not connected" });
});

/** A controller's page with these settings. */
function deviceOf(
  has: Record<string, string>,
  failed?: OperationFailed,
  written: DeviceSetting[] = [],
  differs: string[] = [],
) {
  return {
    read: (keys: readonly string[]) =>
      Promise.resolve(
        failed ?? { ok: true as const, settings: Object.entries(has).filter(([name]) => keys.includes(name)) },
      ),
    write: (settings: readonly DeviceSetting[]) => {
      written.push(...settings);
      return Promise.resolve(failed ?? { ok: true as const, applied: [], differs });
    },
  };
}

Deno.test("fix writer: a page takes all of its settings in one login, and says which of them it keeps", async () => {
  const written: DeviceSetting[] = [],
    items = [
      item("Wan_tcpip", "Off", { way: "driver" }),
      item("OperatorPwdPlain_custom", "x", { way: "driver" }),
      item("Led_hmi", "50", { way: "driver" }),
    ];
  const done = await writeByDriver(items, { device: deviceOf({}, undefined, written, ["Led_hmi"]) }) as FixItem[];
  deepEqual(written, [["Wan_tcpip", "Off"], ["Led_hmi", "50"]]);
  deepEqual(Object.fromEntries(done.map(({ name, outcome }) => [name, outcome])), {
    ...{ OperatorPwdPlain_custom: "refused", Wan_tcpip: "applied", Led_hmi: "differs" },
  });
});

const FAILURES: readonly (readonly [failure: OperationFailed["failure"], wanted: FixOutcome | "later"])[] = [
  ["away", "later"],
  ["busy", "later"],
  ["unknown", "unknown"],
  ["strange", "unknown"],
  ["rejected", "rejected"],
  ["refused", "rejected"],
];
for (const [failure, wanted] of FAILURES) {
  Deno.test(`fix writer: a page that fails as ${failure} is ${wanted}`, async () => {
    const failed = { ok: false, failure, why: "w" } as OperationFailed;
    const done = await writeByDriver([item("Wan_tcpip", "Off", { way: "driver" })], { device: deviceOf({}, failed) });
    if (wanted === "later") deepEqual(done, { cutOff: "w" });
    else deepEqual((done as FixItem[]).map(({ outcome, why }) => [outcome, why]), [[wanted, "w"]]);
  });
}

Deno.test("fix writer: without pages nothing is written, and what is forbidden needs no page to be refused", async () => {
  deepEqual(await writeByDriver([item("Wan_tcpip", "Off", { way: "driver" })], {}), {
    cutOff: "its pages cannot be reached",
  });
  const done = await writeByDriver([item("OperatorPwdPlain_custom", "x", { way: "driver" })], {}) as FixItem[];
  deepEqual(done.map(({ outcome }) => outcome), ["refused"]);
});

Deno.test("fix writer: what the station has is read by each way, in the order of the settings", async () => {
  const { ways } = line({ result: { configurationKey: [{ key: "LogLevel", value: "DEBUG" }], unknownKey: ["Nope"] } });
  const items = [item("Led_hmi", "1", { way: "driver" }), item("LogLevel", "INFO"), item("Nope", "1")];
  const read = await readItems(items, { ...ways, device: deviceOf({ Led_hmi: "50" }) }, () => NOW);
  deepEqual(read, [value("50"), value("DEBUG"), absent]);
  const gone = await readItems(items, {}, () => NOW);
  deepEqual(gone.map((one) => one.is === "unknown" && one.why), [
    ...["its pages cannot be reached", "it is not connected", "it is not connected"],
  ]);
  const failed = { ok: false, failure: "busy", why: "otto has it" } as OperationFailed;
  deepEqual(await readItems([items[0]!], { device: deviceOf({}, failed) }, () => NOW), [unknown("otto has it")]);
  deepEqual(await readItems([items[0]!], { device: deviceOf({}) }, () => NOW), [absent]);
});

const PROFILE = {
  ...{ id: "lab", title: "t", about: "a" },
  settings: [{ id: "loglevel", accept: { is: ["INFO", "WARN"] }, ways: {} }],
} as unknown as GoldenProfile;
const long = "x".repeat(POSTURE_LIMITS.valueChars);

const NOTED: readonly (readonly [what: string, item: FixItem, read: Evidence, wanted: Partial<FixItem>])[] = [
  ["it is so already", item("LogLevel", "INFO"), value("info"), { outcome: "same" }],
  ["what is as good is so already", item("LogLevel", "INFO"), value("WARN"), { outcome: "same" }],
  ["it was written before a crash", item("LogLevel", "INFO", { before: "DEBUG" }), value("INFO"), {
    outcome: "applied",
  }],
  ["it is otherwise", item("LogLevel", "INFO"), value("DEBUG"), { before: "DEBUG" }],
  ["it is otherwise, and was noted", item("LogLevel", "INFO", { before: "A" }), value("B"), { before: "A" }],
  ["it is too long to be put back", item("LogLevel", "INFO"), value(long), {}],
  ["it is just not too long", item("LogLevel", "INFO"), value(long.slice(1)), { before: long.slice(1) }],
  ["nobody can read it", item("LogLevel", "INFO"), unknown("away"), {}],
  ["it is not there", item("LogLevel", "INFO"), absent, {}],
];
for (const [what, one, read, wanted] of NOTED) {
  Deno.test(`fix writer: before it is written: ${what}`, () => {
    deepEqual(noteBefore([one], [read], PROFILE), [{ ...one, ...wanted }]);
  });
}

const COMPARED: readonly (readonly [what: string, read: Evidence, outcome: FixOutcome, why: RegExp | undefined])[] = [
  ["it has it", value("INFO"), "applied", undefined],
  ["it has what is as good", value("WARN"), "applied", undefined],
  ["it has another value", value("DEBUG"), "differs", /it took it and has DEBUG/],
  ["it has nothing", value(""), "differs", /has nothing/],
  ["it has no such setting", absent, "unknown", /no such setting/],
  ["it is away", unknown("it went away"), "unknown", /^it went away$/],
];
for (const [what, read, outcome, why] of COMPARED) {
  Deno.test(`fix writer: after it was taken: ${what}: ${outcome}`, () => {
    const [done] = compareItems([item("LogLevel", "INFO", { outcome: "written", why: "old" })], [read], PROFILE);
    equal(done!.outcome, outcome);
    why === undefined ? equal(done!.why, undefined) : match(done!.why!, why);
  });
}

Deno.test("fix writer: what is put back has to be that very value: without a profile nothing is as good", () => {
  equal(compareItems([item("LogLevel", "INFO")], [value("WARN")], undefined)[0]!.outcome, "differs");
});
