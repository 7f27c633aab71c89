import { deepEqual, equal, rejects } from "node:assert/strict";
import { nullLogger } from "../gateway/core/log.ts";
import { systemTimers } from "../gateway/core/timers.ts";
import { dispatch, dispatchStream } from "./dispatch.ts";
import { HAL_LIMITS } from "./limits.ts";
import { LinuxOldTls } from "./linux_old_tls.ts";
import type { OldTls, OldTlsTarget } from "./old_tls.ts";
import type { HaldBox } from "./verb.ts";
import { VERBS } from "./verbs/mod.ts";

/** A device that answers every piece with its letters in upper case, and ends after "end". */
class FakeOldTls implements OldTls {
  readonly asked: string[] = [];
  closed = 0;

  open(target: OldTlsTarget, certificate: Uint8Array) {
    this.asked.push(`${target.address} ${target.port} ${certificate.length}`);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        const text = new TextDecoder().decode(piece);
        controller.enqueue(new TextEncoder().encode(text.toUpperCase()));
        if (text.includes("end")) controller.terminate();
      },
    });
    return Promise.resolve({ agreed: "TLSv1 X", readable, writable, close: () => void this.closed++ });
  }

  certificate = () => Promise.resolve(new Uint8Array([1, 2, 3]));
}

const context = (oldTls?: OldTls) => ({
  box: { ...oldTls ? { oldTls } : {} } as HaldBox,
  verbs: VERBS,
  permissions: new Set(["act"] as const),
  log: nullLogger,
});
const TARGET = { address: "10.20.0.11", port: 443 };
const call = (args: unknown, verb = "net.old-tls") => ({ id: 1, verb, args });

/** A caller that sends these pieces, then ends. */
function caller(pieces: readonly string[], stays = false) {
  const waiting = pieces.map((piece) => new TextEncoder().encode(piece));
  let heard = "";
  const never = new Promise<null>(() => {});
  return {
    heard: () => heard,
    read: (into: Uint8Array): Promise<number | null> => {
      const piece = waiting.shift();
      if (!piece) return stays ? never : Promise.resolve(null);
      into.set(piece);
      return Promise.resolve(piece.length);
    },
    write: (bytes: Uint8Array) => {
      heard += new TextDecoder().decode(bytes.subarray(0, 2));
      return Promise.resolve(Math.min(2, bytes.length));
    },
  };
}

Deno.test("net.old-tls: carries bytes both ways until the device ends, in whatever pieces the caller takes", async () => {
  const device = new FakeOldTls();
  const { response, stream } = await dispatchStream(call({ ...TARGET, certificate: "AQID" }), context(device));
  deepEqual(response, { id: 1, answer: { agreed: "TLSv1 X" } });
  const side = caller(["hello ", "end"], true);
  await stream!.carry(side);
  stream!.close();
  equal(side.heard(), "HELLO END");
  deepEqual([device.asked, device.closed], [["10.20.0.11 443 3"], 1]);
});

Deno.test("net.old-tls: ends when the caller ends", async () => {
  const { stream } = await dispatchStream(call({ ...TARGET, certificate: "AQID" }), context(new FakeOldTls()));
  await stream!.carry(caller([]));
});

Deno.test("net.old-tls: says so when hald.json lists no such device", async () => {
  for (const verb of ["net.old-tls", "net.old-tls-certificate"]) {
    const args = verb === "net.old-tls" ? { ...TARGET, certificate: "AQID" } : TARGET;
    const { response } = await dispatchStream(call(args), context());
    if (verb === "net.old-tls") equal("fault" in response && response.fault.code, "HAL_NOT_CONFIGURED");
    else {
      const answered = await dispatch(call(args, verb), context());
      equal("fault" in answered && answered.fault.code, "HAL_NOT_CONFIGURED");
    }
  }
});

const BAD: readonly unknown[] = [
  { ...TARGET, certificate: "" },
  { ...TARGET, certificate: "not base64" },
  { ...TARGET, certificate: btoa("x".repeat(HAL_LIMITS.certificateBytes + 1)) },
  { address: "device.example", port: 443, certificate: "AQID" },
  { address: "10.20.0.11 -proxy x", port: 443, certificate: "AQID" },
  { address: "10.20.0.11", port: 0, certificate: "AQID" },
  { address: "10.20.0.11", port: 65_536, certificate: "AQID" },
  { ...TARGET, certificate: "AQID", options: "-engine x" },
];
for (const args of BAD) {
  Deno.test(`net.old-tls: refuses ${JSON.stringify(args).slice(0, 80)}`, async () => {
    const device = new FakeOldTls();
    const { response } = await dispatchStream(call(args), context(device));
    equal("fault" in response && response.fault.code, "HAL_BAD_VALUE");
    deepEqual(device.asked, []);
  });
}

Deno.test("net.old-tls: the longest certificate is taken", async () => {
  const certificate = btoa("x".repeat(HAL_LIMITS.certificateBytes));
  const { response, stream } = await dispatchStream(call({ ...TARGET, certificate }), context(new FakeOldTls()));
  equal("answer" in response, true);
  stream!.close();
});

Deno.test("net.old-tls-certificate: what the device presents, as it is", async () => {
  const response = await dispatch(call(TARGET, "net.old-tls-certificate"), context(new FakeOldTls()));
  deepEqual(response, { id: 1, answer: { certificate: "AQID" } });
});

Deno.test("old TLS: a device that hald.json does not list is never dialled, by address nor by port", async () => {
  const run = () => Promise.reject(new Error("started a program"));
  const helper = new LinuxOldTls([TARGET, { address: "fd00::1", port: 443 }], { timers: systemTimers, run });
  for (
    const target of [{ ...TARGET, port: 444 }, { ...TARGET, address: "10.20.0.1" }, { address: "fd00::2", port: 443 }]
  ) {
    await rejects(helper.open(target, new Uint8Array(1)), { code: "HAL_NOT_CONFIGURED" });
    await rejects(helper.certificate(target), { code: "HAL_NOT_CONFIGURED" });
  }
  await rejects(helper.certificate(TARGET), /started a program/);
});

Deno.test("old TLS: a program that shows no certificate is an error, not an empty pin", async () => {
  const run = () => Promise.resolve(new TextEncoder().encode("CONNECTED\n---\nno peer certificate available\n"));
  const helper = new LinuxOldTls([TARGET], { timers: systemTimers, run });
  await rejects(helper.certificate(TARGET), { code: "HAL_TLS_FAILED" });
});
