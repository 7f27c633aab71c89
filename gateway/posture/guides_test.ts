import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { sourceFiles } from "../../tests/architecture/tree.ts";
import { Guides, readGuide, shippedGuides } from "./guides.ts";
import { POSTURE_LIMITS } from "./limits.ts";

const line = (id: string, more: object = {}) => ({
  ...{ id, title: "t", source: "s", severity: "low", remedy: { kind: "note", text: "r" } },
  checks: [{ by: "ports", closed: [22] }],
  ...more,
});
const guide = (lines: readonly object[], more: object = {}) =>
  JSON.stringify({ id: "g", title: "G", about: "a", applies: { to: "station" }, lines, ...more });

Deno.test("guides: those that are shipped are read, each line once, with something to check and a way to mend it", () => {
  const guides = shippedGuides();
  deepEqual(guides.all.map(({ id }) => id).sort(), [
    ...["bender-5.32", "etsi-en-303-645", "evlink-pro-dc", "iec-62443-4-2", "ocpp-security", "uk-2021-schedule-1"],
  ]);
  ok(guides.all.every(({ lines }) => lines.length >= 6));
});

Deno.test("guides: what a line says the tests of the product show, a test of that name shows", () => {
  const names = sourceFiles("_test.ts", "_test.tsx").flatMap(({ text }) =>
    [...text.matchAll(/Deno\.test\(\s*["`](.+?)["`],/g)].map(([, name]) => name!)
  );
  const promised = shippedGuides().all.flatMap(({ lines }) =>
    lines.flatMap(({ checks }) => checks.flatMap((check) => check.by === "product" ? [check.test] : []))
  );
  ok(promised.length > 5);
  deepEqual(promised.filter((test) => !names.some((name) => name.startsWith(test))), []);
});

Deno.test("guides: lines are those of the station's maker, and those for every station", () => {
  const ids = (vendor: string | undefined, hasOcpp: boolean) =>
    new Set(shippedGuides().forStation({ vendor, hasOcpp }).map(({ guide: { id } }) => id));
  deepEqual([...ids("bender", true)].sort(), ["bender-5.32", "ocpp-security", "uk-2021-schedule-1"]);
  deepEqual([...ids("schneider", true)].sort(), ["evlink-pro-dc", "ocpp-security", "uk-2021-schedule-1"]);
  deepEqual([...ids(undefined, false)], ["uk-2021-schedule-1"]);
  deepEqual([...ids("bend", true)].sort(), ["ocpp-security", "uk-2021-schedule-1"]);
  ok(shippedGuides().forGateway().every(({ guide: { applies } }) => applies.to === "gateway"));
});

const REFUSED: readonly (readonly [name: string, text: string, fault: RegExp])[] = [
  ["no YAML", "id: [", /g\.yaml is no YAML/],
  ["a key that nobody knows", guide([line("A-1")], { colour: "red" }), /Unrecognized key.*colour/],
  ["a line without a check", guide([line("A-1", { checks: [] })]), /lines\.0\.checks/],
  ["a check of an unknown kind", guide([line("A-1", { checks: [{ by: "magic" }] })]), /lines\.0\.checks\.0/],
  [
    "an expectation of nothing",
    guide([line("A-1", { checks: [{ by: "inventory", fact: "x", expect: {} }] })]),
    /at least one part/,
  ],
  [
    "an OCPP check without a name",
    guide([line("A-1", { checks: [{ by: "ocpp", expect: { is: ["on"] } }] })]),
    /wants key or variable/,
  ],
  [
    "a password",
    guide([line("A-1", { checks: [{ by: "driver", setting: "OperatorPwdPlain_custom", expect: { isNot: [""] } }] })]),
    /lines\.0\.checks\.0/,
  ],
  [
    "an authorization key",
    guide([line("A-1", { checks: [{ by: "ocpp", key: "AuthorizationKey", expect: { isNot: ["x"] } }] })]),
    /no secret/,
  ],
  ["a port that is none", guide([line("A-1", { checks: [{ by: "ports", closed: [65_536] }] })]), /65535/],
  ["an id in lower case", guide([line("a-1")]), /lines\.0\.id/],
  ["no line", guide([]), /lines/],
];
for (const [name, text, fault] of REFUSED) {
  Deno.test(`guides: refused with file and place: ${name}`, () => {
    throws(() => readGuide("g.yaml", text), (error: Error & { code: string }) => {
      equal(error.code, "CFG_INVALID");
      match(error.message, /^g\.yaml/);
      match(error.message, fault);
      return true;
    });
  });
}

Deno.test("guides: as many lines as the limit, and not one more", () => {
  const lines = (count: number) => guide(Array.from({ length: count }, (_, at) => line(`A-${at}`)));
  equal(readGuide("g.yaml", lines(POSTURE_LIMITS.guideLines)).lines.length, POSTURE_LIMITS.guideLines);
  throws(() => readGuide("g.yaml", lines(POSTURE_LIMITS.guideLines + 1)), { code: "CFG_INVALID" });
});

Deno.test("guides: an id stands once over all guides", () => {
  const one = readGuide("a.yaml", guide([line("A-1")])), two = readGuide("b.yaml", guide([line("A-1")]));
  throws(() => new Guides([one, two]), /A-1/);
});
