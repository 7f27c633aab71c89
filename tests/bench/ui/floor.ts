/** The floor of the bench: a bare proxy of node:https and node:http in Deno, which judges, records and rewrites nothing. */
import { Agent, request } from "node:http";
import { createServer } from "node:https";

const [port, devicePort, folder, authorization] = Deno.args;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
const tls = {
  cert: Deno.readTextFileSync(`${folder}/front.pem`),
  key: Deno.readTextFileSync(`${folder}/front.key`),
};
createServer(tls, (incoming, response) => {
  const { cookie: _, ...headers } = incoming.headers;
  const outgoing = request({
    ...{ agent, host: "127.0.0.1", port: devicePort, method: incoming.method, path: incoming.url },
    headers: { ...headers, authorization: authorization! },
  }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  incoming.pipe(outgoing);
}).listen(Number(port), "127.0.0.1");
