import { deepEqual, equal, match } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { DEMO_LIMITS } from "./limits.ts";
import type { TableModel } from "./live_table.ts";
import type { StationView } from "./model.ts";
import { Screen } from "./screen.ts";

const VIEW: StationView = {
  id: "CP001",
  protocol: "ocpp1.6",
  securityProfile: 1,
  state: "available",
  deliveredWh: 0,
  lastMessage: "BootNotification",
  sessions: 0,
  connects: 1,
  queued: 0,
  faults: 0,
};

function bench(size?: { columns: number; rows: number }) {
  const time = new ManualTime();
  let written = "";
  const state = {
    model: { header: ["Demo"], stations: [VIEW], attacks: [], attackCount: 0, refusedCount: 0, footer: "end" },
  };
  const screen = new Screen(
    { write: (text) => void (written += text), size: () => size },
    () => state.model as TableModel,
    time,
  );
  const take = () => {
    const text = written;
    written = "";
    return text;
  };
  return { time, screen, state: state as { model: TableModel }, take };
}

Deno.test("demo screen: without a terminal it writes a line per change and nothing when nothing changed", () => {
  const { time, screen, state, take } = bench();
  equal(take(), "Demo\n");
  time.advance(DEMO_LIMITS.redrawMs);
  equal(take(), "CP001  OCPP 1.6  profile 1  available  0.00 kWh  0 sessions  BootNotification\n");
  time.advance(DEMO_LIMITS.redrawMs * 5);
  equal(take(), "");
  state.model = { ...state.model, stations: [{ ...VIEW, state: "charging" }] };
  time.advance(DEMO_LIMITS.redrawMs);
  match(take(), /^CP001 .* charging /);
  screen.end();
  equal(time.armed, 0);
});

Deno.test("demo screen: every attack gets one line", () => {
  const { time, state, take } = bench();
  const attack = (title: string) => ({ title, refused: true, seen: "HTTP 401", rule: "r" });
  time.advance(DEMO_LIMITS.redrawMs);
  take();
  state.model = { ...state.model, attacks: [attack("one"), attack("two")], attackCount: 2 };
  time.advance(DEMO_LIMITS.redrawMs);
  deepEqual(take().split("\n"), [
    "  refused  one: HTTP 401 by rule r",
    "  refused  two: HTTP 401 by rule r",
    "",
  ]);
  state.model = { ...state.model, attacks: [attack("two"), attack("three")], attackCount: 3 };
  time.advance(DEMO_LIMITS.redrawMs * 3);
  equal(take(), "  refused  three: HTTP 401 by rule r\n");
});

Deno.test("demo screen: on a terminal it draws the table in place, cut to the window", () => {
  const { time, screen, take } = bench({ columns: 40, rows: 5 });
  time.advance(DEMO_LIMITS.redrawMs);
  const drawn = take();
  equal(drawn.startsWith("\x1b[HDemo\x1b[K\n"), true);
  equal(drawn.endsWith("\x1b[J"), true);
  equal(drawn.split("\n").length, 5);
  screen.end();
  take();
  time.advance(DEMO_LIMITS.redrawMs * 3);
  screen.line("summary");
  equal(take(), "summary\n");
});
