import { deepStrictEqual as equal } from "node:assert/strict";
import { readFields } from "./ocpp_fields.ts";
import { replayRecording, type RuleSet } from "./ocpp_replay.ts";
import type { OcppRule } from "./ocpp_rule.ts";
import type { RecordedMessage, RecordedStation } from "./recorded_message.ts";

const ALLOW: OcppRule = { id: "rest", effect: "allow", because: "the rest" };
const NO_RESET: OcppRule = { id: "no-reset", effect: "deny", because: "no", from: "csms", actions: ["Reset"] };
const set = (...rules: OcppRule[]): RuleSet => ({ rules: [...rules, ALLOW], mode: "enforce" });
const NONE: RuleSet = { rules: undefined, mode: "enforce" };

function message(
  action: string,
  payload: unknown,
  times: number[],
  more: Partial<RecordedMessage> = {},
): RecordedMessage {
  return { from: "csms", action, fields: readFields("csms", action, payload), count: times.length, times, ...more };
}
function station(id: string, ...messages: RecordedMessage[]): RecordedStation {
  return { resource: { station: { id }, csms: "main" }, version: "ocpp1.6", messages, missed: 0 };
}
const replay = (stations: RecordedStation[], before: RuleSet, after: RuleSet) =>
  replayRecording(stations, before, after, () => 0);

Deno.test("ocpp replay: lists what changes, once per kind of message, and nothing else", () => {
  const recorded = [
    station("CP001", message("Reset", { type: "Hard" }, [1, 2]), message("GetLog", { log: {} }, [3])),
    station("CP002", { from: "station", action: "Heartbeat", count: 500, times: [1, 2, 3] }),
  ];
  const { changes, ...seen } = replay(recorded, NONE, set(NO_RESET));
  equal(seen, { stations: 2, kinds: 3, messages: 503, missed: 0 });
  equal(changes.map(({ fields: _, ...change }) => change), [{
    station: "CP001",
    version: "ocpp1.6",
    csms: "main",
    from: "csms",
    action: "Reset",
    count: 2,
    judged: 2,
    changed: 2,
    before: "passes",
    after: "refused by site.no-reset",
  }]);
});

Deno.test("ocpp replay: the same rules change nothing, and neither does another name for the same answer to a message that passes", () => {
  const recorded = [station("CP001", message("Reset", {}, [1]))];
  equal(replay(recorded, set(NO_RESET), set(NO_RESET)).changes, []);
  equal(replay(recorded, set(), set({ ...ALLOW, id: "renamed" })).changes, []);
  equal(
    replay(recorded, set(NO_RESET), set({ ...NO_RESET, id: "renamed" })).changes[0]?.after,
    "refused by site.renamed",
  );
});

Deno.test("ocpp replay: fields are judged as they were recorded", () => {
  const host: OcppRule = { id: "host", effect: "deny", because: "x", hostsOutside: ["fw.example"] };
  const of = (location: string, at: number) => message("UpdateFirmware", { location }, [at]);
  const recorded = [station("CP001", of("https://fw.example/a", 1), of("https://evil.example/a", 2))];
  const { changes } = replay(recorded, NONE, set(host));
  equal(changes.map(({ fields }) => fields?.hosts), [["evil.example"]]);
});

Deno.test("ocpp replay: a rule lifted shows as passing again, a default that is gone as well", () => {
  const recorded = [station("CP001", message("Reset", {}, [1]))];
  equal(replay(recorded, set(NO_RESET), NONE).changes[0]?.after, "passes");
  const nothing: RuleSet = { rules: [{ ...ALLOW, actions: ["GetLog"] }], mode: "enforce" };
  equal(replay(recorded, nothing, NONE).changes[0]?.before, "refused by ocpp.no-rule");
});

Deno.test("ocpp replay: transaction messages pass under any rules; what would be noted is shown", () => {
  const recorded = [station("CP001", { from: "station", action: "StopTransaction", count: 1, times: [1] })];
  const all: OcppRule = { id: "all", effect: "deny", because: "x" };
  const [change] = replay(recorded, NONE, { rules: [all], mode: "enforce" }).changes;
  equal([change?.before, change?.after], ["passes", "passes, noted as site.all"]);
});

Deno.test("ocpp replay: observe mode shows what would be noted", () => {
  const recorded = [station("CP001", message("Reset", {}, [1]))];
  const [change] = replay(recorded, NONE, { ...set(NO_RESET), mode: "observe" }).changes;
  equal(change?.after, "passes, noted as site.no-reset");
  equal(replay(recorded, { ...set(NO_RESET), mode: "observe" }, set(NO_RESET)).changes.length, 1);
});

Deno.test("ocpp replay: rates are counted in the order of time over all kinds of a station, each station by itself", () => {
  const often: OcppRule = {
    id: "often",
    effect: "deny",
    because: "x",
    actions: ["Reset"],
    rate: { over: 2, seconds: 60 },
  };
  const hard = message("Reset", { type: "Hard" }, [1_000, 3_000]);
  const soft = message("Reset", { type: "Soft" }, [2_000, 90_000]);
  const { changes } = replay([station("CP001", hard, soft), station("CP002", hard)], NONE, set(often));
  equal(changes.map(({ station, fields, changed, judged }) => [station, fields?.fields.type, changed, judged]), [
    ["CP001", "Hard", 1, 2],
  ]);
});

Deno.test("ocpp replay: hours are those of the recorded times", () => {
  const night: OcppRule = { id: "night", effect: "deny", because: "x", hours: { from: "22:00", to: "06:00" } };
  const recorded = [station("CP001", message("Reset", {}, [7, 8]))];
  const { changes } = replayRecording(recorded, NONE, set(night), (at) => at === 7 ? 23 * 60 : 12 * 60);
  equal(changes.map(({ changed, judged }) => [changed, judged]), [[1, 2]]);
});

Deno.test("ocpp replay: what was not kept is told", () => {
  equal(replay([{ ...station("CP001"), missed: 7 }], NONE, set()).missed, 7);
});
