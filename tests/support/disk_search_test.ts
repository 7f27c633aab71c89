import { deepEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { searchDisk } from "./disk_search.ts";

Deno.test("disk search: finds a secret in every spelling, in any file, and says where; nothing else", async () => {
  const folder = await Deno.makeTempDir(), secret = "hunter2-hunter2";
  const bytes = Buffer.from(secret);
  try {
    await Deno.mkdir(`${folder}/deep`);
    await Deno.writeTextFile(`${folder}/a`, `xx${secret}yy`);
    await Deno.writeTextFile(`${folder}/b`, `xx${bytes.toString("hex")}yy`);
    await Deno.writeTextFile(`${folder}/c`, `xx${bytes.toString("hex").toUpperCase()}yy`);
    await Deno.writeTextFile(`${folder}/deep/d`, bytes.toString("base64"));
    await Deno.writeFile(`${folder}/deep/e`, Buffer.from(secret, "utf16le"));
    await Deno.writeTextFile(`${folder}/deep/f`, secret.slice(1));
    const found = await searchDisk(folder, { password: secret });
    deepEqual(found.toSorted(), [
      "a: password plain",
      "b: password hex",
      "c: password HEX",
      "deep/d: password base64",
      "deep/d: password base64url",
      "deep/e: password UTF-16",
    ]);
    deepEqual(await searchDisk(folder, { password: secret }, () => true), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
