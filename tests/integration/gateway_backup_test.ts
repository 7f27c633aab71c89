import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { runCommand, runOk } from "../support/run_command.ts";
import { runGateway, START_FLAGS } from "../support/run_gateway.ts";
import { createSshKey, startSftpServer } from "../support/sftp_server.ts";
import { runAuditVerify } from "../../gateway/control/audit/verify_command.ts";
import { exists } from "../../gateway/control/backup/restore_target.ts";

const REPOSITORY = new URL("../../", import.meta.url).pathname;
const RUN = ["run", ...START_FLAGS, `${REPOSITORY}main.ts`];

/** A command of main.ts that ends by itself; its text. */
const command = (...args: string[]) => runOk([Deno.execPath(), ...RUN, ...args]);

/** Runs a site until `use` is done, then stops it with SIGTERM. */
async function withGateway(site: string, use: () => Promise<void>): Promise<void> {
  const gateway = runGateway(`${site}/site.yaml`);
  try {
    await gateway.ready();
    await use();
  } finally {
    equal(await gateway.stop(), 0, gateway.text());
  }
}

Deno.test("backup: a running gateway is backed up, restored onto a spare box, starts there with a gap record, and its audit chain verifies", async () => {
  const folder = await Deno.makeTempDir();
  const site = `${folder}/site`, spare = `${folder}/spare`, key = `${folder}/recovery.key`;
  try {
    await Deno.mkdir(site);
    await command("backup", "key", key);
    const yaml =
      `# the garage\nversion: 1\nsite: { id: g12 }\nbackup: { recoveryKeyFile: ${key}.pub, targets: [{ folder: ../backups }] }\n`;
    await Deno.writeTextFile(`${site}/site.yaml`, yaml);
    await withGateway(site, async () => {
      match(
        await command("backup", "--config", `${site}/site.yaml`),
        /^bulkhead-g12-\S+ \(\d+ bytes, audit up to \d+\)\n {2}\.\.\/backups: ok/,
      );
    });
    const [backup] = [...Deno.readDirSync(`${folder}/backups`)];
    const restored = await command("restore", `${folder}/backups/${backup!.name}`, "--identity", key, "--to", spare);
    match(restored, /Restored site g12 .* 0 newer revocations/s);
    equal(await Deno.readTextFile(`${spare}/site.yaml`), yaml);
    await withGateway(spare, () => Promise.resolve());
    equal(await exists(`${spare}/data/restored.json`), false);
    const { ok, text, data } = await runAuditVerify({}, `${spare}/data/audit`);
    equal(ok ?? true, true, text);
    equal(JSON.stringify(data).includes('"gaps":[]'), false, text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const hostKey = createSshKey(), userKey = createSshKey(), otherKey = createSshKey();
const hostLine = ({ publicKey }: { publicKey: Uint8Array }) =>
  `backup ssh-rsa ${Buffer.from(publicKey).toString("base64")}\n`;

/** A site folder whose backups go to an SFTP server, with one station that gets its password from the gateway. */
async function writeSftpSite(site: string, key: string, port: number): Promise<void> {
  for (const folder of [site, `${site}/secrets`, `${site}/certs`]) await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${site}/secrets/backup.key`, userKey.pem, { mode: 0o600 });
  await Deno.writeTextFile(`${site}/certs/backup-host.pub`, hostLine(hostKey));
  await Deno.copyFile(`${key}.pub`, `${site}/certs/recovery.pub`);
  await Deno.writeTextFile(
    `${site}/site.yaml`,
    `version: 1
site: { id: g12 }
stations: [{ id: CP001, ocpp: { protocols: [ocpp1.6], securityProfile: 1, csms: main } }]
ocpp:
  listeners: [{ listen: "127.0.0.1:0", plaintext: isolated-segment }]
  csms: [{ id: main, url: "wss://127.0.0.1:9/ocpp" }]
backup:
  recoveryKeyFile: certs/recovery.pub
  targets:
    - { sftp: "bulkhead@127.0.0.1:${port}:/garage", keyFile: secrets/backup.key, hostKeyFile: certs/backup-host.pub }
`,
  );
}

Deno.test("backup: goes by SFTP from a running gateway to a server, and the file there restores a blank box with its stations' secrets", async () => {
  const folder = await Deno.makeTempDir();
  const site = `${folder}/site`, spare = `${folder}/spare`, key = `${folder}/recovery.key`, root = `${folder}/remote`;
  await Deno.mkdir(`${root}/garage`, { recursive: true });
  const server = await startSftpServer({ root, hostKeyPem: hostKey.pem, userKey: userKey.publicKey });
  const config = ["--config", `${site}/site.yaml`];
  const backups = () => [...Deno.readDirSync(`${root}/garage`)].map(({ name }) => name);
  try {
    await command("backup", "key", key);
    await writeSftpSite(site, key, server.port);
    await withGateway(site, async () => {
      match(await command("station", "credential", "CP001", ...config), /[0-9a-f]{40}/);
      match(await command("backup", ...config), /^bulkhead-g12-\S+ [^]*bulkhead@127\.0\.0\.1:\d+:\/garage: ok/);
      equal(backups().length, 1);
      // A server with another host key gets nothing, and the command says so.
      await Deno.writeTextFile(`${site}/certs/backup-host.pub`, hostLine(otherKey));
      await command("reload", ...config);
      const refused = await runCommand([Deno.execPath(), ...RUN, "backup", ...config]);
      equal(refused.code, 1, refused.stdout);
      match(refused.stdout + refused.stderr, /host key/i);
      equal(backups().length, 1);
    });
    const file = `${root}/garage/${backups()[0]}`;
    match(await command("restore", file, "--identity", key, "--to", spare), /Restored site g12/);
    deepEqual(await Deno.readTextFile(`${spare}/certs/backup-host.pub`), hostLine(hostKey));
    await withGateway(spare, async () => {
      const events = await command("audit", "export", "--station", "CP001", "--config", `${spare}/site.yaml`);
      match(events, /station\.credential\.renewed/);
      match(await command("backup", "--config", `${spare}/site.yaml`), /:\/garage: ok/);
    });
    equal(backups().length, 2);
    const { ok, text } = await runAuditVerify({}, `${spare}/data/audit`);
    equal(ok ?? true, true, text);
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});
