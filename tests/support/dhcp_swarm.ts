// A swarm of devices on one interface, each with its own MAC, as a process inside a namespace: some known ones that renew,
// and a flood beside them. Arguments: link, known, seconds, flood ("none" | "one-mac" | "random-mac"), flood per second.
// Prints one line of JSON when it is over.
import { decodeMessage, encodeMessage, typeOf } from "../../gateway/dhcp/codec.ts";
import { addressBytes } from "../../gateway/dhcp/codec.ts";
import { MESSAGE_TYPES, type MessageType, OPTION } from "../../gateway/dhcp/options.ts";
import { systemTimers } from "../../gateway/core/timers.ts";
import { readDatagram, writeDatagram } from "../../hal/ethernet_codec.ts";
import { openPacketLibc } from "../../hal/linux_packet_libc.ts";
import { bindPacketSocket, MSG_DONTWAIT } from "../../hal/linux_packet_socket.ts";

const [link = "", known = "0", seconds = "1", flood = "none", perSecond = "0"] = Deno.args;
const SERVER = 0x0a140001;
const BROADCAST = "ff:ff:ff:ff:ff:ff";
const TICK_MS = 20;

const libc = openPacketLibc();
const socket = bindPacketSocket(libc, link, "dhcp");

interface Member {
  readonly mac: string;
  address: number;
  serverMac: string;
  asked: number;
  acked: number;
  waiting: boolean;
}

/** MAC of known device N: what the test gives to its stations. */
const knownMac = (at: number): string => `02:aa:00:00:${hex(at >> 8)}:${hex(at & 255)}`;
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

const members = new Map<string, Member>();
for (let at = 0; at < Number(known); at++) {
  members.set(knownMac(at), {
    ...{ mac: knownMac(at), address: 0, serverMac: BROADCAST, asked: 0, acked: 0, waiting: false },
  });
}
let offersToFlood = 0, flooded = 0;

function say(
  mac: string,
  type: MessageType,
  { ciaddr = 0, requested }: { ciaddr?: number; requested?: number } = {},
  to: { mac: string; address: number } = { mac: BROADCAST, address: 0xffffffff },
): void {
  const options = new Map<number, Uint8Array>([[OPTION.messageType, Uint8Array.of(MESSAGE_TYPES[type])]]);
  if (requested !== undefined) {
    options.set(OPTION.requestedAddress, addressBytes(requested));
    options.set(OPTION.serverId, addressBytes(SERVER));
  }
  const { bytes } = encodeMessage({
    ...{ op: "request", hops: 0, xid: Math.floor(Math.random() * 2 ** 32), secs: 0, broadcast: false },
    ...{ ciaddr, yiaddr: 0, siaddr: 0, giaddr: 0, chaddr: mac, options },
  });
  const frame = writeDatagram(mac, {
    ...{ destinationMac: to.mac, source: ciaddr, destination: to.address, sourcePort: 68, destinationPort: 67 },
    payload: bytes,
  });
  libc.send(socket, frame, BigInt(frame.length), MSG_DONTWAIT);
}

const buffer = new Uint8Array(2_048);
const from = new Uint8Array(32);
function receive(): void {
  for (;;) {
    const length = Number(
      libc.recvfrom(socket, buffer, 2_048n, MSG_DONTWAIT, from, new Uint8Array(new Uint32Array([32]).buffer)),
    );
    if (length < 0) return;
    const datagram = readDatagram(buffer.subarray(0, length));
    if (datagram?.destinationPort !== 68) continue;
    const message = decodeMessage(datagram.payload);
    const member = members.get(message.chaddr);
    const type = typeOf(message);
    if (!member) offersToFlood += type === "offer" ? 1 : 0;
    else if (type === "offer") say(member.mac, "request", { requested: message.yiaddr });
    else if (type === "ack") {
      if (member.waiting) member.acked++;
      member.waiting = false;
      member.address = message.yiaddr;
      member.serverMac = datagram.sourceMac;
    }
  }
}

/** Each known device renews once a second, spread over the second; before it has an address it asks for one. */
function renew(tick: number): void {
  const ticks = 1_000 / TICK_MS;
  [...members.values()].forEach((member, at) => {
    if (at % ticks !== tick % ticks) return;
    if (member.address === 0) return say(member.mac, "discover");
    if (member.waiting) return; // a slow machine is no loss: one that is never answered stays so until the end
    member.asked++;
    member.waiting = true;
    say(member.mac, "request", { ciaddr: member.address }, { mac: member.serverMac, address: SERVER });
  });
}

function pour(): void {
  for (let count = 0; count < Number(perSecond) * TICK_MS / 1_000; count++) {
    flooded++;
    say(
      flood === "one-mac"
        ? "02:ee:00:00:00:01"
        : `02:ef:${crypto.getRandomValues(new Uint8Array(4)).toHex().match(/../g)!.join(":")}`,
      "discover",
    );
  }
}

const isBound = () => [...members.values()].every(({ address }) => address !== 0);
const done = Promise.withResolvers<void>();
let tick = 0, boundAt: number | undefined;
const stop = systemTimers.every(TICK_MS, () => {
  receive();
  renew(tick++);
  if (boundAt === undefined && isBound()) boundAt = performance.now();
  if (boundAt !== undefined && flood !== "none") pour();
  if (boundAt !== undefined && performance.now() - boundAt > Number(seconds) * 1_000) done.resolve();
});
const giveUp = systemTimers.after(30_000, () => done.resolve());
await done.promise;
stop();
giveUp();
const settled = Promise.withResolvers<void>(), endedAt = performance.now();
const look = systemTimers.every(TICK_MS, () => {
  receive();
  const isAnswered = [...members.values()].every(({ waiting }) => !waiting);
  if (isAnswered && performance.now() - endedAt > 500 || performance.now() - endedAt > 20_000) settled.resolve();
});
await settled.promise;
look();
const sum = (key: "asked" | "acked") => [...members.values()].reduce((total, member) => total + member[key], 0);
const result = JSON.stringify({ bound: isBound(), asked: sum("asked"), acked: sum("acked"), flooded, offersToFlood });
Deno.stdout.writeSync(new TextEncoder().encode(`${result}\n`));
Deno.exit(0);
