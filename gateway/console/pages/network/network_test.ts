import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, RIG_NOW } from "../../../../tests/support/console_rig.ts";

const rig = (answers: Record<string, unknown> = {}, may?: readonly string[]) =>
  new ConsoleRig({ answers: { ...GARAGE_ANSWERS, ...answers }, ...may ? { may } : {} });

Deno.test("network page: shows zones, unknown devices, foreign servers and leases", async () => {
  const page = await rig().text("/network");
  match(page, /Serving/);
  match(page, /02:00:00:00:00:99/);
  match(page, /Foreign server/);
  match(page, /it answers from 02:00:00:00:00:66/);
  match(page, /10\.20\.0\.11/);
  match(page, /CP001/);
});

Deno.test("network page: a device is adopted with one form, and the page says so", async () => {
  const console = rig();
  const answer = await console.post("/network/02%3A00%3A00%3A00%3A00%3A99/adopt", {
    address: "10.20.0.50",
    name: "meter",
  });
  equal(answer.status, 303);
  equal(answer.headers.get("location"), "/network");
  const [asked] = console.askedOf("command dhcp adopt");
  deepEqual(asked.args, { mac: "02:00:00:00:00:99", address: "10.20.0.50", name: "meter" });
});

Deno.test("network page: one click adopts with an address of the pool", async () => {
  const console = rig();
  await console.post("/network/02%3A00%3A00%3A00%3A00%3A99/adopt", {});
  deepEqual(console.askedOf("command dhcp adopt")[0].args, { mac: "02:00:00:00:00:99" });
});

Deno.test("network page: who may only read sees no form, who may not is not shown the way", async () => {
  const reader = rig({}, ["command dhcp leases", "command dhcp inbox", "command dhcp status"]);
  ok(!(await reader.text("/network")).includes("/adopt"));
  const other = rig({}, ["command status"]);
  equal((await other.text("/")).includes('href="/network"'), false);
});

Deno.test("network page: what a device says of itself is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const device = {
    mac: "02:00:00:00:00:98",
    zone: "ot",
    count: 1,
    lastSeen: RIG_NOW,
    hostname: evil,
    vendorClass: evil,
  };
  equal((await rig({ "command dhcp inbox": [device] }).text("/network")).includes(evil), false);
});

Deno.test("network page: a garage without DHCP is told what to do", async () => {
  const none = {
    "command dhcp leases": [],
    "command dhcp inbox": [],
    "command dhcp status": { states: [], sights: [] },
  };
  const page = await rig(none).text("/network");
  match(page, /No zone has DHCP/);
  match(page, /Nobody unknown has asked/);
});
