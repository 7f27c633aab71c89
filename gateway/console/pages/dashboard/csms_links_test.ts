import { deepEqual, equal, match } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";
import type { AlarmRow, CsmsRow } from "../../api/overview.ts";
import { linkOf } from "./csms_links.tsx";

const ROW: CsmsRow = { id: "main", mode: "primary", host: "csms.example", stations: 3 };
const alarm = (kind: string, subject = "main", state = "active"): AlarmRow => ({
  ...{ kind, subject, state, severity: "critical", detail: `${kind} it is`, count: 1, firstSeen: 1, lastSeen: 2 },
});

for (
  const [what, row, alarms, wanted] of [
    ["stations and no alarm", ROW, [], "open"],
    ["no station, no copy: nothing is known", { ...ROW, stations: 0 }, [], "idle"],
    ["a mirror with an open copy", { ...ROW, mode: "read-only", stations: 0, open: 2 }, [], "open"],
    ["a mirror whose copies are away", { ...ROW, mode: "read-only", stations: 0, open: 1, away: 1 }, [], "away"],
    ["an alarm that it cannot be reached", ROW, [alarm("ocpp.csms.unreachable")], "away"],
    ["a wrong certificate is graver", ROW, [
      alarm("ocpp.csms.unreachable"),
      alarm("ocpp.csms.untrusted"),
    ], "untrusted"],
    ["the alarm of another CSMS", ROW, [alarm("ocpp.csms.unreachable", "main2")], "open"],
    ["an alarm that is over", ROW, [alarm("ocpp.csms.unreachable", "main", "cleared")], "open"],
    ["an alarm of another kind", ROW, [alarm("ocpp.outage.full")], "open"],
  ] as const
) {
  Deno.test(`dashboard links: ${what}`, () => equal(linkOf(row, alarms).state, wanted));
}

Deno.test("dashboard links: what the alarm says is passed on", () => {
  deepEqual(linkOf(ROW, [alarm("ocpp.csms.unreachable")]), { state: "away", detail: "ocpp.csms.unreachable it is" });
});

Deno.test("dashboard links: the card names each CSMS, in words beside the colour, and nobody without the right sees it", async () => {
  const rows = [ROW, { ...ROW, id: "ems", mode: "read-only", stations: 0, open: 4, waiting: 9 }];
  const answers = { ...GARAGE_ANSWERS, "command csms list": { csms: rows, mirrors: [] } };
  const page = await new ConsoleRig({ answers }).text("/");
  match(page, /Links to CSMS/);
  match(page, /main<\/strong>.*stations: 3.*connected/s);
  match(page, /ems<\/strong>.*read-only, 4 open · 9 messages wait/s);
  const technician = await new ConsoleRig({ answers, may: ["command status"] }).text("/");
  equal(technician.includes("Links to CSMS"), false);
});
