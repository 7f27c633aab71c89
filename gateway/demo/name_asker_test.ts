import { deepEqual, match } from "node:assert/strict";
import { ManualTime } from "../../tests/support/manual_time.ts";
import { waitFor } from "../../tests/support/wait_for.ts";
import { decodeQuery, RCODES, sendAnswer, writeAnswer } from "../dns/codec.ts";
import { DEMO_NAMES, NameAsker } from "./name_asker.ts";

Deno.test("demo names: two questions at once and each period; answers and refusals are counted, rubbish is not", async () => {
  const server = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = server.addr as Deno.NetAddr;
  const time = new ManualTime();
  const asker = new NameAsker("127.0.0.1", port, time);
  const asked: string[] = [];
  const answerTwo = async () => {
    for (let count = 0; count < 2; count++) {
      const [bytes, from] = await server.receive();
      const query = decodeQuery(bytes);
      asked.push(query.name);
      const rcode = query.name === DEMO_NAMES.refused ? RCODES.refused : 0;
      const answer = sendAnswer(writeAnswer(query, { rcode, answers: [] }), query, { ageSeconds: 0, maxBytes: 512 });
      await server.send(Uint8Array.of(1, 2, 3), from);
      await server.send(bytes, from); // its own question back
      await server.send(answer, from);
    }
  };
  await answerTwo();
  await waitFor("both counts", () => asker.line.startsWith("1 names answered, 1 refused"));
  time.advance(9_999);
  time.advance(1);
  await answerTwo();
  await waitFor("both counts again", () => asker.line.startsWith("2 names answered, 2 refused"));
  deepEqual(asked.sort(), [DEMO_NAMES.own, DEMO_NAMES.own, DEMO_NAMES.refused, DEMO_NAMES.refused]);
  match(asker.line, /telemetry\.vendor\.example/);
  asker.stop();
  server.close();
  deepEqual(time.armed, 0);
});

Deno.test("demo names: with nobody there it goes on asking", () => {
  const time = new ManualTime();
  const asker = new NameAsker("127.0.0.1", 9, time);
  time.advance(60_000);
  match(asker.line, /^0 names answered, 0 refused/);
  asker.stop();
});
