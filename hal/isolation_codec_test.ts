import { deepEqual, equal } from "node:assert/strict";
import { mutate } from "../tests/support/mutate.ts";
import { isolationFrames, readLeak } from "./isolation_codec.ts";

const MAC = "02:00:00:00:00:01";
const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("isolation frames: an ARP probe per address that teaches nobody anything, an IGMP query, an echo to all nodes", () => {
  const frames = isolationFrames(MAC, ["10.20.0.11", "10.20.0.12"]);
  equal(frames.length, 4);
  equal(
    hex(frames[0]!.subarray(0, 42)),
    "ffffffffffff02000000000108060001080006040001020000000001000000000000000000000a14000b",
  );
  equal(
    hex(frames[2]!.subarray(0, 46)),
    "01005e00000102000000000108004" + "6c0002000000000010244170000" + "0000e00000019404000011" + "0aeef500000000",
  );
  equal(hex(frames[3]!.subarray(0, 22)), "33330000000102000000000186dd" + "6000000000083aff");
  equal(hex(frames[3]!.subarray(22, 38)), "fe800000000000000000" + "00fffe000001");
  for (const frame of frames) equal(frame.length >= 60, true, "no shorter than Ethernet allows");
});

/** The Internet checksum over a range that holds its own is all ones. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

Deno.test("isolation frames: the checksums are right", () => {
  const [igmp, echo] = isolationFrames(MAC, []);
  deepEqual([sumOf(igmp!.subarray(14, 38)), sumOf(igmp!.subarray(38, 46))], [0xffff, 0xffff]);
  const pseudo = new Uint8Array([...echo!.subarray(22, 54), 0, 0, 0, 8, 0, 0, 0, 58, ...echo!.subarray(54, 62)]);
  equal(sumOf(pseudo), 0xffff);
});

const frame = (to: string, from: string, type: string, rest = "") =>
  Uint8Array.fromHex(`${to}${from}${type}${rest}`.replaceAll(":", ""));

for (
  const [what, bytes, wanted] of [
    [
      "an ARP answer",
      frame(MAC, "02:00:00:00:00:09", "0806", `0001080006040002020000000009${"0a14000b"}${"00".repeat(10)}`),
      {
        mac: "02:00:00:00:00:09",
        leak: "arp",
        address: "10.20.0.11",
      },
    ],
    ["any IPv6", frame(MAC, "02:00:00:00:00:09", "86dd", "60"), { mac: "02:00:00:00:00:09", leak: "ipv6" }],
    ["an IGMP report", frame("01:00:5e:00:00:fb", "02:00:00:00:00:09", "0800", "45"), {
      mac: "02:00:00:00:00:09",
      leak: "multicast",
    }],
    ["our own frame", frame("ff:ff:ff:ff:ff:ff", MAC, "0806", "00".repeat(28)), undefined],
    ["LLDP of the switch", frame("01:80:c2:00:00:0e", "02:00:00:00:00:77", "88cc", "02"), undefined],
    ["another protocol", frame(MAC, "02:00:00:00:00:09", "8863", "00"), undefined],
    ["an ARP frame that is cut", frame(MAC, "02:00:00:00:00:09", "0806", "00"), undefined],
    ["nothing", new Uint8Array(), undefined],
  ] as const
) {
  Deno.test(`isolation frames: ${what} is read`, () => deepEqual(readLeak(bytes, MAC), wanted));
}

Deno.test("isolation frames: 10,000 mutated frames are a leak of somebody, or none (seed 24)", () => {
  const heard = [
    frame(MAC, "02:00:00:00:00:09", "0806", `0001080006040002020000000009${"0a14000b"}${"00".repeat(10)}`),
    frame("01:00:5e:00:00:fb", "02:00:00:00:00:09", "0800", "45"),
    ...isolationFrames("02:00:00:00:00:09", ["10.20.0.11"]),
  ];
  let leaks = 0;
  for (const bytes of mutate(heard, { count: 10_000, seed: 24 })) {
    const leak = readLeak(bytes, MAC);
    if (leak === undefined) continue;
    leaks++;
    equal(leak.mac === MAC, false, "nobody hears itself");
    equal(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(leak.mac), true, leak.mac);
    equal(leak.address === undefined || /^\d+(\.\d+){3}$/.test(leak.address), true, String(leak.address));
  }
  equal(leaks > 1_000, true, `only ${leaks} leaks`);
});
