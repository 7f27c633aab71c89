import { Buffer } from "node:buffer";
import { HAL_LIMITS } from "../limits.ts";
import { base64Bytes, either, flag, integer, list, literal, object, oneOf, text } from "../schema.ts";
import { defineVerb } from "../verb.ts";
import { needSerial } from "./need.ts";

const Device = text({ min: 6, max: 120, form: /^\/dev\/[A-Za-z0-9._/-]+$/ });
const Line = integer(1, Number.MAX_SAFE_INTEGER);
const Settings = object({
  device: Device,
  baud: integer(1_200, 115_200),
  parity: oneOf(["none", "even", "odd"]),
  stopBits: either(literal(1), literal(2)),
  rs485: oneOf(["adapter", "kernel"]),
  silenceMicros: integer(500, 1_000_000),
});

/** The devices that hald.json lists, and whether each is there now; for `check`. */
export const serialList = defineVerb({
  name: "serial.list",
  permission: "read",
  args: object({}),
  answer: object({ devices: list(object({ device: Device, isThere: flag }), HAL_LIMITS.serialDevices) }),
  run: async (_, { serial }) => ({ devices: await serial?.list() ?? [] }),
});

/** Opens a serial line that hald.json lists, set as wanted; whoever had it loses it. */
export const serialOpen = defineVerb({
  name: "serial.open",
  permission: "act",
  args: Settings,
  answer: object({ line: Line }),
  run: async (settings, box) => ({ line: await needSerial(box).open(settings) }),
});

/** Sends bytes in one piece, after the silence of the line. */
export const serialSend = defineVerb({
  name: "serial.send",
  permission: "act",
  args: object({ line: Line, bytes: base64Bytes(1, HAL_LIMITS.serialPieceBytes) }),
  answer: object({}),
  run: async ({ line, bytes }, box) => {
    await needSerial(box).get(line).send(new Uint8Array(Buffer.from(bytes, "base64")));
    return {};
  },
});

/** Waits for what comes over a line: pieces that silence cut. */
export const serialReceive = defineVerb({
  name: "serial.receive",
  permission: "act",
  args: object({ line: Line, withinMs: integer(1, HAL_LIMITS.serialWaitMs) }),
  answer: object({ pieces: list(base64Bytes(1, HAL_LIMITS.serialPieceBytes), HAL_LIMITS.serialPieces) }),
  run: async ({ line, withinMs }, box) => {
    const pieces = await needSerial(box).get(line).receive(withinMs);
    return { pieces: pieces.map((piece) => Buffer.from(piece).toString("base64")) };
  },
});

/** Gives a line back. */
export const serialClose = defineVerb({
  name: "serial.close",
  permission: "act",
  args: object({ line: Line }),
  answer: object({}),
  run: ({ line }, box) => {
    needSerial(box).close(line);
    return Promise.resolve({});
  },
});
