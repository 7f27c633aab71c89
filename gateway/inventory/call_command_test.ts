import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { StationCallAnswer } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { INVENTORY_LIMITS } from "./limits.ts";
import { type InventoryRig, withInventory } from "./testing/inventory_rig.ts";

const ARGS = { station: "CP001", action: "Reset", payload: '{"type":"Soft"}' };

function answering(rig: InventoryRig, answer: () => StationCallAnswer) {
  rig.answers["station.call"] = answer;
  return (changes: Record<string, string> = {}) => rig.command("station call", { ...ARGS, ...changes });
}
const calls = ({ calls }: InventoryRig) => calls.filter(({ method }) => method === "station.call");
const records = ({ audited }: InventoryRig) => audited.filter(({ event }) => event === "station.call.sent");

Deno.test(
  "station call: sends what a person asked for and shows the answer, the record comes first and has no payload",
  withInventory(async (rig) => {
    await rig.connect();
    const call = answering(rig, () => {
      equal(records(rig).length, 1, "audited before it is sent");
      return { result: { status: "Accepted" } };
    });
    const result = await call({ timeout: "45" });
    match(result.text, /^CP001 answered Reset:\n\{\n {2}"status": "Accepted"\n\}$/);
    deepEqual(result.data, { station: "CP001", action: "Reset", result: { status: "Accepted" } });
    deepEqual(calls(rig)[0]!.args, {
      stationId: "CP001",
      action: "Reset",
      payload: { type: "Soft" },
      timeoutMs: 45_000,
    });
    deepEqual(records(rig), [{
      event: "station.call.sent",
      class: "access",
      who: "eva",
      target: "CP001",
      outcome: "ok",
      detail: { action: "Reset" },
    }]);
  }),
);

Deno.test(
  "station call: an error of the station is shown, with exit code 1 and a second record",
  withInventory(async (rig) => {
    await rig.connect();
    const result = await answering(rig, () => ({ error: { code: "NotSupported", description: "no reset" } }))();
    equal(result.ok, false);
    equal(result.text, "CP001 refused Reset: NotSupported (no reset)");
    deepEqual(records(rig).map(({ outcome }) => outcome), ["ok", "failed"]);
  }),
);

for (
  const [noAnswer, says] of [
    ["away", /not connected, so nothing was sent/],
    ["busy", /turn did not come/],
    ["ended", /may have acted on it/],
    ["timeout", /did not answer in time/],
  ] as const
) {
  Deno.test(
    `station call: no answer because of "${noAnswer}" says what is known of its fate`,
    withInventory(async (rig) => {
      if (noAnswer !== "away") await rig.connect();
      const call = answering(rig, () => ({ noAnswer }));
      await rejects(call(), { code: "STATION_NO_ANSWER", message: says });
      deepEqual(records(rig).map(({ outcome, detail }) => [outcome, detail?.noAnswer]), [
        ["ok", undefined],
        ["failed", noAnswer],
      ]);
    }),
  );
}

Deno.test(
  "station call: what would change how the station connects is refused and not sent",
  withInventory(async (rig) => {
    await rig.connect();
    const call = answering(rig, () => ({ result: {} }));
    const payload = '{"key":"AuthorizationKey","value":"00112233445566778899aabbccddeeff"}';
    await rejects(call({ action: "ChangeConfiguration", payload }), {
      code: "STATION_CALL_INVALID",
      hint: /station climb/,
    });
    equal(calls(rig).length, 0);
    deepEqual(records(rig).map(({ outcome, rule }) => [outcome, rule]), [["refused", "person-call.connection"]]);
    equal(JSON.stringify(rig.audited).includes("00112233"), false);
  }),
);

Deno.test(
  "station call: a schema fault found by the Worker is told and recorded",
  withInventory(async (rig) => {
    await rig.connect();
    const call = answering(rig, () => {
      throw new GatewayError("STATION_CALL_INVALID", "Reset was not sent: its payload: /type breaks enum");
    });
    await rejects(call(), { code: "STATION_CALL_INVALID", message: /breaks enum/ });
    equal(records(rig).length, 2);
  }),
);

Deno.test(
  "station call: bad arguments name the thing, the value and what is wanted; nothing of a payload is repeated",
  withInventory(async (rig) => {
    await rig.connect();
    const call = answering(rig, () => ({ result: {} }));
    const most = INVENTORY_LIMITS.callTimeoutMs / 1_000;
    const cases: [Record<string, string>, RegExp][] = [
      [{ action: "Re set" }, /"Re set" is no OCPP action/],
      [{ action: "A".repeat(129) }, /no OCPP action/],
      [{ payload: '{"idTag":"04A1B2C3",}' }, /^The payload is no JSON \(at position \d+\)$/],
      [{ payload: "[1]" }, /is an object/],
      [{ payload: "null" }, /is an object/],
      [{ timeout: "0" }, /--timeout "0"/],
      [{ timeout: String(most + 1) }, /--timeout/],
      [{ timeout: "soon" }, /--timeout "soon"/],
    ];
    for (const [args, message] of cases) await rejects(call(args), { code: "STATION_CALL_INVALID", message });
    await rejects(call({ station: "NOBODY" }), { code: "STATION_UNKNOWN" });
    equal(calls(rig).length, 0);
    equal((await call({ timeout: String(most), action: "A".repeat(128) })).ok, undefined);
    equal((await rig.command("station call", { station: "CP001", action: "ClearCache" })).ok, undefined);
    deepEqual(calls(rig).at(-1)!.args, {
      stationId: "CP001",
      action: "ClearCache",
      payload: {},
      timeoutMs: 30_000,
    });
  }),
);
