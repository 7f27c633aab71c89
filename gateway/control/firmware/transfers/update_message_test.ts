import { equal } from "node:assert/strict";
import { fileNameOf, versionOf } from "./update_message.ts";

Deno.test("update message: the version in a file's name", () => {
  equal(versionOf("ebee_firmware_5.33.2-12230.deb"), "5.33.2-12230");
  equal(versionOf("v10-1.2.bin"), "1.2");
  equal(versionOf("fw2024_12.0.1"), "12.0.1");
  equal(versionOf("firmware7.bin"), "");
});

Deno.test("update message: a file name of nothing but digits, as long as a message may be, has no version at once", () => {
  const name = "1".repeat(1_000_000); // minutes, where each digit is a new beginning
  equal(versionOf(fileNameOf(`https://csms.example/fw/${name}`)), "");
  equal(versionOf(fileNameOf(`https://csms.example/fw/${name}-1.2.3`)), "1.2.3");
});
