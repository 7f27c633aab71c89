import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
// @ts-types="./ssh2.d.ts"
import { Client, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { GatewayError } from "../core/errors.ts";
import { keyType, type SftpTarget } from "./sftp_target.ts";

const READY_MS = 20_000;
const KEEPALIVE_MS = 15_000;
const CHUNK_BYTES = 32 * 1024;
/** Writes on their way at once, so that a slow line is filled and memory stays bounded. */
const WINDOW = 32;

/**
 * Sends one file: checks the pinned host key, writes under a temporary name, flushes where the server can, renames,
 * then removes the oldest backups of the site beyond `keep`.
 * @throws GatewayError BACKUP_FAILED, also when the server shows another host key
 */
export async function sendBackup(target: SftpTarget, file: string, name: string): Promise<void> {
  const where = `${target.user}@${target.host}:${target.port}${target.folder}`;
  if (target.hostKey === undefined) throw await unpinned(target, where);
  const hostKey = Buffer.from(target.hostKey, "base64");
  const client = new Client();
  try {
    const sftp = await connect(client, target, hostKey, where);
    await upload(sftp, file, `${target.folder}/${name}`);
    await removeSurplus(sftp, target);
  } catch (error) {
    throw error instanceof GatewayError ? error : failed(where, error);
  } finally {
    client.destroy();
  }
}

/** Nothing is sent to a server that could be anybody; the fingerprint helps to pin it. */
async function unpinned(target: SftpTarget, where: string): Promise<GatewayError> {
  let shown = "no key was shown";
  const client = new Client();
  const look = (key: Uint8Array) => {
    shown = `it showed ${keyType(key)} ${fingerprint(key)}`;
    return false;
  };
  await ready(client, { ...loginOf(target), hostVerifier: look }).catch((error) =>
    void (shown += `, ${error.message}`)
  );
  client.destroy();
  return new GatewayError(
    "BACKUP_FAILED",
    `Cannot send the backup to ${where}: its host key is not pinned (${shown})`,
    {
      hint: "Put the server's public host key into a file and name it in hostKeyFile of this target",
    },
  );
}

async function connect(client: Client, target: SftpTarget, hostKey: Uint8Array, where: string): Promise<SFTPWrapper> {
  let other: Uint8Array | undefined;
  const hostVerifier = (key: Uint8Array) => {
    if (key.byteLength === hostKey.byteLength && timingSafeEqual(key, hostKey)) return true;
    other = key;
    return false;
  };
  const algorithms = { serverHostKey: signaturesOf(hostKey) };
  try {
    await ready(client, { ...loginOf(target), hostVerifier, algorithms });
  } catch (error) {
    if (other === undefined) throw error;
    throw new GatewayError(
      "BACKUP_FAILED",
      `Cannot send the backup to ${where}: it shows another host key than pinned`,
      {
        hint: `It showed ${fingerprint(other)}, pinned is ${
          fingerprint(hostKey)
        }. Do not change the pin before you know why`,
      },
    );
  }
  return await call<SFTPWrapper>((done) => client.sftp(done));
}

function loginOf({ host, port, user, privateKey }: SftpTarget): ConnectConfig {
  return { host, port, username: user, privateKey, readyTimeout: READY_MS, keepaliveInterval: KEEPALIVE_MS };
}

/** Only algorithms of the pinned key's type, or the server would choose a key that is not pinned. */
function signaturesOf(hostKey: Uint8Array): string[] {
  const type = keyType(hostKey) ?? "";
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type];
}

function ready(client: Client, config: ConnectConfig): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.on("ready", resolve);
  // Stays for the whole life: an "error" without listener would end the Worker.
  client.on("error", reject);
  client.on("close", () => reject(new Error("the server closed the connection")));
  client.connect(config);
  client.setNoDelay(true); // SSH is many small answers: each would wait 40 ms for the acknowledgement of the one before
  return promise;
}

async function upload(sftp: SFTPWrapper, file: string, path: string): Promise<void> {
  const temporary = `${path}.part`;
  const closed = Promise.withResolvers<never>();
  sftp.on("close", () => closed.reject(new Error("the server closed the connection")));
  try {
    await Promise.race([closed.promise, transfer(sftp, file, temporary)]);
    await Promise.race([closed.promise, rename(sftp, temporary, path)]);
  } catch (error) {
    // Half a backup would keep a full disk full. Where the line is gone, nothing can be removed.
    const removal = call<void>((done) => sftp.unlink(temporary, done));
    await Promise.allSettled([Promise.race([closed.promise, removal])]);
    throw error;
  }
}

async function rename(sftp: SFTPWrapper, temporary: string, path: string): Promise<void> {
  await call<void>((done) => sftp.ext_openssh_rename(temporary, path, done)).catch(async (error) => {
    if (!/not support/i.test(String(error))) throw error;
    // Plain SFTP rename does not replace, but the name carries the second and is new.
    await call<void>((done) => sftp.rename(temporary, path, done));
  });
}

async function transfer(sftp: SFTPWrapper, file: string, path: string): Promise<void> {
  using input = await Deno.open(file);
  const handle = await call<Buffer>((done) => sftp.open(path, "w", { mode: 0o600 }, done));
  await writeAll(sftp, handle, input);
  await call<void>((done) => sftp.ext_openssh_fsync(handle, done)).catch((error) => {
    if (!/not support/i.test(String(error))) throw error;
  });
  await call<void>((done) => sftp.close(handle, done));
}

/** Writes overlap. Each keeps its own fault: when the line breaks, all of them fail and only one is awaited. */
async function writeAll(sftp: SFTPWrapper, handle: Buffer, input: Deno.FsFile): Promise<void> {
  const pending = new Set<Promise<void>>();
  const faults: unknown[] = [];
  for (let at = 0; faults.length === 0;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const count = await input.read(chunk);
    if (count === null) break;
    const write: Promise<void> = call<void>((done) => sftp.write(handle, chunk, 0, count, at, done))
      .catch((error) => void faults.push(error))
      .finally(() => pending.delete(write));
    pending.add(write);
    at += count;
    if (pending.size >= WINDOW) await Promise.race(pending);
  }
  await Promise.all(pending);
  if (faults.length > 0) throw faults[0];
}

async function removeSurplus(sftp: SFTPWrapper, { folder, site, keep }: SftpTarget): Promise<void> {
  const entries = await call<{ filename: string }[]>((done) => sftp.readdir(folder, done));
  const prefix = `bulkhead-${site}-`;
  const backups = entries.map((entry) => entry.filename)
    .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{6}Z\.backup\.age$/.test(name.slice(prefix.length))).sort();
  for (const name of backups.slice(0, Math.max(0, backups.length - keep))) {
    await call<void>((done) => sftp.unlink(`${folder}/${name}`, done));
  }
}

/** A callback of ssh2 as a promise. Some of its methods throw where others call back. */
function call<T>(run: (done: (error: Error | null | undefined, value?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => run((error, value) => error ? reject(error) : resolve(value as T)));
}

function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function failed(where: string, cause: unknown): GatewayError {
  return new GatewayError("BACKUP_FAILED", `Cannot send the backup to ${where}`, {
    hint: "Check address, user, key and folder with `sftp` from this box",
    cause,
  });
}
