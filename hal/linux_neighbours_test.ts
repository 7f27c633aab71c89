import { strict as assert } from "node:assert";
import { HardwareError } from "../gateway/core/errors.ts";
import { LinuxNeighbours, parseNeighbour } from "./linux_neighbours.ts";

const MAC = "02:00:00:00:00:11";
const row = (changes: object = {}) => ({
  dst: "10.20.0.11",
  dev: "eth1",
  lladdr: MAC,
  state: ["REACHABLE"],
  ...changes,
});
const answering = (text: string, asked: string[][] = []) =>
  new LinuxNeighbours(({ program, args }) => {
    asked.push([program, ...args]);
    return Promise.resolve(new TextEncoder().encode(text));
  });

Deno.test("neighbours: asks for one address, without a shell, and finds its MAC", async () => {
  const asked: string[][] = [];
  assert.equal(await answering(JSON.stringify([row()]), asked).macOf("10.20.0.11"), MAC);
  assert.deepEqual(asked, [["ip", "-json", "neigh", "show", "to", "10.20.0.11"]]);
});

Deno.test("neighbours: an empty answer, as old iproute2 gives it, is nobody", async () => {
  assert.equal(await answering("").macOf("10.20.0.11"), undefined);
  assert.equal(await answering("[]").macOf("10.20.0.11"), undefined);
});

for (
  const [name, rows, wanted] of [
    ["a stale entry, whose connection is younger", [row({ state: ["STALE"] })], MAC],
    ["IPv6", [row({ dst: "fe80::11" })], undefined],
    ["one that failed", [row({ state: ["FAILED"] })], undefined],
    ["one that never answered", [row({ state: ["INCOMPLETE"], lladdr: undefined })], undefined],
    ["one without a state", [row({ state: undefined })], undefined],
    ["one without a MAC", [row({ lladdr: undefined })], undefined],
    ["a MAC of another form", [row({ lladdr: "02-00" })], undefined],
    ["another address with the same beginning", [row({ dst: "10.20.0.1" })], undefined],
    ["the same device on two links", [row(), row({ dev: "eth2" })], MAC],
    ["two devices with one address: neither is proven", [row(), row({ lladdr: "02:00:00:00:00:66" })], undefined],
    ["rubbish in the list", [null, 7, row()], MAC],
  ] as const
) {
  Deno.test(`neighbours: ${name}`, () => {
    assert.equal(parseNeighbour(rows, "10.20.0.11"), wanted);
  });
}

for (const output of ["{}", "7", "x"]) {
  Deno.test(`neighbours: output ${output} is refused`, async () => {
    const isRefused = (error: unknown) => error instanceof HardwareError && error.code === "HAL_TOOL_FAILED";
    await assert.rejects(answering(output).macOf("10.20.0.11"), isRefused);
  });
}
