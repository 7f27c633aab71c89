import { imageOf, TOKEN, withServing } from "../../../gateway/firmware/testing/serving_rig.ts";
import { startFirmware } from "../../../gateway/firmware/serving/serve_service.ts";
import { TestCa } from "../../support/test_ca.ts";
import { childOf, ownSeconds, secondsOfProcess } from "./processor_time.ts";
import { waitFor } from "../../support/wait_for.ts";

/** One way to serve, timed by the same client in the same run. */
export interface TimedServing {
  readonly name: string;
  /** The best of all rounds. */
  readonly seconds: number;
  /** Processor seconds of the server, the least of all rounds. */
  readonly cpu: number;
  /** Speed as a share of nginx's, by the clock and by processor time. */
  readonly ratio: number;
  readonly cpuRatio: number;
}

/** Serves an image of this size by HTTPS to curl, and the same file by nginx with one worker, turn by turn. */
export async function benchServe(bytes: number, rounds: number): Promise<readonly TimedServing[]> {
  const ca = new TestCa("Bench"), { certPem, keyPem } = ca.server(["127.0.0.1"]);
  const best = new Map<string, number>(), least = new Map<string, number>();
  await withServing({
    listeners: [{ name: "firmware", protocol: "https", host: "127.0.0.1", port: 0 }],
    start: startFirmware,
    image: pattern(bytes),
    rates: { site: 1e12, station: 1e12 },
    trust: {
      identities: [{ keyType: "ec", names: ["127.0.0.1"], certPem, keyPem }],
      clientCas: [],
      denied: { fingerprints: [], serials: [] },
      organizations: [],
    },
  }, async (rig) => {
    await Deno.writeTextFile(`${rig.folder}/cert.pem`, certPem);
    await Deno.writeTextFile(`${rig.folder}/key.pem`, keyPem);
    const port = await freePort(), nginx = startNginx(rig.folder, port);
    try {
      const ways: readonly (readonly [name: string, url: string, before: (round: number) => void])[] = [
        ["nginx", `https://127.0.0.1:${port}/${rig.sha256}`, () => {}],
        ["gateway, a download begins: the image is read anew", own(rig), (round) => {
          rig.grant = rig.download({ id: `new-${round}` });
        }],
        ["gateway, a download goes on", own(rig), () => {
          rig.grant = rig.download({ id: "new-0" });
        }],
      ];
      await waitFor(
        "nginx",
        () => Deno.connect({ hostname: "127.0.0.1", port }).then((open) => (open.close(), true), () => false),
      );
      const worker = childOf(nginx.pid);
      for (let round = 0; round < rounds; round++) {
        for (const [name, url, before] of ways) {
          before(round);
          const spent = name === "nginx" ? () => secondsOfProcess(worker) : ownSeconds, from = spent();
          const seconds = await fetchOnce(url, bytes);
          least.set(name, Math.min(spent() - from, least.get(name) ?? Infinity));
          best.set(name, Math.min(seconds, best.get(name) ?? Infinity));
        }
      }
    } finally {
      nginx.kill("SIGTERM");
      await nginx.status;
    }
  });
  return [...best].map(([name, seconds]) => {
    const cpu = least.get(name)!;
    return { name, seconds, cpu, ratio: best.get("nginx")! / seconds, cpuRatio: least.get("nginx")! / cpu };
  });
}

const own = (rig: { port(name: string): number }) => `https://127.0.0.1:${rig.port("firmware")}/f/${TOKEN}/fw.deb`;

/** A piece again and again: what the bytes are does not matter here. */
function pattern(bytes: number): Uint8Array<ArrayBuffer> {
  const piece = imageOf(1_048_576), image = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += piece.length) image.set(piece.subarray(0, Math.min(piece.length, bytes - at)), at);
  return image;
}

async function fetchOnce(url: string, bytes: number): Promise<number> {
  const format = "%{size_download} %{time_total} %{http_code}";
  const { stdout } = await new Deno.Command("curl", {
    args: ["-sk", "--http1.1", "-o", "/dev/null", "-w", format, url],
    stderr: "null",
  }).output();
  const [size, seconds, status] = new TextDecoder().decode(stdout).split(" ").map(Number);
  if (size !== bytes || status !== 200) throw new Error(`${url} gave ${size} bytes with status ${status}`);
  return seconds!;
}

function startNginx(folder: string, port: number): Deno.ChildProcess {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${folder}/t-${name};`
  );
  Deno.writeTextFileSync(
    `${folder}/nginx.conf`,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 64; }
http { access_log off; sendfile on; ${paths.join(" ")}
  server { listen 127.0.0.1:${port} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    location / { root ${folder}/verified; } } }\n`,
  );
  // Started by root it works as another user, who may not enter the folder.
  Deno.chmodSync(folder, 0o755);
  const args = ["-p", folder, "-e", `${folder}/nginx.log`, "-c", `${folder}/nginx.conf`];
  return new Deno.Command("nginx", { args, stdout: "null", stderr: "null" }).spawn();
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return await Promise.resolve(port);
}
