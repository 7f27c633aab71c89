import assert from "node:assert/strict";
import { ProtocolError } from "../core/errors.ts";
import { mutate } from "../../tests/support/mutate.ts";
import { addressBytes } from "./codec.ts";
import { decodeRelayInfo, encodeRelayInfo } from "./codec_relay_info.ts";
import { RELAY } from "./options.ts";

const PARTS: readonly (readonly [number, Uint8Array])[] = [
  [RELAY.circuitId, new TextEncoder().encode("eth1")],
  [RELAY.remoteId, new TextEncoder().encode("garage-12")],
  [RELAY.linkSelection, addressBytes(0x0a140000)],
  [RELAY.serverId, addressBytes(0x0a140001)],
  [RELAY.flags, Uint8Array.of(0x80)],
];

Deno.test("dhcp codec, option 82: what is written is read again, in order", () => {
  assert.deepEqual([...decodeRelayInfo(encodeRelayInfo(PARTS))], PARTS);
  assert.deepEqual([...encodeRelayInfo([[1, Uint8Array.of(7)]])], [1, 1, 7]);
  assert.equal(decodeRelayInfo(new Uint8Array(0)).size, 0);
});

Deno.test("dhcp codec, option 82: of two sub-options of one code the first counts, as a relay agent would read it", () => {
  assert.deepEqual([...decodeRelayInfo(Uint8Array.of(1, 1, 7, 1, 1, 8)).values()], [Uint8Array.of(7)]);
});

Deno.test("dhcp codec, option 82: a cut sub-option is refused", () => {
  for (const bytes of [[1], [1, 1], [1, 2, 7], [1, 1, 7, 2]]) {
    assert.throws(() => decodeRelayInfo(Uint8Array.from(bytes)), ProtocolError);
  }
});

Deno.test("dhcp codec, option 82: a sub-option of 255 bytes is written, one past it is refused", () => {
  assert.equal(decodeRelayInfo(encodeRelayInfo([[1, new Uint8Array(255)]])).get(1)!.length, 255);
  assert.throws(() => encodeRelayInfo([[1, new Uint8Array(256)]]), RangeError);
});

Deno.test("dhcp codec, option 82: 10,000 mutations are read or refused (seed 22)", () => {
  for (const bytes of mutate([encodeRelayInfo(PARTS)], { count: 10_000, seed: 22 })) {
    try {
      for (const [code, value] of decodeRelayInfo(bytes)) assert.ok(code < 256 && value.length < 256);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }
});
