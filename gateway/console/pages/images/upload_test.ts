import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GARAGE_ANSWERS } from "../../../../tests/support/console_answers.ts";
import { ConsoleRig, type ConsoleRigOptions, RIG_TOKEN } from "../../../../tests/support/console_rig.ts";
import { GatewayError } from "../../../core/errors.ts";
import { systemRandom } from "../../../core/timers.ts";
import { CONSOLE_LIMITS } from "../../limits.ts";
import { DropFolder } from "../../upload/drop_folder.ts";

type Part = readonly [disposition: string, content: string];
const TOKEN: Part = ['name="_token"', RIG_TOKEN];
const FILE: Part = ['name="file"; filename="ebee 5.34.deb"', "the image"];

/** A console with a drop folder of its own. */
class Rig implements AsyncDisposable {
  private constructor(readonly folder: string, readonly console: ConsoleRig) {}

  static async up(options: ConsoleRigOptions = {}, imageBytes = 100, quotaBytes = 1_000): Promise<Rig> {
    const folder = await Deno.makeTempDir();
    const drop = new DropFolder({ folder, imageBytes, quotaBytes }, systemRandom);
    return new Rig(folder, new ConsoleRig({ answers: GARAGE_ANSWERS, drop, ...options }));
  }

  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name);
  }

  /** Posts a form with parts, as a browser does. */
  async post(parts: readonly Part[], headers: Record<string, string> = {}): Promise<Response> {
    const body = parts.map(([disposition, content]) =>
      `--B\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`
    ).join("");
    const type = { "content-type": "multipart/form-data; boundary=B", origin: "https://gw.garage-12.example" };
    return await this.console.post("/firmware/images/upload", {}, { ...type, ...headers }, `${body}--B--\r\n`);
  }

  /** What the last `firmware import` was asked. */
  imported(): Record<string, unknown> {
    return this.console.askedOf("command firmware import").at(-1)?.args;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("upload page: two forms with files whose token comes first, and none who may not", async () => {
  await using rig = await Rig.up();
  const page = await rig.console.text("/firmware/images/upload");
  const forms = [
    ...page.matchAll(
      /<form method="post" action="\/firmware\/images\/upload" enctype="multipart\/form-data">(<input [^>]*>)/g,
    ),
  ];
  deepEqual(forms.map(([, first]) => first), Array(2).fill(`<input type="hidden" name="_token" value="${RIG_TOKEN}">`));
  match(page, /type="file"[^>]*required[^>]*accept="\.fwb"|accept="\.fwb"/);
  await using looker = await Rig.up({ may: ["command firmware list"] });
  equal((await looker.console.get("/firmware/images/upload")).status, 403);
  equal((await looker.console.text("/firmware/images")).includes("/firmware/images/upload"), false);
});

Deno.test("upload: the verdict is shown before anything is stored, the same file is then taken by a second form", async () => {
  await using rig = await Rig.up();
  const said: Part[] = [['name="vendor"', "bender"], ['name="version"', "5.34.0"], ['name="models"', ""]];
  const answer = await rig.post([TOKEN, ...said, ['name="signature"; filename="a.sig"', "c2ln\n"], FILE]);
  const page = await answer.text();
  equal(answer.status, 200);
  match(page, /Nothing is stored yet/);
  match(page, /Vendor is known/);
  const [upload] = rig.files();
  match(upload!, /^[0-9a-f]{32}$/);
  equal(await Deno.readTextFile(`${rig.folder}/${upload}`), "the image");
  const args = { upload, vendor: "bender", version: "5.34.0", signature: "c2ln\n", fileName: "ebee 5.34.deb" };
  deepEqual(rig.imported(), { ...args, keep: true, accept: false });
  ok(page.includes(`name="upload" value="${upload}"`));
  match(page, /action="\/firmware\/images\/upload\/keep"/);
  const kept = await rig.console.post("/firmware/images/upload/keep", args as Record<string, string>);
  deepEqual([kept.status, kept.headers.get("location")], [303, `/firmware/images/${"d".repeat(64)}`]);
  deepEqual(rig.imported(), { ...args, keep: true, accept: true });
});

Deno.test("upload: a bundle shows every image with its chain, and what is not refused is taken", async () => {
  await using rig = await Rig.up();
  const page = await (await rig.post([TOKEN, ['name="file"; filename="fleet.FWB"', "tar"]])).text();
  match(page, /bender\/CC613\/d\.deb[\s\S]*bender\/CC613\/e\.deb[\s\S]*below the floor/);
  match(page, /Take what is not refused/);
  const [upload] = rig.files();
  deepEqual(rig.imported(), { upload, bundle: true, keep: true, accept: false });
  const kept = await rig.console.post("/firmware/images/upload/keep", { upload: upload!, fileName: "fleet.FWB" });
  equal(kept.headers.get("location"), "/firmware/images");
});

Deno.test("upload: what is refused can be said better without bringing the file again, or thrown away", async () => {
  const verdict = { outcome: "refused", rule: "firmware.floor", why: "too old", steps: [], evidence: [] };
  const answers = {
    ...GARAGE_ANSWERS,
    "command firmware import": { text: "", data: { verdict, sha256: "ab", sizeBytes: 1 } },
  };
  await using rig = await Rig.up({ answers });
  const page = await (await rig.post([TOKEN, ['name="vendor"', "bender"], ['name="version"', "5.1"], FILE])).text();
  equal(page.includes("/upload/keep"), false);
  match(page, /name="version" [^>]*value="5\.1"|value="5\.1" name="version"|value="5\.1"/);
  const [upload] = rig.files();
  const fields = { upload: upload!, fileName: "ebee.zip", vendor: "bender", version: "5.34.0", entry: "a/b.deb" };
  equal((await rig.console.post("/firmware/images/upload", fields)).status, 200);
  deepEqual(rig.imported(), {
    upload,
    vendor: "bender",
    version: "5.34.0",
    entry: "a/b.deb",
    keep: true,
    accept: false,
  });
  rig.console.answers["command firmware import"] = { text: "gone", data: {} };
  equal((await rig.console.post("/firmware/images/upload/discard", { upload: upload! })).status, 303);
  deepEqual(rig.imported(), { upload, discard: true });
});

Deno.test("upload: a proof that has grown old is asked for without bringing the file again", async () => {
  const answers = {
    ...GARAGE_ANSWERS,
    "command firmware import": () => Promise.reject(new GatewayError("STEP_UP_NEEDED", "A fresh proof is wanted")),
  };
  await using rig = await Rig.up({ answers });
  const answer = await rig.post([TOKEN, ['name="vendor"', "bender"], ['name="version"', "1"], FILE]);
  const page = await answer.text();
  equal(answer.status, 422);
  ok(page.includes(`name="upload" value="${rig.files()[0]}"`));
  match(page, /name="fileName" value="ebee 5\.34\.deb"/);
});

const REFUSED: readonly [what: string, parts: readonly Part[], status: number, says: RegExp][] = [
  ["no token", [FILE], 403, /console\.form-token/],
  ["a token after the file", [FILE, TOKEN], 403, /console\.form-token/],
  ["a wrong token", [['name="_token"', "B".repeat(22)], FILE], 403, /console\.form-token/],
  ["a token of another length", [['name="_token"', ""], FILE], 403, /console\.form-token/],
  ["no file", [TOKEN, ['name="vendor"', "bender"]], 422, /no file in it/],
  ["a file that was not chosen", [TOKEN, ['name="file"; filename=""', ""]], 422, /no file in it/],
  ["two files", [TOKEN, FILE, FILE], 422, /two files/],
  [
    "a file of one byte too many",
    [TOKEN, ['name="file"; filename="a.deb"', "x".repeat(101)]],
    413,
    /more than 100 bytes/,
  ],
  ["a bundle of one byte too many", [TOKEN, ['name="file"; filename="a.fwb"', "x".repeat(1_001)]], 413, /1000 bytes/],
  [
    "fields that are too long",
    [TOKEN, ['name="notes"', "x".repeat(CONSOLE_LIMITS.bodyBytes)], FILE],
    422,
    /fields of more/,
  ],
  [
    "too many parts",
    [TOKEN, ...Array.from({ length: CONSOLE_LIMITS.formParts }, (): Part => ['name="a"', ""]), FILE],
    422,
    /parts/,
  ],
];
for (const [what, parts, status, says] of REFUSED) {
  Deno.test(`upload: a form with ${what} is refused and leaves nothing`, async () => {
    await using rig = await Rig.up();
    const answer = await rig.post(parts);
    equal(answer.status, status);
    match(await answer.text(), says);
    deepEqual(rig.files(), []);
    deepEqual(rig.console.askedOf("command firmware import"), []);
  });
}

Deno.test("upload: a file of as many bytes as the limit is taken, a bundle of as many as the quota", async () => {
  await using rig = await Rig.up();
  equal(
    (await rig.post([TOKEN, ['name="vendor"', "b"], ['name="version"', "1"], [
      'name="file"; filename="a.deb"',
      "x".repeat(100),
    ]])).status,
    200,
  );
  await Deno.remove(`${rig.folder}/${rig.files()[0]}`);
  equal((await rig.post([TOKEN, ['name="file"; filename="a.fwb"', "x".repeat(1_000)]])).status, 200);
  const full = await rig.post([TOKEN, ['name="file"; filename="b.deb"', "x"]]);
  equal(full.status, 507);
  match(await full.text(), /FIRMWARE_QUOTA/);
  equal(rig.files().length, 1);
});

Deno.test("upload: nobody's body is read who is not signed in, not allowed, or on another site's page", async () => {
  const unread = () => {
    throw new Error("the body was read");
  };
  const body = () => new ReadableStream({ pull: unread }, { highWaterMark: 0 });
  const type = { "content-type": "multipart/form-data; boundary=B" };
  await using out = await Rig.up({ isOut: true });
  equal((await out.console.post("/firmware/images/upload", {}, type, body())).status, 303);
  await using looker = await Rig.up({ may: ["command firmware list"] });
  equal((await looker.console.post("/firmware/images/upload", {}, type, body())).status, 403);
  await using own = await Rig.up();
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
    const answer = await own.console.post("/firmware/images/upload", {}, { ...type, ...headers }, body());
    match(await answer.text(), /console\.origin/);
  }
});

Deno.test("upload: parts are no way around the limit of other forms", async () => {
  await using rig = await Rig.up();
  const type = {
    "content-type": "multipart/form-data; boundary=B",
    "content-length": String(CONSOLE_LIMITS.bodyBytes + 1),
  };
  const answer = await rig.console.post("/firmware/images/fetch", {}, type, "--B--\r\n");
  equal(answer.status, 413);
});

Deno.test("upload: a site without firmware says so", async () => {
  const console = new ConsoleRig({ answers: GARAGE_ANSWERS });
  const type = { "content-type": "multipart/form-data; boundary=B" };
  const answer = await console.post("/firmware/images/upload", {}, type, "--B--\r\n");
  match(await answer.text(), /no firmware: section/);
});
