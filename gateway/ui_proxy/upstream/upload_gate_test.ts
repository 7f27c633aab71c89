import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { charxPages } from "../../demo/controllers/charx.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import { createSpool } from "./spool.ts";
import { textOf, withLink } from "./testing/link_rig.ts";

const IMAGE = "x".repeat(200_000);
const SHA256 = createHash("sha256").update(IMAGE).digest("hex");
const PATH = "/api/v1.0/web/update2-upload-stream";
const OCTETS = [["content-type", "application/octet-stream"]] as const;

/** Runs with a link to a CHARX, a spool of its own and this verdict. */
async function withUpload(
  verified: boolean,
  use: (rig: {
    upload(body: Readable, headers?: readonly (readonly [string, string])[]): Promise<string>;
    readonly uploads: readonly string[];
    readonly asked: readonly string[];
    readonly told: readonly string[];
    readonly folder: string;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const charx = charxPages({ operator: "right" });
  try {
    await withLink(
      charx.pages,
      { driver: "charx", spool: await createSpool(`${folder}/spool`, () => 2_000_000) },
      async (rig) => {
        rig.control.verdict = { verified, ...verified ? {} : { why: "unknown image" } };
        await use({
          upload: async (body, headers = OCTETS) => {
            const sent = await rig.link.upload({ method: "POST", target: PATH, headers, bodyLength: "chunked" }, body);
            return sent.kind === "door" ? sent.door.rule : await textOf(sent.body);
          },
          uploads: charx.uploads,
          asked: rig.device.asked,
          told: rig.control.told,
          folder: `${folder}/spool`,
        });
      },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("invariant 13: a firmware upload reaches the device whole when the vault verified it, with its length", async () => {
  await withUpload(true, async ({ upload, uploads, told, folder }) => {
    match(
      await upload(
        Readable.from([IMAGE.slice(0, 70_000), IMAGE.slice(70_000)].map((text) => new TextEncoder().encode(text))),
      ),
      /200000/,
    );
    deepEqual(uploads, [IMAGE]);
    equal(told.includes(`device.image.verdict ${SHA256} 200000`), true);
    deepEqual([...Deno.readDirSync(folder)], [], "nothing is left behind");
  });
});

Deno.test("invariant 13: no byte of an image that is not verified reaches the device", async () => {
  await withUpload(false, async ({ upload, uploads, asked }) => {
    equal(await upload(Readable.from([new TextEncoder().encode(IMAGE)])), "ui.door.image");
    deepEqual(uploads, []);
    equal(asked.includes(`POST ${PATH}`), false);
  });
});

Deno.test("invariant 13: in a form each file is judged by its own bytes, and the form goes on as it came", async () => {
  const data = new FormData();
  data.set("update", new Blob([IMAGE]), "image.bin");
  const request = new Request("http://x.invalid", { method: "POST", body: data });
  const type = request.headers.get("content-type")!;
  const body = new Uint8Array(await request.arrayBuffer());
  await withUpload(true, async ({ upload, uploads, told }) => {
    await upload(Readable.from([body]), [["content-type", type]]);
    equal(told.includes(`device.image.verdict ${SHA256} 200000`), true);
    equal(uploads[0], new TextDecoder().decode(body));
  });
});

Deno.test("uploads: what cannot be judged, breaks off or is too many is a door, and leaves room for the next", async () => {
  await withUpload(true, async ({ upload, uploads }) => {
    equal(
      await upload(Readable.from([new Uint8Array(1)]), [["content-type", "multipart/form-data"]]),
      "ui.door.upload",
    );
    const broken = new Readable({ read() {} });
    broken.push("PART");
    broken.destroy(new Error("the browser went away"));
    equal(await upload(broken), "ui.door.upload");
    const open = Array.from({ length: UI_PROXY_LIMITS.uploads }, () => new Readable({ read() {} }));
    const waiting = open.map((body) => upload(body));
    await untilFull(upload);
    for (const body of open) {
      body.push("x");
      body.push(null);
    }
    await Promise.all(waiting);
    match(await upload(Readable.from([new Uint8Array(3)])), /received/);
    equal(uploads.length, UI_PROXY_LIMITS.uploads + 1);
  });
});

/** One more upload than may be is a door as soon as the others have their places. */
async function untilFull(upload: (body: Readable) => Promise<string>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await upload(Readable.from([]));
    if (answer === "ui.door.upload-wait") return;
    equal(answer, "ui.door.upload", "an empty body is no upload");
  }
  throw new Error("never full");
}

Deno.test("spool: at its limit and one byte past it; what lay there at the start is gone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/left-behind`, "x");
    const spool = await createSpool(folder, () => 3_000_000);
    deepEqual([...Deno.readDirSync(folder)], []);
    const piece = new Uint8Array(1_048_576);
    const source = async function* (bytes: number) {
      for (let left = bytes; left > 0; left -= piece.length) {
        yield await Promise.resolve(piece.subarray(0, Math.min(left, piece.length)));
      }
    };
    await rejects(
      spool.take(source(10), () => {
        throw new Error("the scan refuses");
      }),
      /the scan refuses/,
    );
    const kept = await spool.take(source(3_000_000), () => {});
    equal(kept.bytes, 3_000_000);
    let read = 0;
    for await (const part of kept.read()) read += (part as Uint8Array).length;
    equal(read, 3_000_000);
    kept.close();
    kept.close();
    const small = await createSpool(`${folder}/small`, () => 2_000_000);
    (await small.take(source(2_000_000), () => {})).close();
    let seen = 0;
    await rejects(small.take(source(2_000_001), (part) => void (seen += part.length)), { code: "UI_UPLOAD_TOO_LONG" });
    equal(seen <= 2_000_000, true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("uploads: a gateway without a place for them takes none", async () => {
  await withLink(charxPages({ operator: "right" }).pages, { driver: "charx" }, async ({ link, device }) => {
    const sent = await link.upload(
      { method: "POST", target: PATH, headers: OCTETS, bodyLength: 1 },
      Readable.from([IMAGE]),
    );
    equal(sent.kind === "door" && sent.door.rule, "ui.door.upload-wait");
    equal(device.asked.includes(`POST ${PATH}`), false);
  });
});
