import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import {
  createSshKey,
  type SftpServer,
  type SftpServerOptions,
  startSftpServer,
} from "../../tests/support/sftp_server.ts";
import { Site } from "../config/schema.ts";
import { withDeadline } from "../../tests/support/wait_for.ts";
import { sendBackup } from "./sftp.ts";
import { keyType, parseHostKey, parseSftpLocation, type SftpTarget, sftpTargets } from "./sftp_target.ts";

const hostKey = createSshKey(), userKey = createSshKey(), otherKey = createSshKey();
const FAILED = { name: "GatewayError", code: "BACKUP_FAILED" };

interface Scene {
  readonly root: string;
  readonly file: string;
  readonly server: SftpServer;
  readonly target: SftpTarget;
}

async function withServer(run: (scene: Scene) => Promise<void>, more: Partial<SftpServerOptions> = {}): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/root/garage`, { recursive: true });
  await Deno.writeFile(`${folder}/file`, new Uint8Array(1_000_000).map((_, at) => at % 251));
  const options = { root: `${folder}/root`, hostKeyPem: hostKey.pem, userKey: userKey.publicKey, ...more };
  const server = await startSftpServer(options);
  const place = { host: "127.0.0.1", port: server.port, user: "bulkhead", folder: "/garage" };
  const target = {
    ...place,
    privateKey: userKey.pem,
    hostKey: base64(hostKey.publicKey),
    sink: "s",
    keep: 3,
    site: "g12",
  };
  try {
    await withDeadline("the scene", run({ root: `${folder}/root/garage`, file: `${folder}/file`, server, target }));
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
const backup = (day: number) => `bulkhead-g12-202601${String(day).padStart(2, "0")}T000000Z.backup.age`;

Deno.test("sftp: a file arrives whole, under a temporary name until then", () =>
  withServer(async ({ root, file, server, target }) => {
    await sendBackup(target, file, backup(1));
    deepEqual(await Deno.readFile(`${root}/${backup(1)}`), await Deno.readFile(file));
    deepEqual(names(root), [backup(1)]);
    deepEqual(server.requests.slice(0, 2), [
      `OPEN /garage/${backup(1)}.part`,
      `RENAME /garage/${backup(1)}.part /garage/${backup(1)}`,
    ]);
  }));

Deno.test("sftp: the oldest backups of this site beyond the wanted number go, and no other file", () =>
  withServer(async ({ root, file, target }) => {
    const foreign = ["bulkhead-g120-20250101T000000Z.backup.age", "notes.txt", `${backup(1)}.part`];
    for (const name of [...foreign, backup(1), backup(2), backup(3)]) await Deno.writeTextFile(`${root}/${name}`, "x");
    await sendBackup(target, file, backup(4));
    deepEqual(names(root), [...foreign, backup(2), backup(3), backup(4)].sort());
  }));

Deno.test("sftp: a server with another host key gets nothing, both fingerprints are named", () =>
  withServer(async ({ root, file, target, server }) => {
    const sent = sendBackup({ ...target, hostKey: base64(otherKey.publicKey) }, file, backup(1));
    await rejects(sent, { ...FAILED, message: /another host key/, hint: /SHA256:\S+, pinned is SHA256:/ });
    deepEqual(names(root), []);
    deepEqual(server.requests, []);
  }));

Deno.test("sftp: a server that is not pinned gets nothing, its fingerprint is named", () =>
  withServer(async ({ root, file, target: { hostKey: _pin, ...target } }) => {
    await rejects(sendBackup(target, file, backup(1)), {
      ...FAILED,
      message: /not pinned \(it showed ssh-rsa SHA256:/,
    });
    deepEqual(names(root), []);
  }));

Deno.test("sftp: a refused login is an error that names no key", () =>
  withServer(async ({ file, target }) => {
    const error = await sendBackup({ ...target, privateKey: otherKey.pem }, file, backup(1)).then(
      () => undefined,
      (e) => e,
    );
    equal(error.code, "BACKUP_FAILED");
    equal(/BEGIN|PRIVATE/.test(`${error.message} ${error.cause}`), false);
  }));

Deno.test("sftp: a line that breaks in the middle is an error and leaves no file under the real name", () =>
  withServer(async ({ root, file, target }) => {
    await rejects(sendBackup(target, file, backup(1)), FAILED);
    equal(names(root).includes(backup(1)), false);
  }, { dieAfterBytes: 300_000 }));

Deno.test("sftp: a server whose disk is full keeps no half file, and the older backups", () =>
  withServer(async ({ root, file, target, server }) => {
    for (const day of [1, 2, 3]) await Deno.writeTextFile(`${root}/${backup(day)}`, "x");
    await rejects(sendBackup(target, file, backup(4)), FAILED);
    deepEqual(names(root), [backup(1), backup(2), backup(3)]);
    deepEqual(server.requests, [`OPEN /garage/${backup(4)}.part`, `REMOVE /garage/${backup(4)}.part`]);
  }, { diskBytes: 300_000 }));

Deno.test("sftp: a server that does not rename gets no half name, and the older backups stay", () =>
  withServer(async ({ root, file, target }) => {
    for (const day of [1, 2, 3]) await Deno.writeTextFile(`${root}/${backup(day)}`, "x");
    await rejects(sendBackup(target, file, backup(4)), FAILED);
    deepEqual(names(root), [backup(1), backup(2), backup(3)]);
  }, { refusesRename: true }));

Deno.test("sftp: after a broken line the next try writes the whole file over the half one", () =>
  withServer(async ({ root, file, target }) => {
    await rejects(sendBackup(target, file, backup(1)), FAILED);
    const server = await startSftpServer({
      root: root.replace(/\/garage$/, ""),
      hostKeyPem: hostKey.pem,
      userKey: userKey.publicKey,
    });
    await sendBackup({ ...target, port: server.port }, file, backup(1)).finally(() => server.close());
    deepEqual(await Deno.readFile(`${root}/${backup(1)}`), await Deno.readFile(file));
    deepEqual(names(root), [backup(1)]);
  }, { dieAfterBytes: 300_000 }));

Deno.test("sftp: a local file that is gone is an error, and nothing stays on the server", () =>
  withServer(async ({ root, target }) => {
    await rejects(sendBackup(target, "/nowhere/backup", backup(1)), FAILED);
    deepEqual(names(root), []);
  }));

Deno.test("sftp: a folder that does not exist and a server that does not answer are errors", () =>
  withServer(async ({ file, target, server }) => {
    await rejects(sendBackup({ ...target, folder: "/none" }, file, backup(1)), FAILED);
    await server.close();
    await rejects(sendBackup(target, file, backup(1)), FAILED);
  }));

Deno.test("sftp target: location with and without user and port", () => {
  const where = (text: string) => {
    const { user, host, port, folder } = parseSftpLocation(text);
    return `${user} ${host} ${port} ${folder}`;
  };
  equal(where("backup.example:/garage-12"), "bulkhead backup.example 22 /garage-12");
  equal(where("u@10.0.0.1:2222:/a/b/"), "u 10.0.0.1 2222 /a/b");
  equal(where("h:/"), "bulkhead h 22 /");
  for (const bad of ["", "host", "host:relative", "host:0:/a", "host:65536:/a", "@host:/a"]) {
    throws(() => parseSftpLocation(bad), { code: "CFG_INVALID" }, bad);
  }
});

Deno.test("sftp target: host key from a known_hosts and a .pub line", () => {
  const wire = base64(hostKey.publicKey);
  const lines = [`# found\nbackup.example,10.0.0.1 ssh-rsa ${wire}\n`, `ssh-rsa ${wire} root@backup`];
  for (const line of lines) deepEqual(parseHostKey(line, "f"), hostKey.publicKey);
  equal(keyType(hostKey.publicKey), "ssh-rsa");
  const bad = ["", `ssh-ed25519 ${wire}`, "ssh-rsa AAAA", "ssh-rsa", `${lines[1]}\n${lines[1]}`, "host ssh-dss AAAA"];
  for (const text of bad) throws(() => parseHostKey(text, "f"), { code: "CFG_INVALID", message: /"f"/ }, text);
});

Deno.test("sftp target: the targets of a site carry keys by value, folders are none, a missing login key is named", () => {
  const texts: Record<string, string> = { key: "PEM", pin: `ssh-rsa ${base64(hostKey.publicKey)}` };
  const files = { text: (path: string) => texts[path]!, bytes: () => new Uint8Array() };
  const site = (targets: object[]) =>
    Site.parse({ version: 1, site: { id: "g12" }, backup: { recoveryKeyFile: "r", targets, keep: 5 } });
  const sftp = "backup.example:/g12";
  deepEqual(sftpTargets(site([{ folder: "/mnt" }, { sftp, keyFile: "key", hostKeyFile: "pin" }]), files), [{
    sink: sftp,
    site: "g12",
    keep: 5,
    privateKey: "PEM",
    user: "bulkhead",
    host: "backup.example",
    port: 22,
    folder: "/g12",
    hostKey: base64(hostKey.publicKey),
  }]);
  throws(() => sftpTargets(site([{ sftp }]), files), { code: "CFG_INVALID", message: /no keyFile/ });
  deepEqual(sftpTargets(Site.parse({ version: 1, site: { id: "g12" } }), files), []);
});

Deno.test("sftp: works in a Worker that may reach the server and read the backup, and nothing else", () =>
  withServer(async ({ root, file, target }) => {
    const worker = new Worker(new URL("../../tests/support/sftp_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: { net: [`127.0.0.1:${target.port}`], read: [file] } },
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
    worker.postMessage({ target, file, name: backup(1) });
    equal(await promise.finally(() => worker.terminate()), "sent");
    deepEqual(names(root), [backup(1)]);
  }));
