import { deepStrictEqual as equal } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { checkNamesAndTime } from "./check_names_and_time.ts";

const DOT = { tls: "9.9.9.9:853", name: "dns.quad9.net" };

function found(more: object): string[] {
  const site = Site.parse({ version: 1, site: { id: "g" }, ...more });
  return checkNamesAndTime(site).map(({ level, key, text }) => `${level} ${key}: ${text}`);
}

Deno.test("check: time without hald, and with it", () => {
  equal(found({ time: {} }), ["warning time: nobody tells chrony of it: there is no hal: section (docs/time.md)"]);
  equal(found({ time: {}, hal: {} }), []);
  equal(found({}), []);
});

Deno.test("check: a single DNS upstream", () => {
  equal(found({ dns: { listen: "127.0.0.1:53", upstream: [DOT] } }), [
    "warning dns.upstream: there is one server: with it away only kept answers are left",
  ]);
  equal(found({ dns: { listen: "127.0.0.1:53", upstream: [DOT, DOT] } }), []);
  equal(found({ dns: { listen: "127.0.0.1:53" } }), []);
});

Deno.test("check: rules for stations that DNS cannot know", () => {
  const rule = { id: "fw", effect: "allow", because: "Firmware", names: ["fw.example"] };
  const dns = (more: object) => ({
    dns: { listen: "127.0.0.1:53", upstream: [DOT, DOT], nameRules: [{ ...rule, ...more }] },
  });
  const stations = (count: number) => ({ stations: Array.from({ length: count }, (_, at) => ({ id: `CP${at}` })) });
  equal(found({ ...dns({ vendors: ["bender"] }), ...stations(1) }), [
    "warning dns.nameRules: stations without an address get none of these: CP0",
  ]);
  equal(found({ ...dns({ units: ["bay"] }), ...stations(6) })[0]!.endsWith("CP4 and 1 more"), true);
  equal(found({ ...dns({}), ...stations(1) }), [], "a rule for everybody");
  equal(found({ ...dns({ vendors: ["bender"] }), stations: [{ id: "CP0", address: "10.20.0.5" }] }), []);
});
