import { deepEqual, equal } from "node:assert/strict";
import { parseEnd } from "./flow_end.ts";

for (
  const [text, wanted] of [
    ["box", { kind: "box" }],
    ["zone:mgmt", { kind: "zone", name: "mgmt" }],
    ["station:Bay 21", { kind: "station", name: "Bay 21" }],
    ["unit:bay-07", { kind: "unit", name: "bay-07" }],
    ["vendor:bender", { kind: "vendor", name: "bender" }],
    ["mgmt/10.99.0.9", { kind: "hosts", zone: "mgmt", hosts: "10.99.0.9" }],
    ["mgmt/10.99.0.0/25", { kind: "hosts", zone: "mgmt", hosts: "10.99.0.0/25" }],
  ] as const
) {
  Deno.test(`flow end: "${text}" is read`, () => deepEqual(parseEnd(text), wanted));
}

for (
  const text of [
    "",
    "Box",
    "zone:",
    "host:x",
    "10.99.0.9",
    "mgmt/",
    "mgmt/x",
    "mgmt/10.99.0.9/33",
    "mgmt/::1",
    "/10.1.1.1",
  ]
) {
  Deno.test(`flow end: "${text}" is none`, () => equal(parseEnd(text), undefined));
}
