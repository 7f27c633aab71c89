import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { ManualTime } from "../../../../tests/support/manual_time.ts";
import { dataFolders } from "../../../core/data_folders.ts";
import { GatewayError } from "../../../core/errors.ts";
import { seededRandom } from "../../../demo/seeded_random.ts";
import { HandOuts } from "./hand_outs.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import type { StoredUpload } from "./upload_book.ts";

const UPLOAD = {
  id: "u1",
  stationId: "CP001",
  file: "ab",
  key: "a2V5",
  fileName: "diag.log",
  bytes: 9,
} as StoredUpload;

/** Hand-outs of a control whose Worker writes the password into the ZIP, so that the test sees it. */
async function withHandOuts(
  test: (rig: {
    handOuts: HandOuts;
    time: ManualTime;
    names: () => string[];
    audited: Record<string, unknown>[];
    folder: string;
    again: () => Promise<HandOuts>;
    worker: { fault?: Error };
  }) => Promise<void>,
): Promise<void> {
  const dataDir = await Deno.makeTempDir(), folder = dataFolders({ dataDir }).handOuts;
  const time = new ManualTime(), audited: Record<string, unknown>[] = [], worker: { fault?: Error } = {};
  const call = async (method: string, order: { handOut: string; password: string; file: string; key: string }) => {
    deepEqual([method, order.file, order.key], ["firmware.hand-out", "ab", "a2V5"]);
    if (worker.fault) throw worker.fault;
    await Deno.writeTextFile(`${folder}/${order.handOut}`, order.password);
    return { bytes: 23 };
  };
  const context = {
    box: { dataDir },
    clock: time,
    random: seededRandom(7),
    audit: { record: (event: Record<string, unknown>) => Promise.resolve(void audited.push(event)) },
    workers: { get: () => ({ call }) },
  };
  const again = () =>
    HandOuts.open({
      context: context as never,
      upload: (id) => id === "u1" ? UPLOAD : id === "u2" ? { ...UPLOAD, bytes: undefined } as never : undefined,
    });
  try {
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name);
    await test({ handOuts: await again(), time, names, audited, folder, again, worker });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("BC-11: a station's log is handed out as an encrypted ZIP, its password apart, once, and both are on record", () =>
  withHandOuts(async ({ handOuts, audited, folder, names }) => {
    const { id, expiresAt: _, ...made } = await handOuts.make("u1", "olga");
    deepEqual(made, { uploadId: "u1", stationId: "CP001", fileName: "CP001-diag.log.zip", bytes: 23 });
    match(id, /^[0-9a-f]{32}$/);
    const password = await handOuts.reveal(id, "anna");
    match(password, /^([0-9a-hj-km-np-tv-z]{5}-){3}[0-9a-hj-km-np-tv-z]{5}$/);
    equal(await Deno.readTextFile(`${folder}/${names()[0]}`), password);
    await rejects(handOuts.reveal(id, "anna"), { code: "FIRMWARE_REFUSED" });
    deepEqual(
      audited.map(({ event, who, outcome, target }) => [event, who, outcome, target]),
      [
        ["transfer.upload.handed-out", "olga", "ok", "CP001"],
        ["transfer.upload.password-revealed", "anna", "ok", "CP001"],
        ["transfer.upload.password-revealed", "anna", "refused", "CP001"],
      ],
    );
    equal(JSON.stringify(audited).includes(password), false, "no password in the audit");
  }));

Deno.test("hand-outs: two who ask at once are not both told", () =>
  withHandOuts(async ({ handOuts }) => {
    const { id } = await handOuts.make("u1", "olga");
    const told = await Promise.allSettled([handOuts.reveal(id, "anna"), handOuts.reveal(id, "ben")]);
    deepEqual(told.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  }));

Deno.test("hand-outs: every one has a password of its own", () =>
  withHandOuts(async ({ handOuts }) => {
    const passwords = new Set<string>();
    for (let at = 0; at < 8; at++) passwords.add(await handOuts.reveal((await handOuts.make("u1", "o")).id, "a"));
    equal(passwords.size, 8);
  }));

Deno.test("hand-outs: they go after their time, and what was taken away before is no fault", () =>
  withHandOuts(async ({ handOuts, time, names, folder }) => {
    const { id } = await handOuts.make("u1", "olga");
    const taken = await handOuts.make("u1", "olga");
    await Deno.remove(`${folder}/${taken.id}`);
    time.advance(TRANSFER_LIMITS.handOutMs - 1);
    await handOuts.tick();
    deepEqual(names(), [id]);
    time.advance(1);
    await handOuts.tick();
    deepEqual(names(), []);
    await rejects(handOuts.reveal(id, "anna"), { code: "UPLOAD_UNKNOWN" });
  }));

Deno.test("hand-outs: after a restart none is left, since nobody knows the password", () =>
  withHandOuts(async ({ handOuts, names, again }) => {
    const { id } = await handOuts.make("u1", "olga");
    const next = await again();
    deepEqual(names(), []);
    await rejects(next.reveal(id, "anna"), { code: "UPLOAD_UNKNOWN" });
    notEqual((await next.make("u1", "olga")).id, id);
  }));

Deno.test("hand-outs: as many as the limit, and not one more until one has gone", () =>
  withHandOuts(async ({ handOuts, time }) => {
    for (let at = 0; at < TRANSFER_LIMITS.handOuts; at++) await handOuts.make("u1", "olga");
    await rejects(handOuts.make("u1", "olga"), { code: "FIRMWARE_FULL" });
    time.advance(TRANSFER_LIMITS.handOutMs);
    await handOuts.tick();
    await handOuts.make("u1", "olga");
  }));

for (
  const [what, id] of [["nobody knows", "u9"], ["has not come yet", "u2"], ["has a strange name", "x".repeat(500)]]
) {
  Deno.test(`hand-outs: a file that ${what} is refused by name`, () =>
    withHandOuts(async ({ handOuts, audited }) => {
      await rejects(
        handOuts.make(id!, "olga"),
        (error: GatewayError) =>
          error.code === "UPLOAD_UNKNOWN" && error.message.length < 200 && error.hint !== undefined,
      );
      deepEqual(audited, []);
    }));
}

Deno.test("hand-outs: a Worker that cannot make the ZIP leaves nothing that could be revealed", () =>
  withHandOuts(async ({ handOuts, audited, names, worker }) => {
    worker.fault = new GatewayError("UPLOAD_BROKEN", "piece 3 is not what was written");
    await rejects(handOuts.make("u1", "olga"), { code: "UPLOAD_BROKEN" });
    deepEqual([audited, names()], [[], []]);
  }));
