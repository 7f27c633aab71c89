import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { SimDevice } from "./simulated_device.ts";

/** Answers that real devices give and standards do not know, by path. Each is sent as it stands, then the connection ends. */
export const NASTY_ANSWERS: Readonly<Record<string, string>> = {
  "/http10": "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nclose-delimited",
  "/lf-only": "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 7\n\nlf-only",
  "/no-reason": "HTTP/1.1 200\r\nContent-Length: 9\r\n\r\nno-reason",
  "/status-999": "HTTP/1.1 999 Odd\r\nContent-Length: 3\r\n\r\n999",
  "/latin1": "HTTP/1.1 200 OK\r\nX-Place: Stra\xdfe\r\nContent-Length: 6\r\n\r\nlatin1",
  "/short": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off",
  "/two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nthree",
  "/space-in-name": "HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 2\r\n\r\nno",
  "/http09": "no head at all",
  "/both-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nboth!\r\n0\r\n\r\n",
  "/bad-gzip": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
};

/** A device of the worst kind: raw bytes, HTTP/1.0, no second request on a connection. */
export async function startNastyDevice(hostname = "127.0.0.1", port = 0): Promise<SimDevice> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let text = "";
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => sockets.delete(socket));
    socket.on("data", (part) => {
      text += String(part);
      const line = /^(\S+) (\S+) HTTP\/1\.[01]\r\n[\s\S]*\r\n\r\n/.exec(text);
      if (!line || asked.length > 10_000) return;
      asked.push(`${line[1]} ${line[2]}`);
      const answer = NASTY_ANSWERS[line[2]!] ?? NASTY_ANSWERS["/http10"]!;
      socket.end(Uint8Array.from(answer, (character) => character.charCodeAt(0)));
    });
  });
  server.listen(port, hostname);
  await once(server, "listening");
  const dropAll = () => sockets.forEach((socket) => socket.destroy());
  return {
    origin: `http://${hostname}:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => connections,
    dropAll,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      dropAll();
      await closed;
    },
  };
}
