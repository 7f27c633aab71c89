import { deepEqual, equal, match } from "node:assert/strict";
import { createHash, createSign } from "node:crypto";
import { connect } from "node:tls";
import { stringify } from "yaml";
import { ConsoleClient } from "../support/console_client.ts";
import { tarOf } from "../support/firmware_rig.ts";
import { reservePorts } from "../support/gateway_process.ts";
import { runGateway } from "../support/run_gateway.ts";
import { ADMIN_PASSWORD, claimAdministrator } from "../support/signed_in.ts";
import { TestCa } from "../support/test_ca.ts";
import { TufRepository } from "../support/tuf_repository.ts";
import { waitFor } from "../support/wait_for.ts";

const MEGABYTES = Number(Deno.env.get("UPLOAD_MEGABYTES") ?? 24);
const PIECE = new Uint8Array(1_000_000).map((_, at) => at * 31);
const root = new TestCa("Bender firmware root");
const signer = root.issue({});

/** An image that comes in pieces. */
function image() {
  return { name: "ebee_firmware.deb", bytes: MEGABYTES * PIECE.length, parts: Array(MEGABYTES).fill(PIECE) };
}

/** Begins an upload and leaves when `isThere` says that some of it is on the disk. */
async function breakOff(base: string, browser: ConsoleClient, isThere: () => boolean): Promise<void> {
  const { port } = new URL(base), token = browser.cookie("__Host-bulkhead-form");
  const socket = connect({ host: "127.0.0.1", port: Number(port), rejectUnauthorized: false }); // loopback, the site's CA
  const part = (disposition: string, content: string) =>
    `--B\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}`;
  const head = [
    "POST /firmware/images/upload HTTP/1.1",
    `Host: localhost:${port}`,
    `Cookie: __Host-bulkhead-form=${token}; __Host-bulkhead-session=${browser.cookie("__Host-bulkhead-session")}`,
    `Content-Type: multipart/form-data; boundary=B`,
    `Content-Length: ${PIECE.length}`,
  ].join("\r\n");
  socket.write(
    `${head}\r\n\r\n${part('name="_token"', `${token}\r\n`)}${part('name="file"; filename="a.deb"', "half")}`,
  );
  await waitFor("the upload to begin", isThere);
  socket.destroy();
}

async function setUp(folder: string): Promise<string> {
  const repository = new TufRepository();
  repository.vendor("bender");
  repository.image("bender", "bender/CC613/b.deb", PIECE, { version: "5.34.0" });
  repository.publish();
  await Deno.writeTextFile(
    `${folder}/root.json`,
    repository.pinned,
  );
  await Deno.writeTextFile(`${folder}/roots.pem`, root.pem);
  await Deno.writeFile(`${folder}/fleet.fwb`, await tarOf(repository.files));
  const { console: port } = reservePorts();
  const vendor = { vendor: "bender", manufacturerRootsFile: "roots.pem", formats: ["deb"], maxMegabytes: MEGABYTES };
  await Deno.writeTextFile(
    `${folder}/site.yaml`,
    stringify({
      version: 1,
      site: { id: "garage-12", dataDir: "./data" },
      console: { listen: `127.0.0.1:${port}`, hostname: "localhost" },
      people: {},
      firmware: { rootFile: "root.json", quotaMegabytes: MEGABYTES * 2, vendors: [vendor] },
    }),
  );
  return `https://localhost:${port}`;
}

Deno.test("firmware upload: an image and a bundle through the browser's forms, judged before they are stored; what breaks off leaves nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-upload-" });
  const base = await setUp(folder);
  const gateway = runGateway(`${folder}/site.yaml`);
  const names = (of: string) => [...Deno.readDirSync(`${folder}/data/firmware/${of}`)].map(({ name }) => name);
  const page = "/firmware/images/upload";
  try {
    await gateway.ready(120_000);
    const browser = new ConsoleClient(base);
    await claimAdministrator(browser, /^SETUP code (\S+)/m.exec(gateway.text())![1]!);

    // A stranger's file is not taken, and what breaks off leaves nothing.
    const tiny = { name: "a.deb", bytes: 1, parts: [PIECE.subarray(0, 1)] };
    equal((await new ConsoleClient(base).upload("/login", page, {}, tiny)).status, 401);
    deepEqual(names("uploads"), []);
    await breakOff(base, browser, () => names("uploads").length === 1);
    await waitFor("the broken upload to be gone", () => names("uploads").length === 0);

    const whole = createHash("sha256"), signing = createSign("sha256");
    for (const piece of image().parts) {
      whole.update(piece);
      signing.update(piece);
    }
    const sha256 = whole.digest("hex"), signature = signing.sign(signer.key);
    const claim = {
      vendor: "bender",
      version: "5.34.1",
      signature: signature.toString("base64"),
      certificate: signer.certPem,
    };
    const judged = await browser.upload(page, page, claim, image());
    equal(judged.status, 200, judged.text);
    match(judged.text, /Nothing is stored yet/);
    match(judged.text, /proved by ocpp-signature/);
    deepEqual([names("verified"), names("uploads").length], [[], 1]);
    const [upload] = names("uploads");

    const keep = { ...claim, upload: upload!, fileName: "ebee_firmware.deb" };
    const kept = await browser.post(page, `${page}/keep`, keep);
    equal(kept.location, `/firmware/images/${sha256}`, kept.text);
    deepEqual([names("verified"), names("uploads")], [[sha256], []]);

    const tar = await Deno.readFile(`${folder}/fleet.fwb`);
    const bundle = await browser.upload(page, page, {}, { name: "fleet.fwb", bytes: tar.length, parts: [tar] });
    match(bundle.text, /bender\/CC613\/b\.deb/);
    match(bundle.text, /proved by tuf/);
    equal(names("verified").length, 1);
    const taken = await browser.post(page, `${page}/keep`, { upload: names("uploads")[0]!, fileName: "fleet.fwb" });
    match(taken.location ?? taken.text, /^\/firmware\/images\/[0-9a-f]{64}$/);
    deepEqual([names("verified").length, names("uploads")], [2, []]);
    equal(gateway.text().includes(ADMIN_PASSWORD), false);
  } catch (error) {
    throw new Error(`${error}\n${gateway.text().slice(-4_000)}`, { cause: error });
  } finally {
    await gateway.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
