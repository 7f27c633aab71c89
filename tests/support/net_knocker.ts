// `deno run -A net_knocker.ts FILE ADDRESS PORT...`: tries the ports without end and writes each one that answered into FILE.
import { connect } from "node:net";

const [file = "", host = "", ...ports] = Deno.args;

/** One try of one port. While the link is down it fails at once; what is dropped ends after a fifth of a second. */
function knock(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 200 });
    const end = (isOpen: boolean) => (socket.destroy(), resolve(isOpen));
    socket.on("connect", () => end(true)).on("timeout", () => end(false)).on("error", () => end(false));
  });
}

await Deno.writeTextFile(file, "started\n");
for (;;) {
  for (const port of ports.map(Number)) {
    if (await knock(port)) await Deno.writeTextFile(file, `${port}\n`, { append: true });
  }
}
