import { deepStrictEqual as equal } from "node:assert/strict";
import { minuteOfWeek } from "./ocpp_case.ts";
import type { OcppRule } from "./ocpp_rule.ts";
import { isWithinHours, minuteOfDay } from "./week_hours.ts";

const CASES: readonly [hours: NonNullable<OcppRule["hours"]>, inside: string[], outside: string[]][] = [
  [{ from: "08:00", to: "18:00" }, ["mon 08:00", "sun 17:59"], ["mon 07:59", "mon 18:00"]],
  [{ from: "22:00", to: "06:00" }, ["mon 22:00", "tue 05:59", "mon 00:00"], ["mon 06:00", "mon 21:59"]],
  [{ days: ["fri"], from: "22:00", to: "06:00" }, ["fri 22:00", "sat 05:59"], ["fri 05:59", "sat 22:00"]],
  [{ days: ["sun"], from: "22:00", to: "06:00" }, ["sun 23:59", "mon 00:00", "mon 05:59"], ["mon 06:00", "sat 23:00"]],
  [{ days: ["sat", "sun"], from: "00:00", to: "24:00" }, ["sat 00:00", "sun 23:59"], ["fri 23:59", "mon 00:00"]],
  [{ from: "12:00", to: "12:00" }, ["mon 12:00", "mon 11:59"], []],
];
for (const [hours, inside, outside] of CASES) {
  Deno.test(`week hours: ${hours.days?.join(" ") ?? "every day"} ${hours.from} to ${hours.to}`, () => {
    for (const time of inside) equal(isWithinHours(hours, minuteOfWeek(time)!), true, time);
    for (const time of outside) equal(isWithinHours(hours, minuteOfWeek(time)!), false, time);
  });
}

Deno.test("week hours: times of day are two digits each, up to the end of the day", () => {
  const all = ["00:00", "23:59", "24:00", "24:01", "7:00", "07:60", "0700", "", "99:00"].map(minuteOfDay);
  equal(all, [0, 1439, 1440, undefined, undefined, undefined, undefined, undefined, undefined]);
});
