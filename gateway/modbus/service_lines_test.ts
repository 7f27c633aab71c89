import { deepEqual, equal, ok } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import type { WorkerContext } from "../core/conduit.ts";
import { nullLogger } from "../core/log.ts";
import { nullMetrics } from "../core/metrics.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { DeskClient } from "./desk.ts";
import { MODBUS_LIMITS } from "./limits.ts";
import { startModbusLines } from "./service_lines.ts";
import { FakeLines, lineConfig, serialConfig } from "./testing/fake_line.ts";
import type { LinesConfig } from "./worker_config.ts";

const CONFIG: LinesConfig = {
  lines: [lineConfig(), serialConfig({ listenMs: 1_000 })],
  policy: {
    units: [{ unit: 11, line: "cp001", device: 255 }, { unit: 1, line: "meters", device: 1 }],
    profiles: [],
    rules: [{ id: "raw", effect: "allow", because: "A test", access: "read", unknown: true }],
    mode: "enforce",
    timeZone: "UTC",
  },
  weights: { ems: 2 },
};
const READ = Uint8Array.of(3, 0, 0, 0, 1), ANSWER = Uint8Array.of(3, 2, 0, 7);

/** The owner of two lines without a network, one door, and a control that notes what it is told. */
async function withLines(test: (rig: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const rig = await open();
  try {
    await test(rig);
  } finally {
    await rig.lines.drain(0);
    rig.port.close();
  }
}

async function open() {
  const time = new ManualTime(), fake = new FakeLines(), said: string[] = [], answers: string[] = [];
  const call = (
    method: string,
    args: { readonly kind?: string; readonly subject?: string; readonly event?: string },
  ) => {
    said.push(`${method} ${args.kind ?? args.event ?? ""} ${args.subject ?? ""}`.trim());
    return Promise.resolve(method.includes("lease") ? { leases: [] } : undefined);
  };
  const context = {
    ...{ name: "modbus-lines", config: CONFIG, control: { call, notify: () => {} } },
    ...{ log: nullLogger, metrics: nullMetrics, clock: time, timers: time },
  } as unknown as WorkerContext<LinesConfig>;
  let peer: PeerListener = () => {};
  const lines = await startModbusLines(context, (listener) => peer = listener, () => fake.open);
  const { port1, port2 } = new MessageChannel();
  peer("modbus-0", port2);
  const desk = new DeskClient(port1, (sequence, pdu) => void answers.push(`${sequence}: ${pdu.join(" ")}`));
  desk.opened(1, { client: "ems", source: "10.0.0.1", listener: "ems" });
  const ask = (sequence: number, unit: number, pdu = READ) => desk.ask({ sequence, connection: 1, unit, pdu });
  const driverOf = (kind: "serial" | "tcp") => fake.drivers.findLast(({ place }) => place.kind === kind);
  const alarms = () => said.filter((line) => line.startsWith("alarm"));
  return {
    time,
    fake,
    said,
    alarms,
    answers,
    lines,
    ask,
    desk,
    driverOf,
    port: port1,
    leave: () => peer("modbus-0", undefined),
  };
}

Deno.test("modbus lines: a serial line that cannot be opened is down with an alarm, and up without one", () =>
  withLines(async ({ driverOf, alarms, lines, time, ask, answers }) => {
    driverOf("serial")!.events.lost("it is not plugged in");
    deepEqual(alarms(), ["alarm.raise modbus.line.down meters"]);
    deepEqual(lines.health(), { state: "degraded", why: "line meters: it is not plugged in" });
    ask(1, 1);
    await waitFor("0A", () => answers.length === 1);
    deepEqual(answers, ["1: 131 10"]);
    time.advance(MODBUS_LIMITS.serialReopenMs);
    driverOf("serial")!.events.opened();
    deepEqual(alarms().at(-1), "alarm.clear modbus.line.down meters");
    deepEqual(lines.health(), { state: "ok" });
  }));

Deno.test("modbus lines: a foreign client is an alarm and a record, until it is silent", () =>
  withLines(async ({ driverOf, alarms, said, lines, time, ask, answers }) => {
    const { events } = driverOf("serial")!;
    events.opened();
    events.received({ device: 5, pdu: READ });
    events.received({ device: 5, pdu: READ });
    deepEqual(alarms().at(-1), "alarm.raise modbus.line.foreign-client meters");
    equal(said.filter((line) => line === "audit.record modbus.line.foreign-client").length, 1);
    equal(lines.health().why, "line meters: another client speaks on it");
    ask(1, 1);
    await waitFor("0A", () => answers.length === 1);
    time.advance(1_000);
    deepEqual(alarms().at(-1), "alarm.clear modbus.line.foreign-client meters");
    ask(2, 1);
    await waitFor("the request on the line", () => driverOf("serial")!.sent.length === 1);
  }));

Deno.test("modbus lines: a device that stops answering is told, and its answer ends it", () =>
  withLines(async ({ driverOf, alarms, time, ask, answers, fake }) => {
    for (let sequence = 1; sequence <= MODBUS_LIMITS.silentAfter; sequence++) {
      ask(sequence, 11);
      await waitFor("the request", () => fake.drivers.some(({ place }) => place.kind === "tcp"));
      if (sequence === 1) driverOf("tcp")!.events.opened();
      await waitFor("it to be sent", () => driverOf("tcp")!.sent.length >= sequence * 2 - 1);
      time.advance(500); // the first try
      time.advance(500); // the retry
      await waitFor("0B", () => answers.length === sequence);
    }
    deepEqual(alarms().at(-1), "alarm.raise modbus.device.silent cp001 255");
    ask(99, 11);
    const before = driverOf("tcp")!.sent.length;
    await waitFor("it to be sent", () => driverOf("tcp")!.sent.length > before);
    fake.answer(ANSWER);
    deepEqual(alarms().at(-1), "alarm.clear modbus.device.silent cp001 255");
  }));

Deno.test("modbus lines: a reload keeps lines that stay as they are, with what is on the way; others are told", () =>
  withLines(async ({ driverOf, fake, lines, ask, answers }) => {
    ask(1, 11);
    await waitFor("the request", () => driverOf("tcp") !== undefined);
    const driver = driverOf("tcp")!;
    driver.events.opened();
    await lines.reconfigure!({ ...CONFIG, policy: { ...CONFIG.policy, rules: [] } });
    fake.answer(ANSWER);
    ask(2, 11);
    await waitFor("both answers", () => answers.length === 2);
    deepEqual(answers, ["1: 3 2 0 7", "2: 131 1"], "the first was let in by the old rules");
    ok(!driver.isClosed());
    await lines.reconfigure!({ ...CONFIG, lines: [lineConfig({ retries: 3 }), CONFIG.lines[1]!] });
    ok(driver.isClosed());
    ok(!driverOf("serial")!.isClosed());
  }));

Deno.test("modbus lines: the report holds lines, clients and refusals with the names of points, the newest first", () =>
  withLines(async ({ lines, ask, answers }) => {
    ask(1, 11, Uint8Array.of(6, 0, 1, 0, 2));
    ask(2, 11, Uint8Array.of(6, 0, 1, 0, 3));
    await waitFor("both refusals", () => answers.length === 2);
    const state = await lines.handlers!["modbus.state"]!({}) as unknown as {
      readonly lines: readonly { readonly id: string; readonly place: string }[];
      readonly clients: Readonly<Record<string, { readonly refused: number }>>;
      readonly perMinute: Readonly<Record<string, number>>;
      readonly refusals: readonly { readonly client: string; readonly role: string; readonly function: number }[];
    };
    deepEqual(state.lines.map(({ id, place }) => `${id} ${place}`), [
      "cp001 10.20.0.11:502",
      "meters /dev/ttyS9 9600 none 1",
    ]);
    equal(state.clients["ems"]!.refused, 2);
    deepEqual(state.perMinute, { ems: 120 }, "two within the first second");
    deepEqual(state.refusals.map(({ client, role, function: code }) => [client, role, code]), [
      ["ems", "(none)", 6],
      ["ems", "(none)", 6],
    ]);
  }));

Deno.test("modbus lines: a door that is gone asks nothing any more", () =>
  withLines(async ({ ask, leave, driverOf, answers }) => {
    ask(1, 11);
    ask(2, 11, Uint8Array.of(3, 0, 5, 0, 1));
    await waitFor("the first request", () => driverOf("tcp") !== undefined);
    leave();
    driverOf("tcp")!.events.opened();
    equal(driverOf("tcp")!.sent.length, 0);
    deepEqual(answers, []);
  }));
