import { equal, match } from "node:assert/strict";
import { createServer } from "node:net";

const ROOT = new URL("../../", import.meta.url).pathname;
const OFFSET = 20_000;

async function demo(...args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "demo", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("demo: 20 seconds charge at every station, lose nothing, refuse every attack and end with 0", async () => {
  const { code, text } = await demo("--seconds", "20", "--plain", "--port-offset", String(OFFSET));
  equal(code, 0, text);
  match(text, /All is well\.\n$/);
  match(text, /13 attacks, 13 refused/);
  match(
    text,
    /Modbus: energy manager: \d+ reads \(230 V\), limit 1[06] A after \d+ writes, [1-9]\d* writes of a failsafe refused/,
  );
  match(text, /refused {2}a known station id with a wrong password: HTTP 401 by rule admission\.credential/);
});

Deno.test("demo: a taken port is named with what to type instead", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(8443 + OFFSET + 1_000, "127.0.0.1", () => resolve()));
  try {
    const { code, text } = await demo("--seconds", "5", "--port-offset", String(OFFSET + 1_000));
    equal(code, 1);
    match(text, /DEMO_PORT_TAKEN.*29443 \(console\)[^]*--port-offset/);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("demo: wrong arguments are usage errors", async () => {
  const { code, text } = await demo("--seconds", "soon");
  equal(code, 2);
  match(text, /CLI_USAGE.*from 5 to 86400/);
});
