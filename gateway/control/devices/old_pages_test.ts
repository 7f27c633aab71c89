import { equal } from "node:assert/strict";
import { Station } from "../../inventory/config.ts";
import { oldPagesOf } from "./old_pages.ts";

const NO_FILES = { text: () => "", bytes: () => new Uint8Array() } as unknown as Parameters<typeof oldPagesOf>[1];
const station = (driver: string, oldPages?: string) =>
  Station.parse({ id: "CP001", ui: { url: "https://10.20.0.11", driver, ...oldPages ? { oldPages } : {} } });

for (
  const [driver, oldPages, wanted] of [
    ["bender", undefined, "blocked"],
    ["bender", "blocked", "blocked"],
    ["bender", "by-grant", "by-grant"],
    ["bender", "allowed", "open"],
    ["keba-p40", "allowed", "none"],
    ["guided", "allowed", "none"],
  ] as const
) {
  Deno.test(`BC-14: old pages of ${driver} with oldPages ${oldPages ?? "left out"} are ${wanted}`, () => {
    equal(oldPagesOf(station(driver, oldPages), NO_FILES), wanted);
  });
}

Deno.test("BC-14: a station without pages has no old ones", () => {
  equal(oldPagesOf(Station.parse({ id: "CP001" }), NO_FILES), "none");
});
