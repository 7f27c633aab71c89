import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig } from "../../../../tests/support/console_rig.ts";

const rig = (answer?: unknown) =>
  new ConsoleRig({
    answers: { ...GARAGE_ANSWERS, ...answer === undefined ? {} : { "command segmentation switches": answer } },
  });
const NOTHING = { switches: [], isListening: false, neighbours: [], stations: [] };

Deno.test("switches page: stations with their port, one to look for, ports of each switch, the box's cables", async () => {
  const text = await rig().text("/switches");
  match(text, /port gi1\/0\/1 of sw-garage, VLAN 20/);
  match(text, /Look there/);
  match(text, /Check its power and the cable at port gi1\/0\/2/);
  match(text, /Ports of sw-garage/);
  match(text, /bay 2/);
  match(text, /sw-core/);
  match(text, /Cannot be read/);
  match(text, /does it speak SNMPv3/);
  match(text, /gi1\/0\/23/);
});

Deno.test("switches page: one click has them read now", async () => {
  const console = rig();
  const answer = await console.post("/switches/look", {});
  equal([answer.status, answer.headers.get("location")].join(), "303,/switches");
  deepEqual(console.askedOf("command segmentation switches")[0].args, { now: true });
});

Deno.test("switches page: a site without switches and without ears is told what to write", async () => {
  const text = await rig(NOTHING).text("/switches");
  match(text, /Write the section switches into site\.yaml/);
  match(text, /Name the interfaces under lldp\.interfaces in hald\.json/);
  equal(text.includes("/switches/look"), false);
  match(await rig({ ...NOTHING, isListening: true }).text("/switches"), /No switch has named itself yet/);
});

Deno.test("switches page: what a switch or its neighbour says is text and never markup", async () => {
  const evil = "<script>alert(1)</script>";
  const port = { index: 1, name: evil, alias: evil, devices: 1, neighbour: evil };
  const one = {
    id: "sw",
    name: evil,
    description: evil,
    readAt: 1,
    fault: evil,
    isCut: true,
    devices: 1,
    ports: [port],
  };
  const neighbour = { interface: "eth1", chassis: evil, port: evil, name: evil, isBridge: true };
  const station = { station: "CP001", mac: null, state: "ok", detail: evil };
  const text = await rig({ switches: [one], isListening: true, neighbours: [neighbour], stations: [station] }).text(
    "/switches",
  );
  ok(!text.includes(evil));
});

for (
  const [name, change, words] of [
    ["not read yet", { readAt: null, fault: null }, /Not read yet/],
    ["read in part", { fault: null, isCut: true }, /Read in part/],
    ["read", { fault: null }, />Read</],
  ] as const
) {
  Deno.test(`switches page: a switch that is ${name}`, async () => {
    const one = { id: "sw", name: "", description: "", readAt: 1, fault: null, isCut: false, devices: 0, ports: [] };
    match(await rig({ ...NOTHING, switches: [{ ...one, ...change }] }).text("/switches"), words);
  });
}
