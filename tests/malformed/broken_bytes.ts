import { Buffer } from "node:buffer";
import type { Random } from "../../gateway/core/timers.ts";
import { OCPP_LIMITS } from "../../gateway/ocpp/limits.ts";
import { clientFrame, upgradeHead } from "../support/raw_station.ts";

/** Whole numbers below `n`. */
const below = (random: Random, n: number): number => Math.floor(random.fraction() * n);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)]!;

const TEXTS: readonly string[] = [
  '[2,"1","Heartbeat",{}]',
  '[2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]',
  '[2,"3","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]',
  '[3,"4",{"status":"Accepted"}]',
  '[4,"5","GenericError","é€😀",{}]',
  "[]",
  "",
  `[2,"6","DataTransfer",{"vendorId":"v","data":"${"d".repeat(3_000)}"}]`,
];

/** In these a careless pattern looks ahead from every place: whoever looks for secrets in them must not take seconds. */
const UNITS: readonly string[] = ["a:", "pin", "key ", "@", '\\"', "[", "\\u0000", "<", "Basic "];

/** One message at the limit of a message, of one piece over and over; half of them of the one that once took 20 seconds. */
function largeText(random: Random): string {
  const unit = pick(random, ["://", pick(random, UNITS)]),
    text = unit.repeat(Math.floor((OCPP_LIMITS.messageBytes - 200) / unit.length));
  return `[2,"7","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","info":"${text}"}]`;
}

/** Frames of which one is large: the others are to come to their turn as well. */
const LARGE_OF = 100;

/** Bytes of one frame: right, with a changed text, or broken in header, length, mask or payload. */
export function brokenFrame(random: Random): Uint8Array {
  if (below(random, LARGE_OF) === 0) return clientFrame(0x81, Buffer.from(largeText(random)));
  const text = Buffer.from(pick(random, TEXTS));
  switch (below(random, 50)) {
    case 0: // any first byte: reserved bits and opcodes, control frames, fragments
      return clientFrame(below(random, 256), text);
    case 1:
      return clientFrame(0x81, random.bytes(below(random, 300)));
    case 2:
      return clientFrame(0x81, text, false);
    case 3: { // a length that is not that of the payload
      const frame = clientFrame(0x81, text);
      frame[1] = 0x80 | below(random, 128);
      return frame;
    }
    case 4:
      return random.bytes(1 + below(random, 40));
    case 5: // fragments that may or may not fit together
      return Buffer.concat([
        clientFrame(0x01, text.subarray(0, 5)),
        clientFrame(pick(random, [0x80, 0x00, 0x81]), text.subarray(5)),
      ]);
    default: { // an OCPP message of which some characters changed
      for (let times = below(random, 4); times > 0 && text.length > 0; times--) {
        text[below(random, text.length)] = 32 + below(random, 95);
      }
      return clientFrame(0x81, text);
    }
  }
}

/** Bytes of one end of a connection: close frames with any code, length, reason or flag, or something else instead. */
export function brokenClose(random: Random): Uint8Array {
  const code = below(random, 6_000), reason = random.bytes(below(random, 20));
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]);
  switch (below(random, 6)) {
    case 0:
      return clientFrame(0x88, payload.subarray(0, below(random, 3)));
    case 1:
      return clientFrame(0x08, payload);
    case 2:
      return clientFrame(0x88, payload, false);
    case 3:
      return clientFrame(0x88, Buffer.alloc(126 + below(random, 300), 0x03));
    case 4:
      return Buffer.concat([clientFrame(0x88, payload), brokenFrame(random), clientFrame(0x88, payload)]);
    default:
      return clientFrame(0x88, payload);
  }
}

const LINES: readonly string[] = [
  "Host: other",
  "Content-Length: 5",
  "Transfer-Encoding: chunked",
  " folded",
  "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99, ;;;",
  "Sec-WebSocket-Version: 8",
  "Sec-WebSocket-Key: short",
  "Upgrade: h2c",
  "Connection: close",
  "Authorization: Basic ====",
  `X-Long: ${"x".repeat(20_000)}`,
];
/** A station that nobody plays: so many knock without its password that whoever comes with it is refused for a while. */
export const KNOCKED_AT = "ODDLY";
const TARGETS: readonly string[] = [
  `/ocpp/${KNOCKED_AT}`,
  `/ocpp/../${KNOCKED_AT}`,
  `/ocpp/ODD%2f${KNOCKED_AT}`,
  "/ocpp/%ff%fe",
  `http://gw/ocpp/${KNOCKED_AT}`,
  "/",
  "*",
  `/ocpp/${"a".repeat(3_000)}`,
  `/ocpp/${KNOCKED_AT}?x=1`,
];

/** Bytes of one handshake: HTTP that is nearly right, or nothing like it. */
export function brokenHandshake(random: Random): Uint8Array {
  const more = Array.from({ length: below(random, 3) }, () => pick(random, LINES));
  const head = Buffer.from(upgradeHead(more, pick(random, TARGETS)));
  switch (below(random, 5)) {
    case 0:
      return random.bytes(1 + below(random, 200));
    case 1:
      return head.subarray(0, below(random, head.length));
    case 2:
      return head;
    default:
      for (let times = below(random, 6); times >= 0; times--) head[below(random, head.length)] = below(random, 256);
      return head;
  }
}

/** The start of a TLS ClientHello, and bytes that make no sense behind it. */
export function brokenHello(random: Random): Uint8Array {
  const length = below(random, 600);
  const hello = Buffer.from([0x16, 3, below(random, 4), length >> 8, length & 0xff, 1, 0, 1, 0xfc, 3, 3]);
  return Buffer.concat([hello.subarray(0, 1 + below(random, hello.length)), random.bytes(below(random, length + 1))]);
}
