import { deepEqual } from "node:assert/strict";
import { localPorts } from "./local_ports.ts";

Deno.test("modbus local ports: each end hears what the other posts, at once and in order", () => {
  const [one, other] = localPorts(), heard: unknown[] = [];
  one.onmessage = ({ data }) => heard.push(["one", data]);
  other.onmessage = ({ data }) => {
    heard.push(["other", data]);
    if (data === "ask") other.postMessage("answer");
  };
  one.postMessage("ask");
  one.postMessage("more");
  deepEqual(heard, [["other", "ask"], ["one", "answer"], ["other", "more"]]);
});

Deno.test("modbus local ports: bytes come as they are, and nobody who hears is no fault", () => {
  const [one, other] = localPorts(), bytes = Uint8Array.of(1, 2), heard: unknown[] = [];
  one.postMessage(bytes);
  other.onmessage = ({ data }) => heard.push(data);
  one.postMessage(bytes);
  deepEqual([heard.length, heard[0] === bytes], [1, true]);
});
