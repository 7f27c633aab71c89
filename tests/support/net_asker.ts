// `deno run -A net_asker.ts [MS]`: reads questions as JSON from standard input, asks all at once, prints who answered within MS ("" for nobody).
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { systemTimers } from "../../gateway/core/timers.ts";

/** One thing to reach. */
export interface Question {
  readonly protocol: "tcp" | "udp" | "ping";
  readonly address: string;
  readonly port: number;
}

/** What is dropped answers never; what passes answers in a millisecond, on a busy machine or after proxy ARP in a second. */
const PATIENCE_MS = Number(Deno.args[0] ?? 2_500);

function askTcp({ address, port }: Question): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ host: address, port, timeout: PATIENCE_MS });
    const end = () => (socket.destroy(), resolve(heard));
    socket.on("data", (bytes) => heard += bytes).on("timeout", end).on("error", end).on("close", end);
  });
}

function askUdp({ address, port }: Question): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (heard: string) => {
      cancel();
      socket.removeAllListeners();
      socket.close();
      resolve(heard);
    };
    const cancel = systemTimers.after(PATIENCE_MS, () => end(""));
    socket.on("message", (bytes) => end(String(bytes))).on("error", () => end(""));
    socket.bind(0, () => {
      socket.setBroadcast(true);
      socket.send("?", port, address, (error) => error && end(""));
    });
  });
}

async function askPing({ address }: Question): Promise<string> {
  const args = ["-q", "-c1", "-W", String(Math.ceil(PATIENCE_MS / 1_000)), address];
  const { success } = await new Deno.Command("ping", { args, stdout: "null", stderr: "null" }).output();
  return success ? "pong" : "";
}

if (import.meta.main) {
  const questions: readonly Question[] = JSON.parse(await new Response(Deno.stdin.readable).text());
  const ask = { tcp: askTcp, udp: askUdp, ping: askPing };
  const answers = await Promise.all(questions.map((question) => ask[question.protocol](question)));
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(answers)));
}
