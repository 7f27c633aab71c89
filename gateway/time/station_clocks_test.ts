import { deepStrictEqual as equal } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import type { ControlContext } from "../control/contract.ts";
import type { Station } from "../inventory/config.ts";
import { StationClocks } from "./station_clocks.ts";

const DAY_MS = 86_400_000;

/** Two stations: CP001 with TLS, CP002 without. */
function rig() {
  const time = new ManualTime();
  const said: string[] = [];
  const gauges = new Map<string, number>();
  const facts: Record<string, Record<string, unknown>> = {};
  const speaks = (id: string, securityProfile: 1 | 2) => ({ id, ocpp: { securityProfile } }) as unknown as Station;
  const context = {
    clock: time,
    metrics: {
      count: () => {},
      observe: () => {},
      set: (_: string, value: number, labels?: Record<string, string>) => void gauges.set(labels!["station"]!, value),
    },
    alarms: {
      raise: ({ kind, subject }: { kind: string; subject: string }) =>
        Promise.resolve(void said.push(`+${kind} ${subject}`)),
      clear: (kind: string, subject: string) => Promise.resolve(void said.push(`-${kind} ${subject}`)),
    },
  } as unknown as ControlContext;
  const clocks = new StationClocks(context, {
    stations: () => [speaks("CP001", 2), speaks("CP002", 1), speaks("CP003", 2)],
    factsOf: (id) => facts[id] ?? {},
    certificates: () => [{ name: "ocpp", notBefore: time.now() - DAY_MS, notAfter: time.now() + 90 * DAY_MS }],
  });
  const look = async () => {
    said.length = 0;
    await clocks.look(60);
    return said.filter((text) => text.startsWith("+"));
  };
  return { clocks, facts, look, said, gauges };
}

Deno.test("station clocks: known ones are shown, the worst first; who has shown none is left out", async () => {
  const { clocks, facts, look, gauges } = rig();
  facts["CP001"] = { clockOffsetSeconds: 5 };
  facts["CP002"] = { pageClockOffsetSeconds: -30 };
  equal(await look(), []);
  equal(clocks.current.map(({ station, offsetSeconds, verdict }) => [station, offsetSeconds, verdict.state]), [
    ["CP002", -30, "right"],
    ["CP001", 5, "right"],
  ]);
  equal([...gauges], [["CP002", -30], ["CP001", 5]]);
});

Deno.test("station clocks: a wrong clock is one alarm, a certificate that it cannot believe another", async () => {
  const { facts, look, said } = rig();
  facts["CP001"] = { clockOffsetSeconds: 90 };
  facts["CP002"] = { clockOffsetSeconds: -3 * 86_400 };
  equal(await look(), ["+station.clock.off CP002", "+station.clock.off CP001"]);
  equal(await look(), [], "said once");
  facts["CP001"] = { clockOffsetSeconds: -3 * 86_400 };
  equal(await look(), ["+station.clock.certificate CP001"]);
  equal(said.includes("-station.clock.off CP001"), true);
  facts["CP001"] = { clockOffsetSeconds: 0 };
  await look();
  equal(said, ["-station.clock.off CP001", "-station.clock.certificate CP001"]);
});

Deno.test("station clocks: the first look ends alarms of a gateway before this one", async () => {
  const { facts, look, said } = rig();
  facts["CP001"] = { clockOffsetSeconds: 1 };
  await look();
  equal(said, ["-station.clock.off CP001", "-station.clock.certificate CP001"]);
});

Deno.test("station clocks: what OCPP says comes before what a page says; nonsense is nothing", async () => {
  const { clocks, facts, look } = rig();
  facts["CP001"] = { clockOffsetSeconds: 7, pageClockOffsetSeconds: 500 };
  facts["CP002"] = { clockOffsetSeconds: "soon" };
  await look();
  equal(clocks.current.map(({ station, offsetSeconds }) => [station, offsetSeconds]), [["CP001", 7]]);
});
