import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { waitFor } from "../../../tests/support/wait_for.ts";
import type { Upload } from "../drivers/operations.ts";
import { bringImage } from "./device_firmware.ts";
import type { DeviceVisit } from "./device_visit.ts";
import type { Spool } from "./spool.ts";

const IMAGE = "image of a controller";
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const ORDER = { do: "firmware", sha256: SHA256, bytes: IMAGE.length, fileName: "fw.bin" } as const;
const UPLOAD: Upload = { role: "manufacturer", target: "/upload", taken: () => ({ outcome: "done" }) as never };

/** A spool whose file ends a read that is under way as the system does: with an error, once it is closed. */
function spoolWithSlowRead() {
  const state = { isRead: false, isOver: false, isClosed: false };
  const closed = Promise.withResolvers<void>();
  const pieces = async function* () {
    try {
      yield new Uint8Array(1);
      state.isRead = true;
      await closed.promise;
    } finally {
      state.isOver = true;
    }
  };
  const spool: Spool = {
    take: async (source, observe) => {
      for await (const piece of source) observe(piece);
      return {
        bytes: IMAGE.length,
        read: () => Readable.from(pieces()),
        close: () => {
          state.isClosed = true;
          closed.reject(new Deno.errors.Interrupted("operation canceled"));
        },
      };
    },
  };
  return { spool, state };
}

Deno.test("firmware: a device that breaks off while the image is read from the disk is a failure of the operation, of nothing else", async () => {
  const images = await Deno.makeTempDir({ prefix: "bulkhead-images-" });
  await Deno.writeTextFile(`${images}/${SHA256}`, IMAGE);
  const { spool, state } = spoolWithSlowRead();
  const told: unknown[] = [];
  const visit = {
    id: "visit",
    stage: {},
    needs: {
      ...{ images, spool, clock: { monotonic: () => 0 }, log: { info: () => {} } },
      control: { call: () => Promise.resolve() },
    },
    send: async (_: unknown, { stream }: { stream: Readable }) => {
      stream.on("data", () => {});
      await waitFor("a read that does not end", () => state.isRead);
      stream.removeAllListeners("data");
      throw new Error("the device broke off");
    },
    failed: (error: Error) => {
      told.push(error.message);
      return Promise.resolve({ ok: false, failure: "away", why: error.message });
    },
  } as unknown as DeviceVisit;
  const result = await bringImage(visit, UPLOAD, { headers: [] } as never, ORDER);
  deepEqual(told, ["the device broke off"]);
  equal(result.ok ? "" : result.failure, "unknown", "some of it may have come");
  await waitFor("the read to be over", () => state.isOver);
  equal(state.isClosed, true);
  await Deno.remove(images, { recursive: true });
});
