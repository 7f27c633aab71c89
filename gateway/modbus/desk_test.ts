import { deepEqual } from "node:assert/strict";
import { waitFor } from "../../tests/support/wait_for.ts";
import { nullLogger } from "../core/log.ts";
import { DeskClient, DeskServer } from "./desk.ts";
import type { Asker } from "./policy.ts";

const ASKER: Asker = { client: "ems", role: "Manager", source: "10.0.0.1", listener: "ems" };
const READ = Uint8Array.of(3, 0, 0, 0, 1);

/** Both ends over a real channel; the messages that crossed it. */
function rig() {
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [], answers: string[] = [];
  let messages = 0;
  const counted = {
    onmessage: null as ((event: MessageEvent) => void) | null,
    postMessage: (message: unknown) => port2.postMessage(message),
  };
  port2.onmessage = (event) => {
    messages++;
    counted.onmessage?.(event);
  };
  const _server: DeskServer = new DeskServer(counted, {
    opened: (connection, { client, role }) => void heard.push(`opened ${connection} ${client} ${role}`),
    closed: (connection) => void heard.push(`closed ${connection}`),
    asked: ({ sequence, connection, unit, pdu }) => {
      heard.push(`asked ${sequence} by ${connection} of ${unit}: ${pdu.join(" ")}`);
      _server.answer(sequence, Uint8Array.of(0x83, sequence));
    },
  }, nullLogger);
  const client = new DeskClient(port1, (sequence, pdu) => void answers.push(`${sequence}: ${pdu.join(" ")}`));
  const close = () => {
    port1.close();
    port2.close();
  };
  return { client, heard, answers, port1, messages: () => messages, close };
}

Deno.test("modbus desk: a client's coming, requests and going arrive in order, and each answer finds its way", async () => {
  const { client, heard, answers, messages, close } = rig();
  client.opened(7, ASKER);
  client.ask({ sequence: 1, connection: 7, unit: 11, pdu: READ });
  client.ask({ sequence: 2, connection: 7, unit: 12, pdu: READ });
  client.closed(7);
  await waitFor("both answers", () => answers.length === 2);
  deepEqual(heard, [
    "opened 7 ems Manager",
    "asked 1 by 7 of 11: 3 0 0 0 1",
    "asked 2 by 7 of 12: 3 0 0 0 1",
    "closed 7",
  ]);
  deepEqual(answers, ["1: 131 1", "2: 131 2"]);
  deepEqual(messages(), 3, "two requests were one message");
  close();
});

Deno.test("modbus desk: a message that cannot be read is left out, the next one is heard", async () => {
  const { client, heard, port1, close } = rig();
  port1.postMessage(Uint8Array.of(1, 2, 3));
  port1.postMessage("no json");
  client.closed(9);
  await waitFor("the last message", () => heard.length === 1);
  deepEqual(heard, ["closed 9"]);
  close();
});
