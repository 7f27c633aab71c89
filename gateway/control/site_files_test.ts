import { deepEqual, equal, throws } from "node:assert/strict";
import { siteFiles } from "./site_files.ts";

const CONTENTS = { "certs/ca.pem": btoa("CA\n"), "secrets/raw": btoa("\x00\xff\x80"), "empty": "" };

Deno.test("site files: a file is its bytes and its text, by the path as site.yaml writes it", () => {
  const files = siteFiles(() => CONTENTS);
  equal(files.text("certs/ca.pem"), "CA\n");
  deepEqual(files.bytes("secrets/raw"), Uint8Array.from([0, 255, 128]));
  deepEqual(files.bytes("empty"), new Uint8Array());
});

for (const path of ["ca.pem", "./certs/ca.pem", "certs/CA.pem", "../certs/ca.pem"]) {
  Deno.test(`site files: "${path}" is not part of the configuration, however near it is to one that is`, () => {
    const files = siteFiles(() => CONTENTS);
    for (const read of [files.bytes, files.text]) {
      throws(() => read(path), { code: "CFG_UNREADABLE", message: new RegExp(`"${path}"`), hint: "Run `check`" });
    }
  });
}

Deno.test("site files: after a reload the new contents are given, and a caller cannot change them", () => {
  let contents: Record<string, string> = { a: btoa("old") };
  const files = siteFiles(() => contents);
  files.bytes("a").fill(0);
  equal(files.text("a"), "old");
  contents = { b: btoa("new") };
  equal(files.text("b"), "new");
  throws(() => files.text("a"), { code: "CFG_UNREADABLE" });
});
