/**
 * Sends one upgrade request over plain TCP, byte for byte as given, and answers with the HTTP status. A header set to
 * undefined is left out.
 */
export async function rawUpgrade(
  port: number,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<number> {
  const all: Record<string, string | undefined> = {
    Host: `127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ocpp1.6",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) =>
    `${name}: ${value}`
  );
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n")));
  const buffer = new Uint8Array(4_096);
  const length = await connection.read(buffer) ?? 0;
  return Number(/^HTTP\/1\.1 (\d+)/.exec(new TextDecoder().decode(buffer.subarray(0, length)))?.[1] ?? 0);
}
