import assert, { deepStrictEqual as equal } from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import { mutate } from "../../tests/support/mutate.ts";
import { encodeTunnelFrame, TunnelReader } from "./codec_tunnel.ts";
import { DHCP_LIMITS } from "./limits.ts";

const message = (length: number) => new Uint8Array(length).fill(length & 0xff);

Deno.test("dhcp codec, tunnel: a frame is two octets of length and the message", () => {
  equal([...encodeTunnelFrame(message(258)).subarray(0, 4)], [1, 2, 2, 2]);
  equal([...encodeTunnelFrame(new Uint8Array(0))], [0, 0]);
});

Deno.test("dhcp codec, tunnel: messages and signs of life come out however the stream is cut", () => {
  const messages = [message(240), message(0), message(DHCP_LIMITS.messageBytesMax), message(300)];
  const stream = messages.flatMap((one) => [...encodeTunnelFrame(one)]);
  for (const size of [1, 2, 239, 1_000, stream.length]) {
    const reader = new TunnelReader();
    const out: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      out.push(...reader.push(Uint8Array.from(stream.slice(at, at + size))));
    }
    equal(out, messages, `pieces of ${size}`);
  }
});

Deno.test("dhcp codec, tunnel: lengths at the limits are read, one beyond them ends the stream", () => {
  const { messageBytesMin: min, messageBytesMax: max } = DHCP_LIMITS;
  for (const length of [min, max]) {
    equal([...new TunnelReader().push(encodeTunnelFrame(message(length)))], [message(length)]);
  }
  for (const length of [1, min - 1, max + 1, 0xffff]) {
    const head = Uint8Array.of(length >> 8, length & 0xff);
    assert.throws(() => [...new TunnelReader().push(head)], (error) => {
      return error instanceof ProtocolError && error.code === "DHCP_MALFORMED";
    });
  }
  assert.throws(() => encodeTunnelFrame(message(max + 1)), ProtocolError);
});

Deno.test("dhcp codec, tunnel: 10,000 mutated streams give messages or a ProtocolError (seed 23)", () => {
  const frames = [encodeTunnelFrame(message(240)), encodeTunnelFrame(message(0))];
  let refused = 0;
  for (const stream of mutate(frames, { count: 10_000, seed: 23 })) {
    try {
      for (const one of new TunnelReader().push(stream)) assert.ok(one.length <= DHCP_LIMITS.messageBytesMax);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 10, `${refused} refused`);
});
