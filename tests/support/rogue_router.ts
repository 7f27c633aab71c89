/**
 * A device that plays IPv6 router: sends router advertisements (RFC 4861 section 4.2) with a prefix and itself as the way
 * out, three of them. Run: deno run -A rogue_router.ts INTERFACE
 */
import { macText } from "../../hal/ethernet_codec.ts";
import { openPacketLibc } from "../../hal/linux_packet_libc.ts";
import { macOf, MSG_DONTWAIT } from "../../hal/linux_packet_socket.ts";

const [name = ""] = Deno.args;
const libc = openPacketLibc();
const descriptor = libc.socket(17, 3, 0);
const address = new Uint8Array(20);
const view = new DataView(address.buffer);
view.setUint16(0, 17, true);
view.setUint16(2, 0x86dd);
view.setInt32(4, libc.if_nametoindex(new TextEncoder().encode(`${name}\0`)), true);
if (libc.bind(descriptor, address, 20) !== 0) throw new Error(`cannot bind to ${name}`);
const mac = macOf(libc, descriptor).split(":").map((part) => parseInt(part, 16));
const own = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0]! ^ 2, mac[1]!, mac[2]!, 0xff, 0xfe, mac[3]!, mac[4]!, mac[5]!];
const everybody = [0xff, 0x02, ...Array(13).fill(0), 1];
const prefix = [
  3,
  4,
  64,
  0xc0,
  0,
  0,
  0x0e,
  0x10,
  0,
  0,
  0x0e,
  0x10,
  0,
  0,
  0,
  0,
  0x20,
  1,
  0x0d,
  0xb8,
  ...Array(12).fill(0),
];
const message = [134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, ...prefix, 1, 1, ...mac];
const pseudo = [...own, ...everybody, 0, 0, 0, message.length, 0, 0, 0, 58, ...message];
let sum = 0;
for (let at = 0; at < pseudo.length; at += 2) sum += pseudo[at]! << 8 | (pseudo[at + 1] ?? 0);
while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
message[2] = ~sum >> 8 & 0xff;
message[3] = ~sum & 0xff;
const frame = Uint8Array.from([
  ...[0x33, 0x33, 0, 0, 0, 1, ...mac, 0x86, 0xdd, 0x60, 0, 0, 0, message.length >> 8, message.length & 0xff, 58, 255],
  ...[...own, ...everybody, ...message],
]);
for (let count = 0; count < 3; count++) {
  if (libc.send(descriptor, frame, BigInt(frame.length), MSG_DONTWAIT) < 0n) throw new Error("cannot send");
}
libc.close(descriptor);
Deno.stdout.writeSync(new TextEncoder().encode(`${macText(Uint8Array.from(mac))}\n`));
