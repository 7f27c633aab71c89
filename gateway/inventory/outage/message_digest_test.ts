import { equal, notEqual } from "node:assert/strict";
import { messageDigest } from "./message_digest.ts";

const start = (id: string, meter: number) =>
  `[2,"${id}","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":${meter},"timestamp":"2026-11-21T08:00:00Z"}]`;

Deno.test("message digest: a message sent again under another id is the same message", () => {
  equal(messageDigest("StartTransaction", start("1", 5)), messageDigest("StartTransaction", start("2", 5)));
  notEqual(messageDigest("StartTransaction", start("1", 5)), messageDigest("StartTransaction", start("1", 6)));
});

Deno.test("message digest: equal payloads of two actions are two messages", () => {
  notEqual(messageDigest("MeterValues", `[2,"1","MeterValues",{}]`), messageDigest("X", `[2,"1","X",{}]`));
});

Deno.test("message digest: two equal reports without a time are two events unless the id is the same too", () => {
  const status = (id: string) => `[2,"${id}","FirmwareStatusNotification",{"status":"Downloading"}]`;
  notEqual(
    messageDigest("FirmwareStatusNotification", status("1")),
    messageDigest("FirmwareStatusNotification", status("2")),
  );
  equal(
    messageDigest("FirmwareStatusNotification", status("1")),
    messageDigest("FirmwareStatusNotification", status("1")),
  );
});
